//! Products of weights with sheets, image by image: the forward pass and the input gradient.
//!
//! Where more than two tiles of rows share the sheets, the columns of a product are the outputs and
//! nothing else: they are gathered from the sheets a strip at a time, small planes of several images
//! together, so that no register is wasted. For fewer rows the sheets are read where they lie, and
//! the columns between two rows of outputs are computed for nothing.

use super::sheets::{Computed, Sheets, Span, weave, whole};
use crate::Tensor;
use crate::ops::{parallel, scratch};
use crate::simd::{Ahead, Area, Columns, Panels, Product, Rows, Strips, prefetch_all};

/// Rows of a product for which gathering its columns costs more than it gains.
const FEW: usize = 28;
/// Columns of a product that small planes are put together for.
const TOGETHER: usize = 256;
/// Columns of one task, where images are too few to be the tasks.
const BLOCK: usize = 128;
/// Groups of images from which each is one task.
const TASKS: usize = 4;

/// All products of one pass over a batch.
pub(super) struct Products<'a> {
    pub(super) sheets: &'a Sheets,
    /// Channels and size of the maps that the sheets are made of.
    pub(super) from: (usize, [usize; 2]),
    /// Channels and size of the maps that are computed.
    pub(super) into: (usize, [usize; 2]),
    pub(super) groups: usize,
    pub(super) parts: Vec<Part<'a>>,
    /// Whether the parts leave cells of the computed maps alone, which are then zero.
    pub(super) leaves_gaps: bool,
    /// What one image costs.
    pub(super) operations: u64,
}

/// The product for some cells of the computed maps.
pub(super) struct Part<'a> {
    /// The cells.
    pub(super) spans: [Span; 2],
    /// Where each term of the first cell is found in the sheets of a group.
    pub(super) rows: &'a Rows,
    /// The weights of every group.
    pub(super) panels: &'a [Panels],
    /// Start value of every channel.
    pub(super) init: Option<&'a [f32]>,
}

impl Products<'_> {
    /// Overwrites `into` with the products of the sheets of `from`.
    pub(super) fn run(&self, from: &Tensor, into: &mut Tensor) {
        let (from_len, into_len) = (len(self.from), len(self.into));
        let batch = into.len() / into_len;
        let widest = self.parts.iter().map(Part::cells).max().unwrap_or(0);
        let images = if self.rows() <= FEW { 1 } else { TOGETHER.div_ceil(widest.max(1)) };
        let images = images.min(batch).max(1);
        let split = batch.div_ceil(images) < TASKS;
        let operations = self.operations * images as u64;
        let all = from.as_slice();
        parallel::chunks(into.as_mut_slice(), images * into_len, operations, |i, into| {
            let (from, later) =
                all[i * images * from_len..].split_at(into.len() / into_len * from_len);
            // The images after these, and where they go.
            let ahead = if split || later.len() < from.len() {
                Ahead::default()
            } else {
                Ahead::default().and(&later[..from.len()]).and_after(into)
            };
            if self.leaves_gaps {
                into.fill(0.0);
            }
            if self.sheets.is_plain(self.from.1) {
                if self.rows() <= FEW {
                    prefetch_all(from);
                }
                self.images(from, into, split, ahead);
            } else {
                let (channels, map) = self.from;
                let maps = into.len() / into_len * channels;
                scratch::with(maps * self.sheets.channel_len(), |filled| {
                    self.sheets.fill(from, map, filled, 0.0);
                    self.images(filled, into, split, ahead);
                });
            }
        });
    }

    /// Channels that are computed in one group.
    fn rows(&self) -> usize {
        self.into.0 / self.groups
    }

    /// Computes the images of `into` from their sheets, in several tasks if `split`.
    fn images(&self, sheets: &[f32], into: &mut [f32], split: bool, mut ahead: Ahead) {
        let (channels, map) = self.into;
        let (rows, area) = (self.rows(), map[0] * map[1]);
        let images = into.len() / (channels * area);
        let few = rows <= FEW;
        let group_len = self.from.0 / self.groups * self.sheets.channel_len();
        let width = |part: &Part| if few { self.reach(part) } else { images * part.cells() };
        let widest = self.parts.iter().map(|part| pitch_of_planes(width(part))).max();
        let room = rows * widest.unwrap_or(0);
        // Parts that differ in nothing but every second column are computed before either is copied.
        scratch::with(2 * room, |computed| {
            for (group, parts) in (0..self.groups)
                .flat_map(|group| self.rows_of_parts().map(move |parts| (group, parts)))
            {
                let b = &sheets[group * group_len..];
                let straight = |part: &Part| {
                    images == 1
                        && part.spans == map.map(whole)
                        && (!few || self.sheets.pitch == map[1])
                };
                if let [part] = parts
                    && straight(part)
                {
                    let into = &mut into[group * rows * area..][..rows * area];
                    self.product(part, group, b, (into, area, width(part)), split, &mut ahead);
                    continue;
                }
                for parts in parts.chunks(2) {
                    let mut done = Vec::with_capacity(2);
                    for (i, part) in parts.iter().enumerate() {
                        let plane = pitch_of_planes(width(part));
                        let out = (&mut computed[i * room..][..room], plane, width(part));
                        self.product(part, group, b, out, split, &mut ahead);
                        let pitch = if few { self.sheets.pitch } else { part.spans[1].count };
                        done.push((Computed { start: i * room, plane, pitch }, part));
                    }
                    for (n, into) in into.chunks_exact_mut(channels * area).enumerate() {
                        let into = &mut into[group * rows * area..][..rows * area];
                        let of_image = |&(computed, part): &(Computed, &Part)| {
                            let start = computed.start + n * part.cells();
                            (Computed { start, ..computed }, part.spans[1])
                        };
                        let high = parts[0].spans[0];
                        match done.as_slice() {
                            [first, second] => {
                                weave(
                                    computed,
                                    [of_image(first), of_image(second)],
                                    high,
                                    into,
                                    map,
                                );
                            }
                            all => all.iter().map(of_image).for_each(|(place, wide)| {
                                place.crop(computed, [high, wide], into, map);
                            }),
                        }
                    }
                }
            }
        });
    }

    /// The parts, those of the same rows together.
    fn rows_of_parts(&self) -> impl Iterator<Item = &[Part<'_>]> {
        self.parts.chunk_by(|first, second| first.spans[0] == second.spans[0])
    }

    /// The cells of a part, with the columns between its rows.
    fn reach(&self, part: &Part) -> usize {
        (part.spans[0].count - 1) * self.sheets.pitch + part.spans[1].count
    }

    /// One product: channels by cells, the cells of several images side by side, into a buffer with
    /// the distance between its rows and their length.
    fn product(
        &self,
        part: &Part,
        group: usize,
        b: &[f32],
        (out, pitch, columns): (&mut [f32], usize, usize),
        split: bool,
        ahead: &mut Ahead,
    ) {
        let (a, rows, count) = (&part.panels[group], part.rows, self.rows());
        let init = part.init.map(|init| &init[group * count..][..count]);
        if count <= FEW {
            Product { a, b, rows, init, out, pitch, width: columns }.run();
            return;
        }
        let [high, wide] = part.spans.map(|span| span.count);
        let (lines, length) =
            if wide == self.sheets.pitch { (1, high * wide) } else { (high, wide) };
        let image = self.from.0 * self.sheets.channel_len();
        let starts = (0..columns / (high * wide))
            .flat_map(|n| (0..lines).map(move |line| n * image + line * self.sheets.pitch));
        let lines = Rows::new(starts.collect());
        let block = if split { BLOCK } else { columns };
        let operations = 2 * (count * rows.len() * block) as u64;
        let out = Area::new(out, count, columns, pitch);
        if block == columns {
            scratch::with(Strips::BUFFER, |buffer| {
                let columns = Columns::Lines { rows, lines: &lines, length };
                Strips { a, b, columns, first: 0, init, resume: false, out, buffer, ahead }.run();
            });
            return;
        }
        let blocks = out.blocks(count, block);
        parallel::each(blocks, operations, |i, out| {
            scratch::with(Strips::BUFFER, |buffer| {
                let columns = Columns::Lines { rows, lines: &lines, length };
                let ahead = &mut Ahead::default();
                Strips { a, b, columns, first: i * block, init, resume: false, out, buffer, ahead }
                    .run();
            });
        });
    }
}

impl Part<'_> {
    /// Cells of one image.
    fn cells(&self) -> usize {
        self.spans[0].count * self.spans[1].count
    }
}

/// Numbers of all maps of one image.
fn len((channels, map): (usize, [usize; 2])) -> usize {
    channels * map[0] * map[1]
}

/// Distance between computed planes of `width` numbers: not a multiple of 4 KB, where the rows of
/// a tile would compete for the same cache lines.
fn pitch_of_planes(width: usize) -> usize {
    let pitch = width.next_multiple_of(16);
    if pitch.is_multiple_of(256) { pitch + 16 } else { pitch }
}
