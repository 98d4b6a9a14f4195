//! The same bits for any number of threads.

use rayon::ThreadPoolBuilder;

use crate::networks::{Down, LENET, Training, WIDE, cifar};

/// A digest of all parameters after two steps, the second of which reads what the first moved.
fn trained(threads: usize, text: &str, input: [usize; 3], batch_size: usize) -> String {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
    pool.install(|| {
        let mut training = Training::of(text, input, batch_size);
        for _ in 0..2 {
            training.step(|_| ());
        }
        training.params.digest()
    })
}

fn check(text: &str, input: [usize; 3], batch_size: usize) {
    let alone = trained(1, text, input, batch_size);
    for threads in [2, 3, 8] {
        assert_eq!(trained(threads, text, input, batch_size), alone, "{threads} threads");
    }
}

#[test]
fn lenet_has_the_same_bits() {
    // One image is cut up by its channels, as many as there are threads.
    for batch_size in [1, 4] {
        check(LENET, [1, 28, 28], batch_size);
    }
}

#[test]
fn convolutions_with_pooling_have_the_same_bits() {
    check(&cifar(Down::Pool), [3, 16, 16], 3);
}

#[test]
fn convolutions_with_strides_have_the_same_bits() {
    check(&cifar(Down::Stride), [3, 16, 16], 3);
}

#[test]
fn convolutions_without_downsampling_have_the_same_bits() {
    check(&cifar(Down::Not), [3, 8, 8], 3);
}

#[test]
fn segments_that_run_again_have_the_same_bits() {
    let digest = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
        pool.install(|| {
            let mut training = Training::of(&cifar(Down::Pool), [3, 16, 16], 3).in_segments();
            (0..2).for_each(|_| training.step(|_| ()));
            training.params.digest()
        })
    };
    let alone = trained(1, &cifar(Down::Pool), [3, 16, 16], 3);
    assert_eq!([digest(1), digest(3)], [alone.clone(), alone]);
}

#[test]
fn passes_over_large_maps_have_the_same_bits() {
    check(WIDE, [16, 110, 150], 10);
}
