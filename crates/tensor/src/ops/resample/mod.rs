//! Separable linear maps of planes: rows are weighted sums of rows, columns of columns.
//!
//! ```text
//! y = R x Cᵀ        dx = Rᵀ dy C          x (H, W), y (OH, OW), R (OH, H), C (OW, W)
//! ```
//!
//! Blurring, padding, picking rows and columns, adaptive means and band limits all are such maps, and
//! share the kernels here; the gradient is the exact adjoint by construction, since both passes read
//! the same matrix.

mod axis;
#[cfg(not(cenote_f64))]
mod fast;
#[cfg(any(cenote_f64, test))]
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

use std::sync::Arc;

pub use axis::{Axis, Edge, Filter1d, Tap};
#[cfg(not(cenote_f64))]
pub(crate) use fast::Mapping;

use crate::{Scalar, Tensor};

/// A separable linear map, fitted to planes of one size; cloning shares it.
///
/// ```
/// use cenote_tensor::{Axis, Resampling, Tensor};
///
/// // The mean of all rows, and the columns in reverse.
/// let map = Resampling::new(Axis::adaptive_means(2, 1), Axis::select(3, [2, 1, 0]));
/// let x = Tensor::from_vec([1, 1, 2, 3], vec![1.0, 2.0, 3.0, 5.0, 6.0, 7.0])?;
/// assert_eq!(map.forward(&x).as_slice(), [5.0, 4.0, 3.0]);
/// # Ok::<(), cenote_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Resampling(Arc<Maps>);

#[derive(Debug)]
struct Maps {
    forward: [Axis; 2],
    backward: [Axis; 2],
}

impl Resampling {
    /// The map with these rows and columns.
    pub fn new(rows: Axis, columns: Axis) -> Self {
        let backward = [rows.transposed(), columns.transposed()];
        Self(Arc::new(Maps { forward: [rows, columns], backward }))
    }

    /// Rows and columns of an input plane.
    pub fn input(&self) -> [usize; 2] {
        self.0.forward.each_ref().map(Axis::input)
    }

    /// Rows and columns of an output plane.
    pub fn output(&self) -> [usize; 2] {
        self.0.forward.each_ref().map(Axis::output)
    }

    /// The rows (axis 0) or columns (axis 1) that output `o` looks at: the first, and the one behind the last.
    pub fn range(&self, axis: usize, o: usize) -> [usize; 2] {
        self.0.forward[axis].range(o)
    }

    /// Multiply-adds of the forward pass for one plane: rows first, then columns.
    pub fn macs(&self) -> u64 {
        let [rows, columns] = &self.0.forward;
        (rows.len() * columns.input() + rows.output() * columns.len()) as u64
    }

    /// `y` `(N, C, OH, OW)` from `x` `(N, C, H, W)`.
    ///
    /// # Panics
    /// When the planes have another size.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let [batch, channels, rows, columns] = x.nchw();
        assert_eq!([rows, columns], self.input(), "resampling: x as fitted");
        let [rows, columns] = self.output();
        let mut y = Tensor::stale([batch, channels, rows, columns]);
        kernels::rows_first(&self.0.forward, x.as_slice(), y.as_mut_slice());
        y
    }

    /// `dx` from `dy`: the adjoint of [`Resampling::forward`].
    ///
    /// # Panics
    /// When the planes have another size.
    pub fn backward(&self, dy: &Tensor) -> Tensor {
        let [batch, channels, rows, columns] = dy.nchw();
        assert_eq!([rows, columns], self.output(), "resampling: dy as fitted");
        let [rows, columns] = self.input();
        let mut dx = Tensor::stale([batch, channels, rows, columns]);
        kernels::columns_first(&self.0.backward, dy.as_slice(), dx.as_mut_slice());
        dx
    }

    /// The forward pass, plane by plane.
    #[cfg(not(cenote_f64))]
    pub(crate) fn mapping(&self) -> Mapping<'_> {
        Mapping::rows_first(&self.0.forward)
    }

    /// The backward pass, plane by plane.
    #[cfg(not(cenote_f64))]
    pub(crate) fn adjoint(&self) -> Mapping<'_> {
        Mapping::columns_first(&self.0.backward)
    }
}

/// The binomial filter of `taps` cells, with sum 1: `[1, 2, 1] / 4` for three.
///
/// ```
/// assert_eq!(cenote_tensor::binomial(3), [0.25, 0.5, 0.25]);
/// ```
///
/// # Panics
/// When there is no tap.
pub fn binomial(taps: usize) -> Vec<Scalar> {
    assert!(taps > 0, "a filter has a tap");
    let mut row = vec![1.0];
    for _ in 1..taps {
        let next: Vec<f64> = (0..=row.len())
            .map(|i| {
                let left = i.checked_sub(1).map_or(0.0, |i| row[i]);
                f64::midpoint(left, row.get(i).copied().unwrap_or(0.0))
            })
            .collect();
        row = next;
    }
    row.into_iter().map(|weight| weight as Scalar).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Seed;

    #[test]
    fn binomial_filters_are_those_of_pascals_triangle() {
        assert_eq!(binomial(1), [1.0]);
        assert_eq!(binomial(4), [0.125, 0.375, 0.375, 0.125]);
        let seven: Vec<Scalar> = [1.0, 6.0, 15.0, 20.0, 15.0, 6.0, 1.0].map(|w| w / 64.0).into();
        assert_eq!(binomial(7), seven);
    }

    /// An axis of taps that lie anywhere, some outputs without any.
    fn anywhere(input: usize, output: usize, seed: usize) -> Axis {
        let at = |o: usize, t: usize| (o * 7 + t * 3 + seed) % input;
        let weight = |o: usize, t: usize| ((o * 5 + t * 11 + seed) % 9) as Scalar - 4.0;
        let taps = |o: usize| {
            let count = (o + seed) % 5;
            (0..count).map(|t| Tap { at: at(o, t), weight: weight(o, t) }).collect()
        };
        Axis::new(input, (0..output).map(taps))
    }

    /// An axis of every sort that there is.
    fn axes(most: usize) -> impl Strategy<Value = Axis> {
        let edges = prop_oneof![Just(Edge::Zeros), Just(Edge::Reflect), Just(Edge::Circular)];
        let filter = (1_usize..6, 1_usize..4, 1_usize..3, [0_usize..5, 0_usize..5], edges);
        let filtered = (1..most, filter).prop_map(|(input, filter)| {
            let (taps, stride, dilation, padding, edge) = filter;
            let reach = edge.reach(input).unwrap_or(usize::MAX);
            let padding = padding.map(|padding| padding.min(reach));
            let room = input + padding[0] + padding[1];
            let taps = taps.min((room - 1) / dilation + 1);
            let weights = (0..taps).map(|t| 1.0 + t as Scalar).collect();
            Axis::filtered(input, &Filter1d { weights, stride, dilation, padding, edge })
        });
        let selected = (1..most).prop_flat_map(|input| {
            proptest::collection::vec(0..input, 1..60)
                .prop_map(move |kept| Axis::select(input, kept))
        });
        let thinned = (1..most, 1_usize..4)
            .prop_map(|(input, step)| Axis::select(input, (0..input).step_by(step)));
        prop_oneof![
            filtered.clone(),
            filtered,
            selected,
            thinned,
            (1..most, 1..most).prop_map(|(input, output)| Axis::adaptive_means(input, output)),
            (1..most, 1_usize..40, 0_usize..1000).prop_map(|(i, o, seed)| anywhere(i, o, seed)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn fast_equals_reference_in_both_directions(
            planes in (0_usize..3, 1_usize..6),
            rows in axes(20),
            columns in axes(80),
            seed in 0_u64..1000,
        ) {
            let map = Resampling::new(rows, columns);
            let (input, output) = (map.input(), map.output());
            let mut stream = Seed(seed).stream("resampling");
            let x = Tensor::normal([planes.0, planes.1, input[0], input[1]], 1.0, &mut stream);
            let dy = Tensor::normal([planes.0, planes.1, output[0], output[1]], 1.0, &mut stream);
            let (y, dx) = (map.forward(&x), map.backward(&dy));
            let mut expected = y.clone();
            reference::rows_first(&map.0.forward, x.as_slice(), expected.as_mut_slice());
            for (y, expected) in y.as_slice().iter().zip(expected.as_slice()) {
                prop_assert!((y - expected).abs() < 1e-3, "{y} {expected}");
            }
            let mut expected = dx.clone();
            reference::columns_first(&map.0.backward, dy.as_slice(), expected.as_mut_slice());
            for (dx, expected) in dx.as_slice().iter().zip(expected.as_slice()) {
                prop_assert!((dx - expected).abs() < 1e-3, "{dx} {expected}");
            }
            let dot = |a: &Tensor, b: &Tensor| -> f64 {
                a.as_slice().iter().zip(b.as_slice()).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            };
            let [left, right] = [dot(&y, &dy), dot(&x, &dx)];
            prop_assert!((left - right).abs() < 1e-2 * left.abs().max(10.0), "{left} {right}");
        }
    }

    #[test]
    fn cells_that_are_only_moved_keep_their_bits() {
        let map =
            Resampling::new(Axis::padded(3, [1, 2], Edge::Circular), Axis::select(4, [3, 0, 0]));
        let x = Tensor::from_fn([1, 1, 3, 4], |i| if i == 4 { -0.0 } else { 0.1 * i as Scalar });
        let y = map.forward(&x);
        let x = x.as_slice();
        assert_eq!(y.as_slice()[..6], [x[11], x[8], x[8], x[3], x[0], x[0]]);
        assert!(y.as_slice()[7].is_sign_negative());
    }
}
