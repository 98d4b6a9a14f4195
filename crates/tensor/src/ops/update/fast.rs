//! The update compiled for the vectors of the machine, large parameters by several threads.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::ops::parallel;
use crate::simd::{Kernel, Vector, dispatch};

/// Elements that one task updates.
const BLOCK: usize = 1 << 14;
/// What moving the values of one element costs, in multiply-adds that take as long.
const OPERATIONS: u64 = 40;

struct Update<'a, R, const N: usize> {
    param: &'a mut [f32],
    gradient: &'a [f32],
    memories: [&'a mut [f32]; N],
    rule: R,
}

impl<R, const N: usize> Kernel for Update<'_, R, N>
where
    R: Fn(f32, f32, [f32; N]) -> (f32, [f32; N]),
{
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { param, gradient, memories, rule } = self;
        let len = param.len();
        let gradient = &gradient[..len];
        let memories = memories.map(|memory| &mut memory[..len]);
        for i in 0..len {
            let (new, remembered) = rule(param[i], gradient[i], memories.each_ref().map(|m| m[i]));
            param[i] = new;
            for k in 0..N {
                memories[k][i] = remembered[k];
            }
        }
    }
}

pub(super) fn update_each<const N: usize>(
    param: &mut [f32],
    gradient: &[f32],
    memories: [&mut [f32]; N],
    rule: impl Fn(f32, f32, [f32; N]) -> (f32, [f32; N]) + Copy + Send + Sync,
) {
    if param.len() <= BLOCK {
        return dispatch(Update { param, gradient, memories, rule });
    }
    let mut memories = memories.map(|memory| memory.chunks_mut(BLOCK));
    let blocks = param.chunks_mut(BLOCK).zip(gradient.chunks(BLOCK)).map(|(param, gradient)| {
        let memories = memories.each_mut().map(|m| m.next().expect("as long as the parameter"));
        Some(Update { param, gradient, memories, rule })
    });
    let mut blocks: Vec<_> = blocks.collect();
    parallel::chunks(&mut blocks, 1, OPERATIONS * BLOCK as u64, |_, block| {
        dispatch(block[0].take().expect("every block is visited once"));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::update::reference;

    #[test]
    fn fast_is_reference_to_the_bit() {
        let wave = |len: usize, step: f32| (0..len).map(|i| (i as f32 * step).sin()).collect();
        for len in [0, 1, 15, 16, 33, 1000, BLOCK, 5 * BLOCK + 7] {
            let start: [Vec<f32>; 4] = [0.7, 1.3, 0.2, 0.9].map(|step| wave(len, step));
            let rule = |w: f32, g: f32, [a, b]: [f32; 2]| {
                (w - 0.1 * g / (b * b + 1.0), [0.9 * a + g, 0.5 * b + g * g])
            };
            let run = |fast: bool| {
                let [mut w, g, mut a, mut b] = start.clone();
                if fast {
                    update_each(&mut w, &g, [&mut a, &mut b], rule);
                } else {
                    reference::update_each(&mut w, &g, [&mut a, &mut b], rule);
                }
                [w, a, b].map(|values| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
            };
            assert_eq!(run(true), run(false), "{len} elements");
        }
    }
}
