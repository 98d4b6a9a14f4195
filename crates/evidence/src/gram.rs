//! How alike a layer finds each two of some images, which is all that it takes to compare it with another layer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// A layer of a network, and how alike it finds each two of some images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerGram {
    /// Where it stands in the network; a slot for what fills it.
    pub layer: String,
    /// How alike it finds the images.
    pub gram: Gram,
}

/// The products of the activations of each two of `n` images, centred: what a linear kernel says of them.
///
/// ```text
/// k_ij = x_i · x_j        a_ij = k_ij − (r_i + r_j) / (n − 2) + t / ((n − 1)(n − 2))        i ≠ j
/// r_i  = sum of k_ij over j ≠ i        t = sum of r_i
/// ```
///
/// These are the *U-centred* products of Székely and Rizzo (2014), doi:10.1214/14-AOS1255, and the unbiased estimator of the
/// Hilbert-Schmidt independence criterion, Song et al. (2012), JMLR 13:1393, is their mean product:
/// `HSIC = sum over i ≠ j of a_ij b_ij / (n (n − 3))`. Linear *centred kernel alignment* (Kornblith et al. 2019, arXiv:1905.00414), with
/// that estimator as Nguyen, Raghu and Kornblith (2021), arXiv:2010.15327, take it, is their cosine:
///
/// ```text
/// CKA(a, b) = sum of a_ij b_ij / sqrt(sum of a_ij² · sum of b_ij²)        in −1 to 1
/// ```
///
/// It knows nothing of a rotation of the activations, nor of a scale. Estimators that are not U-centred come near 1 for any two
/// layers of many more values than images; this one is near 0 for two that have nothing to do with each other. The criteria are
/// estimated without bias; a ratio of them is not, but nearly so for some tens of images.
///
/// A record holds the products above the diagonal as one text: images, `:`, and base64 of 16-bit numbers, the lower byte first,
/// whose largest is 32,767. Scale does not matter, and rounding moves CKA by less than 0.0001. 64 images take 5.4 kB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gram {
    images: usize,
    /// Row by row, above the diagonal.
    values: Vec<i16>,
}

impl Gram {
    /// The fewest images; fewer than four have no such estimate, and fewer than this no useful one.
    pub const LEAST: usize = 8;
    /// The most images: a layer then takes 87 kB of a record.
    pub const MOST: usize = 256;

    /// From the products of the activations of each two images, row by row above the diagonal.
    ///
    /// `None` where they are not of [`Gram::LEAST`] to [`Gram::MOST`] images, or not all finite.
    pub fn of(images: usize, products: &[f64]) -> Option<Self> {
        let fits = (Self::LEAST..=Self::MOST).contains(&images) && products.len() == pairs(images);
        if !fits || products.iter().any(|product| !product.is_finite()) {
            return None;
        }
        let largest = products.iter().fold(0.0_f64, |most, product| most.max(product.abs()));
        let scaled = |at: usize| if largest > 0.0 { products[at] / largest } else { 0.0 };
        let n = images as f64;
        let mut rows = vec![0.0; images];
        for (at, (i, j)) in places(images).enumerate() {
            rows[i] += scaled(at);
            rows[j] += scaled(at);
        }
        let total = rows.iter().sum::<f64>() / ((n - 1.0) * (n - 2.0));
        let centred: Vec<f64> = places(images)
            .enumerate()
            .map(|(at, (i, j))| scaled(at) - (rows[i] + rows[j]) / (n - 2.0) + total)
            .collect();
        let most = centred.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        // What is left of products that are all alike is rounding.
        let scale = if most > ROUNDING { f64::from(i16::MAX) / most } else { 0.0 };
        let values = centred.iter().map(|value| (value * scale).round() as i16).collect();
        Some(Self { images, values })
    }

    /// Images.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Linear centred kernel alignment with another; `None` where the images are not as many, or one finds all alike.
    pub fn cka(&self, other: &Self) -> Option<f64> {
        let (one, other) = (self.unit()?, other.unit()?);
        (one.len() == other.len()).then(|| dot(&one, &other))
    }

    /// The products at length one, so that a product of two is their alignment; `None` where all are alike.
    pub(crate) fn unit(&self) -> Option<Vec<f64>> {
        let sum: i64 = self.values.iter().map(|&value| i64::from(value).pow(2)).sum();
        let length = (sum as f64).sqrt();
        (sum > 0).then(|| self.values.iter().map(|&value| f64::from(value) / length).collect())
    }
}

/// Products that are smaller than this share of the largest come from rounding.
const ROUNDING: f64 = 1e-9;

/// The sum of the products of two lists.
pub(crate) fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Pairs of so many images.
fn pairs(images: usize) -> usize {
    images * images.saturating_sub(1) / 2
}

/// Every pair of images, row by row.
fn places(images: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..images).flat_map(move |i| (i + 1..images).map(move |j| (i, j)))
}

impl TryFrom<String> for Gram {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let problem = || {
            let shown: String = text.chars().take(24).collect();
            format!(
                "a layer's likeness of images is `{shown}`; expected {} to {} images, `:`, and base64 of two bytes for every two of them",
                Self::LEAST,
                Self::MOST
            )
        };
        let (images, values) = text.split_once(':').ok_or_else(problem)?;
        let images: usize = images.parse().map_err(|_| problem())?;
        let bytes = STANDARD.decode(values).map_err(|_| problem())?;
        let fits = (Self::LEAST..=Self::MOST).contains(&images);
        if !fits || bytes.len() != 2 * pairs(images) {
            return Err(problem());
        }
        let value = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]);
        Ok(Self { images, values: bytes.chunks(2).map(value).collect() })
    }
}

impl From<Gram> for String {
    fn from(gram: Gram) -> Self {
        let bytes: Vec<u8> = gram.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        format!("{}:{}", gram.images, STANDARD.encode(bytes))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    /// The Gram matrix of activations, an image a row.
    pub(crate) fn gram(activations: &[Vec<f64>]) -> Gram {
        let products: Vec<f64> =
            places(activations.len()).map(|(i, j)| dot(&activations[i], &activations[j])).collect();
        Gram::of(activations.len(), &products).unwrap()
    }

    /// Activations that are drawn evenly between −1 and 1.
    pub(crate) fn drawn(seed: u64, images: usize, values: usize) -> Vec<Vec<f64>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || f64::from(random.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0;
        (0..images).map(|_| (0..values).map(|_| draw()).collect()).collect()
    }

    fn near(got: Option<f64>, expected: f64, by: f64) {
        assert!(got.is_some_and(|got| (got - expected).abs() <= by), "{got:?}, not {expected}");
    }

    #[test]
    fn a_layer_is_like_itself_turned_moved_and_scaled() {
        let x = drawn(1, 24, 6);
        near(gram(&x).cka(&gram(&x)), 1.0, 1e-12);
        // A Householder reflection through the direction of ones, and an offset of every value.
        let turn = |row: &Vec<f64>| -> Vec<f64> {
            let along = row.iter().sum::<f64>() / 3.0;
            row.iter().enumerate().map(|(at, v)| 70.0 * (v - along) + at as f64).collect()
        };
        let turned: Vec<Vec<f64>> = x.iter().map(turn).collect();
        near(gram(&x).cka(&gram(&turned)), 1.0, 1e-6);
        let halved: Vec<Vec<f64>> = x.iter().map(|row| row[..2].to_vec()).collect();
        assert!(gram(&x).cka(&gram(&halved)).unwrap() < 0.95, "less is not the same");
    }

    #[test]
    fn layers_that_have_nothing_to_do_with_each_other_are_at_zero_on_average_however_wide() {
        for width in [4, 400] {
            let each = (0..40).map(|nth| {
                let (x, y) = (drawn(2 * nth + 100, 32, width), drawn(2 * nth + 101, 32, width));
                gram(&x).cka(&gram(&y)).unwrap()
            });
            let each: Vec<f64> = each.collect();
            let mean = each.iter().sum::<f64>() / 40.0;
            // 496 products of two images, so a deviation of about 1/22 each, and of 1/141 of forty.
            assert!(mean.abs() < 0.03, "width {width}: {mean}");
            assert!(each.iter().all(|cka| cka.abs() < 0.3), "width {width}: {each:?}");
        }
    }

    #[test]
    fn the_likeness_of_four_images_in_each_of_two_groups_by_hand() {
        // Two groups of four: products are 1 within and −1 across, so sums of rows are 3 − 4 = −1 and t = −8.
        let sides: Vec<Vec<f64>> = (0..8).map(|i| vec![if i < 4 { 1.0 } else { -1.0 }]).collect();
        let whole = gram(&sides).unit().unwrap();
        // Centred: ±1 + 2/6 − 8/42, so 48/42 within and −36/42 across.
        near(Some(whole[0] / whole[6]), -48.0 / 36.0, 1e-4);
        let same = vec![vec![1.0, 2.0]; 8];
        assert_eq!(gram(&same).cka(&gram(&sides)), None, "a layer that says one thing");
    }

    #[test]
    fn products_are_read_back_and_what_are_none_is_refused() {
        let gram = gram(&drawn(3, 9, 5));
        let text = serde_json::to_string(&gram).unwrap();
        assert!(text.starts_with("\"9:") && text.len() == 4 + 96, "{text}");
        assert_eq!(serde_json::from_str::<Gram>(&text).unwrap(), gram);
        for text in ["", "9", "9:", "9:!", "8:AAAA", "7:", "999999999999:AAAA", "-1:AAAA"] {
            let error = serde_json::from_str::<Gram>(&format!("\"{text}\"")).unwrap_err();
            assert!(error.to_string().contains("expected 8 to 256 images"), "{text}: {error}");
        }
        assert_eq!(Gram::of(7, &[0.0; 21]), None);
        assert_eq!(Gram::of(8, &[0.0; 27]), None);
        assert_eq!(Gram::of(8, &[f64::NAN; 28]), None);
    }
}
