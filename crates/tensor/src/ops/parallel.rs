//! Work split over outputs.

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use crate::awake::is_awake;

/// Work that is not worth handing to a thread that may sleep, in operations: about 50 µs.
const SMALL: u64 = 5_000_000;
/// The same for threads that are [`awake`](crate::awake()): about 4 µs.
const SMALL_AWAKE: u64 = 400_000;
/// Pieces that each thread gets at least, if they are not too small.
const PIECES: usize = 16;

/// Calls `work(i, chunk)` for every chunk of `size` elements of `out`, each on any thread of the
/// current pool.
///
/// `operations` is about what one chunk costs. Little work stays on this thread, and so does
/// everything in a pool of one. What a chunk holds must depend on `i` and the shapes only: then the
/// number of threads changes no bit.
pub(crate) fn chunks<T: Send>(
    out: &mut [T],
    size: usize,
    operations: u64,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let size = size.max(1);
    let count = out.len().div_ceil(size);
    let small = if is_awake() { SMALL_AWAKE } else { SMALL };
    if count < 2
        || operations.saturating_mul(count as u64) < 2 * small
        || rayon::current_num_threads() == 1
    {
        out.chunks_mut(size).enumerate().for_each(|(i, chunk)| work(i, chunk));
        return;
    }
    let together = (small / operations.max(1)).max(1) as usize;
    let fewest = together.min(count / 2);
    // Left to itself, rayon stops splitting early, and one thread waits for the last piece of another.
    let most = (count / (PIECES * rayon::current_num_threads())).max(fewest);
    out.par_chunks_mut(size)
        .enumerate()
        .with_min_len(fewest)
        .with_max_len(most)
        .for_each(|(i, chunk)| work(i, chunk));
}

/// As [`chunks`], for two outputs that are written side by side: chunks of `sizes`.
pub(crate) fn pairs<A: Send, B: Send>(
    (first, second): (&mut [A], &mut [B]),
    sizes: [usize; 2],
    operations: u64,
    work: impl Fn(usize, &mut [A], &mut [B]) + Sync,
) {
    let [size, other] = sizes.map(|size| size.max(1));
    let both = first.chunks_mut(size).zip(second.chunks_mut(other));
    let mut both: Vec<(&mut [A], &mut [B])> = both.collect();
    chunks(&mut both, 1, operations, |i, both| {
        let [(first, second)] = both else { unreachable!("chunks of one") };
        work(i, first, second);
    });
}

/// As [`chunks`], for outputs that are handed over one by one.
pub(crate) fn each<T: Send>(out: Vec<T>, operations: u64, work: impl Fn(usize, T) + Sync) {
    let mut out: Vec<Option<T>> = out.into_iter().map(Some).collect();
    chunks(&mut out, 1, operations, |i, out| {
        work(i, out[0].take().expect("every output is visited once"));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_visited_once_with_its_index() {
        for operations in [1, 10 * SMALL] {
            let mut out = vec![0; 103];
            chunks(&mut out, 10, operations, |i, chunk| chunk.iter_mut().for_each(|x| *x += i + 1));
            let expected: Vec<usize> = (0..103).map(|at| at / 10 + 1).collect();
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn each_output_is_handed_over_once_with_its_index() {
        let mut out = [0; 5];
        each(out.iter_mut().collect(), 10 * SMALL, |i, out| *out += i + 1);
        assert_eq!(out, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn pairs_advance_together() {
        let (mut first, mut second) = (vec![0; 10], vec![0; 5]);
        pairs((&mut first, &mut second), [4, 2], 10 * SMALL, |i, first, second| {
            first.fill(i);
            second.fill(i);
        });
        assert_eq!(first, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
        assert_eq!(second, [0, 0, 1, 1, 2]);
    }
}
