//! Outlines, and the share of each pixel that lies inside of them.

/// A closed outline: its corners `[x, y]`, the last joined to the first.
pub(crate) type Contour = Vec<[f64; 2]>;

/// Rows and columns of an image: `top..bottom` and `left..right`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: usize,
    pub(crate) right: usize,
}

impl Window {
    /// All of an image of `[rows, columns]`.
    pub(crate) fn of([rows, columns]: [usize; 2]) -> Self {
        Self { top: 0, left: 0, bottom: rows, right: columns }
    }

    /// The part of it that `[x1, y1, x2, y2]` touches.
    pub(crate) fn around(self, [x1, y1, x2, y2]: [f64; 4]) -> Self {
        let low = |side: f64, least: usize, most: usize| (side.floor() as usize).clamp(least, most);
        let high = |side: f64, least: usize, most: usize| (side.ceil() as usize).clamp(least, most);
        let (top, left) = (low(y1, self.top, self.bottom), low(x1, self.left, self.right));
        let (bottom, right) = (high(y2, top, self.bottom), high(x2, left, self.right));
        Self { top, left, bottom, right }
    }

    /// `[rows, columns]`.
    pub(crate) fn size(self) -> [usize; 2] {
        [self.bottom - self.top, self.right - self.left]
    }
}

/// `[x1, y1, x2, y2]` around all corners.
pub(crate) fn bounds(contours: &[Contour]) -> [f64; 4] {
    let nothing = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    contours
        .iter()
        .flatten()
        .fold(nothing, |[x1, y1, x2, y2], &[x, y]| [x1.min(x), y1.min(y), x2.max(x), y2.max(y)])
}

/// Every corner moved.
pub(crate) fn moved(contours: &[Contour], to: impl Fn([f64; 2]) -> [f64; 2]) -> Vec<Contour> {
    contours.iter().map(|contour| contour.iter().map(|&corner| to(corner)).collect()).collect()
}

/// Lines that a row of pixels is looked at along.
const LINES: usize = 8;

/// The share of each pixel of a window inside the outlines, in 255 steps, row after row.
///
/// Inside is where outlines wind around a point (nonzero rule). Along each of eight lines through a row of pixels the share
/// is exact, and the shares of the lines are averaged.
pub(crate) fn cover(contours: &[Contour], window: Window) -> Vec<u8> {
    let [rows, columns] = window.size();
    let mut coverage = vec![0; rows * columns];
    let (starts, crossings) = crossings(contours, window);
    let mut row = vec![0.0; columns];
    for (at, target) in coverage.chunks_exact_mut(columns.max(1)).enumerate() {
        let lines = at * LINES..(at + 1) * LINES;
        if starts[lines.start] == starts[lines.end] {
            continue;
        }
        row.fill(0.0);
        for line in lines {
            let mut winding = 0;
            let of_line = &crossings[starts[line]..starts[line + 1]];
            for (&(x, turn), &(next, _)) in of_line.iter().zip(of_line.iter().skip(1)) {
                winding += turn;
                if winding != 0 {
                    add_span(&mut row, [x, next]);
                }
            }
        }
        for (cell, sum) in target.iter_mut().zip(&row) {
            *cell = (sum * (255.0 / LINES as f64)).round().min(255.0) as u8;
        }
    }
    coverage
}

/// Where the outlines cross the lines of a window: the first crossing of each line, and the crossings from left to right, `x`
/// from the left of the window, with the direction of the outline.
fn crossings(contours: &[Contour], window: Window) -> (Vec<usize>, Vec<(f64, i32)>) {
    let lines = window.size()[0] * LINES;
    let sides = || {
        contours.iter().flat_map(|contour| {
            let next = contour.iter().cycle().skip(1);
            contour.iter().zip(next).map(|(&from, &to)| (from, to))
        })
    };
    // Line `k` runs at the height `(k + 1/2) / LINES`; a side crosses it from its upper corner on, its lower one left out.
    let line = |y: f64| {
        let line = ((y - window.top as f64) * LINES as f64 - 0.5).ceil();
        line.clamp(0.0, lines as f64) as usize
    };
    let mut starts = vec![0; lines + 1];
    for ([_, y1], [_, y2]) in sides() {
        for line in line(y1.min(y2))..line(y1.max(y2)) {
            starts[line + 1] += 1;
        }
    }
    for line in 0..lines {
        starts[line + 1] += starts[line];
    }
    let mut crossings = vec![(0.0, 0); starts[lines]];
    let mut filled = starts.clone();
    for ([x1, y1], [x2, y2]) in sides() {
        let (slope, turn) = ((x2 - x1) / (y2 - y1), if y1 < y2 { 1 } else { -1 });
        for line in line(y1.min(y2))..line(y1.max(y2)) {
            let y = (line as f64 + 0.5) / LINES as f64 + window.top as f64;
            crossings[filled[line]] = (x1 + (y - y1) * slope - window.left as f64, turn);
            filled[line] += 1;
        }
    }
    for line in 0..lines {
        crossings[starts[line]..starts[line + 1]].sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }
    (starts, crossings)
}

/// Adds to each pixel of a row the share of it between two places.
fn add_span(row: &mut [f64], span: [f64; 2]) {
    let [from, to] = span.map(|x| x.clamp(0.0, row.len() as f64));
    let (first, last) = (from as usize, to as usize);
    if first == last {
        if let Some(cell) = row.get_mut(first) {
            *cell += to - from;
        }
        return;
    }
    row[first] += (first + 1) as f64 - from;
    row[first + 1..last].iter_mut().for_each(|cell| *cell += 1.0);
    if let Some(cell) = row.get_mut(last) {
        *cell += to - last as f64;
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use proptest::prelude::*;

    use super::*;

    fn rectangle([x1, y1, x2, y2]: [f64; 4]) -> Contour {
        vec![[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
    }

    fn disc([x, y]: [f64; 2], radius: f64) -> Contour {
        let corner = |k: i32| TAU * f64::from(k) / 720.0;
        (0..720).map(corner).map(|a| [x + radius * a.cos(), y + radius * a.sin()]).collect()
    }

    #[test]
    fn a_pixel_is_covered_by_the_share_of_its_area() {
        let window = Window::of([2, 3]);
        let covered = cover(&[rectangle([0.5, 0.0, 2.25, 1.5])], window);
        // 255 · (1/2, 1, 1/4) and half of that.
        assert_eq!(covered, [128, 255, 64, 64, 128, 32]);
        let part = Window { top: 1, left: 1, bottom: 2, right: 3 };
        assert_eq!(cover(&[rectangle([0.5, 0.0, 2.25, 1.5])], part), [128, 32]);
        assert_eq!(cover(&[], window), [0; 6]);
        let far = rectangle([-9.0, -9.0, 90.0, 90.0]);
        assert_eq!(cover(&[far], window), [255; 6]);
    }

    #[test]
    fn outlines_that_wind_back_are_holes_and_overlaps_count_once() {
        let (outer, mut inner) = (disc([16.0, 16.0], 12.0), disc([16.0, 16.0], 6.0));
        let area = |contours: &[Contour]| {
            let covered = cover(contours, Window::of([32, 32]));
            covered.iter().map(|&cell| f64::from(cell) / 255.0).sum::<f64>()
        };
        assert!((area(&[outer.clone(), inner.clone()]) - PI * 144.0).abs() < 0.5);
        inner.reverse();
        assert!((area(&[outer, inner]) - PI * 108.0).abs() < 0.5);
    }

    proptest! {
        #[test]
        fn a_window_covers_what_the_whole_image_does_there(
            corners in prop::collection::vec((-20.0..40.0, -20.0..40.0), 3..9), at in 0_usize..20,
        ) {
            let contour: Contour = corners.into_iter().map(|(x, y)| [x, y]).collect();
            let whole = cover(std::slice::from_ref(&contour), Window::of([20, 20]));
            let part = Window { top: at, left: 0, bottom: 20, right: 20 };
            prop_assert_eq!(&cover(&[contour], part)[..], &whole[at * 20..]);
        }

        #[test]
        fn a_triangle_covers_half_of_the_parallelogram_that_its_sides_span(
            [a, b, c] in prop::array::uniform3([0.0..20.0, 0.0..20.0]),
        ) {
            let covered = cover(&[vec![a, b, c]], Window::of([20, 20]));
            let covered: f64 = covered.iter().map(|&cell| f64::from(cell) / 255.0).sum();
            let area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
            let side = |from: [f64; 2], to: [f64; 2]| (to[0] - from[0]).hypot(to[1] - from[1]);
            let around = side(a, b) + side(b, c) + side(c, a);
            // Lines are an eighth of a pixel apart, so a side is off by a sixteenth along its length at most.
            prop_assert!((covered - area.abs() / 2.0).abs() < around / 16.0 + 1.0);
        }
    }

    #[test]
    fn windows_are_cut_at_the_image() {
        let image = Window::of([10, 20]);
        let around = image.around([-3.0, 2.5, 30.0, 8.1]);
        assert_eq!(around, Window { top: 2, left: 0, bottom: 9, right: 20 });
        assert_eq!(image.around([-9.0, -9.0, -3.0, -2.0]).size(), [0, 0]);
        assert_eq!(image.around([90.0, 90.0, 99.0, 99.0]).size(), [0, 0]);
    }
}
