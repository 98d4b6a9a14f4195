//! What the layers of a network make of some test images, kept so that they can be compared with those of other networks.
//!
//! Linear centred kernel alignment of two layers takes the products of the activations of each two images and nothing else
//! ([`Gram`]), so a record that keeps these needs no network to be compared with another that was trained elsewhere or later.
//! The images are the first of the sample that measures share: the same for every arm and seed.
//!
//! Kept are the layers around slots, by the names they have in the study, and the last three: the last maps, what the last layer
//! reads, and what it says. So all arms have the same layers, whatever fills their slots.

use std::collections::BTreeMap;

use cenote_evidence::{Gram, LayerGram};
use cenote_tensor::Scalar;
use rayon::prelude::*;

use super::Subject;
use super::subject::rows;
use crate::{Data, Error};

/// The most layers of a network; of more than these, those around slots are thinned evenly.
const MOST: usize = 12;
/// The last layers, which are kept always.
const LAST: usize = 3;
/// Products that are added up side by side.
const LANES: usize = 8;

/// Says what about the data leaves too few images.
pub(crate) fn fits(data: &Data) -> Result<(), String> {
    let images = data.test.len();
    if images >= Gram::LEAST {
        return Ok(());
    }
    Err(format!("there are {images} test images; expected at least {}", Gram::LEAST))
}

/// What the layers make of `count` test images, or of all there are; `around` are the layers around slots.
///
/// It takes a forward pass of every image for each layer, and `images² · values / 2` multiply-adds.
///
/// # Errors
/// When an image stays in its file and cannot be decoded.
pub(crate) fn take(
    subject: &Subject<'_>,
    around: &[String],
    count: usize,
) -> Result<Vec<LayerGram>, Error> {
    let sample = subject.sample(count)?;
    let mut layers = Vec::new();
    for (at, layer) in kept(subject, around) {
        let mut activations: Vec<Vec<Scalar>> = Vec::with_capacity(sample.len());
        for images in sample.images.chunks(subject.together) {
            subject.look(subject.scaled(images)?, |layer, y| {
                if layer == at {
                    activations.extend(rows(y));
                }
            });
        }
        let gram = Gram::of(sample.len(), &products(activations));
        layers.extend(gram.map(|gram| LayerGram { layer, gram }));
    }
    Ok(layers)
}

/// The layers that are kept, by position, each with its name.
fn kept(subject: &Subject<'_>, around: &[String]) -> Vec<(usize, String)> {
    let paths: Vec<&str> = subject.network.model.layers().map(|fitted| fitted.path).collect();
    let mut named: BTreeMap<usize, String> = BTreeMap::new();
    for name in around {
        let last = subject.filling(name).map(|layers| layers.end - 1);
        named.extend(last.map(|at| (at, name.clone())));
    }
    let maps = subject.map_layers().last().map(|&(at, _)| at);
    let last: Vec<usize> = (paths.len().saturating_sub(2)..paths.len()).chain(maps).collect();
    let slots: Vec<(usize, String)> =
        named.iter().filter(|(at, _)| !last.contains(at)).map(|(at, n)| (*at, n.clone())).collect();
    let name = |at: usize| named.get(&at).cloned().unwrap_or_else(|| paths[at].to_owned());
    let ends = last.iter().map(|&at| (at, name(at)));
    let kept: BTreeMap<usize, String> =
        thinned(slots, MOST - LAST).into_iter().chain(ends).collect();
    kept.into_iter().collect()
}

/// At most so many of a list, evenly spread from its first to its last.
fn thinned<T>(list: Vec<T>, most: usize) -> Vec<T> {
    let count = list.len();
    if count <= most {
        return list;
    }
    let places: Vec<usize> = (0..most).map(|nth| nth * (count - 1) / (most - 1)).collect();
    let kept = list.into_iter().enumerate().filter(|(at, _)| places.contains(at));
    kept.map(|(_, item)| item).collect()
}

/// The products of each two images above the diagonal, row by row, of activations less their mean over images.
fn products(mut activations: Vec<Vec<Scalar>>) -> Vec<f64> {
    let values = activations.first().map_or(0, Vec::len);
    let mut means = vec![0.0; values];
    for image in &activations {
        means.iter_mut().zip(image).for_each(|(mean, &value)| *mean += f64::from(value));
    }
    let count = activations.len() as f64;
    for image in &mut activations {
        let centre = |(value, mean): (&mut Scalar, &f64)| {
            *value = (f64::from(*value) - mean / count) as Scalar;
        };
        image.iter_mut().zip(&means).for_each(centre);
    }
    let row = |i: usize| -> Vec<f64> {
        activations[i + 1..].iter().map(|other| product(&activations[i], other)).collect()
    };
    let rows: Vec<Vec<f64>> = (0..activations.len()).into_par_iter().map(row).collect();
    rows.concat()
}

/// The sum of the products of two lists, in an order that depends on their length alone.
fn product(one: &[Scalar], other: &[Scalar]) -> f64 {
    let mut sums = [0.0_f64; LANES];
    for (one, other) in one.chunks(LANES).zip(other.chunks(LANES)) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += f64::from(a) * f64::from(b);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, blocks};
    use super::*;

    const LAYERS: &str = "layer = [{kind='conv2d', name='maps', out_channels=2, kernel_size=1}, {kind='max_pool', name='down.1', kernel_size=2},
         {kind='identity', name='down.2'}, {kind='conv2d', name='conv', out_channels=3, kernel_size=3}, {kind='global_avg_pool', name='mean'},
         {kind='dense', name='logits', out_features=2}]";

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_layers_around_slots_and_the_last_three_are_kept_by_the_names_of_the_study() {
        let bed = Testbed::new(LAYERS, blocks(), |_, _| None);
        let around = names(&["maps", "down", "gone"]);
        let kept = kept(&bed.subject(), &around);
        let expected = [(0, "maps"), (2, "down"), (3, "conv"), (4, "mean"), (5, "logits")];
        assert_eq!(kept, expected.map(|(at, name)| (at, name.to_owned())));
        assert_eq!(thinned((0..30).collect(), 9), [0, 3, 7, 10, 14, 18, 21, 25, 29]);
    }

    #[test]
    fn a_layer_that_hands_images_on_finds_them_as_alike_as_their_pixels() {
        let bed = Testbed::new(LAYERS, blocks(), |path, at| match path {
            "maps.weight" => Some([3.0, -0.5][at]),
            "maps.bias" => Some(7.0),
            _ => None,
        });
        let subject = bed.subject();
        let layers = take(&subject, &names(&["maps", "down"]), 20).unwrap();
        let pixels = subject.sample(20).unwrap().images;
        let products: Vec<f64> = (0..20)
            .flat_map(|i| (i + 1..20).map(move |j| (i, j)))
            .map(|(i, j)| {
                let pairs = pixels[i].iter().zip(&pixels[j]);
                pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            })
            .collect();
        let images = Gram::of(20, &products).unwrap();
        // Both channels are multiples of the image, so together a multiple of it.
        let alike = |nth: usize| layers[nth].gram.cka(&images).unwrap();
        assert!((alike(0) - 1.0).abs() < 1e-4, "{}", alike(0));
        assert!(alike(1) < 0.999, "the largest of four cells are not the image: {}", alike(1));
    }

    #[test]
    fn a_network_is_like_itself_for_any_number_of_threads_and_images_at_once() {
        let bed = Testbed::random();
        let subject = bed.subject();
        let taken = |threads: usize, together: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| take(&Subject { together, ..subject }, &[], 30).unwrap())
        };
        let first = taken(1, 16);
        assert_eq!(first, taken(3, 7));
        assert_eq!(first.len(), 3, "the last maps are those of the rectifier");
        for of in &first {
            assert!((of.gram.cka(&of.gram).unwrap() - 1.0).abs() < 1e-12);
        }
        let [relu, logits] = [&first[0], &first[2]].map(|of| &of.gram);
        assert!(relu.cka(logits).unwrap() < 0.999);
    }
}
