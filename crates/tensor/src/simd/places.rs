//! Registers at several places of one buffer, with one comparison for all of them.
//!
//! [`load`](super::load) compares twice for every register. A kernel that does little else than add
//! up registers from places that it knows beforehand spends more on comparing than on adding.

use super::{Many, Vector};

/// Lists of places, whose registers are added up.
pub(crate) struct Addends {
    places: Vec<usize>,
    /// Where each list begins among the places, and where the last one ends.
    bounds: Vec<usize>,
    furthest: usize,
}

/// One list.
#[derive(Clone, Copy)]
pub(crate) struct Addition<'a> {
    places: &'a [usize],
    /// Where it begins among the places of all lists.
    first: usize,
    furthest: usize,
}

impl Addends {
    pub(crate) fn new(lists: impl Iterator<Item = Vec<usize>>) -> Self {
        let (mut places, mut bounds) = (Vec::new(), vec![0]);
        for list in lists {
            places.extend(list);
            bounds.push(places.len());
        }
        let furthest = places.iter().copied().max().unwrap_or(0);
        Self { places, bounds, furthest }
    }

    #[inline(always)]
    pub(crate) fn list(&self, nth: usize) -> Addition<'_> {
        let places = &self.places[self.bounds[nth]..self.bounds[nth + 1]];
        Addition { places, first: self.bounds[nth], furthest: self.furthest }
    }
}

impl Addition<'_> {
    /// What belongs to its places, of what belongs to those of all lists.
    pub(crate) fn of<T>(self, all: &[T]) -> &[T] {
        &all[self.first..][..self.places.len()]
    }

    /// The register that begins `at` behind its place `nth`.
    #[inline(always)]
    pub(crate) fn one<V: Vector>(self, nth: usize, from: &[f32], at: usize) -> V {
        check::<V>(from.len(), at, self.furthest);
        // SAFETY: `check` has seen that LANES numbers follow the furthest place of all lists.
        unsafe { V::load(from.as_ptr().add(at + self.places[nth])) }
    }

    /// The sum of the registers that begin `at` behind their places, in their order.
    #[inline(always)]
    pub(crate) fn sum<V: Vector>(self, from: &[f32], at: usize) -> V {
        check::<V>(from.len(), at, self.furthest);
        // SAFETY: `check` has seen that LANES numbers follow the furthest place of all lists.
        unsafe {
            let from = from.as_ptr().add(at);
            match *self.places {
                [] => V::splat(0.0),
                [a] => V::load(from.add(a)),
                [a, b] => V::load(from.add(a)).add(V::load(from.add(b))),
                [a, b, c, d] => {
                    let sum = V::load(from.add(a)).add(V::load(from.add(b)));
                    sum.add(V::load(from.add(c))).add(V::load(from.add(d)))
                }
                [a, b, c, d, e, f, g, h, i] => {
                    let above = V::load(from.add(a)).add(V::load(from.add(b)));
                    let above = above.add(V::load(from.add(c)));
                    let middle = V::load(from.add(d)).add(V::load(from.add(e)));
                    let middle = middle.add(V::load(from.add(f)));
                    let below = V::load(from.add(g)).add(V::load(from.add(h)));
                    above.add(middle).add(below.add(V::load(from.add(i))))
                }
                [a, ref rest @ ..] => {
                    let mut sum = V::load(from.add(a));
                    for &place in rest {
                        sum = sum.add(V::load(from.add(place)));
                    }
                    sum
                }
            }
        }
    }
}

/// Stores registers from `at` on, each `pitch` behind the one before.
#[inline(always)]
pub(crate) fn store_apart<V: Vector>(
    registers: &[Many<V>],
    into: &mut [f32],
    at: usize,
    pitch: usize,
) {
    let last = registers.len().saturating_sub(1).saturating_mul(pitch);
    check::<V>(into.len(), at, last);
    for (k, register) in registers.iter().enumerate() {
        // SAFETY: `check` has seen that LANES numbers follow the last place.
        unsafe { register.0.store(into.as_mut_ptr().add(at + k * pitch)) };
    }
}

/// Panics unless a register that begins `furthest` behind `at` lies in a buffer of `len` numbers.
#[inline(always)]
fn check<V: Vector>(len: usize, at: usize, furthest: usize) {
    let last = len.checked_sub(at).and_then(|rest| rest.checked_sub(V::LANES));
    assert!(last.is_some_and(|last| furthest <= last), "places lie in a buffer of {len}");
}

#[cfg(test)]
mod tests {
    use super::super::{Kernel, Path, WIDEST, store};
    use super::*;

    /// Sums of lists of every length up to ten, and registers stored apart.
    #[derive(Clone, Copy)]
    struct Sums;

    impl Kernel for Sums {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let numbers: Vec<f32> = (0..200).map(|i| (i * 7 % 31) as f32).collect();
            let list = |count: usize| (0..count).map(|k| k * 13 % 40).collect::<Vec<_>>();
            let lists = Addends::new((0..11).map(list));
            let all: Vec<f32> = (0..11).flat_map(list).map(|place| place as f32).collect();
            for count in 0..11 {
                let (addition, at) = (lists.list(count), 3 * count);
                let mut sum = vec![0.0; V::LANES];
                store(addition.sum::<V>(&numbers, at), &mut sum, 0);
                for (lane, sum) in sum.into_iter().enumerate() {
                    let expected: f32 = list(count).iter().map(|p| numbers[p + at + lane]).sum();
                    assert!((sum - expected).abs() < 0.5, "{count} places: {sum}");
                }
                let places: Vec<f32> = list(count).iter().map(|&place| place as f32).collect();
                assert_eq!(addition.of(&all), places);
                for (nth, place) in list(count).into_iter().enumerate() {
                    let mut one = vec![0.0; V::LANES];
                    store(addition.one::<V>(nth, &numbers, at), &mut one, 0);
                    assert_eq!(one, numbers[place + at..][..V::LANES]);
                }
            }
            let mut out = vec![-1.0; 5 + 2 * 20 + V::LANES];
            store_apart(&[1.0, 2.0, 3.0].map(|x| Many(V::splat(x))), &mut out, 5, 20);
            for (i, &got) in out.iter().enumerate() {
                let (nth, lane) = (i.saturating_sub(5) / 20, i.saturating_sub(5) % 20);
                let expected = if i >= 5 && lane < V::LANES { nth as f32 + 1.0 } else { -1.0 };
                assert!((got - expected).abs() < 0.5, "{i}: {got}");
            }
        }
    }

    #[test]
    fn every_path_finds_the_registers_at_its_places() {
        for (path, _) in Path::available() {
            path.run(Sums);
        }
    }

    #[test]
    #[should_panic(expected = "places lie in a buffer")]
    fn a_register_beyond_the_end_is_refused() {
        struct Beyond;
        impl Kernel for Beyond {
            type Output = f32;

            #[inline(always)]
            fn run<V: Vector>(self) -> f32 {
                let lists = Addends::new([vec![0], vec![64]].into_iter());
                lists.list(0).sum::<V>(&[0.0; 64 + WIDEST], 1 + WIDEST - V::LANES).sum()
            }
        }
        super::super::dispatch(Beyond);
    }
}
