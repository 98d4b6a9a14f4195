//! Planes of numbers smoothed by a Gaussian.

/// The place that stands for one of `count` places and those beyond them.
pub(crate) type Outside = fn(isize, usize) -> usize;

/// A Gaussian of deviation `sigma` pixels that is cut at `⌊truncate · sigma + 1/2⌋`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gaussian {
    pub(crate) sigma: f64,
    pub(crate) truncate: f64,
    pub(crate) outside: Outside,
}

/// Smooths a plane `[h, w]` with a Gaussian, rows first.
///
/// Weights are `exp(−d² / 2 sigma²)`, divided by their sum; these are `SciPy`'s conventions.
pub(crate) fn gaussian(plane: &[f64], [height, width]: [usize; 2], kernel: Gaussian) -> Vec<f64> {
    let Gaussian { sigma, truncate, outside } = kernel;
    let radius = (truncate * sigma + 0.5) as isize;
    let weight = |distance: isize| (-0.5 * (distance as f64 / sigma).powi(2)).exp();
    let sum: f64 = (-radius..=radius).map(weight).sum();
    let weights: Vec<f64> = (-radius..=radius).map(|distance| weight(distance) / sum).collect();
    let mut rows = vec![0.0; plane.len()];
    for (source, target) in plane.chunks_exact(width).zip(rows.chunks_exact_mut(width)) {
        along(&weights, outside, width, |at| source[at], |at, value| target[at] = value);
    }
    let mut smooth = vec![0.0; plane.len()];
    for column in 0..width {
        let target = |at: usize, value| smooth[at * width + column] = value;
        along(&weights, outside, height, |at| rows[at * width + column], target);
    }
    smooth
}

fn along(
    weights: &[f64],
    outside: Outside,
    count: usize,
    source: impl Fn(usize) -> f64,
    mut target: impl FnMut(usize, f64),
) {
    let radius = (weights.len() / 2) as isize;
    for at in 0..count {
        let places = at as isize - radius..=at as isize + radius;
        let terms = places.zip(weights).map(|(at, weight)| weight * source(outside(at, count)));
        target(at, terms.sum());
    }
}

/// The outermost place stands for all beyond it: `aaa|abc|ccc`.
pub(crate) fn edge(at: isize, count: usize) -> usize {
    at.clamp(0, count as isize - 1) as usize
}

/// The plane is mirrored with its outermost places repeated: `cba|abc|cba`.
pub(crate) fn mirror(at: isize, count: usize) -> usize {
    let count = count as isize;
    let at = at.rem_euclid(2 * count);
    at.min(2 * count - 1 - at) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_mirrored_with_their_outermost_values_repeated() {
        let letters: String = (-5..9).map(|at| (b'a' + mirror(at, 4) as u8) as char).collect();
        assert_eq!(letters, "ddcbaabcddcbaa".chars().collect::<String>());
    }

    #[test]
    fn smoothing_keeps_the_sum_and_spreads_a_point_by_the_variance() {
        let mut plane = vec![0.0; 41 * 31];
        plane[20 * 31 + 15] = 1.0;
        let smooth =
            gaussian(&plane, [41, 31], Gaussian { sigma: 2.0, truncate: 5.0, outside: edge });
        let moment = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            let cells = smooth.iter().enumerate();
            cells.map(|(at, v)| v * of((at / 31) as f64 - 20.0, (at % 31) as f64 - 15.0)).sum()
        };
        assert!((moment(&|_, _| 1.0) - 1.0).abs() < 1e-12);
        assert!((moment(&|y, _| y * y) - 4.0).abs() < 1e-3);
        assert!((moment(&|_, x| x * x) - 4.0).abs() < 1e-3);
        // Mirrored at the border, nothing is lost there either.
        let kernel = Gaussian { sigma: 1.5, truncate: 4.0, outside: mirror };
        let corner = gaussian(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [2, 3], kernel);
        assert!((corner.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
