//! What layers that run as one, or twice, must obey: nothing but time and memory may tell the difference.

use cenote_autograd::Tape;
use cenote_spec::Kind;
use cenote_tensor::{Scalar, Seed, Tensor};
use proptest::prelude::*;

use crate::{Cost, KINDS, LayerSpec, Mode, Model, ModelSpec, Params, Role, Segments, Step};

/// Layers that stand next to each other in networks, in more variants than the examples of kinds.
const LAYERS: &[&str] = &[
    "kind = 'batch_norm'",
    "kind = 'batch_norm'\nmomentum = 0.3\nepsilon = 0.01",
    "kind = 'relu'",
    "kind = 'relu'",
    "kind = 'max_pool'\nkernel_size = 2",
    "kind = 'max_pool'\nkernel_size = 3\nstride = 2\npadding = 1",
    "kind = 'max_pool'\nkernel_size = [2, 3]\nstride = [1, 2]\nceil_mode = true",
    "kind = 'conv2d'\nout_channels = 5\nkernel_size = 3\npadding = 1",
    "kind = 'conv2d'\nout_channels = 3\nkernel_size = 2\nbias = false",
];

/// The model of these layers: positions in [`LAYERS`] and, behind it, in the kinds there are.
fn model(layers: &[usize], input: [usize; 3]) -> Option<Model> {
    let table = |&i: &usize| match LAYERS.get(i) {
        Some(text) => text.parse().expect("valid TOML"),
        None => kinds().nth(i - LAYERS.len()).expect("a position").example_table(),
    };
    ModelSpec::parse(layers.iter().map(table).collect())
        .expect("known kinds")
        .fit(input.into())
        .ok()
}

fn kinds() -> impl Iterator<Item = &'static Kind<dyn LayerSpec>> {
    KINDS.iter().copied().flatten()
}

/// One to six layers that follow each other.
fn layers() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..LAYERS.len() + kinds().count(), 1..7)
}

/// Parameters that are neither zero nor one anywhere, with positive running variances.
pub(crate) fn parameters(model: &Model) -> Params {
    let mut params = model.init(Seed(3));
    for (i, param) in params.iter_mut().enumerate() {
        let noise = Tensor::uniform(param.value.shape(), 0.4, &mut Seed(i as u64).stream("p"));
        match param.role {
            Role::Trained => param.value.add_assign(&noise),
            // A running variance stays positive.
            Role::Running => param.value = noise.map(|x| 0.8 + x),
        }
    }
    params
}

/// How neighbouring layers run.
#[derive(Clone, Copy)]
enum How<'a> {
    AsOne,
    Apart,
    Again(&'a Segments),
}

/// The bits of everything a pass makes: output, gradients of input and parameters, updates.
fn pass(model: &Model, x: &Tensor, mode: Mode, how: How<'_>) -> Vec<(usize, Vec<u64>)> {
    let params = parameters(model);
    let tape = Tape::new();
    let x = tape.leaf(x.clone());
    let mut step = Step::new(&tape, model, &params, mode, Seed(5), 7);
    if let How::Again(segments) = how {
        step = step.in_segments(segments);
    }
    let y = match how {
        How::AsOne | How::Again(_) => step.forward(x.clone()),
        How::Apart => step.forward_through(x.clone(), |_, _| ()),
    };
    let weights = Tensor::from_fn(y.shape(), |i| (1.7 * i as Scalar + 0.3).sin());
    let mut gradients = (&y * &tape.constant(weights)).sum().backward();
    let mut made = vec![(0, y.value().clone())];
    made.push((1, gradients.take(&x).expect("the output depends on the input")));
    made.extend(step.gradients(gradients).into_iter().flatten().map(|gradient| (2, gradient)));
    made.extend(step.into_updates());
    let bits = |x: &Scalar| f64::from(*x).to_bits();
    made.into_iter().map(|(i, t)| (i, t.as_slice().iter().map(bits).collect())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn running_as_one_changes_no_bit(
        layers in layers(),
        n in 1_usize..5,
        size in (1_usize..20, 1_usize..19, 1_usize..35),
        training: bool,
    ) {
        let Some(model) = model(&layers, [size.0, size.1, size.2]) else { return Ok(()) };
        let x = Tensor::normal(model.input().batched(n), 1.0, &mut Seed(9).stream("x"));
        let mode = if training { Mode::Train } else { Mode::Eval };
        let fused = pass(&model, &x, mode, How::AsOne);
        let apart = pass(&model, &x, mode, How::Apart);
        prop_assert_eq!(fused, apart);
    }

    #[test]
    fn running_again_changes_no_bit(
        layers in layers(),
        n in 1_usize..5,
        size in (1_usize..20, 1_usize..19, 1_usize..35),
        training: bool,
        cuts: [bool; 6],
    ) {
        let Some(model) = model(&layers, [size.0, size.1, size.2]) else { return Ok(()) };
        let x = Tensor::normal(model.input().batched(n), 1.0, &mut Seed(9).stream("x"));
        let mode = if training { Mode::Train } else { Mode::Eval };
        let units = model.units().count();
        let ends = (1..=units).filter(|&end| end == units || cuts[end - 1]).collect();
        let segments = Segments { ends };
        let again = pass(&model, &x, mode, How::Again(&segments));
        prop_assert_eq!(pass(&model, &x, mode, How::AsOne), again, "{:?}", segments);
    }

    #[test]
    fn what_runs_as_one_promises_what_its_layers_promise(
        layers in layers(),
    ) {
        let Some(model) = model(&layers, [3, 9, 14]) else { return Ok(()) };
        let mut stages = model.layers();
        for unit in model.units() {
            let (mut cost, mut names) = (Cost::default(), Vec::new());
            let mut output = None;
            // The stages of a unit are as many as its kind names.
            for stage in stages.by_ref().take(unit.layer.kind().split('+').count()) {
                cost = cost + stage.layer.cost();
                names.extend(stage.layer.params().into_iter().map(|param| param.name));
                output = Some(stage.layer.output());
            }
            let promised: Vec<_> = unit.layer.params().into_iter().map(|param| param.name).collect();
            prop_assert_eq!(promised, names);
            prop_assert_eq!(Some(unit.layer.output()), output);
            prop_assert_eq!(unit.layer.cost(), cost);
        }
        prop_assert!(stages.next().is_none());
    }
}

#[test]
fn paths_that_part_and_draw_within_run_again_to_the_same_bits() {
    let block = "{ kind = 'residual', shortcut = [{ kind = 'conv2d', out_channels = 6, kernel_size = 1 }],
            layers = [{ kind = 'conv2d', out_channels = 6, kernel_size = 3, padding = 1 }, { kind = 'batch_norm' },
                      { kind = 'relu' }, { kind = 'dropout', p = 0.3 }] }";
    let text = format!(
        "layer = [{block}, {block}, {{ kind = 'stochastic_pool', kernel_size = 2 }}, {{ kind = 'batch_norm' }}, {{ kind = 'relu' }},
             {{ kind = 'fuse', layers = [{{ kind = 'random_pool', kernel_size = 2 }}, {block}] }},
             {{ kind = 'mixed_pool', kernel_size = 2, mix = 'random' }}, {{ kind = 'dropout', p = 0.4 }},
             {{ kind = 'flatten' }}, {{ kind = 'dense', out_features = 5 }}]"
    );
    let model = ModelSpec::from_toml(&text).expect("valid").fit([3, 8, 12].into()).expect("fits");
    let x = Tensor::normal([3, 3, 8, 12], 1.0, &mut Seed(9).stream("x")).map(Scalar::abs);
    let whole = pass(&model, &x, Mode::Train, How::AsOne);
    let chosen = Segments::of(&model, &parameters(&model));
    assert!(chosen.count() > 1, "{chosen:?}");
    let every = Segments { ends: (1..=model.units().count()).collect() };
    for segments in [chosen, every] {
        assert_eq!(pass(&model, &x, Mode::Train, How::Again(&segments)), whole, "{segments:?}");
    }
}

#[test]
fn neighbours_that_know_each_other_run_as_one() {
    let model = model(&[7, 0, 2, 4, 7, 1, 3, 7, 2, 5], [3, 8, 10]).expect("fits");
    let kinds: Vec<_> = model.units().map(|unit| unit.layer.kind()).collect();
    let expected = [
        "conv2d",
        "batch_norm+relu+max_pool",
        "conv2d",
        "batch_norm+relu",
        "conv2d",
        "relu+max_pool",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(model.layers().count(), 10);
}
