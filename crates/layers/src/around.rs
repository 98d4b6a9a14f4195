//! Layers that change the layers around them: what is asked for, and who grants it.
//!
//! Removing a downsampling layer shrinks what every later layer sees, and moving its stride into the
//! convolution before it changes that one. Both say more than "nothing stands here", and neither may
//! be spread over a model by hand, where an arm could differ in more than it says. So a layer in a
//! slot *asks* for a [`Change`], and [`ModelSpec::fit`](crate::ModelSpec::fit) hands it to the layers
//! it concerns. A layer that has windows and does not know the change refuses the model.
//!
//! Layers that hold layers are a border. A dilation asked for outside is handed to all layers within; a
//! stride is refused, since two paths would have to agree on it. What is asked for within stays within:
//! see `residual` and `fuse` for what that means for each.

use std::sync::Arc;

use crate::{Error, LayerSpec};

/// What a layer asks of the layers around it, by rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Of every layer behind it: cells of a window this many times as far apart, and as much more
    /// padding.
    Dilation([usize; 2]),
    /// Of the nearest layer with windows before it: windows this many times as far apart.
    Stride([usize; 2]),
}

impl Change {
    fn what(self) -> &'static str {
        match self {
            Self::Dilation(_) => "dilation",
            Self::Stride(_) => "stride",
        }
    }
}

/// What a layer answers to a [`Change`].
#[derive(Debug)]
pub enum Changed {
    /// The change means nothing to it: it looks at single cells, say.
    Unaffected,
    /// The layer with the change.
    Layer(Box<dyn LayerSpec>),
    /// It has windows that cannot be changed so.
    Refused,
}

impl Changed {
    /// The answer of a layer that looks at whole maps: distances within its input mean nothing to it,
    /// and its output does not shrink with its input.
    pub(crate) fn of_whole_maps(change: Change) -> Self {
        match change {
            Change::Dilation(_) => Self::Unaffected,
            Change::Stride(_) => Self::Refused,
        }
    }
}

/// A request of a layer.
#[derive(Debug)]
pub struct Ask {
    /// What it asks for.
    pub change: Change,
    /// What stands in its place when another layer has granted that.
    pub granted: Box<dyn LayerSpec>,
}

/// A described layer: as it was, or changed.
pub(crate) enum Arranged<'a> {
    AsItIs(&'a dyn LayerSpec),
    Changed(Box<dyn LayerSpec>),
}

impl Arranged<'_> {
    /// The layer.
    pub(crate) fn spec(&self) -> &dyn LayerSpec {
        match self {
            Self::AsItIs(layer) => *layer,
            Self::Changed(layer) => &**layer,
        }
    }
}

/// The layers, each with what the others ask of it.
pub(crate) fn arrange(layers: &[(String, Arc<dyn LayerSpec>)]) -> Result<Vec<Arranged<'_>>, Error> {
    let mut arranged: Vec<Arranged<'_>> =
        layers.iter().map(|(_, layer)| Arranged::AsItIs(&**layer)).collect();
    let refused = |asks: usize, i: usize, change: Change| Error::Around {
        asks: layers[asks].0.clone(),
        path: layers[i].0.clone(),
        what: change.what(),
    };
    for asks in 0..layers.len() {
        let Some(Ask { change: change @ Change::Stride(_), granted }) =
            arranged[asks].spec().asks()
        else {
            continue;
        };
        for before in (0..asks).rev() {
            match arranged[before].spec().changed(change) {
                Changed::Unaffected => {}
                Changed::Layer(layer) => {
                    arranged[before] = Arranged::Changed(layer);
                    arranged[asks] = Arranged::Changed(granted);
                    break;
                }
                Changed::Refused => return Err(refused(asks, before, change)),
            }
        }
    }
    let mut spread: Option<(usize, [usize; 2])> = None;
    for (i, layer) in arranged.iter_mut().enumerate() {
        if let Some((asks, by)) = spread {
            match layer.spec().changed(Change::Dilation(by)) {
                Changed::Unaffected => {}
                Changed::Layer(dilated) => *layer = Arranged::Changed(dilated),
                Changed::Refused => return Err(refused(asks, i, Change::Dilation(by))),
            }
        }
        if let Some(Ask { change: Change::Dilation(more), .. }) = layer.spec().asks() {
            let by = spread.map_or([1, 1], |(_, by)| by);
            spread = Some((i, times(by, more)));
        }
    }
    Ok(arranged)
}

/// Each of the two, this many times.
pub(crate) fn times(pair: [usize; 2], by: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|axis| pair[axis].saturating_mul(by[axis]))
}
