//! A small study for the tests of this crate, with numbers that follow a formula.

use std::collections::BTreeMap;

use crate::gram::tests::gram;
use crate::{
    Analysis, ArmNote, ConfusionCounts, CorruptedScore, CorruptionNote, Costs, DatasetNote, Design,
    Environment, EpochPoint, LayerGram, LayerNote, Limits, Outcome, Questions, Record, Report,
    Times,
};

/// The seven arms of the quick study: name, partner, mean accuracy, costs, seconds per epoch.
const ARMS: [(&str, &str, f64, Costs, f64); 7] = [
    ("max", "max", 0.8710, costs(56_394, 5_650_000, 26_000_000), 2.1),
    ("avg", "max", 0.8698, costs(56_394, 5_650_000, 25_700_000), 2.0),
    ("strided", "max", 0.8722, costs(72_906, 5_900_000, 25_100_000), 2.3),
    ("decimate", "max", 0.8560, costs(56_394, 5_650_000, 25_100_000), 1.9),
    ("none", "max", 0.8791, costs(56_394, 43_600_000, 65_000_000), 12.4),
    ("max-flatten", "max-flatten", 0.8820, costs(458_570, 6_050_000, 31_000_000), 2.4),
    ("none-flatten", "max-flatten", 0.8755, costs(6_479_690, 50_000_000, 141_000_000), 15.8),
];

const fn costs(parameters: u64, macs: u64, peak_bytes: u64) -> Costs {
    Costs { parameters, macs, peak_bytes }
}

/// The design of the quick study with ten seeds.
pub(crate) fn design() -> Design {
    Design {
        schema: Design::SCHEMA,
        name: "quick".to_owned(),
        question: "Does pooling matter on Fashion-MNIST?".to_owned(),
        dataset: DatasetNote {
            name: "fashion-mnist-10k".to_owned(),
            checksum: "b3:1f0e".to_owned(),
            train: 9_000,
            validation: 1_000,
            test: 2_000,
            classes: ["shirt", "coat", "bag"].map(str::to_owned).to_vec(),
            division: None,
        },
        corruptions: Vec::new(),
        measures: Vec::new(),
        metric: "accuracy".to_owned(),
        margin: 0.005,
        also: Vec::new(),
        baseline: "max".to_owned(),
        arms: ARMS
            .iter()
            .map(|(name, against, _, costs, _)| ArmNote {
                name: (*name).to_owned(),
                about: format!("about {name}"),
                against: (*against).to_owned(),
                layers: layers(name, costs),
                levels: BTreeMap::new(),
            })
            .collect(),
        seeds: (1..=10).collect(),
        looks: Vec::new(),
        budget: "5 epochs of 9,000 images".to_owned(),
        prices: None,
        limits: Limits::default(),
        memory: None,
        tuning: None,
        questions: Questions {
            removed: "none".to_owned(),
            naive: Some("none-flatten".to_owned()),
            unpooled: vec!["strided".to_owned(), "decimate".to_owned(), "none".to_owned()],
        },
        plan: "b3:77aa".to_owned(),
        cells: ARMS
            .iter()
            .flat_map(|(arm, ..)| (1..=40).map(move |seed| cell(arm, seed)))
            .collect(),
    }
}

/// Three layers that share the costs of an arm.
fn layers(arm: &str, costs: &Costs) -> Vec<LayerNote> {
    let layer = |path: &str, kind: &str, output: &str, of_16: u64, sees: u64| LayerNote {
        path: path.to_owned(),
        kind: kind.to_owned(),
        output: output.to_owned(),
        parameters: costs.parameters * of_16 / 16,
        macs: costs.macs * of_16 / 16,
        kept_bytes: costs.peak_bytes / 2048,
        sees: Some([sees; 2]),
    };
    let pooled = if arm.starts_with("none") { [3, 5] } else { [4, 8] };
    vec![
        layer("conv1", "conv2d", "8x28x28", 4, 3),
        layer("down1", "slot", "8x14x14", 0, pooled[0]),
        layer("conv2", "conv2d", "16x14x14", 12, pooled[1]),
    ]
}

/// Of 2,000 test images, those that are right, and the others taken for their neighbours.
fn confusion(accuracy: f64) -> ConfusionCounts {
    let wrong = (2000.0 * (1.0 - accuracy).clamp(0.0, 1.0)).round() as u64;
    let (first, second) = (wrong / 2, wrong / 3);
    let third = wrong - first - second;
    let right = |images: u64, wrong| images.saturating_sub(wrong);
    [
        (0, 0, right(700, first)),
        (0, 1, first),
        (1, 0, second),
        (1, 1, right(700, second)),
        (2, 1, third),
        (2, 2, right(600, third)),
    ]
    .into_iter()
    .collect()
}

/// The sample's stand-in for the content hash of a run.
fn cell(arm: &str, seed: u64) -> String {
    format!("{arm}-{seed}")
}

/// A finished run with the given accuracy and the costs of its arm.
pub(crate) fn record(arm: &str, seed: u64, accuracy: f64) -> Record {
    let (.., costs, seconds) =
        ARMS.iter().find(|(name, ..)| *name == arm).expect("the sample has this arm");
    let slow = 1.0 + 0.01 * wobble(arm, seed);
    let epoch_seconds = vec![1.3 * seconds * slow, seconds * slow, 1.01 * seconds * slow];
    Record {
        cell: cell(arm, seed),
        arm: arm.to_owned(),
        seed,
        outcome: Outcome::Done,
        scores: BTreeMap::from([("accuracy".to_owned(), accuracy)]),
        confusion: confusion(accuracy),
        marks: None,
        taken: None,
        corrupted: Vec::new(),
        measures: BTreeMap::new(),
        pictures: Vec::new(),
        similarity: Vec::new(),
        scaling: None,
        costs: *costs,
        curve: (1..=3u32)
            .map(|epoch| EpochPoint {
                epoch,
                train_loss: 1.2 / f64::from(epoch),
                train_accuracy: (accuracy - 0.12 / f64::from(epoch * epoch) + 0.01).clamp(0.0, 1.0),
                validation: None,
            })
            .collect(),
        ending: None,
        weights: "b3:00".to_owned(),
        times: Times {
            started: "2026-01-02T03:04:05Z".to_owned(),
            total_seconds: epoch_seconds.iter().sum(),
            epoch_seconds,
            target_seconds: None,
        },
        joules: None,
        environment: Environment {
            cenote: "0.1.0".to_owned(),
            code: "abc123".to_owned(),
            cpu: "a processor".to_owned(),
            os: "linux".to_owned(),
            threads: 1,
            jobs: 2,
            command: "cenote ablate quick".to_owned(),
        },
    }
}

/// Every run of the quick study, around the mean of its arm.
pub(crate) fn records() -> Vec<Record> {
    let run = |arm: &str, mean: f64, seed: u64| {
        let shared = 0.002 * wobble("seed", seed); // seeds are good or bad for all arms
        let accuracy = ((mean + shared + 0.0015 * wobble(arm, seed)) * 2000.0).round() / 2000.0;
        record(arm, seed, accuracy)
    };
    ARMS.iter().flat_map(|(arm, _, mean, ..)| (1..=10).map(|seed| run(arm, *mean, seed))).collect()
}

/// The design of the quick study where it asks for corruptions too: of three severities, of one, and of one level.
pub(crate) fn damages() -> Design {
    let note = |name: &str, severities: &[u8]| CorruptionNote {
        name: name.to_owned(),
        severities: severities.to_vec(),
    };
    let corruptions =
        vec![note("fog", &[1, 3, 5]), note("contrast", &[5]), note("mnist_c/shear", &[])];
    Design { corruptions, ..design() }
}

/// Every run of the quick study with its scores under those.
pub(crate) fn damaged() -> Vec<Record> {
    let mut records = records();
    for record in &mut records {
        let clean = record.scores["accuracy"];
        let score = |name: &str, severity: Option<u8>| {
            let strength = f64::from(severity.unwrap_or(2)) * (1.0 + 0.2 * wobble(name, 0));
            let noise = wobble(&format!("{name}{severity:?}{}", record.arm), record.seed);
            let accuracy = (clean - 0.07 * strength + 0.01 * noise).clamp(0.0, 1.0);
            CorruptedScore { corruption: name.to_owned(), severity, accuracy }
        };
        let notes = damages().corruptions;
        let all = notes.iter().flat_map(|note| match &note.severities[..] {
            [] => vec![score(&note.name, None)],
            all => all.iter().map(|&severity| score(&note.name, Some(severity))).collect(),
        });
        record.corrupted = all.collect();
    }
    records
}

/// The runs of `max` and `none` with the first three seeds, and what three of their layers make of twelve images.
pub(crate) fn alike() -> Vec<Record> {
    let mut records = records();
    records.retain(|run| run.seed <= 3 && ["max", "none"].contains(&run.arm.as_str()));
    for run in &mut records {
        let layer = |layer: &str| {
            let seen = |image: u64, value: u64| {
                let shared = wobble(layer, 100 * image + value);
                let own = wobble(&format!("{layer}{}{}", run.arm, run.seed), 100 * image + value);
                shared + 0.5 * own
            };
            let rows: Vec<Vec<f64>> =
                (0..12).map(|image| (0..4).map(|value| seen(image, value)).collect()).collect();
            LayerGram { layer: layer.to_owned(), gram: gram(&rows) }
        };
        run.similarity = ["conv1", "down1", "conv2"].map(layer).to_vec();
    }
    records
}

/// The report of these records of the quick study.
pub(crate) fn report(records: &[Record]) -> Report {
    let analysis = Analysis::of(&design(), records).expect("the sample fits together");
    let runs = analysis.counted(records).expect("it was analysed");
    Report { analysis, runs }
}

/// A fixed value between -1 and 1 for a name and a number.
fn wobble(name: &str, seed: u64) -> f64 {
    let start = name.bytes().fold(seed, |hash, byte| hash.wrapping_mul(31) + u64::from(byte));
    let mixed = start.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 32) as f64 / f64::from(u32::MAX) * 2.0 - 1.0
}
