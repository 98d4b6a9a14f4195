//! Arithmetic to the bit as NumPy does it, for scores that must equal those of tools written with it.

/// Below so many numbers `pairwise_sum` adds in eight lanes without splitting.
const BLOCK: usize = 128;

/// The sum of `values` in the order of `numpy.sum`.
///
/// Fewer than 8 from left to right; up to 128 in eight lanes; more in two halves, the first a multiple of 8 long.
pub fn pairwise_sum(values: &[f64]) -> f64 {
    if values.len() < 8 {
        return values.iter().fold(0.0, |sum, value| sum + value);
    }
    if values.len() > BLOCK {
        let half = values.len() / 2;
        let (head, tail) = values.split_at(half - half % 8);
        return pairwise_sum(head) + pairwise_sum(tail);
    }
    let mut chunks = values.chunks_exact(8);
    let mut lanes = [0.0; 8];
    lanes.copy_from_slice(chunks.next().expect("there are eight"));
    for chunk in &mut chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let whole = ((a + b) + (c + d)) + ((e + f) + (g + h));
    chunks.remainder().iter().fold(whole, |sum, value| sum + value)
}

/// The mean of `values` as `numpy.mean`; `None` when there are none.
pub fn pairwise_mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| pairwise_sum(values) / values.len() as f64)
}

/// `count` numbers from `first` to `last`, both included, as `numpy.linspace`.
///
/// ```text
/// x_i = first + i · (last − first) / (count − 1), but the last is `last`
/// ```
///
/// ```
/// use cenote_metrics::linspace;
///
/// assert_eq!(linspace(0.5, 0.95, 10)[8], 0.899_999_999_999_999_9);
/// ```
pub fn linspace(first: f64, last: f64, count: usize) -> Vec<f64> {
    let step = (last - first) / (count.max(2) - 1) as f64;
    let mut numbers: Vec<f64> = (0..count).map(|i| i as f64 * step + first).collect();
    if count > 1 {
        numbers[count - 1] = last;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits that NumPy 2.4.6 printed for `np.sum(np.arange(1, n + 1) / 7)`.
    #[test]
    #[expect(clippy::float_cmp, reason = "bits are the point")]
    fn sums_are_to_the_bit_those_of_numpy() {
        for (count, sum) in NUMPY_SUMS {
            let values: Vec<f64> = (1..=count).map(|i| f64::from(i) / 7.0).collect();
            assert_eq!(pairwise_sum(&values), sum, "{count}");
        }
    }

    const NUMPY_SUMS: [(u32, f64); 15] = [
        (0, 0.0),
        (1, 0.142_857_142_857_142_85),
        (7, 4.0),
        (8, 5.142_857_142_857_143),
        (9, 6.428_571_428_571_429),
        (15, 17.142_857_142_857_142),
        (16, 19.428_571_428_571_43),
        (127, 1_161.142_857_142_857),
        (128, 1_179.428_571_428_571_6),
        (129, 1_197.857_142_857_142_7),
        (136, 1_330.857_142_857_143),
        (137, 1_350.428_571_428_571_6),
        (300, 6_450.0),
        (1_000, 71_500.0),
        (32_321, 74_619_954.428_571_43),
    ];

    /// Positions at which `np.linspace(0, 1, 101)` is above the decimal.
    #[test]
    #[expect(clippy::float_cmp, reason = "bits are the point")]
    fn grids_are_to_the_bit_those_of_numpy() {
        let grid = linspace(0.0, 1.0, 101);
        let decimal = |i: usize| format!("{i}e-2").parse::<f64>().unwrap();
        let above: Vec<usize> = (0..101).filter(|&i| grid[i] > decimal(i)).collect();
        assert_eq!(above, [35, 41, 47, 57, 69, 70, 82, 83, 94, 95]);
        assert!((0..101).all(|i| grid[i] >= decimal(i)));
        assert_eq!(grid[100], 1.0);
        assert_eq!(linspace(0.3, 0.7, 1), [0.3]);
        assert_eq!(linspace(0.3, 0.7, 0), [0.0; 0]);
    }
}
