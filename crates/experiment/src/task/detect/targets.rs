//! What a network should say of annotated objects.
//!
//! ```text
//! t[c,i,j] = max over objects of class c of exp(−((i − ⌊y⌋)² + (j − ⌊x⌋)²) / 2σ²)       (x, y) the centre, in cells
//! σ        = (2 ⌊r⌋ + 1) / 6                      within ⌊r⌋ rows and columns of the centre's cell, 0 beyond
//! ```
//!
//! The radius `r` is that of `CornerNet` for a least overlap of 0.7, as its published code has it: all three roots
//! of the overlap's equations are halved, though two of them belong divided by more, so that it is larger than the formula
//! in words would give. Box and offset are learnt at the cells where an object's own bump is at least half, weighted by the
//! bump, every object the same in sum; a cell that several claim is the smallest one's. A crowd is not learnt. A side
//! counts as at least a sixteenth of a cell, since its logarithm is learnt.

use cenote_datasets::BoxedObject;
use cenote_tensor::{Scalar, Tensor};

/// How high the bump of an object is, at least, where its box is learnt.
const NEAR: f64 = 0.5;
/// The least overlap that a shifted box of the radius keeps.
const LEAST_OVERLAP: f64 = 0.7;
/// The shortest side, in cells.
const LEAST_SIDE: f64 = 1.0 / 16.0;

/// The targets of a batch.
#[derive(Debug)]
pub(super) struct Targets {
    /// Heat maps `(N, C, H, W)`, 1 at the centres.
    pub(super) heat: Tensor,
    /// The cells `[n, i, j]` at which a box is learnt.
    pub(super) cells: Vec<[usize; 3]>,
    /// Per cell offset right and down, logarithm of width and height, `(M, 4)`.
    pub(super) rows: Tensor,
    /// Per cell the box itself, `[x1, y1, x2, y2]` in cells, `(M, 4)`.
    pub(super) boxes: Tensor,
    /// Per cell its weight.
    pub(super) weights: Vec<Scalar>,
}

impl Targets {
    /// The targets on maps of `[rows, columns]` of images of the size `input`, in whose pixels the boxes are.
    pub(super) fn of(
        scenes: &[Vec<BoxedObject>],
        classes: usize,
        map: [usize; 2],
        input: [usize; 2],
    ) -> Self {
        let [high, wide] = map;
        let per_cell = [0, 1].map(|axis| map[axis] as f64 / input[axis] as f64);
        let mut heat = Tensor::zeros([scenes.len(), classes, high, wide]);
        let planes = heat.as_mut_slice().chunks_exact_mut((classes * high * wide).max(1));
        let (mut cells, mut rows, mut boxes, mut weights) = (vec![], vec![], vec![], vec![]);
        for ((n, objects), planes) in scenes.iter().enumerate().zip(planes) {
            let objects = objects.iter().filter(|object| !object.crowd);
            let mut bumps: Vec<Bump> = objects.map(|o| Bump::of(o, per_cell, map)).collect();
            // Largest first, so that the smallest has the last word; equals in the order of the file.
            bumps.sort_by(|a, b| b.area().total_cmp(&a.area()));
            let mut claims: Vec<Option<(usize, f64)>> = vec![None; high * wide];
            for (which, bump) in bumps.iter().enumerate() {
                let plane = &mut planes[bump.class * high * wide..][..high * wide];
                for ([i, j], height) in bump.cells(map) {
                    let cell = &mut plane[i * wide + j];
                    *cell = cell.max(height as Scalar);
                    if height >= NEAR {
                        claims[i * wide + j] = Some((which, height));
                    }
                }
            }
            let mut sums = vec![0.0; bumps.len()];
            for &(which, height) in claims.iter().flatten() {
                sums[which] += height;
            }
            for (at, claim) in claims.iter().enumerate() {
                let Some((which, height)) = *claim else { continue };
                let [i, j] = [at / wide, at % wide];
                cells.push([n, i, j]);
                rows.extend(bumps[which].row([i, j]).map(|value| value as Scalar));
                boxes.extend(bumps[which].corners.map(|side| side as Scalar));
                weights.push((height / sums[which]) as Scalar);
            }
        }
        let four = |values| Tensor::from_vec([weights.len(), 4], values).expect("four a cell");
        Self { heat, rows: four(rows), boxes: four(boxes), cells, weights }
    }
}

/// An object on the map.
#[derive(Debug)]
struct Bump {
    class: usize,
    /// `[x1, y1, x2, y2]` in cells.
    corners: [f64; 4],
    /// The cell of its centre, row and column.
    centre: [usize; 2],
    radius: usize,
}

impl Bump {
    fn of(object: &BoxedObject, per_cell: [f64; 2], map: [usize; 2]) -> Self {
        let [down, across] = per_cell;
        let [x1, y1, x2, y2] = object.corners.map(f64::from);
        let corners = [x1 * across, y1 * down, x2 * across, y2 * down];
        let cell = |axis: usize| {
            let middle = f64::midpoint(corners[1 - axis], corners[3 - axis]);
            (middle.max(0.0) as usize).min(map[axis] - 1)
        };
        let [width, height] = [corners[2] - corners[0], corners[3] - corners[1]];
        // Beyond the map nothing is drawn, so a larger radius draws the same.
        let radius = (radius(height, width).max(0.0) as usize).min(map[0].max(map[1]));
        Self { class: object.class, corners, centre: [cell(0), cell(1)], radius }
    }

    fn area(&self) -> f64 {
        let [x1, y1, x2, y2] = self.corners;
        (x2 - x1) * (y2 - y1)
    }

    /// The cells of its bump and how high it is there.
    fn cells(&self, map: [usize; 2]) -> impl Iterator<Item = ([usize; 2], f64)> {
        let ([row, column], radius) = (self.centre, self.radius);
        let deviation = (2 * radius + 1) as f64 / 6.0;
        let span = |middle: usize, size: usize| {
            middle.saturating_sub(radius)..(middle + radius + 1).min(size)
        };
        let across = span(column, map[1]);
        span(row, map[0]).flat_map(move |i| {
            across.clone().map(move |j| {
                let distance = i.abs_diff(row).pow(2) + j.abs_diff(column).pow(2);
                ([i, j], (-(distance as f64) / (2.0 * deviation * deviation)).exp())
            })
        })
    }

    /// What is learnt at a cell: offset and logarithm of the size.
    fn row(&self, [i, j]: [usize; 2]) -> [f64; 4] {
        let [x1, y1, x2, y2] = self.corners;
        let [x, y] = [f64::midpoint(x1, x2), f64::midpoint(y1, y2)];
        let side = |length: f64| length.max(LEAST_SIDE).ln();
        [x - (j as f64 + 0.5), y - (i as f64 + 0.5), side(x2 - x1), side(y2 - y1)]
    }
}

/// How far both corners of a box may be moved: see the head of the file.
fn radius(height: f64, width: f64) -> f64 {
    let overlap = LEAST_OVERLAP;
    let (sum, area) = (height + width, height * width);
    let root = |a: f64, b: f64, c: f64| f64::midpoint(b, (b * b - 4.0 * a * c).sqrt());
    let moved = root(1.0, sum, area * (1.0 - overlap) / (1.0 + overlap));
    let within = root(4.0, 2.0 * sum, (1.0 - overlap) * area);
    let around = root(4.0 * overlap, -2.0 * overlap * sum, (overlap - 1.0) * area);
    moved.min(within).min(around)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(class: usize, corners: [f32; 4]) -> BoxedObject {
        BoxedObject { corners, class, difficult: false, crowd: false }
    }

    #[test]
    fn the_radius_is_that_of_the_published_code() {
        // gaussian_radius((h, w), min_overlap=0.7) of CenterNet's src/lib/utils/image.py, by NumPy 2.4.6.
        for ([height, width], expected) in
            [([12.0, 12.0], 3.279_841), ([5.0, 20.0], 2.254_746), ([1.0, 1.0], 0.273_320)]
        {
            assert!((radius(height, width) - expected).abs() < 1e-5, "{}", radius(height, width));
        }
    }

    #[test]
    fn a_centre_is_one_and_its_box_is_learnt_around_it() {
        // Two pixels a cell; the centre is at (6.5, 5) cells.
        let targets =
            Targets::of(&[vec![object(1, [3.0, 2.0, 23.0, 18.0])]], 2, [12, 16], [24, 32]);
        let heat = targets.heat.as_slice();
        let at = |c: usize, i: usize, j: usize| heat[(c * 12 + i) * 16 + j];
        assert_eq!((at(1, 5, 6), at(0, 5, 6)), (1.0, 0.0));
        let (beside, above, across) = (at(1, 5, 7), at(1, 4, 6), at(1, 4, 7));
        assert!(beside < 1.0 && (beside - above).abs() < 1e-7 && beside > across);
        let centre = targets.cells.iter().position(|&cell| cell == [0, 5, 6]).expect("learnt");
        let row = &targets.rows.as_slice()[4 * centre..4 * centre + 4];
        let expected = [0.0, -0.5, 10.0_f64.ln(), 8.0_f64.ln()];
        for (got, expected) in row.iter().zip(expected) {
            assert!((f64::from(*got) - expected).abs() < 1e-6, "{row:?}");
        }
        assert_eq!(targets.boxes.as_slice()[..4], [1.5, 1.0, 11.5, 9.0]);
        assert!((targets.weights.iter().sum::<Scalar>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_smaller_of_two_objects_in_one_place_is_learnt_there() {
        let scene = vec![object(0, [4.0, 4.0, 8.0, 8.0]), object(0, [0.0, 0.0, 12.0, 12.0])];
        let targets = Targets::of(&[scene], 1, [12, 12], [12, 12]);
        let centre = targets.cells.iter().position(|&cell| cell == [0, 6, 6]).expect("learnt");
        assert_eq!(targets.boxes.as_slice()[4 * centre..][..4], [4.0, 4.0, 8.0, 8.0]);
    }

    #[test]
    fn no_object_a_crowd_and_specks_at_the_border_are_no_trouble() {
        let crowd = BoxedObject { crowd: true, ..object(0, [0.0, 0.0, 9.0, 9.0]) };
        let specks = vec![object(0, [7.999, 7.999, 8.0, 8.0]), object(0, [0.0, 0.0, 1e-3, 8.0])];
        let targets = Targets::of(&[vec![], vec![crowd], specks], 1, [4, 4], [8, 8]);
        assert!(targets.heat.as_slice()[..32].iter().all(|&height| height == 0.0));
        assert!(targets.cells.iter().all(|cell| cell[0] == 2));
        assert!(targets.rows.as_slice().iter().all(|value| value.is_finite()));
        let many = (0..5000).map(|i| object(0, [0.0, 0.0, 1.0 + (i % 7) as f32, 2.0])).collect();
        assert!(Targets::of(&[many], 1, [4, 4], [8, 8]).cells.len() <= 16);
    }
}
