//! How sure a difference is for other seeds *and* other images.
//!
//! Every seed is scored on the same test images, so seeds and images are crossed: an image that is hard
//! is hard for every seed. With `d_si` in {-1, 0, 1}, whether seed `s` gains or loses image `i`,
//!
//! ```text
//! d_si = D + seed_s + image_i + rest_si                 S seeds, M images
//! MS_seed  = M Σ_s (d_s. - D)² / (S - 1)
//! MS_image = S Σ_i (d_.i - D)² / (M - 1)
//! MS_rest  = Σ (d_si - d_s. - d_.i + D)² / ((S - 1)(M - 1))
//! σ²_seed  = (MS_seed - MS_rest) / M,   σ²_image = (MS_image - MS_rest) / S,   σ²_rest = MS_rest
//! Var(D)   = σ²_seed / S + σ²_image / M + σ²_rest / (S M)
//! ```
//!
//! A component below zero counts as zero. The interval is Student's, its degrees of freedom by
//! Satterthwaite. `σ²_image / M` stays however many seeds are run: it is the floor that only more images
//! lower. After Owen (2007), doi:10.1214/07-AOAS122, whose bootstrap of both margins it agrees with.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Interval;

/// A difference over seeds and images, and what it varies by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Crossed {
    /// Seeds.
    pub seeds: usize,
    /// Images that every seed was scored on.
    pub images: usize,
    /// Mean difference.
    pub mean: f64,
    /// Standard deviation from seed to seed, `σ_seed`.
    pub seed_sd: f64,
    /// Standard deviation from image to image, `σ_image`.
    pub image_sd: f64,
    /// Standard deviation of the rest, `σ_rest`.
    pub rest_sd: f64,
    /// Standard error for other seeds and other images.
    pub error: f64,
    /// What of it no number of seeds takes away: `σ_image / sqrt(M)`.
    pub floor: f64,
    /// 95 % interval for other seeds and other images; not adjusted for other comparisons.
    pub interval: Interval,
    /// Share of images that arm and partner disagree about, mean over seeds.
    pub disagreement: f64,
}

/// Splits the variance of a difference into seeds, images and rest: see the head of this file.
///
/// `differences` has one row per seed and one column per image. `None` below two of either.
///
/// # Panics
/// If rows differ in length.
pub fn crossed(differences: &[Vec<i8>]) -> Option<Crossed> {
    let (seeds, images) = (differences.len(), differences.first()?.len());
    if seeds < 2 || images < 2 {
        return None;
    }
    assert!(differences.iter().all(|row| row.len() == images), "crossed: rows of other lengths");
    let (s, m) = (seeds as f64, images as f64);
    let mut by_image = vec![0i64; images];
    let (mut by_seed, mut disagreements) = (Vec::with_capacity(seeds), 0u64);
    for row in differences {
        let mut sum = 0;
        for (total, &d) in by_image.iter_mut().zip(row) {
            *total += i64::from(d);
            sum += i64::from(d);
            disagreements += u64::from(d.unsigned_abs());
        }
        by_seed.push(sum);
    }
    let total = by_seed.iter().sum::<i64>() as f64;
    let centre = total * total / (s * m);
    let squares = |sums: &[i64]| sums.iter().map(|&sum| (sum * sum) as f64).sum::<f64>();
    let seed_squares = squares(&by_seed) / m - centre;
    let image_squares = squares(&by_image) / s - centre;
    let rest_squares = disagreements as f64 - centre - seed_squares - image_squares;

    let freedoms = [s - 1.0, m - 1.0, (s - 1.0) * (m - 1.0)];
    let [ms_seed, ms_image, ms_rest] = [
        seed_squares.max(0.0) / freedoms[0],
        image_squares.max(0.0) / freedoms[1],
        rest_squares.max(0.0) / freedoms[2],
    ];
    // S M Var(D) = MS_seed + MS_image - MS_rest, but for components below zero.
    let (has_seed, has_image) = (ms_seed > ms_rest, ms_image > ms_rest);
    let parts = [
        if has_seed { ms_seed } else { 0.0 },
        if has_image { ms_image } else { 0.0 },
        ms_rest * (1.0 - f64::from(has_seed) - f64::from(has_image)),
    ];
    let variance = parts.iter().sum::<f64>() / (s * m);
    let spread = parts.iter().zip(freedoms).map(|(part, freedom)| part * part / freedom);
    let freedom = (variance * s * m).powi(2) / spread.sum::<f64>();
    let half = if variance > 0.0 {
        let student = StudentsT::new(0.0, 1.0, freedom.max(1.0)).expect("a positive freedom");
        student.inverse_cdf(0.975) * variance.sqrt()
    } else {
        0.0
    };
    let mean = total / (s * m);
    let component = |part: f64, n: f64| ((part - ms_rest).max(0.0) / n).sqrt();
    let image_sd = component(ms_image, s);
    Some(Crossed {
        seeds,
        images,
        mean,
        seed_sd: component(ms_seed, m),
        image_sd,
        rest_sd: ms_rest.sqrt(),
        error: variance.sqrt(),
        floor: image_sd / m.sqrt(),
        interval: Interval { low: mean - half, high: mean + half },
        disagreement: disagreements as f64 / (s * m),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_seeds_and_three_images_by_hand() {
        // Rows 1 0 0 and 1 1 0: row sums 1 and 2, column sums 2, 1 and 0, total 3, centre 9/6.
        let result = crossed(&[vec![1, 0, 0], vec![1, 1, 0]]).unwrap();
        // MS_seed = 5/3 - 3/2 = 1/6; MS_image = (5/2 - 3/2) / 2 = 1/2; MS_rest = (3 - 3/2 - 1/6 - 1) / 2 = 1/6.
        assert!((result.mean - 0.5).abs() < 1e-15 && (result.disagreement - 0.5).abs() < 1e-15);
        assert!(result.seed_sd.abs() < 1e-7, "{result:?}");
        assert!((result.image_sd - (1.0f64 / 6.0).sqrt()).abs() < 1e-12, "{result:?}");
        assert!((result.error - (0.5f64 / 6.0).sqrt()).abs() < 1e-7, "{result:?}");
        assert!((result.floor - (1.0f64 / 18.0).sqrt()).abs() < 1e-12, "{result:?}");
    }

    #[test]
    fn images_that_every_seed_gains_alike_vary_by_image_only() {
        let row = vec![1, 0, 0, 1, 0, -1, 0, 0];
        let result = crossed(&vec![row; 5]).unwrap();
        assert!(result.seed_sd == 0.0 && result.rest_sd < 1e-7, "{result:?}");
        assert!((result.error - result.floor).abs() < 1e-12, "{result:?}");
    }

    #[test]
    fn equal_arms_have_a_point_and_one_seed_has_nothing() {
        let result = crossed(&[vec![0; 9], vec![0; 9]]).unwrap();
        assert_eq!((result.error, result.interval), (0.0, Interval { low: 0.0, high: 0.0 }));
        assert_eq!(crossed(&[vec![1; 9]]), None);
        assert_eq!(crossed(&[]), None);
    }
}
