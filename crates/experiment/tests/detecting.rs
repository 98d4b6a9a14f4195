//! The task of detection, from a study to records: it trains, and what does not fit is refused before.

use cenote_experiment::{Error, Fit, Footprint, Plan, STUDIES, Stop, Study, Task};
use cenote_tensor::Seed;

/// The study that comes along, of so few small images that it trains in a second.
fn small(changes: &[(&str, &str)]) -> Result<Plan, Error> {
    let named = STUDIES.iter().find(|study| study.name == "detect").expect("it comes along");
    let few = "from = { kind = 'digits' }, size = [32, 48], objects = [1, 3], train = 16, test = 6";
    let many = "from = { kind = \"fashion_mnist_10k\" }, size = [96, 96], objects = [1, 5], train = 1000, test = 400";
    let changes = [(many, few)].into_iter().chain(changes.iter().copied());
    let text = changes.fold(named.text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is in the study");
        text.replacen(from, to, 1)
    });
    Plan::new(Study::parse("detect", &text)?)
}

#[test]
fn a_detector_learns_and_trains_to_the_same_bits_on_any_number_of_threads() {
    let plan = small(&[]).expect("fits");
    assert_eq!(plan.data.train.shape(), [3, 32, 48], "the size is by the data");
    let digest = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a few threads").install(|| {
            let mut fit = Fit::start(&plan.arms[0].model, &plan.data, &plan.recipe, Seed(2));
            let mut epoch = || fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
            let first = epoch();
            let last = (0..3).map(|_| epoch()).last().expect("three more");
            assert!(last.train_loss < first.train_loss, "{first:?} {last:?}");
            fit.used().digest()
        })
    };
    assert_eq!(digest(1), digest(3));
}

#[test]
fn every_arm_fits_and_boxes_are_measured_in_images_of_any_size() {
    let plan = small(&[]).expect("fits");
    assert_eq!(plan.arms.len(), 6);
    // Training on images of other sizes than the study's is tried too.
    let [max, .., none] = &plan.arms[..] else { panic!("six arms") };
    let foreseen = |arm: &cenote_experiment::Arm| {
        Footprint::of(&plan.study, &arm.model, &plan.data).expect("trains").peak(8)
    };
    assert!(foreseen(max) < foreseen(none));
    let side = Footprint::largest_side(&plan.study, &max.model, &plan.data, 2, 20_000_000);
    assert!(side.expect("trains").is_some());
}

#[test]
fn the_size_may_be_given_and_what_does_not_fit_is_refused() {
    let plan =
        small(&[("kind = \"detect\"", "kind = \"detect\", size = [64, 48], channels = \"grey\"")]);
    assert_eq!(plan.expect("fits").data.train.shape(), [1, 64, 48]);
    let plan = small(&[("kind = \"detect\"", "kind = \"detect\", longest = 16")]).expect("fits");
    assert_eq!(plan.data.train.shape(), [3, 16, 16]);
    assert!(matches!(plan.study.task, Task::Detect(_)));
    let error = small(&[("out_channels = \"classes\"", "out_channels = 3")]).expect_err("too few");
    assert!(error.to_string().contains("maps of 14 channels would fit"), "{error}");
}
