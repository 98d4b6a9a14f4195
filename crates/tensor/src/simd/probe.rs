//! What the machine can do at most: multiply-adds between registers, and reads and writes in a row.

use super::{Kernel, Vector, dispatch};

/// Independent chains of multiply-adds: enough to hide their latency on two units, few enough to stay
/// in sixteen registers.
const CHAINS: usize = 12;

/// `rounds` multiply-adds in each of several chains, none of which touches memory.
pub(crate) struct MultiplyAdds {
    pub(crate) rounds: usize,
}

impl MultiplyAdds {
    /// The number of multiply-adds that were done, and what they came to.
    pub(crate) fn run(self) -> (u64, f32) {
        dispatch(self)
    }
}

impl Kernel for MultiplyAdds {
    type Output = (u64, f32);

    #[inline(always)]
    fn run<V: Vector>(self) -> (u64, f32) {
        let (factor, addend) = (V::splat(0.75), V::splat(1.0));
        let mut chains = [V::splat(0.0); CHAINS];
        for (i, chain) in chains.iter_mut().enumerate() {
            *chain = V::splat(i as f32);
        }
        for _ in 0..self.rounds {
            for chain in &mut chains {
                *chain = chain.mul_add(factor, addend);
            }
        }
        let count = self.rounds as u64 * (CHAINS * V::LANES) as u64;
        (count, chains.iter().map(|chain| chain.sum()).sum())
    }
}

/// Registers that one round of [`Sum`] and [`Triad`] handles.
const WIDTH: usize = 8;

/// The sum of all numbers, read once in a row.
pub(crate) struct Sum<'a>(pub(crate) &'a [f32]);

impl Sum<'_> {
    pub(crate) fn run(self) -> f32 {
        dispatch(self)
    }
}

impl Kernel for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<V: Vector>(self) -> f32 {
        let one = V::splat(1.0);
        let mut sums = [V::splat(0.0); WIDTH];
        let rounds = self.0.chunks_exact(WIDTH * V::LANES);
        let rest: f32 = rounds.remainder().iter().sum();
        for round in rounds {
            for (i, sum) in sums.iter_mut().enumerate() {
                // SAFETY: register i < WIDTH lies in the WIDTH · LANES numbers of the round.
                let term = unsafe { V::load(round.as_ptr().add(i * V::LANES)) };
                *sum = term.mul_add(one, *sum);
            }
        }
        rest + sums.iter().map(|sum| sum.sum()).sum::<f32>()
    }
}

/// `a[i] = b[i] + factor · c[i]`: two reads and a write in a row.
pub(crate) struct Triad<'a> {
    pub(crate) a: &'a mut [f32],
    pub(crate) b: &'a [f32],
    pub(crate) c: &'a [f32],
    pub(crate) factor: f32,
}

impl Triad<'_> {
    pub(crate) fn run(self) {
        dispatch(self);
    }
}

impl Kernel for Triad<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { a, b, c, factor } = self;
        assert!(a.len() == b.len() && b.len() == c.len(), "triad: three of one length");
        let factor = V::splat(factor);
        let whole = a.len() - a.len() % V::LANES;
        for at in (0..whole).step_by(V::LANES) {
            // SAFETY: all three have at least `whole` numbers, and at + LANES ≤ whole.
            unsafe {
                let sum = V::load(c.as_ptr().add(at)).mul_add(factor, V::load(b.as_ptr().add(at)));
                sum.store(a.as_mut_ptr().add(at));
            }
        }
        let rest = a.len() - whole;
        if rest > 0 {
            // SAFETY: `rest` < LANES numbers follow the first `whole` of each.
            unsafe {
                let b = V::load_first(b.as_ptr().add(whole), rest);
                let c = V::load_first(c.as_ptr().add(whole), rest);
                c.mul_add(factor, b).store_first(a.as_mut_ptr().add(whole), rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Path;

    #[test]
    fn every_path_counts_and_computes_what_it_says() {
        for (path, name) in Path::available() {
            let (count, value) = path.run(MultiplyAdds { rounds: 1000 });
            // Each chain tends to 1 / (1 − 0.75).
            let lanes = count / (1000 * CHAINS as u64);
            assert!((value - 4.0 * CHAINS as f32 * lanes as f32).abs() < 1e-2, "{name}: {value}");
            for len in [0, 1, 127, 128, 1000] {
                let b: Vec<f32> = (0..len).map(|i| (i % 7) as f32).collect();
                let sum: f32 = b.iter().sum();
                assert!((path.run(Sum(&b)) - sum).abs() < f32::EPSILON, "{name}: sum of {len}");
                let mut a = vec![-1.0; len];
                path.run(Triad { a: &mut a, b: &b, c: &b, factor: 2.0 });
                let tripled = |(a, b): (&f32, &f32)| (a - 3.0 * b).abs() < f32::EPSILON;
                assert!(a.iter().zip(&b).all(tripled), "{name}: triad of {len}");
            }
        }
    }
}
