//! The network that is measured, and what can be asked of it.

use std::ops::Range;

use cenote_autograd::{Tape, Var};
use cenote_datasets::{Batches, Images, Split};
use cenote_layers::{Mode, Params, Step, predictions};
use cenote_tensor::{Scalar, Seed, Stream, Tensor};

use crate::task::Network;
use crate::{Data, Error};

/// A trained network, the network as it started, and the data of its run.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub(crate) network: Network<'a>,
    /// Its parameters before the first step.
    pub(crate) initial: &'a Params,
    pub(crate) data: &'a Data,
    pub(crate) seed: Seed,
    /// Images at once, so that measuring takes no more memory than training does.
    pub(crate) together: usize,
}

/// Some images with their labels.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Where they stand in their split.
    pub(super) indices: Vec<usize>,
    /// Bytes `(C, H, W)` of each.
    pub(super) images: Vec<Vec<u8>>,
    pub(super) labels: Vec<usize>,
}

impl Sample {
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }
}

impl<'a> Subject<'a> {
    /// The same network with the parameters it started from.
    pub(super) fn untrained(&self) -> Subject<'a> {
        Self { network: Network { params: self.initial, ..self.network }, ..*self }
    }

    /// The draws of a measure, the same for every arm of a seed.
    pub(super) fn stream(&self, measure: &str) -> Stream {
        self.seed.stream(&format!("measure/{measure}"))
    }

    /// So many test images, drawn once for all runs.
    pub(super) fn sample(&self, count: usize) -> Result<Sample, Error> {
        Self::sample_of(&self.data.test, count)
    }

    /// So many images of a split, drawn once for all runs.
    pub(super) fn sample_of(split: &Split, count: usize) -> Result<Sample, Error> {
        let shares = Tensor::shares([split.len()], &mut Seed(0).stream("measure/images"));
        let mut indices: Vec<usize> = (0..split.len()).collect();
        indices.sort_by(|&a, &b| shares.as_slice()[a].total_cmp(&shares.as_slice()[b]));
        indices.truncate(count);
        indices.sort_unstable();
        let read = |&index: &usize| {
            let mut pixels = Vec::new();
            split.images().read(index, &mut pixels).map(|()| pixels)
        };
        let images = indices.iter().map(read).collect::<Result<_, _>>()?;
        let labels = indices.iter().map(|&index| split.labels()[index]).collect();
        Ok(Sample { indices, images, labels })
    }

    /// Images as the network takes them, `(N, C, H, W)`.
    pub(super) fn scaled(&self, images: &[Vec<u8>]) -> Result<Tensor, Error> {
        let shape = self.data.test.shape();
        let split = Split::new(Images::new(shape, images.concat())?, vec![0; images.len()])?;
        let mut batches = Batches::sequential(&split, self.network.normalization, images.len())?;
        let batch = batches.next().expect("a measure asks about at least one image")?;
        Ok(batch.images)
    }

    /// What the network says of each image.
    pub(super) fn logits(&self, images: &[Vec<u8>]) -> Result<Vec<Vec<Scalar>>, Error> {
        let mut all = Vec::with_capacity(images.len());
        for images in images.chunks(self.together) {
            all.extend(rows(&self.run(self.scaled(images)?)));
        }
        Ok(all)
    }

    /// The class the network takes each image for.
    pub(super) fn classes(&self, images: &[Vec<u8>]) -> Result<Vec<usize>, Error> {
        let mut all = Vec::with_capacity(images.len());
        for images in images.chunks(self.together) {
            all.extend(predictions(&self.run(self.scaled(images)?)));
        }
        Ok(all)
    }

    /// The share of images that are taken for what they are.
    pub(super) fn accuracy(&self, images: &[Vec<u8>], labels: &[usize]) -> Result<f64, Error> {
        Ok(alike(&self.classes(images)?, labels))
    }

    /// The network's output for scaled images.
    pub(super) fn run(&self, x: Tensor) -> Tensor {
        let tape = Tape::without_gradients();
        self.step(&tape).forward(tape.constant(x)).value().clone()
    }

    /// What every layer puts out for scaled images, shown with its position.
    pub(super) fn look(&self, x: Tensor, mut see: impl FnMut(usize, &Tensor)) {
        let tape = Tape::without_gradients();
        self.step(&tape).forward_through(tape.constant(x), |at, y| see(at, y.value()));
    }

    /// The gradient of a number with respect to the input of some layers; the number is made from their output.
    pub(super) fn gradient(
        &self,
        layers: Range<usize>,
        x: Tensor,
        number: impl for<'t> Fn(&'t Tape, Var<'t>) -> Var<'t>,
    ) -> Tensor {
        let tape = Tape::new();
        let shape = x.shape();
        let x = tape.leaf(x);
        let output = self.step(&tape).forward_within(layers, x.clone());
        let mut gradients = number(&tape, output).backward();
        gradients.take(&x).unwrap_or_else(|| Tensor::zeros(shape))
    }

    /// The gradient of each image's own logit of its label, at the input of the layers from this one on.
    pub(super) fn label_gradient(&self, first: usize, x: Tensor, labels: &[usize]) -> Tensor {
        self.gradient(first..self.depth(), x, |tape, logits| {
            let classes = logits.shape().dims()[1];
            let chosen = |i| Scalar::from(u8::from(labels[i / classes] == i % classes));
            (&logits * &tape.constant(Tensor::from_fn(logits.shape(), chosen))).sum()
        })
    }

    /// Number of layers.
    pub(super) fn depth(&self) -> usize {
        self.network.model.layers().count()
    }

    /// The layers whose output is maps of more than one cell: position and `[c, h, w]`.
    pub(super) fn map_layers(&self) -> Vec<(usize, [usize; 3])> {
        let layers = self.network.model.layers().enumerate();
        let maps = layers.filter_map(|(at, fitted)| {
            let shape: [usize; 3] = fitted.layer.output().dims().try_into().ok()?;
            (shape[1] * shape[2] > 1).then_some((at, shape))
        });
        maps.collect()
    }

    /// The layers that fill a slot, or the layer of this name; none where there are none outside other layers.
    pub(super) fn filling(&self, name: &str) -> Option<Range<usize>> {
        let of_slot = |path: &str| {
            path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let filling = |&(_, path): &(usize, &str)| of_slot(path);
        let paths = self.network.model.layers().map(|fitted| fitted.path).enumerate();
        let mut of_slot = paths.filter(filling).map(|(at, _)| at);
        let first = of_slot.next()?;
        Some(first..of_slot.last().unwrap_or(first) + 1)
    }

    /// The network on a tape, in use, with parameters that are not followed.
    fn step<'t>(&self, tape: &'t Tape) -> Step<'a, 't> {
        let values = self.network.params.iter().map(|param| tape.constant(param.value.clone()));
        Step::over(self.network.model, values.collect(), Mode::Eval, Seed(0), 0)
    }
}

/// The share of places at which two lists are alike.
pub(super) fn alike(one: &[usize], other: &[usize]) -> f64 {
    let same = one.iter().zip(other).filter(|(a, b)| a == b).count();
    same as f64 / one.len().max(1) as f64
}

/// The values of each example of a batch.
pub(super) fn rows(batch: &Tensor) -> Vec<Vec<Scalar>> {
    let each = batch.len() / batch.dims()[0].max(1);
    batch.as_slice().chunks(each.max(1)).map(<[Scalar]>::to_vec).collect()
}

/// The mean of some numbers; `None` of none.
pub(super) fn average(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}
