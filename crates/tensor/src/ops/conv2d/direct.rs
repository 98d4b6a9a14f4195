//! Convolution as products with shifted sheets; see `sheets.rs` for the layout.
//!
//! - Forward: `y = w · shifts of x`. Few images at a time, so their sheets stay in the cache.
//! - Input gradient: with stride `s` the input cells of one phase see only the taps of that phase,
//!   and `∂x = wᵀ · shifts of ∂y` with the taps in reverse.
//! - Weight gradient: `∂w = ∂y · shifts of x`, transposed; see `weights.rs`.
//!
//! Takes every geometry; `fast.rs` says which have a better way.

use super::Conv2d;
use super::products::{Part, Products};
use super::reading::Reading;
use super::scattering::{Phase, Scattering};
use super::sheets::whole;
pub(super) use super::weights::backward_weight;
use crate::Tensor;
use crate::simd::Panels;

pub(super) fn forward(conv: &Conv2d, x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let [batch, ..] = x.nchw();
    let (input, output) = (conv.windows.input(), conv.output());
    let reading = Reading::new(&conv.windows, conv.in_channels / conv.groups);
    let (_, out_per_group) = conv.per_group();
    let depth = reading.rows.len();
    let panels: Vec<Panels> = w
        .as_slice()
        .chunks_exact(out_per_group * depth)
        .map(|w| Panels::of_rows(w, depth, out_per_group, depth))
        .collect();
    let mut y = Tensor::stale([batch, conv.out_channels, output[0], output[1]]);
    let part = Part {
        spans: output.map(whole),
        rows: &reading.rows,
        panels: &panels,
        init: bias.map(Tensor::as_slice),
    };
    let products = Products {
        sheets: &reading.sheets,
        from: (conv.in_channels, input),
        into: (conv.out_channels, output),
        groups: conv.groups,
        parts: vec![part],
        leaves_gaps: false,
        operations: 2 * conv.macs(),
    };
    products.run(x, &mut y);
    y
}

pub(super) fn backward_input(conv: &Conv2d, dy: &Tensor, w: &Tensor) -> Tensor {
    let [batch, ..] = dy.nchw();
    let (input, output) = (conv.windows.input(), conv.output());
    let scattering = Scattering::new(conv, w);
    let mut dx = Tensor::stale([batch, conv.in_channels, input[0], input[1]]);
    let products = Products {
        sheets: &scattering.sheets,
        from: (conv.out_channels, output),
        into: (conv.in_channels, input),
        groups: conv.groups,
        parts: scattering
            .phases
            .iter()
            .map(|Phase { spans, rows, panels }| Part { spans: *spans, rows, panels, init: None })
            .collect(),
        leaves_gaps: scattering.leaves_gaps,
        operations: 2 * conv.macs(),
    };
    products.run(dy, &mut dx);
    dx
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Window;
    use crate::ops::conv2d::reference;

    /// Whole numbers from −4 to 4: with few of them every sum is exact in any order.
    fn numbers(shape: impl Into<crate::Shape>, salt: usize) -> Tensor {
        Tensor::from_fn(shape, |i| ((i * 7919 + salt * 31) % 9) as f32 - 4.0)
    }

    fn assert_direct_is_reference(conv: &Conv2d, batch: usize) {
        let [rows, columns] = conv.windows.input();
        let x = numbers([batch, conv.in_channels, rows, columns], 1);
        let w = numbers(conv.weight_shape(), 2);
        let bias = numbers([conv.out_channels], 3);
        let [rows, columns] = conv.output();
        let dy = numbers([batch, conv.out_channels, rows, columns], 4);
        let same = |direct: Tensor, expected: Tensor, pass: &str| {
            assert_eq!(direct.shape(), expected.shape());
            let mut pairs = direct.as_slice().iter().zip(expected.as_slice());
            let differing = pairs.position(|(direct, expected)| (direct - expected).abs() > 0.0);
            assert_eq!(differing, None, "{pass} of {conv:?}, batch {batch}");
        };
        let bias = Some(&bias);
        same(forward(conv, &x, &w, bias), reference::forward(conv, &x, &w, bias), "forward");
        same(forward(conv, &x, &w, None), reference::forward(conv, &x, &w, None), "no bias");
        let expected = reference::backward_input(conv, &dy, &w);
        same(backward_input(conv, &dy, &w), expected, "backward_input");
        let expected = reference::backward_weight(conv, &x, &dy);
        same(backward_weight(conv, &x, &dy), expected, "backward_weight");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]
        #[test]
        fn direct_is_reference(
            kernel in [1_usize..5, 1..5],
            stride in [1_usize..4, 1..4],
            dilation in [1_usize..4, 1..4],
            before in [0_usize..5, 0..5],
            after in [0_usize..4, 0..4],
            input in [1_usize..14, 1..14],
            groups in 1_usize..4,
            per_group in [1_usize..6, 1..6],
            batch in 1_usize..4,
        ) {
            let window = Window { before, after, dilation, ..Window::new(kernel, stride) };
            let [c, o] = per_group.map(|count| count * groups);
            if let Ok(conv) = Conv2d::fit(window, c, o, groups, input) {
                assert_direct_is_reference(&conv, batch);
            }
        }

        #[test]
        fn direct_is_reference_with_many_channels(
            kernel in [1_usize..4, 1..4],
            stride in [1_usize..4, 1..4],
            dilation in [1_usize..3, 1..3],
            before in [0_usize..3, 0..3],
            input in [1_usize..8, 1..8],
            groups in 1_usize..3,
            per_group in [1_usize..68, 1..68],
            batch in 1_usize..10,
        ) {
            let window = Window { before, after: before, dilation, ..Window::new(kernel, stride) };
            let [c, o] = per_group.map(|count| count * groups);
            if let Ok(conv) = Conv2d::fit(window, c, o, groups, input) {
                // The reference takes a microsecond for a thousand of these.
                if conv.macs() * (batch as u64) < 1_000_000 {
                    assert_direct_is_reference(&conv, batch);
                }
            }
        }
    }

    #[test]
    fn direct_is_reference_on_layers_as_they_occur() {
        let same = |size: usize| Window::new([size; 2], [1; 2]).padded([size / 2; 2]);
        for (window, [c, o], groups, input, batch) in [
            (same(3), [1, 8], 1, [28, 28], 18),
            (same(3), [8, 17], 1, [14, 14], 9),
            (same(3), [67, 5], 1, [7, 9], 2),
            (same(3), [5, 67], 1, [7, 9], 9),
            (same(5), [1, 32], 1, [28, 28], 1),
            (same(3), [40, 33], 1, [1, 21], 3),
            (same(3), [2, 34], 1, [17, 300], 1),
            (Window::square(1), [67, 61], 1, [5, 7], 9),
            (Window::new([3, 3], [2, 2]).padded([1, 1]), [34, 35], 1, [16, 15], 5),
            (Window::new([3, 3], [2, 2]).padded([1, 1]), [66, 64], 2, [8, 8], 6),
            (Window::new([3, 3], [3, 3]).padded([1, 1]), [33, 40], 1, [10, 13], 2),
            (same(5), [3, 20], 1, [14, 11], 2),
            (same(3), [12, 12], 12, [9, 16], 3),
            (Window::square(2), [20, 20], 1, [14, 14], 3),
            (Window::square(1), [33, 18], 1, [1, 19], 3),
            (Window::new([3, 3], [2, 2]).padded([1, 1]), [5, 7], 1, [15, 16], 2),
        ] {
            assert_direct_is_reference(
                &Conv2d::fit(window, c, o, groups, input).expect("fits"),
                batch,
            );
        }
    }

    #[test]
    fn an_empty_batch_has_empty_maps_and_no_weight_gradient() {
        let conv = Conv2d::fit(Window::square(2), 2, 3, 1, [4, 4]).expect("fits");
        let (x, dy) = (Tensor::zeros([0, 2, 4, 4]), Tensor::zeros([0, 3, 2, 2]));
        assert_eq!(forward(&conv, &x, &numbers(conv.weight_shape(), 0), None).dims(), [0, 3, 2, 2]);
        assert_eq!(backward_weight(&conv, &x, &dy), Tensor::zeros(conv.weight_shape()));
    }
}
