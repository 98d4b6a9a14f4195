//! Mistakes in the gradients of pools that libraries have shipped, each with the smallest example that
//! shows it. The laws catch all of them; these say what they look like.

use cenote_tensor::{Scalar, Tensor};

use crate::network::Network;

/// The gradient of the input of one layer, for one image of one channel.
fn gradient(layer: &str, [rows, columns]: [usize; 2], x: &[f32], dy: &[f32]) -> Vec<Scalar> {
    let network = Network::new(layer, [1, rows, columns]);
    let numbers = |values: &[f32]| values.iter().map(|&value| Scalar::from(value)).collect();
    let x = Tensor::from_vec([1, 1, rows, columns], numbers(x)).expect("as many as cells");
    let dims = network.model.output().batched(1);
    let dy = Tensor::from_vec(dims, numbers(dy)).expect("as many as outputs");
    network.pass(&x, &dy).1.into_vec()
}

/// candle-core 0.9.2, `max_pool2d(2)`, sum, backward, for the input
///
/// ```text
/// 1 2
/// 3 4
/// ```
///
/// gives a gradient of 0.25 at the 4, where the derivative of a maximum is 1 at its one winner. Its
/// rule marks the cells that equal the maximum and multiplies the gradient by the *mean* of the mask:
/// the share of the window's cells that are maxima, `m / k²`. It should divide by their number `m`. So
/// two tied maxima get 0.5 each (as dividing would give), four get 1 each (four times too much), and
/// one, the usual case, a quarter. The whole mass is `m² / k²` in place of 1: behind three such
/// pools the first layers learn with a sixty-fourth of their gradient, which an optimiser like Adam
/// hides and plain SGD turns into a false effect of pooling.
///
/// Here the first maximum in row-major order gets all of it, as in `PyTorch`, and the mass is 1
/// whatever the number of ties.
#[test]
fn a_single_maximum_gets_the_whole_gradient_and_not_a_share() {
    let pool = "{kind='max_pool', kernel_size=2}";
    let of = |x: [f32; 4]| gradient(pool, [2, 2], &x, &[1.0]);
    assert_eq!(of([1.0, 2.0, 3.0, 4.0]), [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(of([1.0, 4.0, 4.0, 2.0]), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(of([5.0; 4]), [1.0, 0.0, 0.0, 0.0]);
    for x in [[1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 4.0, 2.0], [3.0, 3.0, 3.0, 1.0], [5.0; 4]] {
        assert_eq!(of(x).iter().sum::<Scalar>(), 1.0, "{x:?}");
    }
}

/// FluxML/NNlib.jl 205 (2020): where windows overlap, the last one to win a cell overwrote the gradient of
/// the others.
#[test]
fn a_cell_that_wins_two_windows_gets_both_gradients() {
    let pool = "{kind='max_pool', kernel_size=[1, 2], stride=1}";
    assert_eq!(gradient(pool, [1, 3], &[1.0, 9.0, 2.0], &[10.0, 100.0]), [0.0, 110.0, 0.0]);
}

/// pytorch pull request 36820 (2020): height and width changed places, which square inputs hide.
#[test]
fn rows_and_columns_keep_their_places() {
    let pool = "{kind='avg_pool', kernel_size=[1, 2], stride=[1, 2]}";
    let dx = gradient(pool, [2, 4], &[0.0; 8], &[2.0, 4.0, 6.0, 8.0]);
    assert_eq!(dx, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]);
}

/// burn 5604 and pytorch inductor 198119 (2026): with `ceil_mode` the backward pass divided by another
/// number of cells than the forward pass.
#[test]
fn the_backward_pass_of_a_mean_divides_as_the_forward_pass_does() {
    let pool = "{kind='avg_pool', kernel_size=[1, 2], ceil_mode=true}";
    // The last window holds one cell and hangs over the end; what lies there is not padding and does
    // not count.
    assert_eq!(gradient(pool, [1, 3], &[2.0, 4.0, 8.0], &[2.0, 3.0]), [1.0, 1.0, 3.0]);
    let network = Network::new(pool, [1, 1, 3]);
    let x = Tensor::from_vec([1, 1, 1, 3], vec![2.0, 4.0, 8.0]).expect("3 values");
    let (y, _) = network.pass(&x, &Tensor::full([1, 1, 1, 2], 1.0));
    assert_eq!(y.as_slice(), [3.0, 8.0]);
}

/// `SoftPool`'s weights depend on the input as well: a backward pass that takes them as given sends
/// `w_k` back and forgets `w_k (x_k − y)`.
#[test]
fn the_weights_of_softpool_have_a_derivative_of_their_own() {
    let pool = "{kind='soft_pool', kernel_size=[1, 2]}";
    // e^0 : e^ln3 = 1 : 3, so w = (1/4, 3/4) and y = 3/4 ln 3.
    let ln3 = 3.0_f64.ln();
    let dx = gradient(pool, [1, 2], &[0.0, ln3 as f32], &[1.0]);
    let expected = [0.25 * (1.0 - 0.75 * ln3), 0.75 * (1.0 + 0.25 * ln3)];
    for (got, expected) in dx.into_iter().zip(expected) {
        assert!((f64::from(got) - expected).abs() < 1e-6, "{got}, not {expected}");
    }
}
