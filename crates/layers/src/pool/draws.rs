//! Pools that choose one cell of each window by a draw.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Argmax, Choice, Scalar, Stream, Tensor, Windows, choose, max_pool_backward};
use rand_chacha::rand_core::RngCore;

/// One draw from 0 to less than 1 for every output, 24 bits each, in row-major order.
fn draws(count: usize, stream: &mut Stream) -> Vec<Scalar> {
    const STEP: Scalar = 1.0 / (1 << 24) as Scalar;
    const WORD: usize = size_of::<u32>();
    let mut draws = Vec::with_capacity(count);
    // Many words at a time: the generator makes them side by side.
    let mut bytes = [0; 256 * WORD];
    while draws.len() < count {
        let words = (count - draws.len()).min(bytes.len() / WORD);
        let bytes = &mut bytes[..words * WORD];
        stream.fill_bytes(bytes);
        draws.extend(bytes.chunks_exact(WORD).map(|word| {
            let word: [u8; WORD] = word.try_into().expect("a word has four bytes");
            (u32::from_le_bytes(word) >> 8) as Scalar * STEP
        }));
    }
    draws
}

/// The output of a choice, and which cells it chose.
pub(super) fn chosen(
    choice: &impl Choice,
    x: &Tensor,
    at: &Windows,
    stream: &mut Stream,
) -> (Tensor, Argmax) {
    let ([batch, channels, ..], [rows, columns]) = (x.nchw(), at.output());
    choose(choice, x, &draws(batch * channels * rows * columns, stream), at)
}

/// Records a choice: all of the gradient goes to the chosen cells.
pub(super) fn record_chosen<'t>(
    name: &'static str,
    x: &Var<'t>,
    (y, chosen): (Tensor, Argmax),
    at: Windows,
) -> Var<'t> {
    x.tape().record(y, &[x], || Backward { name, chosen, at })
}

struct Backward {
    name: &'static str,
    chosen: Argmax,
    at: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.chosen.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(max_pool_backward(&dy, &self.chosen, &self.at))]
    }
}
