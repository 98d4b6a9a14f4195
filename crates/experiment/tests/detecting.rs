//! The task of detection, from a study to records: it trains, and what does not fit is refused before.

use cenote_datasets::Split;
use cenote_experiment::{Data, Error, Fit, Footprint, Plan, STUDIES, Stop, Study, Task};
use cenote_layers::{Model, ModelSpec};
use cenote_tensor::{Seed, metered};

/// The study that comes along, of so few small images that it trains in a second.
fn small(changes: &[(&str, &str)]) -> Result<Plan, Error> {
    let named = STUDIES.iter().find(|study| study.name == "detect").expect("it comes along");
    let few = "from = { kind = 'digits' }, size = [32, 48], objects = [1, 2], train = 8, test = 3";
    let many = "from = { kind = \"fashion_mnist_10k\" }, size = [96, 96], objects = [1, 5], train = 1000, test = 400";
    let changes = [(many, few)].into_iter().chain(changes.iter().copied());
    let text = changes.fold(named.text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is in the study");
        text.replacen(from, to, 1)
    });
    Plan::new(Study::parse("detect", &text)?)
}

/// Images on which training takes no time.
const TINY: (&str, &str) = ("kind = \"detect\"", "kind = \"detect\", size = [16, 32]");

#[test]
fn a_detector_learns_and_trains_to_the_same_bits_on_any_number_of_threads() {
    let plan =
        small(&[TINY, ("batch_size    = 8", "batch_size = 2"), ("1e-3", "5e-3")]).expect("fits");
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
    let plan = small(&[TINY]).expect("fits");
    assert_eq!(plan.arms.len(), 6);
    let max = &plan.arms[0].model;
    let spec = ModelSpec::parse(max.tables().to_vec()).expect("parsed before");
    let foreseen =
        |model: &Model| Footprint::of(&plan.study, model, &plan.data).expect("trains").peak(2);
    // Trained on images of another size than the study's, with boxes that are scaled with them.
    let larger = spec.fit([3, 32, 32].into()).expect("large enough");
    assert!(foreseen(max) < foreseen(&larger));
}

#[test]
fn the_size_is_by_the_data_or_given_and_what_does_not_fit_is_refused() {
    let plan = small(&[]).expect("fits");
    assert_eq!(plan.data.train.shape(), [3, 32, 48]);
    let plan =
        small(&[("kind = \"detect\"", "kind = \"detect\", size = [32, 48], channels = \"grey\"")]);
    assert_eq!(plan.expect("fits").data.train.shape(), [1, 32, 48]);
    let plan = small(&[("kind = \"detect\"", "kind = \"detect\", longest = 16")]).expect("fits");
    assert_eq!(plan.data.train.shape(), [3, 16, 16]);
    assert!(matches!(plan.study.task, Task::Detect(_)));
    let error = small(&[("out_channels = \"classes\"", "out_channels = 3")]).expect_err("too few");
    assert!(error.to_string().contains("maps of 14 channels would fit"), "{error}");
}

#[test]
fn memory_is_foreseen_to_the_byte_whatever_is_in_the_images() {
    let plan = small(&[TINY]).expect("fits");
    let model = &plan.arms[0].model;
    let there = plan.data.train.objects().expect("it is a detection set");
    // Images without objects among the others, and alone.
    let seldom = there.iter().enumerate().map(|(at, objects)| match at % 3 {
        0 => objects.clone(),
        _ => Vec::new(),
    });
    for objects in [there.to_vec(), seldom.collect(), vec![Vec::new(); there.len()]] {
        let train = Split::of_objects(plan.data.train.images().clone(), objects);
        let data = Data { train: train.expect("as many"), ..plan.data.clone() };
        let foreseen = Footprint::of(&plan.study, model, &data).expect("trains").peak(8);
        let ((), used) = metered(|| {
            let mut fit = Fit::start(model, &data, &plan.recipe, Seed(2));
            for _ in 0..2 {
                fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
            }
        });
        assert_eq!(foreseen, used.peak_bytes as u64);
    }
}

#[test]
fn the_best_epoch_is_chosen_by_boxes_held_out_and_its_memory_foreseen() {
    let best = ("[training]", "[training]\nvalidation = 3\nselect = 'best'");
    let plan = small(&[TINY, best, ("batch_size    = 8", "batch_size = 2")]).expect("fits");
    let arm = &plan.arms[0];
    let (curve, usage) = metered(|| {
        let mut fit = Fit::start(&arm.model, &plan.data, &arm.recipe, Seed(2));
        let mut curve = Vec::new();
        for _ in 0..2 {
            let point = fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
            curve.push(fit.judged(point, &curve).expect("fits"));
        }
        curve
    });
    assert!(curve.iter().all(|point| point.validation.is_some()), "{curve:?}");
    let footprint = Footprint::of(&plan.study, &arm.model, &plan.data).expect("trains");
    assert_eq!(footprint.peak(2), usage.peak_bytes as u64);
}
