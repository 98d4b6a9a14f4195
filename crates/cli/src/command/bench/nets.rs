//! The networks, as a user would write them, trained and used.

use cenote_autograd::Tape;
use cenote_layers::{
    Inference, Mode, Model, ModelSpec, OPTIMIZER_KINDS, Optimizer, OptimizerState, Params, Step,
    cross_entropy,
};
use cenote_tensor::{Seed, Tensor, awake};

use super::clock::{Rules, Timed};
use super::{Work, noise};

/// A network by its name.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) name: &'static str,
    /// Channels, rows and columns of an image.
    input: [usize; 3],
    /// Batch size where a workload names none.
    pub(super) usual_batch: usize,
    layers: fn() -> Vec<String>,
}

pub(super) const NETWORKS: &[Network] = &[
    Network { name: "lenet28", input: [1, 28, 28], usual_batch: 64, layers: lenet },
    Network { name: "cifar_pool", input: CIFAR, usual_batch: 64, layers: || cifar(&[halved()], 1) },
    Network { name: "cifar_nopool", input: CIFAR, usual_batch: 64, layers: || cifar(&[], 1) },
    Network { name: "cifar_strided", input: CIFAR, usual_batch: 64, layers: || cifar(&[], 2) },
    Network { name: "vgg16", input: [3, 224, 224], usual_batch: 1, layers: vgg },
];

const CIFAR: [usize; 3] = [3, 32, 32];

/// What is done with a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// One step: forward, cross entropy, backward, update by gradient descent with momentum.
    Train,
    /// The output of a batch.
    Infer,
}

fn lenet() -> Vec<String> {
    let mut layers = Vec::new();
    for channels in [32, 64] {
        layers.extend([convolution(channels, 5, 1, true), plain("relu"), halved()]);
    }
    layers.extend([plain("flatten"), dense(128), plain("relu"), dense(10)]);
    layers
}

/// Six convolutions with batch norm; after the second and the fourth the map is halved by `pool`,
/// or in them by `stride`, or not at all.
fn cifar(pool: &[String], stride: usize) -> Vec<String> {
    let mut layers = Vec::new();
    for (i, channels) in [64, 64, 128, 128, 256, 256].into_iter().enumerate() {
        let halves = i == 1 || i == 3;
        layers.push(convolution(channels, 3, if halves { stride } else { 1 }, false));
        layers.extend([plain("batch_norm"), plain("relu")]);
        if halves {
            layers.extend_from_slice(pool);
        }
    }
    layers.extend([plain("global_avg_pool"), dense(10)]);
    layers
}

fn vgg() -> Vec<String> {
    let mut layers = Vec::new();
    for (channels, count) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
        for _ in 0..count {
            layers.extend([convolution(channels, 3, 1, true), plain("relu")]);
        }
        layers.push(halved());
    }
    layers.push(plain("flatten"));
    for features in [4096, 4096] {
        layers.extend([dense(features), plain("relu")]);
    }
    layers.push(dense(1000));
    layers
}

fn convolution(channels: usize, size: usize, stride: usize, bias: bool) -> String {
    let padding = size / 2;
    format!(
        "{{ kind = 'conv2d', out_channels = {channels}, kernel_size = {size}, stride = {stride}, \
         padding = {padding}, bias = {bias} }}"
    )
}

fn dense(features: usize) -> String {
    format!("{{ kind = 'dense', out_features = {features} }}")
}

fn halved() -> String {
    "{ kind = 'max_pool', kernel_size = 2 }".to_owned()
}

fn plain(kind: &str) -> String {
    format!("{{ kind = '{kind}' }}")
}

impl Network {
    /// Times `purpose` on batches of so many images.
    pub(super) fn time(&self, purpose: Purpose, batch: usize, rules: Rules) -> (Timed, Work) {
        let model = self.model();
        let [channels, rows, columns] = self.input;
        let images = noise([batch, channels, rows, columns]);
        let flop = 2 * macs(&model, purpose) * batch as u64;
        let timed = match purpose {
            Purpose::Train => {
                let mut training = Training::start(model, images);
                rules.time(4, || (), |()| awake(|| training.step()))
            }
            Purpose::Infer => {
                let mut infer = inference(&model, images);
                rules.time(6, || (), |()| awake(&mut infer))
            }
        };
        (timed, Work { flop: Some(flop), bytes: None })
    }

    fn model(&self) -> Model {
        let text = format!("layer = [{}]", (self.layers)().join(", "));
        let spec = ModelSpec::from_toml(&text).expect("a network of this file is valid");
        spec.fit(self.input.into()).expect("a network of this file fits its images")
    }
}

/// Multiply-adds for one image. A step also does the gradients of weights and of inputs, except the
/// gradient of the images.
fn macs(model: &Model, purpose: Purpose) -> u64 {
    let forward = model.cost().macs;
    let first = model.layers().map(|fitted| fitted.layer.cost().macs).find(|&macs| macs > 0);
    match purpose {
        Purpose::Infer => forward,
        Purpose::Train => 3 * forward - first.unwrap_or(0),
    }
}

/// Returns what computes the output for `images` again and again: everything that needs to be done
/// once is done here and not timed.
fn inference(model: &Model, images: Tensor) -> impl FnMut() -> Tensor {
    let params = model.init(Seed(1));
    let ready = Inference::new(model, &params);
    move || ready.run(images.clone())
}

/// A network that is trained on one batch over and over.
struct Training {
    model: Model,
    params: Params,
    optimizer: Box<dyn Optimizer>,
    state: OptimizerState,
    images: Tensor,
    labels: Vec<usize>,
}

impl Training {
    fn start(model: Model, images: Tensor) -> Self {
        let sgd = "kind = 'sgd'\nmomentum = 0.9".parse().expect("this is TOML");
        let optimizer = cenote_spec::parse(&[OPTIMIZER_KINDS], sgd).expect("`sgd` is a kind");
        let (params, classes) = (model.init(Seed(1)), model.output().len());
        let labels = (0..images.dims()[0]).map(|image| image * 7 % classes).collect();
        Self { model, params, optimizer, state: OptimizerState::default(), images, labels }
    }

    /// One step, as `cenote-experiment` does it; returns the loss.
    fn step(&mut self) -> f64 {
        let tape = Tape::new();
        let number = self.state.steps;
        let pass = Step::new(&tape, &self.model, &self.params, Mode::Train, Seed(1), number);
        let logits = pass.forward(tape.constant(self.images.clone()));
        let loss = cross_entropy(&logits, &self.labels);
        drop(logits);
        let value = f64::from(loss.value().as_slice()[0]);
        let gradients = pass.gradients(loss.backward());
        drop(loss);
        let updates = pass.into_updates();
        self.state.step(&*self.optimizer, 1e-3, &mut self.params, &gradients);
        for (i, value) in updates {
            self.params.set(i, value);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str) -> &'static Network {
        NETWORKS.iter().find(|network| network.name == name).expect("it is listed")
    }

    /// Witness: cells of the output times weights of one filter, layer by layer, added up in Python.
    #[test]
    fn the_networks_cost_what_those_of_the_peers_cost() {
        for (name, infer, train) in [
            ("lenet28", 11_065_088, 32_568_064),
            ("cifar_pool", 152_766_976, 456_531_456),
            ("cifar_nopool", 1_171_982_848, 3_514_179_072),
            ("cifar_strided", 96_143_872, 286_662_144),
            ("vgg16", 15_470_264_320, 46_324_088_832),
        ] {
            let model = network(name).model();
            let both = [Purpose::Infer, Purpose::Train].map(|purpose| macs(&model, purpose));
            assert_eq!(both, [infer, train], "{name}");
        }
    }

    #[test]
    fn a_step_lowers_the_loss_of_its_own_batch() {
        let network = network("lenet28");
        let mut training = Training::start(network.model(), noise([2, 1, 28, 28]));
        let first = training.step();
        let last = (0..20).map(|_| training.step()).last();
        assert!(last.is_some_and(|last| last < first), "{first} became {last:?}");
    }

    #[test]
    fn inference_gives_the_logits_of_every_image() {
        let model = network("cifar_pool").model();
        let mut infer = inference(&model, noise([2, 3, 32, 32]));
        let logits = infer();
        assert_eq!(logits.dims(), [2, 10]);
        assert_eq!(infer(), logits);
    }
}
