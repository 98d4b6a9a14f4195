//! Planes under windows that move by one cell: each plane of outputs comes from one of inputs.
//!
//! ```text
//! y[i,j]  = b + Σ_{u,v} w[u,v] · x[i + u − p, j + v − p]
//! ∂w[u,v] = Σ_{i,j} ∂y[i,j] · x[i + u − p, j + v − p]
//! ```
//!
//! The rows of a plane are copied between gaps of zeros that serve as the border of the row before
//! and of the row after. Then no window needs a second look, and a register of outputs is made of
//! registers of inputs. Planes that are small are copied a few at a time: a register that is read
//! where two others were just stored would wait for both.
#![expect(
    clippy::needless_range_loop,
    reason = "rows and taps are indices of several arrays of registers and of memory at once"
)]

use super::lanes::prefetch;
use super::{Kernel, Vector, WIDEST, dispatch, rolling};

/// Zeros between two rows; windows reach into them from both sides.
const GAP: usize = WIDEST;
/// Numbers of bordered rows that are worked on at a time: they stay in the nearest cache.
const NEAR: usize = 6 << 10;
/// Fewest rows of outputs from one filling of the bordered rows.
const FEWEST: usize = 8;

/// How a window slides over a plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sliding {
    /// Rows and columns of the window, at most 5 each.
    pub(crate) kernel: [usize; 2],
    /// Border above and to the left, less than the kernel.
    pub(crate) before: [usize; 2],
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
}

impl Sliding {
    /// The largest kernel that there is a window for.
    pub(crate) const KERNEL: usize = 5;

    /// Planes that are worked on at a time.
    pub(crate) fn together(&self) -> usize {
        (NEAR / self.slot()).clamp(1, 8)
    }

    /// Numbers of working memory that a call needs: zeros, or what another call with the same
    /// window has left.
    pub(crate) fn room(&self) -> usize {
        self.together() * self.slot()
    }

    /// Numbers in the sums of one plane.
    pub(crate) fn sums(&self) -> usize {
        area(self.kernel) * WIDEST
    }

    /// Writes the planes `y` from the planes `x`. Plane `i` is of channel `(first + i) mod channels`,
    /// and every channel has its `taps` and perhaps a bias.
    ///
    /// # Panics
    /// When the lengths are not those of as many planes, or there is less than [`Self::room`].
    pub(crate) fn convolve(
        self,
        (x, first): (&[f32], usize),
        taps: &[f32],
        bias: Option<&[f32]>,
        y: &mut [f32],
        room: &mut [f32],
    ) {
        self.check(x.len(), y.len(), room.len());
        let channels = taps.len() / area(self.kernel);
        let biases = bias.map_or(channels, <[f32]>::len);
        assert!(channels > 0 && biases == channels, "sliding: taps and a bias for every channel");
        dispatch(Convolve { sliding: self, x, first, taps, bias, y, room });
    }

    /// Adds the products of the planes `dy` with the shifted planes `x` to the `sums`: for each plane
    /// and each tap [`WIDEST`] numbers whose sum is meant. The planes of the next call begin `next`
    /// planes after these.
    ///
    /// # Panics
    /// As [`Self::convolve`].
    pub(crate) fn correlate(
        self,
        (x, dy): (&[f32], &[f32]),
        next: usize,
        sums: &mut [f32],
        room: &mut [f32],
    ) {
        self.check(x.len(), dy.len(), room.len());
        let planes = dy.len() / area(self.output);
        assert_eq!(sums.len(), planes * self.sums(), "sliding: sums for every plane and tap");
        dispatch(Correlate { sliding: self, x, dy, next, sums, room });
    }

    /// What the pointers below rely on.
    fn check(&self, x: usize, y: usize, room: usize) {
        let [inputs, outputs] = [self.input, self.output].map(area);
        assert!(inputs > 0 && outputs > 0 && x / inputs == y / outputs, "sliding: as many planes");
        assert!(x.is_multiple_of(inputs) && y.is_multiple_of(outputs), "sliding: whole planes");
        assert!(room >= self.room(), "sliding: room for bordered rows");
        for (kernel, before) in self.kernel.into_iter().zip(self.before) {
            assert!(before < kernel && kernel <= Self::KERNEL, "sliding: a small window");
        }
    }

    /// Whether [`rolling`] is what the window does.
    #[inline(always)]
    fn rolls<V: Vector>(&self) -> bool {
        let Self { kernel, before, input, output } = *self;
        kernel == [3; 2] && before == [1; 2] && input == output && input[1] >= V::LANES
    }

    /// Numbers from one bordered row to the next.
    #[inline(always)]
    fn pitch(&self) -> usize {
        GAP + self.input[1].max(self.output[1]).next_multiple_of(WIDEST)
    }

    /// Rows of outputs from one filling of the bordered rows.
    #[inline(always)]
    fn band(&self) -> usize {
        let rows = (NEAR / self.pitch()).saturating_sub(self.kernel[0] - 1);
        rows.max(FEWEST).min(self.output[0])
    }

    /// Numbers of the bordered rows of one plane.
    #[inline(always)]
    fn slot(&self) -> usize {
        (self.band() + self.kernel[0] - 1) * self.pitch() + GAP
    }

    /// Copies the rows under the windows of `rows` rows of outputs from row `first` on.
    ///
    /// # Safety
    /// `plane` is a plane of inputs, `rows` is at most a band, and `slot` is of [`Self::slot`].
    #[inline(always)]
    unsafe fn fill<V: Vector>(&self, plane: *const f32, [first, rows]: [usize; 2], slot: *mut f32) {
        let ([height, width], pitch) = (self.input, self.pitch());
        let last = rows + self.kernel[0] - 1;
        let above = self.before[0].saturating_sub(first).min(last);
        let end = (height + self.before[0]).saturating_sub(first).clamp(above, last);
        // SAFETY: a row is read where it lies in the plane; a pitch holds whole registers after its
        // gap.
        unsafe {
            let mut into = slot.add(GAP);
            let skipped = (first + above).saturating_sub(self.before[0]);
            let mut from = plane.wrapping_add(skipped * width);
            for row in 0..last {
                if !(above..end).contains(&row) {
                    for at in (0..width).step_by(V::LANES) {
                        V::splat(0.0).store(into.add(at));
                    }
                } else if width == V::LANES {
                    V::load(from).store(into);
                    from = from.add(width);
                } else {
                    for at in (0..width).step_by(V::LANES) {
                        some::<V>(from.add(at), width - at).store(into.add(at));
                    }
                    from = from.add(width);
                }
                into = into.wrapping_add(pitch);
            }
        }
    }

    /// Asks for a plane that will be read soon, if it is small: the machine guesses well how one
    /// that is large goes on, but not where the next begins.
    #[inline(always)]
    fn ask(&self, plane: *const f32, numbers: usize) {
        if self.together() > 1 {
            for at in (0..numbers).step_by(WIDEST) {
                prefetch(plane.wrapping_add(at));
            }
        }
    }
}

fn area([rows, columns]: [usize; 2]) -> usize {
    rows * columns
}

/// The register at `at` where `left` numbers are left, with zeros after them.
///
/// # Safety
/// `left` numbers can be read from `at`.
#[inline(always)]
unsafe fn some<V: Vector>(at: *const f32, left: usize) -> V {
    // SAFETY: either all lanes are left, or less than that are asked for.
    unsafe { if left >= V::LANES { V::load(at) } else { V::load_first(at, left) } }
}

/// The arguments of [`Sliding::convolve`].
struct Convolve<'a> {
    sliding: Sliding,
    x: &'a [f32],
    first: usize,
    taps: &'a [f32],
    bias: Option<&'a [f32]>,
    y: &'a mut [f32],
    room: &'a mut [f32],
}

impl Kernel for Convolve<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { sliding, x, first, taps, bias, y, room } = self;
        let [inputs, outputs, taps_each] =
            [sliding.input, sliding.output, sliding.kernel].map(area);
        let (planes, together) = (y.len() / outputs, sliding.together());
        let (height, width, band) = (sliding.output[0], sliding.output[1], sliding.band());
        let (x, y, room) = (x.as_ptr(), y.as_mut_ptr(), room.as_mut_ptr());
        if sliding.rolls::<V>() {
            for plane in 0..planes {
                sliding.ask(x.wrapping_add((plane + together) * inputs), inputs);
                let channel = (first + plane) % (taps.len() / taps_each);
                let taps = &taps.as_chunks::<9>().0[channel];
                let bias = V::splat(bias.map_or(0.0, |bias| bias[channel]));
                // SAFETY: `check` has seen that the planes are there; `rolls`, that they are of one
                // size and have whole registers.
                unsafe {
                    let (x, y) = (x.add(plane * inputs), y.add(plane * outputs));
                    rolling::plane(x, taps, bias, y, sliding.input);
                }
            }
            return;
        }
        for begin in (0..planes).step_by(together) {
            let group = begin..planes.min(begin + together);
            for row in (0..height).step_by(band) {
                let rows = band.min(height - row);
                for plane in group.clone() {
                    // SAFETY: `check` has seen that the planes are there, and room for `together`.
                    unsafe {
                        let slot = room.add((plane - begin) * sliding.slot());
                        sliding.fill::<V>(x.add(plane * inputs), [row, rows], slot);
                    }
                }
                for plane in group.clone() {
                    sliding.ask(x.wrapping_add((plane + together) * inputs), inputs);
                    let channel = (first + plane) % (taps.len() / taps_each);
                    let taps = &taps[channel * taps_each..][..taps_each];
                    let bias = V::splat(bias.map_or(0.0, |bias| bias[channel]));
                    // SAFETY: as above; the slot was just filled for these rows.
                    unsafe {
                        let slot = room.add((plane - begin) * sliding.slot());
                        let y = y.add(plane * outputs + row * width);
                        match sliding.kernel {
                            [3, 3] => sliding.outputs::<V, 3>(slot, taps, bias, y, rows),
                            [5, 5] if V::LANES == WIDEST => {
                                sliding.outputs::<V, 5>(slot, taps, bias, y, rows);
                            }
                            _ => sliding.any_outputs::<V>(slot, taps, bias, y, rows),
                        }
                    }
                }
            }
        }
    }
}

impl Sliding {
    /// Rows of outputs under a square kernel whose taps stay in registers.
    ///
    /// # Safety
    /// `slot` holds the bordered rows under `rows` rows of outputs at `y`; there are `K · K` taps.
    #[inline(always)]
    unsafe fn outputs<V: Vector, const K: usize>(
        &self,
        slot: *const f32,
        taps: &[f32],
        bias: V,
        y: *mut f32,
        rows: usize,
    ) {
        let mut all = [[V::splat(0.0); K]; K];
        for u in 0..K {
            for v in 0..K {
                all[u][v] = V::splat(taps[u * K + v]);
            }
        }
        let mut i = 0;
        // SAFETY: no strip goes beyond the last row.
        unsafe {
            while i + 4 <= rows {
                self.strip::<V, K, 4>(slot, &all, bias, y, i);
                i += 4;
            }
            while i < rows {
                self.strip::<V, K, 1>(slot, &all, bias, y, i);
                i += 1;
            }
        }
    }

    /// `R` rows of outputs from row `i` on: each register of inputs serves all of them.
    ///
    /// # Safety
    /// As [`Self::outputs`], with `R` rows from `i` on.
    #[inline(always)]
    unsafe fn strip<V: Vector, const K: usize, const R: usize>(
        &self,
        slot: *const f32,
        taps: &[[V; K]; K],
        bias: V,
        y: *mut f32,
        i: usize,
    ) {
        let (width, pitch) = (self.output[1], self.pitch());
        for at in (0..width).step_by(V::LANES) {
            let mut sums = [bias; R];
            // SAFETY: what a register of windows reads lies before the end of the gap that follows
            // its row; what is stored are the outputs that the row has.
            unsafe {
                let from = slot.add(i * pitch + GAP - self.before[1] + at);
                for s in 0..R + K - 1 {
                    for v in 0..K {
                        let cells = V::load(from.add(s * pitch + v));
                        for r in 0..R {
                            if s >= r && s - r < K {
                                sums[r] = cells.mul_add(taps[s - r][v], sums[r]);
                            }
                        }
                    }
                }
                self.store(sums, y, i, at);
            }
        }
    }

    /// As [`Self::outputs`], for a kernel of any size.
    ///
    /// # Safety
    /// As [`Self::outputs`], with as many taps as the kernel has.
    #[inline(always)]
    unsafe fn any_outputs<V: Vector>(
        &self,
        slot: *const f32,
        taps: &[f32],
        bias: V,
        y: *mut f32,
        rows: usize,
    ) {
        let mut i = 0;
        // SAFETY: no strip goes beyond the last row.
        unsafe {
            while i + 4 <= rows {
                self.any_strip::<V, 4>(slot, taps, bias, y, i);
                i += 4;
            }
            while i < rows {
                self.any_strip::<V, 1>(slot, taps, bias, y, i);
                i += 1;
            }
        }
    }

    /// As [`Self::strip`]: each tap serves `R` rows.
    ///
    /// # Safety
    /// As [`Self::any_outputs`], with `R` rows from `i` on.
    #[inline(always)]
    unsafe fn any_strip<V: Vector, const R: usize>(
        &self,
        slot: *const f32,
        taps: &[f32],
        bias: V,
        y: *mut f32,
        i: usize,
    ) {
        let (width, pitch) = (self.output[1], self.pitch());
        for at in (0..width).step_by(V::LANES) {
            let mut sums = [bias; R];
            // SAFETY: as in `strip`.
            unsafe {
                let from = slot.add(i * pitch + GAP - self.before[1] + at);
                for (u, taps) in taps.chunks_exact(self.kernel[1]).enumerate() {
                    for (v, &tap) in taps.iter().enumerate() {
                        let tap = V::splat(tap);
                        for r in 0..R {
                            let cells = V::load(from.add((u + r) * pitch + v));
                            sums[r] = cells.mul_add(tap, sums[r]);
                        }
                    }
                }
                self.store(sums, y, i, at);
            }
        }
    }

    /// Stores what the rows have of a register each.
    ///
    /// # Safety
    /// `R` rows of outputs from `i` on can be written at `y`, and `at` is less than their width.
    #[inline(always)]
    unsafe fn store<V: Vector, const R: usize>(
        &self,
        sums: [V; R],
        y: *mut f32,
        i: usize,
        at: usize,
    ) {
        let width = self.output[1];
        for r in 0..R {
            // SAFETY: all lanes lie in the row, or only those that do are stored.
            unsafe {
                let into = y.add((i + r) * width + at);
                if width - at >= V::LANES {
                    sums[r].store(into);
                } else {
                    sums[r].store_first(into, width - at);
                }
            }
        }
    }
}

/// The arguments of [`Sliding::correlate`].
struct Correlate<'a> {
    sliding: Sliding,
    x: &'a [f32],
    dy: &'a [f32],
    next: usize,
    sums: &'a mut [f32],
    room: &'a mut [f32],
}

impl Kernel for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { sliding, x, dy, next, sums, room } = self;
        let [inputs, outputs] = [sliding.input, sliding.output].map(area);
        let (planes, together) = (dy.len() / outputs, sliding.together());
        let (height, width, band) = (sliding.output[0], sliding.output[1], sliding.band());
        let (x, dy) = (x.as_ptr(), dy.as_ptr());
        let (sums, room) = (sums.as_mut_ptr(), room.as_mut_ptr());
        for begin in (0..planes).step_by(together) {
            let group = begin..planes.min(begin + together);
            for row in (0..height).step_by(band) {
                let rows = band.min(height - row);
                for plane in group.clone() {
                    // SAFETY: `check` has seen that the planes are there, and room for `together`.
                    unsafe {
                        let slot = room.add((plane - begin) * sliding.slot());
                        sliding.fill::<V>(x.add(plane * inputs), [row, rows], slot);
                    }
                }
                for plane in group.clone() {
                    let soon = plane + together;
                    let soon = if soon < planes { soon } else { soon - planes + next };
                    sliding.ask(x.wrapping_add(soon * inputs), inputs);
                    sliding.ask(dy.wrapping_add(soon * outputs), outputs);
                    // SAFETY: as above; `correlate` has seen that every plane has its sums.
                    unsafe {
                        let slot = room.add((plane - begin) * sliding.slot());
                        let dy = dy.add(plane * outputs + row * width);
                        let sums = sums.add(plane * sliding.sums());
                        match sliding.kernel {
                            [3, 3] => sliding.products::<V, 3, 4>(slot, dy, sums, rows),
                            [5, 5] if V::LANES == WIDEST => {
                                sliding.products::<V, 5, 2>(slot, dy, sums, rows);
                            }
                            [_, 1] => sliding.any_products::<V, 1>(slot, dy, sums, rows),
                            [_, 2] => sliding.any_products::<V, 2>(slot, dy, sums, rows),
                            [_, 3] => sliding.any_products::<V, 3>(slot, dy, sums, rows),
                            [_, 4] => sliding.any_products::<V, 4>(slot, dy, sums, rows),
                            _ => sliding.any_products::<V, 5>(slot, dy, sums, rows),
                        }
                    }
                }
            }
        }
    }
}

impl Sliding {
    /// Adds the products of `rows` rows of `dy` under a square kernel whose sums stay in registers.
    ///
    /// # Safety
    /// `slot` holds the bordered rows under `rows` rows at `dy`; there are sums for `K · K` taps.
    #[inline(always)]
    unsafe fn products<V: Vector, const K: usize, const R: usize>(
        &self,
        slot: *const f32,
        dy: *const f32,
        sums: *mut f32,
        rows: usize,
    ) {
        let mut all = [[V::splat(0.0); K]; K];
        // SAFETY: each tap has WIDEST sums; no block goes beyond the last row.
        unsafe {
            for u in 0..K {
                for v in 0..K {
                    all[u][v] = V::load(sums.add((u * K + v) * WIDEST));
                }
            }
            for at in (0..self.output[1]).step_by(V::LANES) {
                let mut i = 0;
                while i + R <= rows {
                    all = self.block::<V, K, R>(slot, dy, all, [i, at]);
                    i += R;
                }
                while i < rows {
                    all = self.block::<V, K, 1>(slot, dy, all, [i, at]);
                    i += 1;
                }
            }
            for u in 0..K {
                for v in 0..K {
                    all[u][v].store(sums.add((u * K + v) * WIDEST));
                }
            }
        }
    }

    /// One register of each of `R` rows from `i` on.
    ///
    /// # Safety
    /// As [`Self::products`], with `R` rows from `i` on and `at` less than their width.
    #[inline(always)]
    unsafe fn block<V: Vector, const K: usize, const R: usize>(
        &self,
        slot: *const f32,
        dy: *const f32,
        mut sums: [[V; K]; K],
        [i, at]: [usize; 2],
    ) -> [[V; K]; K] {
        let (width, pitch) = (self.output[1], self.pitch());
        let mut gradients = [V::splat(0.0); R];
        // SAFETY: `dy` has these rows; for the bordered rows as in `strip`.
        unsafe {
            for r in 0..R {
                gradients[r] = some(dy.add((i + r) * width + at), width - at);
            }
            let from = slot.add(i * pitch + GAP - self.before[1] + at);
            for s in 0..R + K - 1 {
                for v in 0..K {
                    let cells = V::load(from.add(s * pitch + v));
                    for r in 0..R {
                        if s >= r && s - r < K {
                            sums[s - r][v] = cells.mul_add(gradients[r], sums[s - r][v]);
                        }
                    }
                }
            }
        }
        sums
    }

    /// As [`Self::products`], for a kernel of `C` columns and any number of rows.
    ///
    /// # Safety
    /// As [`Self::products`], with sums for as many taps as the kernel has.
    #[inline(always)]
    unsafe fn any_products<V: Vector, const C: usize>(
        &self,
        slot: *const f32,
        dy: *const f32,
        sums: *mut f32,
        rows: usize,
    ) {
        let (width, pitch) = (self.output[1], self.pitch());
        for u in 0..self.kernel[0] {
            let mut line = [V::splat(0.0); C];
            // SAFETY: each tap has WIDEST sums; for the rest as in `block`.
            unsafe {
                for v in 0..C {
                    line[v] = V::load(sums.add((u * C + v) * WIDEST));
                }
                for at in (0..width).step_by(V::LANES) {
                    for i in 0..rows {
                        let gradients = some::<V>(dy.add(i * width + at), width - at);
                        let from = slot.add((i + u) * pitch + GAP - self.before[1] + at);
                        for v in 0..C {
                            line[v] = V::load(from.add(v)).mul_add(gradients, line[v]);
                        }
                    }
                }
                for v in 0..C {
                    line[v].store(sums.add((u * C + v) * WIDEST));
                }
            }
        }
    }
}
