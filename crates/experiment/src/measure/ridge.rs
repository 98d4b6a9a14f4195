//! Linear probes: ridge regression from the features of a layer.

use super::Subject;
use super::subject::rows;
use crate::Error;

/// Maps are averaged over so many cells along each axis, so that every layer of every network gives as many features for
/// each channel.
const GRID: usize = 4;
/// Shrinkage, where the mean square of every example's features is one.
const RIDGE: f64 = 0.1;

/// Values of each example.
pub(super) type Rows = Vec<Vec<f64>>;

/// The features of some images after each of some layers of maps, given by position.
pub(super) fn features(
    subject: &Subject<'_>,
    images: &[Vec<u8>],
    layers: &[usize],
) -> Result<Vec<Rows>, Error> {
    let mut all = vec![Vec::with_capacity(images.len()); layers.len()];
    for images in images.chunks(subject.together) {
        subject.look(subject.scaled(images)?, |at, y| {
            for (features, _) in all.iter_mut().zip(layers).filter(|(_, layer)| **layer == at) {
                let [_, _, height, width] = y.nchw();
                let pooled = |maps: Vec<cenote_tensor::Scalar>| {
                    let maps: Vec<f64> = maps.into_iter().map(f64::from).collect();
                    maps.chunks(height * width)
                        .flat_map(|map| pooled(map, [height, width]))
                        .collect()
                };
                features.extend(rows(y).into_iter().map(pooled));
            }
        });
    }
    Ok(all)
}

/// The means of a map over a grid of cells, which overlap where its sides are no multiples.
fn pooled(map: &[f64], [height, width]: [usize; 2]) -> Vec<f64> {
    let span = |cell: usize, side: usize| cell * side / GRID..((cell + 1) * side).div_ceil(GRID);
    let cells = (0..GRID * GRID).map(|cell| {
        let (rows, columns) = (span(cell / GRID, height), span(cell % GRID, width));
        let count = (rows.len() * columns.len()) as f64;
        rows.map(|row| map[row * width..][columns.clone()].iter().sum::<f64>()).sum::<f64>() / count
    });
    cells.collect()
}

/// What ridge regression from `known` to `targets` says of `unknown`.
///
/// ```text
/// ŷ = m + k (K + λ I)⁻¹ (Y − m)       K = X Xᵀ / features, k = X' Xᵀ / features, X scaled, λ = 0.1
/// ```
///
/// Features that never change are left out.
pub(super) fn regress(known: &[Vec<f64>], targets: &[Vec<f64>], unknown: &[Vec<f64>]) -> Rows {
    let scaling = Scaling::of(known);
    let (x, new) = (scaling.apply(known), scaling.apply(unknown));
    let width = x.first().map_or(0, Vec::len).max(1) as f64;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / width;
    let mut gram: Rows = x.iter().map(|a| x.iter().map(|b| dot(a, b)).collect()).collect();
    for (at, row) in gram.iter_mut().enumerate() {
        row[at] += RIDGE;
    }
    factor(&mut gram);
    let near: Rows = new.iter().map(|a| x.iter().map(|b| dot(a, b)).collect()).collect();
    let outputs = targets.first().map_or(0, Vec::len);
    let mut said = vec![Vec::with_capacity(outputs); new.len()];
    for output in 0..outputs {
        let mean = targets.iter().map(|y| y[output]).sum::<f64>() / targets.len() as f64;
        let centred = targets.iter().map(|y| y[output] - mean).collect();
        let weights = solve(&gram, centred);
        for (said, near) in said.iter_mut().zip(&near) {
            let sum: f64 = near.iter().zip(&weights).map(|(near, weight)| weight * near).sum();
            said.push(mean + sum);
        }
    }
    said
}

/// Mean and deviation of each feature.
struct Scaling {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scaling {
    fn of(rows: &[Vec<f64>]) -> Self {
        let (width, count) = (rows.first().map_or(0, Vec::len), rows.len().max(1) as f64);
        let mean: Vec<f64> =
            (0..width).map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / count).collect();
        let deviation = (0..width)
            .map(|at| {
                let squares = rows.iter().map(|row| (row[at] - mean[at]).powi(2));
                (squares.sum::<f64>() / count).sqrt()
            })
            .collect();
        Self { mean, deviation }
    }

    fn apply(&self, rows: &[Vec<f64>]) -> Rows {
        let kept: Vec<usize> =
            (0..self.mean.len()).filter(|&at| self.deviation[at] > 1e-12).collect();
        let scaled = |row: &Vec<f64>| {
            kept.iter().map(|&at| (row[at] - self.mean[at]) / self.deviation[at]).collect()
        };
        rows.iter().map(scaled).collect()
    }
}

/// Cholesky's factor of a positive definite matrix, in its lower half.
fn factor(matrix: &mut [Vec<f64>]) {
    for at in 0..matrix.len() {
        let (done, rest) = matrix.split_at_mut(at);
        let row = &mut rest[0];
        for (column, other) in done.iter().enumerate() {
            let sum: f64 = row[..column].iter().zip(other).map(|(a, b)| a * b).sum();
            row[column] = (row[column] - sum) / other[column];
        }
        let squares: f64 = row[..at].iter().map(|a| a * a).sum();
        row[at] = (row[at] - squares).max(f64::MIN_POSITIVE).sqrt();
    }
}

/// The solution of a system whose matrix is factored.
fn solve(factor: &[Vec<f64>], mut b: Vec<f64>) -> Vec<f64> {
    for at in 0..b.len() {
        let sum: f64 = factor[at][..at].iter().zip(&b).map(|(l, x)| l * x).sum();
        b[at] = (b[at] - sum) / factor[at][at];
    }
    for at in (0..b.len()).rev() {
        let sum: f64 = (at + 1..b.len()).map(|below| factor[below][at] * b[below]).sum();
        b[at] = (b[at] - sum) / factor[at][at];
    }
    b
}

/// The share of the variance of an output that predictions explain; `None` where it has none.
pub(super) fn explained(said: &[Vec<f64>], truth: &[Vec<f64>], output: usize) -> Option<f64> {
    let mean = truth.iter().map(|y| y[output]).sum::<f64>() / truth.len().max(1) as f64;
    let total: f64 = truth.iter().map(|y| (y[output] - mean).powi(2)).sum();
    let left: f64 =
        said.iter().zip(truth).map(|(said, y)| (y[output] - said[output]).powi(2)).sum();
    (total > 0.0).then(|| 1.0 - left / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_by_hand() {
        // [[4, 2], [2, 5]] x = [8, 12] has x = [1, 2].
        let mut matrix = vec![vec![4.0, 2.0], vec![2.0, 5.0]];
        factor(&mut matrix);
        let x = solve(&matrix, vec![8.0, 12.0]);
        assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12, "{x:?}");
    }

    #[test]
    fn one_feature_shrinks_as_the_formula_says() {
        // X is -1, 1 after scaling: K + 0.1 I has (1, -1) as eigenvector with 2.1, so ŷ(1) = 3 + 2 · 1 / 2.1 · 1.
        let said = regress(
            &[vec![10.0, 7.0], vec![20.0, 7.0]],
            &[vec![2.0], vec![4.0]],
            &[vec![20.0, 9.0]],
        );
        assert!((said[0][0] - (3.0 + 2.0 / 2.1)).abs() < 1e-12, "{said:?}");
    }

    #[test]
    fn a_map_is_averaged_over_a_grid() {
        let map: Vec<f64> = (0..8 * 4).map(f64::from).collect();
        let pooled = pooled(&map, [8, 4]);
        assert_eq!(pooled[..1], [f64::midpoint(0.0, 4.0)]);
        assert_eq!(pooled[15..], [f64::midpoint(27.0, 31.0)]);
    }

    #[test]
    fn truth_explains_everything_and_its_mean_nothing() {
        let truth = vec![vec![1.0], vec![3.0]];
        assert_eq!(explained(&truth, &truth, 0), Some(1.0));
        assert_eq!(explained(&[vec![2.0], vec![2.0]], &truth, 0), Some(0.0));
        assert_eq!(explained(&truth, &[vec![2.0], vec![2.0]], 0), None);
    }
}
