//! The roof over all workloads: multiply-adds and bandwidth that the vectors in use can reach.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use cenote_tensor::{Scalar, Tensor, multiply_adds, sum, triad};

use super::Work;
use super::clock::{Rules, Timed};

/// One limit of the machine.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) name: &'static str,
    what: What,
}

#[derive(Debug)]
enum What {
    MultiplyAdds,
    /// Bytes that all threads hold together, and how often one run passes over them.
    Read(usize, usize),
    Triad(usize, usize),
}

const IN_L3: usize = 16 << 20;
const IN_MEMORY: usize = 384 << 20;

pub(super) const PROBES: &[Probe] = &[
    Probe { name: "machine.fma", what: What::MultiplyAdds },
    Probe { name: "machine.read_16mb", what: What::Read(IN_L3, 24) },
    Probe { name: "machine.triad_16mb", what: What::Triad(IN_L3, 24) },
    Probe { name: "machine.read_384mb", what: What::Read(IN_MEMORY, 1) },
    Probe { name: "machine.triad_384mb", what: What::Triad(IN_MEMORY, 1) },
];

/// Rounds of multiply-adds of one run: some milliseconds.
const ROUNDS: usize = 4_000_000;

impl Probe {
    /// Times the probe on so many threads at once.
    pub(super) fn time(&self, threads: usize, rules: Rules) -> (Timed, Work) {
        match self.what {
            What::MultiplyAdds => {
                let (count, _) = multiply_adds(1);
                let timed = together(vec![(); threads], rules, |()| {
                    black_box(multiply_adds(black_box(ROUNDS)));
                });
                let flop = 2 * count * (ROUNDS * threads) as u64;
                (timed, Work { flop: Some(flop), bytes: None })
            }
            What::Read(bytes, passes) => {
                let parts =
                    vec![Tensor::full([bytes / size_of::<Scalar>() / threads], 1.0); threads];
                let timed = together(parts, rules, |part| {
                    for _ in 0..passes {
                        black_box(sum(black_box(part.as_slice())));
                    }
                });
                (timed, Work { flop: None, bytes: Some((bytes * passes) as u64) })
            }
            What::Triad(bytes, passes) => {
                let third = Tensor::full([bytes / size_of::<Scalar>() / threads / 3], 1.0);
                let parts = vec![[third.clone(), third.clone(), third]; threads];
                let timed = together(parts, rules, |[a, b, c]| {
                    let (a, b, c) = (a.as_mut_slice(), b.as_slice(), c.as_slice());
                    for _ in 0..passes {
                        triad(black_box(a), b, c, 0.5);
                    }
                });
                (timed, Work { flop: None, bytes: Some((bytes * passes) as u64) })
            }
        }
    }
}

/// Times `work` on as many threads as there are parts, from the moment all are there.
fn together<P: Send>(mut parts: Vec<P>, rules: Rules, work: impl Fn(&mut P) + Sync) -> Timed {
    let barrier = Barrier::new(parts.len());
    let run = |parts: &mut Vec<P>| {
        thread::scope(|scope| {
            let started: Vec<_> = parts
                .iter_mut()
                .map(|part| {
                    scope.spawn(|| {
                        barrier.wait();
                        let start = Instant::now();
                        work(part);
                        start.elapsed().as_secs_f64()
                    })
                })
                .collect();
            let seconds = started.into_iter().map(|one| one.join().expect("a probe cannot fail"));
            seconds.fold(0.0, f64::max)
        })
    };
    rules.repeat(2, || run(&mut parts))
}
