//! Networks that answer the same however an image is shifted around the torus.
//!
//! With circular padding a convolution commutes with shifts, and a global mean forgets them. Adaptive
//! polyphase sampling keeps the same cells of a shifted image (Chaman and Dokmanić 2021), and without
//! any pooling nothing is dropped: both give the same answer for every shift, before any training and
//! after it. A max pool with a stride does not.

use cenote_layers::{Mode, predictions};
use cenote_tensor::{Scalar, Seed, Tensor};

use crate::network::Network;

const CLASSES: usize = 4;
const INPUT: [usize; 3] = [2, 8, 12];
const IMAGES: usize = 6;

/// Three circular convolutions with these layers between them, a global mean and a dense layer.
fn network(down: &str) -> Network {
    let conv = |channels| {
        format!(
            "{{kind='conv2d', out_channels={channels}, kernel_size=3, padding=1, padding_mode='circular'}}, \
             {{kind='relu'}}"
        )
    };
    let head = format!("{{kind='global_avg_pool'}}, {{kind='dense', out_features={CLASSES}}}");
    Network::new(&format!("{}, {down} {}, {down} {}, {head}", conv(4), conv(6), conv(6)), INPUT)
}

fn images() -> Tensor {
    let [channels, rows, columns] = INPUT;
    Tensor::normal([IMAGES, channels, rows, columns], 1.0, &mut Seed(3).stream("images"))
}

/// Every image moved down and right, what leaves coming in at the other end.
fn shifted(x: &Tensor, down: usize, right: usize) -> Tensor {
    let [_, _, rows, columns] = x.nchw();
    Tensor::from_fn(x.shape(), |i| {
        let (plane, row, column) = (i / (rows * columns), i / columns % rows, i % columns);
        let (row, column) = ((row + rows - down) % rows, (column + columns - right) % columns);
        x.as_slice()[(plane * rows + row) * columns + column]
    })
}

/// The share of images and shifts with the same prediction as unshifted, and the largest change of a
/// logit as a share of the largest logit.
fn consistency(network: &Network) -> (f64, f64) {
    let x = images();
    let still = network.output(&x, Mode::Eval, 0);
    let largest = still.as_slice().iter().fold(0.0, |most: Scalar, &y| most.max(y.abs()));
    let (mut same, mut all, mut change) = (0, 0, 0.0_f64);
    for down in 0..INPUT[1] {
        for right in 0..INPUT[2] {
            let moved = network.output(&shifted(&x, down, right), Mode::Eval, 0);
            let pairs = predictions(&still).into_iter().zip(predictions(&moved));
            same += pairs.filter(|(still, moved)| still == moved).count();
            all += IMAGES;
            let pairs = still.as_slice().iter().zip(moved.as_slice());
            let most = pairs.fold(0.0, |most: Scalar, (a, b)| most.max((a - b).abs()));
            change = change.max(f64::from(most / largest));
        }
    }
    (same as f64 / f64::from(u32::try_from(all).expect("few")), change)
}

fn check_consistent(down: &str) {
    let mut network = network(down);
    let labels: Vec<usize> = (0..IMAGES).map(|i| i % CLASSES).collect();
    for trained in [false, true] {
        if trained {
            let [first, last] = network.train(&images(), &labels, 30);
            assert!(last < first, "it learns: {first} to {last}");
        }
        let (share, change) = consistency(&network);
        assert_eq!(share, 1.0, "{down} trained {trained}: the same answer for every shift");
        // Sums over a shifted map round another way, and nothing else changes.
        assert!(change < 1e-4, "{down} trained {trained}: logits change by {change}");
    }
}

#[test]
fn adaptive_polyphase_sampling_is_consistent_before_and_after_training() {
    check_consistent("{kind='aps_pool', stride=2},");
}

#[test]
fn no_pooling_is_consistent_before_and_after_training() {
    check_consistent("{kind='identity'},");
}

#[test]
fn pooling_that_keeps_the_size_is_consistent_inside_a_torus() {
    // The windows of `same_max_pool` end at the border, so only a blur that goes around is tried here.
    check_consistent("{kind='blur_pool', stride=1, filter_size=3, padding_mode='circular'},");
}

#[test]
fn a_max_pool_with_a_stride_is_not_consistent() {
    for down in ["{kind='max_pool', kernel_size=2},", "{kind='decimate', stride=2},"] {
        let (_, change) = consistency(&network(down));
        assert!(change > 1e-2, "{down} logits change by no more than {change}");
    }
}
