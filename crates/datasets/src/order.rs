//! Orders drawn from a stream: an index below a bound, and a shuffle.
//!
//! Both are written out here, so that no version of a dependency can change the order of recorded runs.

use cenote_tensor::Stream;
use rand_chacha::rand_core::RngCore;

/// Returns an index drawn uniformly from `0..bound`.
///
/// Lemire (2019), doi:10.1145/3230636: the high half of `draw · bound` is uniform once the draws whose low half
/// lies under `2^64 mod bound` are drawn again.
pub(crate) fn below(bound: usize, stream: &mut Stream) -> usize {
    assert!(bound > 0, "no index lies below zero");
    let bound = bound as u64;
    let excess = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(stream.next_u64()) * u128::from(bound);
        if product as u64 >= excess {
            return (product >> 64) as usize;
        }
    }
}

/// Puts `items` into an order drawn uniformly from all orders, by Fisher and Yates' method from the back.
pub(crate) fn shuffle<T>(items: &mut [T], stream: &mut Stream) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, stream));
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    fn shuffled(count: usize, name: &str) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        shuffle(&mut order, &mut Seed(1).stream(name));
        order
    }

    #[test]
    fn the_shuffled_order_is_fixed_for_ever() {
        // From `tests/golden.py`, which shares no code; a change here changes every recorded run.
        assert_eq!(shuffled(10, "order/epoch0"), [4, 8, 3, 1, 5, 9, 6, 0, 7, 2]);
    }

    #[test]
    fn a_shuffle_keeps_every_item_once() {
        for count in [0, 1, 2, 3, 257] {
            let mut order = shuffled(count, "a");
            order.sort_unstable();
            assert!(order.into_iter().eq(0..count), "{count}");
        }
    }

    #[test]
    fn all_orders_are_equally_likely() {
        let mut stream = Seed(2).stream("orders");
        let mut seen = [0_u32; 27];
        for _ in 0..24_000 {
            let mut order = [0, 1, 2];
            shuffle(&mut order, &mut stream);
            seen[order[0] * 9 + order[1] * 3 + order[2]] += 1;
        }
        let counts: Vec<u32> = seen.into_iter().filter(|&count| count > 0).collect();
        assert_eq!(counts.len(), 6);
        // 4,000 expected, standard deviation 58; five of them leave a chance of 3e-6 of a false alarm.
        assert!(counts.iter().all(|&count| count.abs_diff(4_000) < 290), "{counts:?}");
    }

    #[test]
    fn draws_below_a_large_bound_are_not_biased() {
        // With bound 3 · 2^62 a plain remainder would give an index below 2^62 half of the time, and a product
        // without rejection a multiple of three half of the time; both are due a third of the time.
        let bound = 3_usize << 62;
        let mut stream = Seed(3).stream("bias");
        let drawn: Vec<usize> = (0..9_000).map(|_| below(bound, &mut stream)).collect();
        let low = drawn.iter().filter(|&&index| index < 1 << 62).count();
        let multiples = drawn.iter().filter(|&&index| index % 3 == 0).count();
        assert!(low.abs_diff(3_000) < 225 && multiples.abs_diff(3_000) < 225, "{low} {multiples}");
    }
}
