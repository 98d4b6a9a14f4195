//! One image through one trained network: what every layer makes of it, and what the answer hangs on.

use cenote_datasets::grid;
use cenote_tensor::{Scalar, Seed, Tensor};

use super::Subject;
use super::maps::Method;
use super::receptive_field;
use super::sheet;
use super::subject::rows;
use crate::task::{Network, TOGETHER};
use crate::{Data, Error, Prediction, Trained};

/// What can be seen of a network and an image.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// What the network says of the image.
    pub prediction: Prediction,
    /// The output of every layer of maps, from input to output.
    pub layers: Vec<LayerMaps>,
    /// What of the image the predicted class hangs on, by method: values of at least 0, row after row.
    pub saliency: Vec<(&'static str, Vec<f64>)>,
    /// What each pixel does to the middle of the last layer of maps, over test images: the effective receptive field.
    pub field: Vec<f64>,
}

/// The maps of one layer for one image.
#[derive(Clone, Debug)]
pub struct LayerMaps {
    /// Name of the layer.
    pub path: String,
    /// `[c, h, w]`.
    pub shape: [usize; 3],
    /// Values, map after map.
    pub values: Vec<Scalar>,
}

impl Inspection {
    /// All of it as one PNG: the image, what its answer hangs on, the field, and the first maps of each layer.
    ///
    /// `pixels` are those that were inspected, bytes of `shape`.
    pub fn sheet(&self, pixels: &[u8], shape: [usize; 3], maps: usize) -> Vec<u8> {
        let [_, rows, columns] = shape;
        let mut tiles = vec![sheet::image(pixels, shape, &self.prediction.class)];
        let plane = |values: &[f64], words: &str| sheet::plane(values, [rows, columns], words);
        tiles.extend(self.saliency.iter().map(|(method, map)| plane(map, method)));
        tiles.push(plane(&self.field, "field"));
        for LayerMaps { path, shape, values } in &self.layers {
            tiles.extend(sheet::maps(values, *shape, maps, |nth| format!("{path} {nth}")));
        }
        grid(&tiles, COLUMNS)
    }
}

/// Pictures in a row of the sheet.
const COLUMNS: usize = 8;

/// Test images that the receptive field is taken over.
const IMAGES: usize = 50;

impl Trained {
    /// Looks at an image, given as bytes of `(C, H, W)`, through the network; `data` are those it was trained on.
    ///
    /// # Errors
    /// When the number of bytes is not the network's, the network has no layer of maps, or an image cannot be decoded.
    pub fn inspect(&self, pixels: &[u8], data: &Data) -> Result<Inspection, Error> {
        let prediction = self.predict(pixels)?;
        super::maps_needed(&self.model).map_err(Error::Checkpoint)?;
        let seed = Seed(self.notes.seed);
        let initial = self.model.init(seed);
        let normalization = &self.notes.normalization;
        let network = Network { model: &self.model, params: self.used(), normalization };
        let subject = Subject { network, initial: &initial, data, seed, together: TOGETHER };
        let images = [pixels.to_vec()];
        let saliency = Method::ALL.iter().map(|method| {
            let maps = method.maps(&subject, &images, &[prediction.label])?;
            Ok((method.word(), maps.into_iter().flatten().collect()))
        });
        let saliency = saliency.collect::<Result<_, Error>>()?;
        let shapes = subject.map_layers();
        let mut layers = Vec::with_capacity(shapes.len());
        subject.look(subject.scaled(&images)?, |at, y: &Tensor| {
            if let Some(&(_, shape)) = shapes.iter().find(|(layer, _)| *layer == at) {
                let fitted = self.model.layers().nth(at).expect("it is a layer of the network");
                let values = rows(y).remove(0);
                layers.push(LayerMaps { path: fitted.path.to_owned(), shape, values });
            }
        });
        let field = receptive_field::field(&subject, IMAGES)?;
        Ok(Inspection { prediction, layers, saliency, field })
    }
}
