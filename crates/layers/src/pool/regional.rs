//! What pools over rectangles of any size share: the record on the tape.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{
    Places, Regions, Shape, Tensor, region_max, region_max_backward, region_max_each,
};

/// Records the maxima of rectangles on behalf of the layer `name`; the places of the winners are kept.
///
/// The output has `shape`, which may be any view of `(N, C, OH, OW)`.
pub(super) fn regional_maximum<'t>(
    name: &'static str,
    x: &Var<'t>,
    regions: &[Regions],
    shape: Option<Shape>,
) -> Var<'t> {
    recorded(name, x, region_max(x.value(), regions), shape)
}

/// As [`regional_maximum`], for rectangles that every plane has of its own.
pub(super) fn regional_maximum_of_each<'t>(
    name: &'static str,
    x: &Var<'t>,
    output: [usize; 2],
    regions: impl Fn(usize) -> Regions + Sync,
) -> Var<'t> {
    recorded(name, x, region_max_each(x.value(), output, regions), None)
}

fn recorded<'t>(
    name: &'static str,
    x: &Var<'t>,
    (y, places): (Tensor, Places),
    shape: Option<Shape>,
) -> Var<'t> {
    let [.., rows, columns] = x.value().nchw();
    let outputs = y.shape();
    let y = y.reshaped(shape.unwrap_or(outputs));
    let input = [rows, columns];
    x.tape().record(y, &[x], || Backward { name, places, outputs, input })
}

struct Backward {
    name: &'static str,
    places: Places,
    /// `(N, C, OH, OW)`.
    outputs: Shape,
    /// Rows and columns of the input.
    input: [usize; 2],
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.places.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let dy = dy.reshaped(self.outputs);
        vec![Some(region_max_backward(&dy, &self.places, self.input))]
    }
}
