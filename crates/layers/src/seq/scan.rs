//! One direction of a recurrent layer over a batch: step after step, and back through time.
//!
//! Everything lies time-major here, `(T, N, …)`, so that a step of the whole batch is one block of memory:
//!
//! ```text
//! of_x = x Wᵀ + b                      one product for all steps, (T·N, F) (F, G·H)
//! of_h[t] = h[t−1] Uᵀ + b′             one product per step, (N, H) (H, G·H)
//! dh[t]   = dy[t] + dgates[t+1] U      G gates of H units
//! dW = dgatesᵀ x        dU = dgates[1…]ᵀ h[…T−1]        dx = dgates W
//! ```
//!
//! Products take their right side as it lies, never transposed, so that an example has the same bits in any batch.

use std::fmt::Debug;

use cenote_tensor::{Matrix, Scalar, Shape, Tensor, matmul_into};

/// What one unit of a recurrent layer computes from its gates.
pub(super) trait Cell: Clone + Debug + Send + Sync + 'static {
    /// The kind that model files name.
    const NAME: &'static str;
    /// Gates of a unit.
    const GATES: usize;
    /// Numbers of a unit and step that the way back reads.
    const KEPT: usize;

    /// One step of one example.
    fn step(at: Moment<'_>);

    /// The way back of one step of one example: the gradient of `of_h`, and what to carry on.
    fn back(at: Reversal<'_>);

    /// Turns the gradient of `of_h` into that of `of_x`.
    fn of_input(kept: &[Scalar], dgates: &mut [Scalar]);
}

/// One step of one example: what it reads, and what it writes.
pub(super) struct Moment<'a> {
    pub(super) of_x: &'a [Scalar],
    pub(super) of_h: &'a [Scalar],
    pub(super) h_before: &'a [Scalar],
    pub(super) kept_before: &'a [Scalar],
    pub(super) kept: &'a mut [Scalar],
    pub(super) h: &'a mut [Scalar],
}

/// One step of one example on the way back.
pub(super) struct Reversal<'a> {
    pub(super) kept: &'a mut [Scalar],
    pub(super) kept_before: &'a [Scalar],
    pub(super) h_before: &'a [Scalar],
    /// The gradient of `h` from the output and from the gates of the step after.
    pub(super) dh: &'a [Scalar],
    /// From the step after; becomes what the step before is given.
    pub(super) carried: &'a mut [Scalar],
    pub(super) dgates: &'a mut [Scalar],
}

/// Which end a sequence is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Backward,
}

impl Direction {
    /// The steps in the order in which they are read.
    fn order(self, steps: usize) -> impl DoubleEndedIterator<Item = usize> {
        (0..steps).map(move |nth| match self {
            Self::Forward => nth,
            Self::Backward => steps - 1 - nth,
        })
    }
}

/// The sizes of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) steps: usize,
    pub(super) examples: usize,
    pub(super) inputs: usize,
    pub(super) hidden: usize,
}

/// The parameters of one direction.
pub(super) struct Weights<'a> {
    pub(super) of_x: &'a Tensor,
    pub(super) of_h: &'a Tensor,
    pub(super) bias_x: &'a Tensor,
    pub(super) bias_h: &'a Tensor,
}

/// What one direction gives: every `h`, and what the way back reads.
pub(super) struct Scanned {
    /// `(T, N, H)`.
    pub(super) h: Tensor,
    /// `(T, N, KEPT·H)`.
    pub(super) kept: Tensor,
}

/// The gradients of one direction.
pub(super) struct Pulled {
    /// `(T, N, F)`.
    pub(super) dx: Tensor,
    /// Of `W`, `U` and both biases.
    pub(super) of_weights: [Tensor; 4],
}

/// Memory of one direction on the way there, taken before its thread starts.
pub(super) struct Room {
    of_x: Tensor,
    of_h: Tensor,
    turned: [Tensor; 2],
    scanned: Scanned,
}

impl Room {
    pub(super) fn of<C: Cell>(at: Sizes) -> Self {
        let Sizes { steps, examples, inputs, hidden } = at;
        let gates = C::GATES * hidden;
        Self {
            of_x: Tensor::stale([steps, examples, gates]),
            of_h: Tensor::stale([examples, gates]),
            turned: [Tensor::stale([inputs, gates]), Tensor::stale([hidden, gates])],
            scanned: Scanned {
                h: Tensor::stale([steps, examples, hidden]),
                kept: Tensor::stale([steps, examples, C::KEPT * hidden]),
            },
        }
    }
}

/// Reads a batch `x` of shape `(T, N, F)`.
pub(super) fn scan<C: Cell>(
    at: Sizes,
    direction: Direction,
    x: &[Scalar],
    weights: &Weights<'_>,
    mut room: Room,
) -> Scanned {
    let Sizes { steps, examples, inputs, hidden } = at;
    let (gates, keeps) = (C::GATES * hidden, C::KEPT * hidden);
    let [w, u] = room.turned.each_mut().map(Tensor::as_mut_slice);
    turn(weights.of_x.as_slice(), inputs, w);
    turn(weights.of_h.as_slice(), hidden, u);
    let [w, u] = [Matrix::new(w, inputs, gates), Matrix::new(u, hidden, gates)];
    let (of_x, of_h) = (room.of_x.as_mut_slice(), room.of_h.as_mut_slice());
    matmul_into(Matrix::new(x, steps * examples, inputs), w, of_x);
    add_to_rows(of_x, weights.bias_x.as_slice());
    let (h, kept) = (room.scanned.h.as_mut_slice(), room.scanned.kept.as_mut_slice());
    let zeros = vec![0.0; examples * keeps.max(hidden)];
    let mut before = None;
    for t in direction.order(steps) {
        let (h_before, h) = beside(h, examples * hidden, t, before, &zeros);
        let (kept_before, kept) = beside(kept, examples * keeps, t, before, &zeros);
        matmul_into(Matrix::new(h_before, examples, hidden), u, of_h);
        add_to_rows(of_h, weights.bias_h.as_slice());
        let of_x = &of_x[t * examples * gates..][..examples * gates];
        for n in 0..examples {
            C::step(Moment {
                of_x: &of_x[n * gates..][..gates],
                of_h: &of_h[n * gates..][..gates],
                h_before: &h_before[n * hidden..][..hidden],
                kept_before: &kept_before[n * keeps..][..keeps],
                kept: &mut kept[n * keeps..][..keeps],
                h: &mut h[n * hidden..][..hidden],
            });
        }
        before = Some(t);
    }
    room.scanned
}

/// Memory of one direction on the way back, taken before its thread starts.
pub(super) struct BackRoom {
    dgates: Tensor,
    dh: Tensor,
    carried: Tensor,
    pulled: Pulled,
}

impl BackRoom {
    pub(super) fn of<C: Cell>(at: Sizes) -> Self {
        let Sizes { steps, examples, inputs, hidden } = at;
        let gates = C::GATES * hidden;
        let of_weights = [vec![gates, inputs], vec![gates, hidden], vec![gates], vec![gates]];
        Self {
            dgates: Tensor::stale([steps, examples, gates]),
            dh: Tensor::stale([examples, hidden]),
            carried: Tensor::zeros([examples, hidden]),
            pulled: Pulled {
                dx: Tensor::stale([steps, examples, inputs]),
                of_weights: of_weights.map(|dims| Tensor::stale(Shape::new(&dims))),
            },
        }
    }
}

/// The gradients under `dy`, the gradient of every `h`, of shape `(T, N, H)`.
pub(super) fn pull<C: Cell>(
    at: Sizes,
    direction: Direction,
    (x, dy): (&[Scalar], &[Scalar]),
    weights: &Weights<'_>,
    scanned: Scanned,
    mut room: BackRoom,
) -> Pulled {
    let Sizes { steps, examples, inputs, hidden } = at;
    let (gates, keeps) = (C::GATES * hidden, C::KEPT * hidden);
    let [w, u] = [(weights.of_x, inputs), (weights.of_h, hidden)];
    let [w, u] = [w, u].map(|(of, columns)| Matrix::new(of.as_slice(), gates, columns));
    let Scanned { h, mut kept } = scanned;
    let (h, kept) = (h.as_slice(), kept.as_mut_slice());
    let (dgates, dh) = (room.dgates.as_mut_slice(), room.dh.as_mut_slice());
    let carried = room.carried.as_mut_slice();
    let zeros = vec![0.0; examples * keeps.max(hidden)];
    let mut order = direction.order(steps).rev().peekable();
    let mut after: Option<usize> = None;
    while let Some(t) = order.next() {
        let before = order.peek().copied();
        match after {
            None => dh.fill(0.0),
            Some(after) => {
                let dgates = &dgates[after * examples * gates..][..examples * gates];
                matmul_into(Matrix::new(dgates, examples, gates), u, dh);
            }
        }
        let dy = &dy[t * examples * hidden..][..examples * hidden];
        dh.iter_mut().zip(dy).for_each(|(dh, dy)| *dh += dy);
        let h_before = before.map_or(&zeros[..], |before| &h[before * examples * hidden..]);
        let (kept_before, kept) = beside(kept, examples * keeps, t, before, &zeros);
        let dgates = &mut dgates[t * examples * gates..][..examples * gates];
        for n in 0..examples {
            C::back(Reversal {
                kept: &mut kept[n * keeps..][..keeps],
                kept_before: &kept_before[n * keeps..][..keeps],
                h_before: &h_before[n * hidden..][..hidden],
                dh: &dh[n * hidden..][..hidden],
                carried: &mut carried[n * hidden..][..hidden],
                dgates: &mut dgates[n * gates..][..gates],
            });
        }
        after = Some(t);
    }
    let rows = steps * examples;
    let Pulled { dx, of_weights: [dw, du, db, dc] } = &mut room.pulled;
    // The step that is read first comes after nothing.
    let (tail, head) = match direction {
        Direction::Forward => (&dgates[examples * gates..], &h[..(rows - examples) * hidden]),
        Direction::Backward => (&dgates[..(rows - examples) * gates], &h[examples * hidden..]),
    };
    let transposed = Matrix::new(tail, rows - examples, gates).t();
    matmul_into(transposed, Matrix::new(head, rows - examples, hidden), du.as_mut_slice());
    sum_of_rows(dgates, dc.as_mut_slice());
    for (kept, dgates) in kept.chunks_exact(keeps).zip(dgates.chunks_exact_mut(gates)) {
        C::of_input(kept, dgates);
    }
    let dgates = Matrix::new(dgates, rows, gates);
    matmul_into(dgates.t(), Matrix::new(x, rows, inputs), dw.as_mut_slice());
    matmul_into(dgates, w, dx.as_mut_slice());
    sum_of_rows(room.dgates.as_slice(), db.as_mut_slice());
    room.pulled
}

/// The block of step `before`, or `start` where there is none, and that of step `t` to be written.
fn beside<'a>(
    blocks: &'a mut [Scalar],
    size: usize,
    t: usize,
    before: Option<usize>,
    start: &'a [Scalar],
) -> (&'a [Scalar], &'a mut [Scalar]) {
    match before {
        None => (&start[..size], &mut blocks[t * size..][..size]),
        Some(before) if before < t => {
            let (head, tail) = blocks.split_at_mut(t * size);
            (&head[before * size..][..size], &mut tail[..size])
        }
        Some(before) => {
            let (head, tail) = blocks.split_at_mut(before * size);
            (&tail[..size], &mut head[t * size..][..size])
        }
    }
}

/// Writes the transpose of a matrix with this many columns.
fn turn(matrix: &[Scalar], columns: usize, into: &mut [Scalar]) {
    let rows = matrix.len() / columns;
    for (row, values) in matrix.chunks_exact(columns).enumerate() {
        for (column, &value) in values.iter().enumerate() {
            into[column * rows + row] = value;
        }
    }
}

fn add_to_rows(rows: &mut [Scalar], bias: &[Scalar]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(x, b)| *x += b);
    }
}

/// Sums the rows from the first to the last.
fn sum_of_rows(rows: &[Scalar], sums: &mut [Scalar]) {
    sums.fill(0.0);
    for row in rows.chunks_exact(sums.len()) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
}
