//! Otsu's threshold.
//!
//! ```text
//! σ²(t) = n₁ n₂ (μ₁ − μ₂)²        n₁ pixels up to t with mean μ₁, n₂ above t with mean μ₂
//! ```
//!
//! After Otsu (1979), doi:10.1109/TSMC.1979.4310076; as scikit-image's `threshold_otsu`, the first of equals.

use super::Plane;

/// The value that parts the pixels into two classes, up to it and above it, whose means differ most for their sizes.
///
/// The value itself where all pixels have one.
pub fn otsu(grey: &Plane<u8>) -> u8 {
    let mut counts = [0_u64; 256];
    for &value in grey.values() {
        counts[usize::from(value)] += 1;
    }
    let total: u64 = counts.iter().sum();
    let weighted = |value: usize| value as u64 * counts[value];
    let sum: u64 = (0..256).map(weighted).sum();
    let (mut best, mut best_variance) = (grey.values()[0], 0.0);
    let (mut below, mut sum_below) = (0_u64, 0_u64);
    for value in 0..=255_u8 {
        below += counts[usize::from(value)];
        sum_below += weighted(usize::from(value));
        let above = total - below;
        if below == 0 || above == 0 {
            continue;
        }
        let (n, m) = (below as f64, above as f64);
        let difference = sum_below as f64 / n - (sum - sum_below) as f64 / m;
        let variance = n * m * difference * difference;
        if variance > best_variance {
            (best, best_variance) = (value, variance);
        }
    }
    best
}
