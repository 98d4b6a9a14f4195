//! Work split over outputs.

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// Work that is not worth handing to another thread, in operations: about 50 µs.
const SMALL: u64 = 5_000_000;

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
    if count < 2
        || operations.saturating_mul(count as u64) < 2 * SMALL
        || rayon::current_num_threads() == 1
    {
        out.chunks_mut(size).enumerate().for_each(|(i, chunk)| work(i, chunk));
        return;
    }
    let together = (SMALL / operations.max(1)).max(1) as usize;
    out.par_chunks_mut(size)
        .enumerate()
        .with_min_len(together.min(count / 2))
        .for_each(|(i, chunk)| work(i, chunk));
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
}
