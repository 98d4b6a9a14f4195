//! What a step keeps, and that the next one finds its memory again.

use cenote_tensor::{Scalar, Tensor, metered};

use crate::networks::{Down, LENET, Training, WIDE, cifar};

#[test]
fn steps_that_repeat_themselves_allocate_no_buffers() {
    for (text, input) in [
        (LENET, [1, 28, 28]),
        (WIDE, [16, 20, 26]),
        (&cifar(Down::Pool), [3, 16, 16]),
        (&cifar(Down::Stride), [3, 16, 16]),
        (&cifar(Down::Not), [3, 8, 8]),
    ] {
        let mut training = Training::of(text, input, 2);
        for _ in 0..2 {
            training.step(|_| ());
        }
        let ((), usage) = metered(|| training.step(|_| ()));
        assert_eq!(usage.fresh_buffers, 0, "{text}");
    }
}

#[test]
fn training_keeps_the_input_of_each_batch_norm_and_nothing_of_the_rectifiers() {
    let (rows, columns, batch_size) = (8, 12, 3);
    let mut training = Training::of(&cifar(Down::Not), [3, rows, columns], batch_size);
    let known: Vec<Tensor> = training.params.iter().map(|param| param.value.clone()).collect();
    let mut saved = 0;
    training.step(|tape| saved = tape.saved_bytes(&known.iter().collect::<Vec<_>>()));
    let channels = [64, 64, 128, 128, 256, 256];
    // The images, what goes into each norm, its mean and variance; the pooled features and what the
    // loss keeps.
    let maps = (3 + channels.iter().sum::<usize>()) * rows * columns * batch_size;
    let moments = 2 * channels.iter().sum::<usize>();
    let head = (256 + 10) * batch_size;
    let labels = batch_size * size_of::<usize>();
    let expected = (maps + moments + head) * size_of::<Scalar>() + labels;
    assert_eq!(saved, expected);
}

#[test]
fn a_step_without_downsampling_holds_one_map_beside_what_it_keeps() {
    let (rows, columns, batch_size) = (16, 24, 2);
    let mut training = Training::of(&cifar(Down::Not), [3, rows, columns], batch_size);
    // The first step starts what the optimiser remembers.
    training.step(|_| ());
    let ((), usage) = metered(|| training.step(|_| ()));
    let of = |channels: usize| channels * rows * columns * batch_size * size_of::<Scalar>();
    let kept = of(2 * (64 + 128 + 256));
    // The gradient of the last convolution is among the first to be made, those per channel are small.
    let gradient = 256 * 256 * 9 * size_of::<Scalar>();
    let small = 64 << 10;
    assert!(usage.peak_bytes <= kept + of(256) + gradient + small, "{usage:?}");
}

#[test]
fn segments_that_run_again_halve_the_memory_of_many_layers_and_change_no_bit() {
    let block =
        "{ kind = 'conv2d', out_channels = 16, kernel_size = 3, padding = 1, bias = false },
        { kind = 'batch_norm' }, { kind = 'relu' },";
    let head = "{ kind = 'global_avg_pool' }, { kind = 'dense', out_features = 10 }";
    let text = format!("layer = [{} {head}]", block.repeat(20));
    let of = || Training::of(&text, [3, 16, 24], 4);
    let (mut plain, mut again) = (of(), of().in_segments());
    let [kept, dropped] = [&mut plain, &mut again].map(|training| {
        for _ in 0..2 {
            training.step(|_| ());
        }
        metered(|| training.step(|_| ())).1
    });
    assert_eq!(again.params.digest(), plain.params.digest());
    assert!(dropped.peak_bytes * 2 < kept.peak_bytes, "{dropped:?} {kept:?}");
    assert_eq!(dropped.fresh_buffers, 0);
}
