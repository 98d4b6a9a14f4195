//! Similarity of the layers of networks: of an arm and its partner, of one network, and of two seeds.
//!
//! With `a_s` what layer `l` of an arm with seed `s` makes of the images ([`Gram`](crate::Gram)), `b_s` the same of its
//! partner, and `CKA` their linear centred kernel alignment, over the `n` seeds that both have:
//!
//! ```text
//! same seed    = mean over s of CKA(a_s, b_s)
//! other seeds  = mean over s ≠ t of CKA(a_s, b_t)
//! two seeds    = mean over s ≠ t of (CKA(a_s, a_t) + CKA(b_s, b_t)) / 2
//! beyond seeds = two seeds − other seeds
//! ```
//!
//! Two networks of one arm are not alike either, so what an arm changes is what `beyond seeds` says: it is zero on average where
//! the networks of both arms are drawn alike. Networks of the same seed start from the same parameters where layers are the same
//! and see images in the same order, so they are more alike than those of other seeds. The interval of `same seed` is Student's,
//! that of `beyond seeds` Student's over the pseudo-values of a jackknife over seeds, as in [`super::Agreement`]; both are
//! unadjusted and decide nothing.

use serde::Serialize;

use super::census::Runs;
use crate::gram::dot;
use crate::number::plural;
use crate::record::ArmNote;
use crate::stats::{Interval, mean, t_interval};

/// Values of layers by layers, in the order of [`Similarity::layers`]; `None` where a network lacks one of them.
pub type Grid = Vec<Vec<Option<f64>>>;

/// How alike the layers of the networks of a study are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Similarity {
    /// Images that the layers were shown.
    pub images: usize,
    /// The layers of all arms, from input to output.
    pub layers: Vec<String>,
    /// One summary per arm, in the order of the design.
    pub arms: Vec<ArmSimilarity>,
}

/// How alike the layers of an arm's networks are, to each other and to those of its partner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmSimilarity {
    /// The arm.
    pub arm: String,
    /// The arm it is compared with; its own name if it is a baseline.
    pub against: String,
    /// Runs that have any layers.
    pub runs: usize,
    /// Layers of one network, mean over runs.
    pub within: Grid,
    /// Layers of two seeds, mean over pairs of runs.
    pub seeds: Grid,
    /// Its layers (rows) and its partner's (columns) with the same seed, mean over seeds; empty for a baseline.
    pub across: Grid,
    /// The layers that both have; none for a baseline.
    pub matched: Vec<LayerSimilarity>,
}

/// How alike a layer of an arm and the layer of the same name of its partner are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerSimilarity {
    /// The layer.
    pub layer: String,
    /// Seeds that both have.
    pub pairs: usize,
    /// With the same seed.
    pub same_seed: Option<f64>,
    /// 95 % interval of that.
    pub interval: Option<Interval>,
    /// With other seeds.
    pub other_seeds: Option<f64>,
    /// Of two seeds of one arm, mean of both arms.
    pub two_seeds: Option<f64>,
    /// How much less alike the arms are than two seeds of one arm.
    pub beyond_seeds: Option<f64>,
    /// 95 % interval of that; none below three seeds.
    pub beyond_interval: Option<Interval>,
}

/// The layers of a run as unit vectors, in the order of all layers.
struct Units {
    seed: u64,
    layers: Vec<Option<Vec<f64>>>,
}

impl Similarity {
    /// `None` where no run has any layers.
    pub(super) fn of(runs: &Runs<'_>) -> Option<Self> {
        let design = runs.design;
        let layers = layers(runs);
        let all = design.arms.iter().flat_map(|arm| runs.done(&arm.name));
        let images = all.flat_map(|record| &record.similarity).map(|of| of.gram.images()).next()?;
        let units = |arm: &str| units(runs, arm, images, &layers);
        let arm = |note: &ArmNote| {
            let ours = units(&note.name);
            let theirs = (note.against != note.name).then(|| units(&note.against));
            ArmSimilarity::of(note, &layers, &ours, theirs.as_deref())
        };
        let arms = design.arms.iter().map(arm).collect();
        Some(Self { images, layers, arms })
    }

    /// The summary of an arm.
    pub fn arm(&self, name: &str) -> Option<&ArmSimilarity> {
        self.arms.iter().find(|arm| arm.arm == name)
    }
}

/// The layers of all arms: those of the first that has any, others behind what is before them.
fn layers(runs: &Runs<'_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for record in runs.design.arms.iter().flat_map(|arm| runs.done(&arm.name)) {
        let mut behind = 0;
        for of in &record.similarity {
            let known = all.iter().position(|layer| *layer == of.layer);
            let place = known.unwrap_or_else(|| {
                all.insert(behind, of.layer.clone());
                behind
            });
            behind = place + 1;
        }
    }
    all
}

/// The runs of an arm that have layers of so many images.
fn units(runs: &Runs<'_>, arm: &str, images: usize, layers: &[String]) -> Vec<Units> {
    let all = runs.done(arm).into_iter().map(|record| {
        let unit = |layer: &String| {
            let of = record.similarity.iter().find(|of| of.layer == *layer)?;
            (of.gram.images() == images).then(|| of.gram.unit())?
        };
        Units { seed: record.seed, layers: layers.iter().map(unit).collect() }
    });
    all.filter(|units| units.layers.iter().any(Option::is_some)).collect()
}

impl ArmSimilarity {
    fn of(note: &ArmNote, layers: &[String], ours: &[Units], theirs: Option<&[Units]>) -> Self {
        let shared: Vec<(&Units, &Units)> = theirs.map_or_else(Vec::new, |theirs| {
            let pair = |one: &Units| theirs.iter().position(|other| other.seed == one.seed);
            ours.iter().filter_map(|one| Some((one, &theirs[pair(one)?]))).collect()
        });
        let itself: Vec<(&Units, &Units)> = ours.iter().map(|units| (units, units)).collect();
        let matched = |(nth, layer): (usize, &String)| {
            let both = shared.iter().filter_map(|(one, other)| {
                Some((one.layers[nth].as_deref()?, other.layers[nth].as_deref()?))
            });
            let (one, other): (Vec<&[f64]>, Vec<&[f64]>) = both.unzip();
            (!one.is_empty()).then(|| LayerSimilarity::of(layer, &one, &other))
        };
        Self {
            arm: note.name.clone(),
            against: note.against.clone(),
            runs: ours.len(),
            within: same_seed(layers.len(), &itself),
            seeds: other_seeds(layers.len(), ours),
            across: theirs.map_or_else(Vec::new, |_| same_seed(layers.len(), &shared)),
            matched: layers.iter().enumerate().filter_map(matched).collect(),
        }
    }
}

/// Every layer of the one with every layer of the other, mean over pairs of networks.
fn same_seed(layers: usize, pairs: &[(&Units, &Units)]) -> Grid {
    let cell = |row: usize, column: usize| {
        let each = pairs.iter().filter_map(|(one, other)| {
            Some(dot(one.layers[row].as_ref()?, other.layers[column].as_ref()?))
        });
        mean(&each.collect::<Vec<_>>())
    };
    (0..layers).map(|row| (0..layers).map(|column| cell(row, column)).collect()).collect()
}

/// Every layer of a network with every layer of another of these, mean over ordered pairs.
///
/// The sum over pairs is a product of two sums less the networks with themselves.
fn other_seeds(layers: usize, all: &[Units]) -> Grid {
    let sums: Vec<(usize, Option<Vec<f64>>)> = (0..layers)
        .map(|layer| {
            let having: Vec<&[f64]> =
                all.iter().filter_map(|units| units.layers[layer].as_deref()).collect();
            (having.len(), sum(&having))
        })
        .collect();
    let cell = |row: usize, column: usize| {
        let ((ours, one), (theirs, other)) = (&sums[row], &sums[column]);
        let own = all.iter().filter_map(|units| {
            Some(dot(units.layers[row].as_ref()?, units.layers[column].as_ref()?))
        });
        let own: Vec<f64> = own.collect();
        let pairs = ours * theirs - own.len();
        let sum = dot(one.as_ref()?, other.as_ref()?) - own.iter().sum::<f64>();
        (pairs > 0).then(|| sum / pairs as f64)
    };
    (0..layers).map(|row| (0..layers).map(|column| cell(row, column)).collect()).collect()
}

/// The sum of vectors; `None` of none.
fn sum(vectors: &[&[f64]]) -> Option<Vec<f64>> {
    let (first, rest) = vectors.split_first()?;
    let mut sum = first.to_vec();
    for vector in rest {
        sum.iter_mut().zip(*vector).for_each(|(sum, value)| *sum += value);
    }
    Some(sum)
}

/// What two seeds of one arm and other seeds of both have in common, each over ordered pairs.
#[derive(Clone, Copy)]
struct Over {
    two: f64,
    other: f64,
}

impl ArmSimilarity {
    /// What is to be said of it in the middle of a sentence; nothing where no seed of both arms has layers.
    pub(super) fn words(&self) -> Option<String> {
        let known = || self.matched.iter().filter_map(|of| Some((of.same_seed?, of)));
        let (most, alike) = known().max_by(|(one, _), (other, _)| one.total_cmp(other))?;
        let (least, unlike) = known().min_by(|(one, _), (other, _)| one.total_cmp(other))?;
        let differ: Vec<String> = self
            .matched
            .iter()
            .filter(|of| of.differs())
            .map(|of| format!("`{}`", of.layer))
            .collect();
        let differ = match &differ[..] {
            [] => "none of them differs by more than two seeds of one arm do".to_owned(),
            some => format!("by more than two seeds of one arm do differ {}", some.join(", ")),
        };
        Some(format!(
            "of {} that both have, with the same seed `{}` is most alike (CKA {most:.2}) and `{}` least ({least:.2}), and {differ} (95 % intervals, unadjusted); the similarity of layers decides nothing, for the claim does not say which are alike",
            plural(self.matched.len(), "layer"),
            alike.layer,
            unlike.layer
        ))
    }
}

impl LayerSimilarity {
    /// Of the layer of both networks of each seed.
    fn of(layer: &str, one: &[&[f64]], other: &[&[f64]]) -> Self {
        let same: Vec<f64> = one.iter().zip(other).map(|(a, b)| dot(a, b)).collect();
        let n = same.len();
        let (ours, theirs) = (sum(one).expect("a pair"), sum(other).expect("a pair"));
        let (squares, product) = (dot(&ours, &ours) + dot(&theirs, &theirs), dot(&ours, &theirs));
        let own: f64 = same.iter().sum();
        let over = |n: usize, squares: f64, product: f64, own: f64| {
            let (n, pairs) = (n as f64, (n * n.saturating_sub(1)) as f64);
            (pairs > 0.0).then(|| Over {
                two: (squares - 2.0 * n) / (2.0 * pairs),
                other: (product - own) / pairs,
            })
        };
        let whole = over(n, squares, product, own);
        let beyond = |over: Over| over.two - over.other;
        // Without a seed, every sum of all pairs loses what that seed gives it.
        let without = |s: usize| {
            let (a, b) = (one[s], other[s]);
            let squares = squares - 2.0 * (dot(&ours, a) + dot(&theirs, b)) + 2.0;
            let product = product - dot(&ours, b) - dot(a, &theirs) + same[s];
            let rest = over(n - 1, squares, product, own - same[s])?;
            Some(n as f64 * beyond(whole?) - (n - 1) as f64 * beyond(rest))
        };
        let pseudo: Option<Vec<f64>> = (0..n).map(without).collect();
        Self {
            layer: layer.to_owned(),
            pairs: n,
            same_seed: mean(&same),
            interval: t_interval(&same, 0.95),
            other_seeds: whole.map(|over| over.other),
            two_seeds: whole.map(|over| over.two),
            beyond_seeds: whole.map(beyond),
            beyond_interval: pseudo.and_then(|values| t_interval(&values, 0.95)),
        }
    }

    /// Whether the arms differ in it by more than the luck of seeds explains, by its interval alone.
    pub fn differs(&self) -> bool {
        self.beyond_interval.is_some_and(|interval| interval.low > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analysis;
    use crate::gram::tests::{drawn, gram};
    use crate::record::Record;
    use crate::sample::{design, record};
    use crate::{Gram, LayerGram};

    /// A run whose layers make these of the images.
    fn run(arm: &str, seed: u64, layers: &[(&str, Gram)]) -> Record {
        let layer = |(layer, gram): &(&str, Gram)| LayerGram {
            layer: (*layer).to_owned(),
            gram: gram.clone(),
        };
        Record { similarity: layers.iter().map(layer).collect(), ..record(arm, seed, 0.9) }
    }

    fn near(got: Option<f64>, expected: f64) {
        assert!(got.is_some_and(|got| (got - expected).abs() < 1e-9), "{got:?}, not {expected}");
    }

    fn layer(seed: u64) -> Gram {
        gram(&drawn(seed, 12, 3))
    }

    #[test]
    fn every_mean_is_that_over_all_its_pairs_written_out() {
        let (ours, theirs): (Vec<Gram>, Vec<Gram>) =
            (1..=4).map(|s| (layer(s), layer(s + 10))).unzip();
        let runs = |arm: &'static str, grams: &[Gram]| -> Vec<Record> {
            (1..)
                .zip(grams)
                .map(|(seed, gram)| run(arm, seed, &[("conv1", gram.clone())]))
                .collect()
        };
        let records = [runs("max", &theirs), runs("none", &ours)].concat();
        let analysis = Analysis::of(&design(), &records).unwrap();
        let similarity = analysis.similarity.unwrap();
        assert_eq!((similarity.images, &similarity.layers[..]), (12, &["conv1".to_owned()][..]));
        let cka = |a: &Gram, b: &Gram| a.cka(b).unwrap();
        let over = |kept: &[usize], pairs: &dyn Fn(usize, usize) -> f64, same: bool| {
            let each: Vec<f64> = kept
                .iter()
                .flat_map(|&s| kept.iter().map(move |&t| (s, t)))
                .filter(|(s, t)| (s == t) == same)
                .map(|(s, t)| pairs(s, t))
                .collect();
            each.iter().sum::<f64>() / each.len() as f64
        };
        let two = |kept: &[usize]| {
            let of = |all: &'_ [Gram]| over(kept, &|s, t| cka(&all[s], &all[t]), false);
            f64::midpoint(of(&ours), of(&theirs))
        };
        let across = |kept: &[usize], same| over(kept, &|s, t| cka(&ours[s], &theirs[t]), same);
        let all = [0, 1, 2, 3];
        let none = similarity.arms.iter().find(|arm| arm.arm == "none").unwrap();
        let found = &none.matched[0];
        assert_eq!((found.pairs, none.runs), (4, 4));
        near(found.same_seed, across(&all, true));
        near(found.other_seeds, across(&all, false));
        near(found.two_seeds, two(&all));
        near(found.beyond_seeds, two(&all) - across(&all, false));
        near(none.across[0][0], across(&all, true));
        near(none.within[0][0], 1.0);
        near(none.seeds[0][0], over(&all, &|s, t| cka(&ours[s], &ours[t]), false));
        let pseudo = all.map(|left_out| {
            let kept: Vec<usize> = all.into_iter().filter(|&seed| seed != left_out).collect();
            4.0 * found.beyond_seeds.unwrap() - 3.0 * (two(&kept) - across(&kept, false))
        });
        let (got, expected) = (found.beyond_interval.unwrap(), t_interval(&pseudo, 0.95).unwrap());
        near(Some(got.low), expected.low);
        near(Some(got.high), expected.high);
        let max = &similarity.arms[0];
        assert!(max.matched.is_empty() && max.across.is_empty(), "a baseline has no partner");
    }

    #[test]
    fn arms_that_make_the_same_of_images_do_not_differ_and_others_do() {
        // Every seed turns one space, so two seeds are alike; the arm `avg` has another space.
        let of = |seed: u64, space: u64| {
            let rows = drawn(space, 12, 3);
            let scale = |row: &Vec<f64>| row.iter().map(|v| v * seed as f64).collect();
            gram(&rows.iter().map(scale).collect::<Vec<_>>())
        };
        let mut records = Vec::new();
        for seed in 1..=5 {
            records.push(run("max", seed, &[("conv1", of(seed, 1))]));
            records.push(run("none", seed, &[("conv1", of(seed, 1))]));
            records.push(run("avg", seed, &[("conv1", of(seed, 2))]));
        }
        let similarity = Analysis::of(&design(), &records).unwrap().similarity.unwrap();
        let of = |name: &str| &similarity.arm(name).unwrap().matched[0];
        assert!(!of("none").differs() && (of("none").other_seeds.unwrap() - 1.0).abs() < 1e-6);
        assert!(of("avg").differs(), "{:?}", of("avg"));
    }

    #[test]
    fn layers_are_matched_by_name_and_stand_in_the_order_of_the_networks() {
        let records = [
            run("max", 1, &[("conv1", layer(1)), ("down1", layer(2)), ("logits", layer(3))]),
            run("none", 1, &[("conv1", layer(4)), ("extra", layer(5)), ("logits", layer(6))]),
        ];
        let similarity = Analysis::of(&design(), &records).unwrap().similarity.unwrap();
        assert_eq!(similarity.layers, ["conv1", "extra", "down1", "logits"]);
        let none = similarity.arm("none").unwrap();
        let names: Vec<&str> = none.matched.iter().map(|of| of.layer.as_str()).collect();
        assert_eq!(names, ["conv1", "logits"]);
        near(none.across[1][2], layer(5).cka(&layer(2)).unwrap());
        assert_eq!((none.across[2][0], none.seeds[0][0]), (None, None));
        assert_eq!(none.matched[0].beyond_interval, None);
    }

    #[test]
    fn records_without_layers_are_read_and_written_as_before() {
        let plain = serde_json::to_string(&record("max", 1, 0.9)).unwrap();
        assert!(!plain.contains("similarity"), "{plain}");
        assert_eq!(Analysis::of(&design(), &[record("max", 1, 0.9)]).unwrap().similarity, None);
        let with = run("max", 1, &[("conv1", layer(1))]);
        let text = serde_json::to_string(&with).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), with);
    }
}
