//! What each layer of a model makes, holds, computes and keeps.

use cenote_autograd::Tape;
use cenote_tensor::{Seed, Shape, Tensor};

use crate::{Cost, Mode, Model, Reach, Role, Step};

/// The layers of a model with their sizes and costs, for one example.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Shape of one example of the input.
    pub input: Shape,
    /// One row per layer, from input to output.
    pub rows: Vec<Row>,
}

/// One layer of a [`Summary`].
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Path of the layer.
    pub path: String,
    /// Kind of the layer.
    pub kind: &'static str,
    /// Shape of one example of its output.
    pub output: Shape,
    /// Number of trained values.
    pub parameters: usize,
    /// Arithmetic of the forward pass.
    pub cost: Cost,
    /// Rows and columns of the model's input that a cell of its output depends on, cut at the size of the input.
    pub sees: [usize; 2],
    /// Bytes that training keeps of this layer until its backward pass, parameters apart. A value
    /// that two layers keep together is counted at the first.
    pub saved_bytes: usize,
}

impl Summary {
    /// Summarises a model. The kept bytes are counted on a real forward pass of one example.
    pub fn of(model: &Model) -> Self {
        let params = model.init(Seed(0));
        let known: Vec<&Tensor> = params.iter().map(|param| &param.value).collect();
        let tape = Tape::new();
        let step = Step::new(&tape, model, &params, Mode::Train, Seed(0), 0);
        let x = tape.constant(Tensor::zeros(model.input().batched(1)));
        let mut kept = Vec::new();
        step.forward_through(x, |_, _| kept.push(tape.saved_bytes(&known)));
        let before = std::iter::once(0).chain(kept.iter().copied());
        let size = match *model.input().dims() {
            [_, rows, columns] => [rows, columns],
            _ => [1, 1],
        };
        let mut reach = Reach::CELL;
        let rows = model.layers().zip(before.zip(&kept)).map(|(fitted, (before, after))| {
            reach = fitted.layer.reach().after(reach);
            let trained = fitted.layer.params().into_iter().filter(|p| p.role == Role::Trained);
            Row {
                path: fitted.path.to_owned(),
                kind: fitted.layer.kind(),
                output: fitted.layer.output(),
                parameters: trained.map(|param| param.shape.len()).sum(),
                cost: fitted.layer.cost(),
                sees: reach.within(size),
                saved_bytes: after - before,
            }
        });
        Self { input: model.input(), rows: rows.collect() }
    }

    /// Number of trained values of the whole model.
    pub fn parameters(&self) -> usize {
        self.rows.iter().map(|row| row.parameters).sum()
    }

    /// Arithmetic of the whole forward pass.
    pub fn cost(&self) -> Cost {
        self.rows.iter().fold(Cost::default(), |sum, row| sum + row.cost)
    }

    /// Bytes kept for the backward pass of one example.
    pub fn saved_bytes(&self) -> usize {
        self.rows.iter().map(|row| row.saved_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Scalar;

    use super::*;
    use crate::ModelSpec;

    #[test]
    fn the_network_of_the_article_has_the_published_counts() {
        // research: 28x28x1, three 3x3 convolutions (32, 64, 64), two 2x2 pools, dense 128 and 10.
        let spec = ModelSpec::from_toml(
            "layer = [
                {kind='conv2d', out_channels=32, kernel_size=3, padding=1}, {kind='relu'},
                {kind='max_pool', kernel_size=2},
                {kind='conv2d', out_channels=64, kernel_size=3, padding=1}, {kind='relu'},
                {kind='max_pool', kernel_size=2},
                {kind='conv2d', out_channels=64, kernel_size=3, padding=1}, {kind='relu'},
                {kind='flatten'}, {kind='dense', out_features=128}, {kind='relu'},
                {kind='dense', out_features=10}]",
        );
        let model = spec.expect("valid").fit([1, 28, 28].into()).expect("fits");
        let summary = Summary::of(&model);
        assert_eq!(summary.parameters(), 458_570);
        // 6.05 M multiply-adds: convolutions 225,792 + 3,612,672 + 1,806,336, dense 401,408 + 1,280.
        assert_eq!(summary.cost().macs, 6_047_488);
    }

    #[test]
    fn a_value_kept_by_two_layers_counts_once() {
        // ReLU keeps its output, which the next convolution keeps as its input.
        let spec = ModelSpec::from_toml(
            "layer = [{kind='conv2d', out_channels=2, kernel_size=1}, {kind='relu'},
                      {kind='conv2d', out_channels=1, kernel_size=1}]",
        );
        let model = spec.expect("valid").fit([1, 3, 5].into()).expect("fits");
        let kept: Vec<usize> = Summary::of(&model).rows.iter().map(|r| r.saved_bytes).collect();
        assert_eq!(kept, [15, 30, 0].map(|values| values * size_of::<Scalar>()));
    }

    #[test]
    fn the_receptive_fields_of_vgg16_are_the_published_ones() {
        // Araujo, Norris and Sim (2019), "Computing Receptive Fields of Convolutional Neural Networks": 212 behind the last pool.
        let stage = |convolutions: usize| {
            let conv = "{kind='conv2d', out_channels=1, kernel_size=3, padding=1}, {kind='relu'}, ";
            conv.repeat(convolutions) + "{kind='max_pool', kernel_size=2}"
        };
        let layers = [2, 2, 3, 3, 3].map(stage).join(", ");
        let spec = ModelSpec::from_toml(&format!("layer = [{layers}]")).expect("valid");
        let sees: Vec<[usize; 2]> = Summary::of(&spec.fit([1, 224, 224].into()).expect("fits"))
            .rows
            .iter()
            .map(|row| row.sees)
            .collect();
        let pools = [4, 9, 16, 23, 30].map(|layer| sees[layer][0]);
        assert_eq!((pools, sees[0], sees[29]), ([6, 16, 44, 100, 212], [3, 3], [196, 196]));
        let narrow = Summary::of(&spec.fit([1, 64, 224].into()).expect("fits"));
        assert_eq!(narrow.rows[30].sees, [64, 212]);
    }
}
