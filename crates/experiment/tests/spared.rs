//! Less memory for the same training: segments that are computed again, and batches that are taken in parts.

use cenote_experiment::{Data, Error, Fit, Footprint, Plan, Recipe, STUDIES, Stop, Study, Sums};
use cenote_layers::Params;
use cenote_tensor::{Seed, metered};

/// What stands behind the second convolution, beside the rectifier that the study has there.
const PLAIN: &str = "";
/// Layers that draw: for each value, for each window, for each map, for all.
const DRAWING: &str = "[[model]]\nkind = 'dropout'\np = 0.2\n
    [[model]]\nkind = 'stochastic_pool'\nkernel_size = 2\nstride = 1\n
    [[model]]\nkind = 'fractional_max_pool'\nkernel_size = 2\noutput_size = 2\n
    [[model]]\nkind = 'mixed_pool'\nkernel_size = 2\nstride = 1\nmix = 'random'\n";
/// Norms, paths that part, and draws within them.
const BRANCHES: &str = "[[model]]\nkind = 'batch_norm'\n
    [[model]]\nkind = 'relu'\n
    [[model]]\nkind = 'residual'\nlayers = [{ kind = 'conv2d', out_channels = 16, kernel_size = 3, padding = 1 },
        { kind = 'batch_norm' }, { kind = 'relu' }, { kind = 'dropout', p = 0.3 }]\n
    [[model]]\nkind = 'batch_norm'\n
    [[model]]\nkind = 'relu'\n
    [[model]]\nkind = 'random_pool'\nkernel_size = 2\n";

/// The smoke study with these layers in its network and these settings of training.
fn planned(layers: &str, training: &str) -> Result<Plan, Error> {
    let smoke = STUDIES.iter().find(|study| study.name == "smoke").expect("it comes along");
    let head = "[[model]]\nkind = \"global_avg_pool\"";
    assert!(smoke.text.contains(head));
    let text = smoke.text.replacen(head, &format!("{layers}{head}"), 1);
    let text = text.replacen("[questions]", &format!("{training}\n[questions]"), 1);
    Plan::new(Study::parse("smoke", &text)?)
}

/// The plan with no more than so many training images.
fn with_images(plan: &Plan, count: usize) -> Data {
    let train = plan.data.train.subset(&(0..count).collect::<Vec<_>>());
    Data { train, ..plan.data.clone() }
}

/// The first arm after some epochs on these data.
fn trained(plan: &Plan, data: &Data, epochs: usize) -> (Params, Vec<f64>) {
    let arm = &plan.arms[0];
    let mut fit = Fit::start(&arm.model, data, &arm.recipe, Seed(4));
    let point = |_| fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
    let losses = (0..epochs).map(point).map(|point| point.train_loss).collect();
    (fit.params.clone(), losses)
}

/// The largest difference of two networks' parameters.
fn apart(a: &Params, b: &Params) -> f64 {
    let pairs = a.iter().zip(b.iter()).flat_map(|(a, b)| {
        assert_eq!(a.path, b.path);
        a.value.as_slice().iter().zip(b.value.as_slice())
    });
    pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs()).fold(0.0, f64::max)
}

#[test]
fn what_is_computed_again_changes_no_bit_of_a_training() {
    for layers in [PLAIN, DRAWING, BRANCHES] {
        let plain = planned(layers, "augment = [{ kind = 'random_shift', max_pixels = 1 }]");
        let again = planned(
            layers,
            "checkpoint = true\naugment = [{ kind = 'random_shift', max_pixels = 1 }]",
        );
        let (plain, again) = (plain.expect("fits"), again.expect("fits"));
        let data = with_images(&plain, 150);
        let [(kept, losses), (dropped, same)] =
            [&plain, &again].map(|plan| trained(plan, &data, 2));
        assert_eq!(losses, same, "{layers}");
        assert_eq!(kept.digest(), dropped.digest(), "{layers}");
        assert_ne!(plain.cells[0].id, again.cells[0].id, "its memory and time are others");
        let [kept, dropped] = [plain, again].map(|plan| plan.peaks().expect("trains"));
        // Where there is nothing to spare, all is one segment.
        assert!(dropped.iter().zip(&kept).all(|(dropped, kept)| dropped <= kept), "{layers}");
    }
}

#[test]
fn parts_of_a_batch_make_the_step_of_the_whole_but_for_rounding() {
    // One short batch: a single step, whose 29 images no number of parts divides.
    let close = if cfg!(cenote_f64) { 1e-10 } else { 1e-6 };
    for layers in [PLAIN, DRAWING] {
        for augment in ["", "augment = [{ kind = 'mixup', alpha = 0.4 }]\n"] {
            let whole = planned(layers, augment).expect("fits");
            let data = with_images(&whole, 29);
            let (expected, loss) = trained(&whole, &data, 1);
            let moved = apart(&expected, &whole.arms[0].model.init(Seed(4)));
            assert!(moved > 1e-3, "{moved}");
            for parts in [2, 3, 7, 32] {
                let cut = planned(layers, &format!("{augment}accumulate = {parts}"));
                let (params, of_parts) = trained(&cut.expect("fits"), &data, 1);
                let apart = apart(&params, &expected);
                assert!(apart < close, "{parts} parts: {apart}");
                assert!((of_parts[0] - loss[0]).abs() < 1e-6, "{of_parts:?} {loss:?}");
            }
        }
    }
}

#[test]
fn parts_train_to_the_same_bits_on_any_number_of_threads_and_after_a_stop() {
    let plan = planned(DRAWING, "accumulate = 3\ncheckpoint = true").expect("fits");
    let data = with_images(&plan, 150);
    let digest = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a few threads").install(|| trained(&plan, &data, 2).0.digest())
    };
    let alone = digest(1);
    assert_eq!(digest(3), alone);
    let arm = &plan.arms[0];
    let start = || Fit::start(&arm.model, &data, &arm.recipe, Seed(4));
    let (mut whole, mut kept) = (start(), None);
    let point = whole.epoch(&Stop::default(), |fit, step| {
        if step == 3 {
            kept = Some((fit.params.clone(), fit.state.clone(), fit.sums));
        }
    });
    let (params, state, sums): (_, _, Sums) = kept.expect("an epoch has five steps");
    let mut resumed = start().resume(params, state, sums);
    let again = resumed.epoch(&Stop::default(), |_, _| ());
    assert_eq!(again.expect("trains"), point.expect("trains"));
    resumed.epoch(&Stop::default(), |_, _| ()).expect("trains");
    assert_eq!(resumed.params.digest(), alone);
}

#[test]
fn what_is_spared_is_foreseen_to_the_byte() {
    for (layers, parts) in [(PLAIN, [1, 2, 3]), (DRAWING, [1, 2, 5]), (BRANCHES, [1, 1, 1])] {
        for (checkpoint, parts) in [(true, parts[0]), (false, parts[1]), (true, parts[2])] {
            for batch in [5, 7, 16, 33] {
                let settings = format!("checkpoint = {checkpoint}\naccumulate = {parts}");
                let mut study = planned(layers, &settings).expect("fits").study;
                study.training.batch_size = batch;
                let plan = Plan::new(study).expect("fits");
                let arm = &plan.arms[1];
                let footprint = Footprint::of(&plan.study, &arm.model, &plan.data);
                let data = with_images(&plan, 2 * batch + 1);
                let ((), used) = metered(|| {
                    let recipe = Recipe::of(&plan.study).expect("valid");
                    let mut fit = Fit::start(&arm.model, &data, &recipe, Seed(1));
                    for _ in 0..2 {
                        fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
                    }
                });
                let foreseen = footprint.expect("trains").peak(batch);
                assert_eq!(foreseen, used.peak_bytes as u64, "{settings} {batch} {layers}");
            }
        }
    }
}

#[test]
fn parts_are_refused_where_they_are_another_training_or_none() {
    let refusal =
        |layers: &str, training: &str| planned(layers, training).expect_err(training).to_string();
    assert_eq!(
        refusal(BRANCHES, "accumulate = 4"),
        "study smoke: training.accumulate is 4; expected 1, since `batch_norm1` of arm `max` computes with all images of a \
         batch (batch_norm); training.checkpoint = true takes less memory too, and so does a smaller batch_size"
    );
    let within = "[[model]]\nkind = 'residual'\nlayers = [{ kind = 'batch_norm' }]\n";
    assert!(refusal(within, "accumulate = 2").contains("since `residual1` of arm `max`"));
    for none in ["0", "33"] {
        let message = refusal(PLAIN, &format!("accumulate = {none}"));
        assert!(message.ends_with("expected a whole number from 1 to 32"), "{message}");
    }
    assert!(planned(BRANCHES, "accumulate = 1\ncheckpoint = true").is_ok());
}

#[test]
fn an_arm_may_be_trained_in_less_memory_than_the_others() {
    let smoke = STUDIES.iter().find(|study| study.name == "smoke").expect("it comes along");
    let text = format!("{}\n[arms.none.training]\naccumulate = 4\ncheckpoint = true\n", smoke.text);
    let text = text.replacen("none = { down1 = { kind = \"identity\" } }", "", 1);
    let text = format!("{text}[arms.none.down1]\nkind = \"identity\"\n");
    let spared = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
    let plain = planned(PLAIN, "").expect("fits");
    assert_eq!(plain.cells[0], spared.cells[0]);
    assert_ne!(plain.cells[1], spared.cells[1]);
    let [plain, spared] = [plain, spared].map(|plan| plan.peaks().expect("trains"));
    assert!(plain[0] == spared[0] && spared[1] < plain[1] / 2, "{plain:?} {spared:?}");
}
