//! What fills the padding of a layer, by the words of PyTorch's `padding_mode`.

use cenote_tensor::Edge;
use serde::Deserialize;

use crate::Error;

/// What stands beyond the edge of a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaddingMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The map mirrored in its outermost cell.
    Reflect,
    /// The other end of the map.
    Circular,
}

impl PaddingMode {
    /// What stands there; `None` for zeros, which every kernel knows.
    pub(crate) fn edge(self) -> Option<Edge> {
        match self {
            Self::Zeros => None,
            Self::Reflect => Some(Edge::Reflect),
            Self::Circular => Some(Edge::Circular),
        }
    }

    /// Refuses padding, before and after rows and columns, that no map of this size can fill.
    pub(crate) fn check(
        self,
        kind: &'static str,
        padding: [[usize; 2]; 2],
        input: [usize; 2],
    ) -> Result<(), Error> {
        let edge = self.edge().unwrap_or_default();
        for (padding, size) in padding.into_iter().zip(input) {
            let most = padding[0].max(padding[1]);
            if let Some(reach) = edge.reach(size)
                && most > reach
            {
                return Err(Error::Setting {
                    kind,
                    name: "padding",
                    got: most.to_string(),
                    expected: format!("at most {reach} where {size} cells fill it ({self:?})")
                        .to_lowercase(),
                });
            }
        }
        Ok(())
    }
}
