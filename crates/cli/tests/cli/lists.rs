//! `cenote list` and `cenote summary`: what there is, and what it costs.

use std::io::Read;
use std::process::{Command, Stdio};

use cenote_datasets::{BENCHMARKS, Benchmark, KINDS as DATASETS, TRANSFORMS};
use cenote_experiment::MEASURES;
use cenote_layers::{KINDS as LAYERS, OPTIMIZER_KINDS, SCHEDULE_KINDS};
use cenote_metrics::{CLASSIFICATION_METRICS, DETECTION_METRICS, SCORED_METRICS, SEQUENCE_METRICS};
use expect_test::expect;
use serde_json::Value;

use crate::program::{Place, program, says};

fn names(list: &Value) -> Vec<&str> {
    let entries = list.as_array().expect("a list");
    entries.iter().map(|entry| entry["name"].as_str().expect("a name")).collect()
}

#[test]
fn everything_that_a_study_may_name_is_listed() {
    let place = Place::new();
    let list = place.json("list --json", "cenote.list/1");
    let words = place.succeeds("list");
    let kinds = |lists: [Vec<&'static str>; 4]| lists.concat();
    let expected = [
        ("layers", LAYERS.iter().flat_map(|family| family.iter().map(|k| k.name)).collect()),
        ("datasets", DATASETS.iter().map(|kind| kind.name).collect::<Vec<_>>()),
        ("transforms", TRANSFORMS.iter().map(|kind| kind.name).collect()),
        ("optimizers", OPTIMIZER_KINDS.iter().map(|kind| kind.name).collect()),
        ("schedules", SCHEDULE_KINDS.iter().map(|kind| kind.name).collect()),
        (
            "metrics",
            kinds([
                CLASSIFICATION_METRICS.iter().map(|metric| metric.name).collect(),
                DETECTION_METRICS.iter().map(|metric| metric.name).collect(),
                SCORED_METRICS.iter().map(|metric| metric.name).collect(),
                SEQUENCE_METRICS.iter().map(|metric| metric.name).collect(),
            ]),
        ),
        ("measures", MEASURES.iter().map(|kind| kind.name).collect()),
        (
            "studies",
            vec![
                "quick",
                "smoke",
                "full",
                "claims",
                "factorial",
                "removal",
                "lenet5",
                "keras",
                "all-cnn-a",
                "all-cnn-b",
                "all-cnn-c",
                "vgg",
                "resnet",
                "detect",
                "captcha",
                "captcha-positions",
                "captcha-letters",
            ],
        ),
    ];
    for (what, expected) in expected {
        assert_eq!(names(&list[what]), expected);
        let alone = place.json(&format!("list {what} --json"), "cenote.list/1");
        assert_eq!(alone[what], list[what]);
        assert_eq!(alone.as_object().map(serde_json::Map::len), Some(2), "{what} and the schema");
        for name in expected {
            says(&words, &[&format!("\n  {name} ")]);
        }
    }
}

#[test]
fn corruptions_are_listed_with_family_benchmark_and_the_constants_of_each_severity() {
    let place = Place::new();
    let list = place.json("list corruptions --json", "cenote.list/1");
    let expected: Vec<String> = BENCHMARKS.iter().flat_map(Benchmark::names).collect();
    assert_eq!(names(&list["corruptions"]), expected);
    let of = |name: &str| {
        let mut entries = list["corruptions"].as_array().expect("a list").iter();
        entries.find(|entry| entry["name"] == name).expect("it is listed").clone()
    };
    // The published constants of CIFAR-10-C's fog, and MNIST-C's shear.
    let fog = of("fog");
    let at_four = serde_json::json!({ "severity": 4, "constants": [1.0, 2.0] });
    assert_eq!((&fog["family"], &fog["benchmark"]), (&"weather".into(), &"cifar10_c".into()));
    assert_eq!((fog["levels"].as_array().map(Vec::len), &fog["levels"][3]), (Some(5), &at_four));
    let shear = of("mnist_c/shear");
    let level = serde_json::json!({ "severity": null, "constants": 0.4 });
    assert_eq!((&shear["family"], &shear["levels"][0]), (&"geometry".into(), &level));
    let words = place.succeeds("list corruptions");
    says(
        &words,
        &[
            "weather, of cifar10_c",
            "severity 1 to 5: [0.2, 3.0]  [0.5, 3.0]",
            "geometry, of mnist_c",
            "radians: 0.4",
        ],
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for words in [&["list"][..], &["list", "--json"], &["--help"]] {
        let mut command = Command::new(program());
        command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        let mut said = String::new();
        let stderr = child.stderr.as_mut().expect("it is piped");
        stderr.read_to_string(&mut said).expect("readable");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{words:?}: {said}");
        assert_eq!(said, "");
    }
}

/// Two convolutions, a dense layer of 128, and 2x2 max pools or nothing between them.
///
/// It is the network of a public notebook that asks the same question; its author's library printed
/// 113,386 parameters with pools and 2,370,282 without. The MACs are, per convolution, output cells
/// times weights of one filter and, per dense layer, its weights:
/// `26·26·32·9 + 11·11·32·288 + 800·128 + 128·10` and `26·26·32·9 + 24·24·32·288 + 18432·128 + 128·10`.
const NOTEBOOK: &str = r#"
question = "Does pooling matter?"
dataset  = { kind = "fashion_mnist_10k" }
measure  = { metric = "accuracy", margin = 0.002 }
seeds    = { first = 1, count = 10 }
baseline = "max"
questions = { removed = "none", unpooled = ["none"] }
training = { epochs = 5, batch_size = 64, learning_rate = 0.001, optimizer = { kind = "adam" } }
model = [
    { kind = "conv2d", out_channels = 32, kernel_size = 3 }, { kind = "relu" },
    { kind = "slot", name = "pool1" },
    { kind = "conv2d", out_channels = 32, kernel_size = 3 }, { kind = "relu" },
    { kind = "slot", name = "pool2" },
    { kind = "flatten" }, { kind = "dense", out_features = 128 }, { kind = "relu" },
    { kind = "dense", out_features = 10 },
]
[arms]
max  = { pool1 = { kind = "max_pool", kernel_size = 2 }, pool2 = { kind = "max_pool", kernel_size = 2 } }
none = { pool1 = { kind = "identity" }, pool2 = { kind = "identity" } }
"#;

#[test]
fn a_summary_adds_up_to_the_published_numbers() {
    let place = Place::new();
    place.write("notebook.toml", NOTEBOOK);
    let summary = place.json("summary notebook.toml --json", "cenote.summary/1");
    let totals = |arm: &Value| (arm["parameters"].as_u64(), arm["macs"].as_u64());
    assert_eq!(totals(&summary["arms"][0]), (Some(113_386), Some(1_413_504)));
    assert_eq!(totals(&summary["arms"][1]), (Some(2_370_282), Some(7_863_680)));
    for arm in summary["arms"].as_array().expect("a list") {
        for what in ["parameters", "macs", "other_ops", "kept_bytes"] {
            let layers = arm["layers"].as_array().expect("a list");
            let sum: u64 = layers.iter().filter_map(|layer| layer[what].as_u64()).sum();
            assert_eq!(arm[what].as_u64(), Some(sum), "{what}");
        }
    }
    let words = place.succeeds("summary notebook.toml --arm none");
    says(&words, &["one image of 1x28x28", "32x24x24", "2,370,282", "7,863,680"]);
    assert!(!words.contains("max_pool"), "only the arm that was asked for");
}

#[test]
fn a_summary_is_a_table_with_a_line_per_layer() {
    expect![[r"
        max: one image of 1x8x8, forward; `sees` is the receptive field in it; kept bytes are held for the backward pass
        layer             kind             output  sees  parameters    MACs  other ops  kept bytes
        conv1             conv2d            8x8x8   3x3          80   4,608        512         256
        relu1             relu              8x8x8   3x3           0       0        512       2,048
        down1             max_pool          8x4x4   4x4           0       0        384         128
        conv2             conv2d           16x4x4   8x8       1,168  18,432        256         512
        relu2             relu             16x4x4   8x8           0       0        256       1,024
        global_avg_pool1  global_avg_pool      16   8x8           0       0        256           0
        logits            dense                10   8x8         170     160         10          64
        total                                  10             1,418  23,200      2,186       4,032
        counted by other programs: fvcore 23,456, ptflops 25,514, calflops 48,704
    "]]
    .assert_eq(&Place::new().succeeds("summary smoke --arm max"));
}
