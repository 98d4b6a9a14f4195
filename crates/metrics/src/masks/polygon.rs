//! Which pixels a polygon covers, to the pixel as pycocotools decides it.
//!
//! Corners are put on a grid five times finer than the pixels, the boundary is walked on that grid, and where it crosses
//! a column of pixel centres a run begins or ends. After `rleFrPoly` of the COCO API.

use super::Rle;
use crate::Error;

/// Grid points per pixel.
const SCALE: f64 = 5.0;

/// Steps on the grid that the boundaries of an object may take; real ones take some thousands.
const MOST_STEPS: u64 = 1 << 22;

/// The pixels inside closed polygons `x1 y1 x2 y2 …`, taken together.
///
/// As in pycocotools, parts of four numbers are boxes `x y width height` when the first part is one; a last odd number is
/// left out.
///
/// # Errors
///
/// When there is no part, a number is not finite, the boundary is longer than 2²² steps of a fifth of a pixel, or the
/// image has 2³² pixels or more.
///
/// ```
/// use cenote_metrics::rasterise;
///
/// let square = vec![1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0, 1.0];
/// let mask = rasterise(&[square], 5, 5)?;
/// assert_eq!((mask.area(), mask.bounds()), (4, [1.0, 1.0, 2.0, 2.0]));
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
pub fn rasterise(parts: &[Vec<f64>], height: u32, width: u32) -> Result<Rle, Error> {
    let pixels = u64::from(height) * u64::from(width);
    if pixels > u64::from(u32::MAX) {
        return Err(Error::Runs { covered: 0, height, width });
    }
    let boxes = parts.first().is_some_and(|first| first.len() == 4);
    let mut masks = Vec::with_capacity(parts.len());
    let mut steps = 0;
    for part in parts {
        let corners = if boxes {
            let &[x, y, w, h] = part.as_slice() else {
                return Err(Error::Polygon { what: "a part after a box is not a box" });
            };
            vec![x, y, x, y + h, x + w, y + h, x + w, y]
        } else {
            part.clone()
        };
        let points = grid_points(&corners)?;
        steps += points.windows(2).map(|side| side_steps(side[0], side[1])).sum::<u64>();
        if steps > MOST_STEPS {
            return Err(Error::Polygon { what: "the boundary is too long" });
        }
        let mut crossings = Crossings { height, width, last: None, pixels: Vec::new() };
        for side in points.windows(2) {
            walk(side[0], side[1], |u, v| crossings.visit(u, v));
        }
        masks.push(crossings.mask());
    }
    Rle::union(&masks).ok_or(Error::Polygon { what: "there is no part" })
}

/// The corners on the grid, the first once more at the end.
fn grid_points(corners: &[f64]) -> Result<Vec<(i32, i32)>, Error> {
    if corners.len() < 2 {
        return Err(Error::Polygon { what: "a part has no corner" });
    }
    if !corners.iter().all(|corner| corner.is_finite()) {
        return Err(Error::Polygon { what: "a corner is not finite" });
    }
    let on_grid = |at: f64| (SCALE * at + 0.5) as i32;
    let corners = corners.chunks_exact(2);
    let mut points: Vec<(i32, i32)> = corners.map(|xy| (on_grid(xy[0]), on_grid(xy[1]))).collect();
    points.push(points[0]);
    Ok(points)
}

fn side_steps(from: (i32, i32), to: (i32, i32)) -> u64 {
    u64::from(from.0.abs_diff(to.0).max(from.1.abs_diff(to.1))) + 1
}

/// Visits the grid points of a side, which is always drawn in the direction of its longer coordinate.
fn walk(from: (i32, i32), to: (i32, i32), mut visit: impl FnMut(i32, i32)) {
    let (dx, dy) = (from.0.abs_diff(to.0) as i32, from.1.abs_diff(to.1) as i32);
    let flat = dx >= dy;
    let backwards = if flat { from.0 > to.0 } else { from.1 > to.1 };
    let (start, end) = if backwards { (to, from) } else { (from, to) };
    let length = if flat { dx } else { dy };
    let rise = if flat { end.1 - start.1 } else { end.0 - start.0 };
    // Of a side without length only its one point is visited, so the slope does not matter.
    let slope = if length == 0 { 0.0 } else { f64::from(rise) / f64::from(length) };
    for step in 0..=length {
        let t = if backwards { length - step } else { step };
        if flat {
            visit(t + start.0, (f64::from(start.1) + slope * f64::from(t) + 0.5) as i32);
        } else {
            visit((f64::from(start.0) + slope * f64::from(t) + 0.5) as i32, t + start.1);
        }
    }
}

/// Where the boundary crosses columns of pixel centres.
struct Crossings {
    height: u32,
    width: u32,
    last: Option<(i32, i32)>,
    /// Numbers of the first pixels after the crossings, down the columns.
    pixels: Vec<u32>,
}

impl Crossings {
    fn visit(&mut self, u: i32, v: i32) {
        let Some((before_u, before_v)) = self.last.replace((u, v)) else { return };
        if u == before_u {
            return;
        }
        let x = (f64::from(if u < before_u { u } else { u - 1 }) + 0.5) / SCALE - 0.5;
        if x.floor() < x || x < 0.0 || x > f64::from(self.width) - 1.0 {
            return;
        }
        let y =
            ((f64::from(v.min(before_v)) + 0.5) / SCALE - 0.5).clamp(0.0, f64::from(self.height));
        self.pixels.push(x as u32 * self.height + y.ceil() as u32);
    }

    /// The runs between the crossings; two crossings at one pixel undo each other.
    fn mask(mut self) -> Rle {
        self.pixels.push(self.height * self.width);
        self.pixels.sort_unstable();
        let mut before = 0;
        let mut runs =
            self.pixels.iter().map(|&pixel| pixel - std::mem::replace(&mut before, pixel));
        let mut counts = vec![runs.next().expect("the end of the image was pushed")];
        while let Some(run) = runs.next() {
            if run > 0 {
                counts.push(run);
            } else if let Some(next) = runs.next() {
                *counts.last_mut().expect("it began with one") += next;
            }
        }
        Rle::new(self.height, self.width, counts).expect("runs end with the image")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_overlap_are_counted_once() {
        let square = |at: f64| vec![at, 0.0, at, 4.0, at + 4.0, 4.0, at + 4.0, 0.0];
        let mask = rasterise(&[square(0.0), square(2.0)], 4, 10).unwrap();
        assert_eq!(mask.counts(), [0, 24, 16]);
    }

    #[test]
    fn a_first_part_of_four_numbers_is_a_box() {
        let mask = rasterise(&[vec![1.0, 0.0, 2.0, 3.0]], 4, 4).unwrap();
        assert_eq!((mask.area(), mask.bounds()), (6, [1.0, 0.0, 2.0, 3.0]));
        assert!(rasterise(&[vec![1.0, 0.0, 2.0, 3.0], vec![0.0; 6]], 4, 4).is_err());
    }

    #[test]
    fn what_lies_outside_of_the_image_is_left_out() {
        let around = vec![-9.0, -9.0, -9.0, 99.0, 99.0, 99.0, 99.0, -9.0];
        assert_eq!(rasterise(&[around], 4, 5).unwrap().area(), 20);
        let beside = vec![50.0, 0.0, 50.0, 4.0, 60.0, 4.0];
        assert_eq!(rasterise(&[beside], 4, 5).unwrap().counts(), [20]);
    }

    #[test]
    fn polygons_that_are_none_or_endless_are_refused() {
        let refused = |parts: &[Vec<f64>]| rasterise(parts, 4, 4).unwrap_err().to_string();
        assert_eq!(refused(&[]), "polygon: there is no part");
        assert_eq!(refused(&[vec![]]), "polygon: a part has no corner");
        assert_eq!(
            refused(&[vec![0.0, f64::NAN, 1.0, 1.0, 2.0, 2.0]]),
            "polygon: a corner is not finite"
        );
        assert_eq!(
            refused(&[vec![0.0, 0.0, 1e9, 1e9, 0.0, 5.0]]),
            "polygon: the boundary is too long"
        );
        assert!(rasterise(&[vec![0.0; 6]], u32::MAX, 2).is_err());
    }

    #[test]
    fn corners_given_twice_change_nothing() {
        let once = vec![1.3, 1.7, 7.2, 2.1, 4.4, 6.9];
        let twice = vec![1.3, 1.7, 1.3, 1.7, 7.2, 2.1, 7.2, 2.1, 7.2, 2.1, 4.4, 6.9];
        assert_eq!(rasterise(&[once], 9, 9).unwrap(), rasterise(&[twice], 9, 9).unwrap());
    }
}
