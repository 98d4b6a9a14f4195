//! Networks whose weights are set by hand, over images whose object is known, so that every measure has a known answer.

use cenote_datasets::{Composition, Images, Normalization, Split};
use cenote_layers::{Model, ModelSpec, Params};
use cenote_tensor::{Scalar, Seed, Tensor};

use super::{MEASURES, Subject};
use crate::Data;
use crate::task::Network;

/// Rows and columns of an image.
pub(super) const SIDE: usize = 8;
/// Rows and columns of the object, which stands in the upper left corner.
pub(super) const OBJECT: usize = 3;
/// Every pixel of an object is brighter than this share, and no other is.
pub(super) const THRESHOLD: &str = "0.45";

/// A network, as it is and as it started, and the data it is measured with.
pub(super) struct Testbed {
    model: Model,
    params: Params,
    initial: Params,
    pub(super) data: Data,
}

impl Testbed {
    /// A network of these layers whose parameters are what `set` makes of path and length.
    pub(super) fn new(
        layers: &str,
        data: Data,
        set: impl Fn(&str, usize) -> Option<Scalar>,
    ) -> Self {
        let spec = ModelSpec::from_toml(layers).expect("the test's layers");
        let model = spec.fit(data.test.shape().into()).expect("they fit");
        let initial = model.init(Seed(7));
        let mut params = initial.clone();
        for param in params.iter_mut() {
            let path = param.path.clone();
            let drawn = param.value.clone();
            param.value = Tensor::from_fn(drawn.shape(), |at| {
                set(&path, at).unwrap_or_else(|| drawn.as_slice()[at])
            });
        }
        Self { model, params, initial, data }
    }

    /// The mean of all pixels decides: the same wherever anything stands.
    pub(super) fn mean_of_everything() -> Self {
        let layers = "layer = [{kind='global_avg_pool', name='mean'}, {kind='dense', name='head', out_features=2}]";
        Self::new(layers, blocks(), |path, at| match path {
            "head.weight" => Some([-1.0, 1.0][at]),
            _ => Some(0.0),
        })
    }

    /// A linear network with these weights of pixels for class 1, and their opposites for class 0.
    pub(super) fn linear(weight: impl Fn(usize, usize) -> Scalar) -> Self {
        let layers = "layer = [{kind='flatten'}, {kind='dense', name='head', out_features=2}]";
        Self::new(layers, blocks(), |path, at| match path {
            "head.weight" => {
                let (class, pixel) = (at / (SIDE * SIDE), at % (SIDE * SIDE));
                let weight = weight(pixel / SIDE, pixel % SIDE);
                Some(if class == 1 { weight } else { -weight })
            }
            _ => Some(0.0),
        })
    }

    /// Only the first pixel is read.
    pub(super) fn corner_reader() -> Self {
        Self::linear(|row, column| Scalar::from(u8::from(row + column == 0)))
    }

    /// Only the object is read.
    pub(super) fn object_reader() -> Self {
        Self::linear(|row, column| Scalar::from(u8::from(row.max(column) < OBJECT)))
    }

    /// All but the object is read.
    pub(super) fn outside_reader() -> Self {
        Self::linear(|row, column| Scalar::from(u8::from(row.max(column) >= OBJECT)))
    }

    /// Only one pixel of one-channel images is read: brighter than zero, as they are scaled, is class 1.
    pub(super) fn pixel_reader(data: Data, pixel: usize) -> Self {
        let area: usize = data.test.shape().iter().product();
        let layers = "layer = [{kind='flatten'}, {kind='dense', name='head', out_features=2}]";
        Self::new(layers, data, move |path, at| match path {
            "head.weight" if at % area == pixel => Some(if at < area { -1.0 } else { 1.0 }),
            _ => Some(0.0),
        })
    }

    /// What a network untrained says.
    pub(super) fn random() -> Self {
        let layers = "layer = [{kind='conv2d', name='conv', out_channels=6, kernel_size=3, padding=1}, {kind='relu'},
             {kind='flatten'}, {kind='dense', out_features=2}]";
        Self::new(layers, blocks(), |_, _| None)
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        let (model, params) = (&self.model, &self.params);
        let network = Network { model, params, normalization: &self.data.normalization };
        Subject { network, initial: &self.initial, data: &self.data, seed: Seed(1), together: 16 }
    }

    /// The values of the measure that a table describes.
    pub(super) fn take(&self, table: &str) -> Vec<Option<f64>> {
        let table = table.parse().expect("the test's table");
        let measure = cenote_spec::parse(&[MEASURES], table).expect("a measure");
        measure.fits(&self.model, &self.data).expect("it fits");
        let values = measure.take(&self.subject()).expect("images are in memory");
        assert_eq!(values.len(), measure.notes().len(), "a value for every note");
        values
    }
}

/// Grey images in two classes: a bright block in the corner, brighter in class 1, over dark noise.
pub(super) fn blocks() -> Data {
    let part = |name: &str, count: usize| {
        let cells = SIDE * SIDE;
        let noise = Tensor::shares([count * cells], &mut Seed(3).stream(name));
        let pixel = |at: usize| {
            let (image, row, column) = (at / cells, at % cells / SIDE, at % SIDE);
            let share = noise.as_slice()[at];
            let value = if row.max(column) >= OBJECT {
                100.0 * share
            } else if image % 2 == 0 {
                130.0 + 30.0 * share
            } else {
                220.0 + 30.0 * share
            };
            value as u8
        };
        let pixels = (0..count * cells).map(pixel).collect();
        let images = Images::new([1, SIDE, SIDE], pixels).expect("whole images");
        Split::new(images, (0..count).map(|image| image % 2).collect()).expect("a label each")
    };
    of_splits(part("train", 60), part("test", 40))
}

/// Grey images of 16x16 whose object always covers the middle and never the corner, labelled by what `label` makes of how
/// each was put together; `background` are lines of their table.
pub(super) fn centred(background: &str, label: impl Fn(&Composition) -> usize) -> Data {
    let table = format!(
        "kind = 'shapes_on_clutter'\nsize = 16\ntrain = 8\ntest = 120\nclasses = ['disc', 'square']\nscale = [0.4, 0.6]\nposition = 0.0\n{background}"
    );
    let drawn = cenote_spec::parse(&[cenote_datasets::KINDS], table.parse().expect("a table"));
    let drawn = drawn.expect("a kind").load().expect("it is drawn");
    let labelled = |split: &Split| {
        let images = split.images();
        let made = (0..split.len()).map(|nth| images.composition(nth).expect("it is drawn"));
        let labels = made.map(|made| label(&made.expect("it is drawn again"))).collect();
        Split::new(images.clone(), labels).expect("a label each")
    };
    of_splits(labelled(&drawn.train), labelled(&drawn.test))
}

/// Whether a byte is above zero as data of [`of_splits`] are scaled.
pub(super) fn bright(pixel: u8) -> usize {
    usize::from(pixel > 190)
}

/// Data of these parts; pixels are scaled so that 190 of 255, between the two classes of [`blocks`], is zero.
pub(super) fn of_splits(train: Split, test: Split) -> Data {
    let classes = train.class_counts().len().max(test.class_counts().len());
    let channels = train.shape()[0];
    Data {
        classes: (0..classes).map(|class| class.to_string()).collect(),
        name: "testbed".to_owned(),
        checksum: String::new(),
        train,
        validation: None,
        test,
        normalization: Normalization {
            mean: vec![190.0 / 255.0; channels],
            deviation: vec![0.25; channels],
        },
        pool: None,
        folds: None,
        truth: None,
    }
}
