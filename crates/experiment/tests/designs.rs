//! The designs and published networks that come along: each arm keeps equal what it says it does, and has as many
//! parameters as were published.

use cenote_experiment::{Plan, STUDIES, Study};
use cenote_layers::Summary;

/// What an arm costs for one image, and how much of it the last maps see.
#[derive(Debug, PartialEq)]
struct Arm {
    name: String,
    parameters: usize,
    macs: u64,
    sees: [usize; 2],
}

/// The arms of a study, fitted to embedded or drawn images of the size that its own data have.
fn arms(study: &str) -> Vec<Arm> {
    let named = STUDIES.iter().find(|named| named.name == study).expect("it comes along");
    let mut study = Study::parse(named.name, named.text).expect("valid");
    let grey = "kind = 'fashion_mnist_10k'";
    let coloured = "kind = 'shapes_on_clutter'
        classes = ['disc', 'ring', 'cross', 'A', 'B', 'C', 'D', 'E', 'F', 'G']
        channels = 'rgb'
        size = 32
        train = 40
        test = 10";
    study.dataset = match study.dataset["kind"].as_str() {
        Some("cifar10") => coloured.parse().expect("a table"),
        _ => grey.parse().expect("a table"),
    };
    let arms = Plan::new(study).expect("fits").arms.into_iter().map(|arm| {
        let summary = Summary::of(&arm.model);
        let maps = summary.rows.iter().rev().find(|row| row.kind == "conv2d").expect("one");
        let (parameters, macs) = (summary.parameters(), summary.cost().macs);
        Arm { name: arm.name, parameters, macs, sees: maps.sees }
    });
    arms.collect()
}

fn arm<'a>(arms: &'a [Arm], name: &str) -> &'a Arm {
    arms.iter().find(|arm| arm.name == name).expect("an arm of the study")
}

#[test]
fn the_arms_of_the_factorial_differ_in_two_factors_alone() {
    let arms = arms("factorial");
    for other in &arms {
        assert_eq!(other.parameters, arms[0].parameters, "{other:?}");
    }
    let macs = |name| arm(&arms, name).macs;
    assert_eq!(macs("both"), macs("positions"));
    assert_eq!(macs("neighbours"), macs("neither"));
    // Cells that are combined add a pixel for each pool, in steps of what stands before it.
    let sees = |name| arm(&arms, name).sees;
    assert_eq!((sees("both"), sees("neighbours")), ([18; 2], [18; 2]));
    assert_eq!((sees("positions"), sees("neither")), ([15; 2], [15; 2]));
}

#[test]
fn each_way_of_removing_keeps_equal_what_it_is_named_after() {
    let arms = arms("removal");
    let of = |name| arm(&arms, name);
    let max = of("max");
    assert_eq!(of("same-parameters").parameters, max.parameters);
    assert_eq!(of("same-field").parameters, max.parameters);
    // What a pool combines and a dilation does not: a pixel, and two behind the first.
    assert_eq!((max.sees, of("same-field").sees), ([18; 2], [15; 2]));
    assert_eq!(of("same-parameters").sees, [7; 2]);
    let ratio = of("same-macs").macs as f64 / max.macs as f64;
    assert!((ratio - 1.0).abs() < 0.01, "{ratio}");
    assert!(of("naive").parameters > 10 * of("max-flatten").parameters);
}

#[test]
fn detectors_and_readers_are_compared_at_equal_macs() {
    for name in ["detect", "captcha"] {
        let named = STUDIES.iter().find(|named| named.name == name).expect("it comes along");
        let mut study = Study::parse(named.name, named.text).expect("valid");
        for part in ["train", "test"] {
            study.dataset.insert(part.to_owned(), 20.into());
        }
        let arms = Plan::new(study).expect("fits").arms;
        let macs = |model| Summary::of(model).cost().macs as f64;
        for arm in &arms {
            let ratio = macs(&arm.model) / macs(&arms[0].model);
            assert!((ratio - 1.0).abs() < 0.01, "{name}, {}: {ratio}", arm.name);
        }
    }
}

#[test]
fn networks_of_the_tutorials_have_the_published_parameters() {
    let counts: Vec<_> = arms("keras").into_iter().map(|arm| (arm.parameters, arm.macs)).collect();
    // The notebook aman6303/Practice-Deep-Learning prints the first two numbers of parameters.
    assert_eq!(counts[..2], [(113_386, 1_413_504), (2_370_282, 7_863_680)]);
    assert_eq!(counts[2].0, counts[3].0);
}

#[test]
fn lenet_5_has_as_many_parameters_as_published_where_its_maps_are_all_connected() {
    let arms = arms("lenet5");
    // 156 + 12 + 2416 + 32 + 48120 + 10164 + 850; the paper's third layer leaves 900 connections out.
    assert_eq!(arm(&arms, "subsample").parameters, 61_750);
    assert_eq!(arm(&arms, "none-dilated").parameters, arm(&arms, "max").parameters);
}

/// Table 1 and 3 of Springenberg et al. (2015) and its replications, in millions: about 0.9, 1 and 1.3, and 1.28, 1.35 and 1.4
/// with a convolution more for each pool.
#[test]
fn all_convolutional_nets_are_as_large_as_published() {
    for (name, published) in [("all-cnn-a", 1.28), ("all-cnn-b", 1.35), ("all-cnn-c", 1.4)] {
        let arms = arms(name);
        let of = |name| arm(&arms, name).parameters;
        assert_eq!(of("base"), of("strided"), "{name}");
        assert_eq!(of("conv-pool"), of("all-conv"), "{name}");
        // A convolution of 3x3 for each pool.
        assert_eq!(of("all-conv") - of("base"), 96 * 96 * 9 + 96 + 192 * 192 * 9 + 192, "{name}");
        let millions = of("all-conv") as f64 / 1e6;
        assert!((millions / published - 1.0).abs() < 0.05, "{name}: {millions}");
    }
}

#[test]
fn arms_of_the_larger_networks_differ_in_their_pools_alone() {
    for (name, learned) in [("vgg", "strided-conv"), ("resnet", "")] {
        let arms = arms(name);
        for arm in arms.iter().filter(|arm| arm.name != learned) {
            assert_eq!(arm.parameters, arms[0].parameters, "{name}: {arm:?}");
        }
    }
}
