//! Captchas that are drawn, in several styles, with the box and the mask of each letter.
//!
//! | setting | usual | what |
//! |---|---|---|
//! | `style` | `mixed` | see below; `mixed` draws one of the others for each image |
//! | `alphabet` | `23456789abcdefghjkmnpqrstuvwxyz` | letters and digits of ASCII, each once |
//! | `length` | `[5, 5]` | least and most letters, 1 to 12 |
//! | `size` | `[48, 160]` | rows and columns, 16 to 512, and 8 columns a letter at least |
//! | `train`, `test` | 1000, 200 | images |
//! | `channels` | `grey` | or `rgb` |
//! | `seed` | 0 | of every draw |
//!
//! | style | what |
//! |---|---|
//! | `clean` | black on white, upright, evenly spaced, in the middle |
//! | `spaced` | gaps of any width up to a letter's |
//! | `rotated` | each letter turned by up to 30 degrees, and moved up or down |
//! | `struck` | one to three bent lines across all letters |
//! | `noisy` | a noisy paper, specks behind and in front of the letters |
//! | `touching` | each letter a little over the one before |
//!
//! All but `clean` have ink and paper of some grey or colour, letters of some size, turned a little, somewhere in the image.
//! An image has one of the five fonts of the crate (`data/fonts`, with their licences); the usual alphabet leaves out what
//! they draw alike (`0 o`, `1 i l`). A text that is too wide is made smaller. What a line or a speck hides of a letter is not in
//! its mask.

use std::sync::Arc;

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::TextSource;
use super::set::{TextImage, TextSet};
use crate::draw::{happens, uniform};
use crate::order::below;
use crate::synthetic::{
    Backdrop, Contour, Cutout, Drawing, FACES, Part, Piece, Window, bounds, counts, lay, letter,
    moved, number, table,
};
use crate::transform::byte;
use crate::{Channels, Composition, Error, Picture};

pub(super) const KIND: Kind<dyn TextSource> = Kind {
    name: NAME,
    about: "drawn: captchas in several styles, with masks of their letters",
    example: "style = \"mixed\"\nlength = [4, 6]\nsize = [48, 160]\nseed = 1",
    notes: None,
    parse: |table| Ok(Box::new(params::<Captchas>(NAME, table)?)),
};

const NAME: &str = "synthetic_captcha";
/// Columns that a letter needs at least.
const LEAST_COLUMNS: usize = 8;
/// What a text may take of an image, across and down.
const FILLED: f64 = 0.94;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Style {
    Clean,
    Spaced,
    Rotated,
    Struck,
    Noisy,
    Touching,
    Mixed,
}

/// The styles that `mixed` draws from.
const STYLES: [Style; 6] =
    [Style::Clean, Style::Spaced, Style::Rotated, Style::Struck, Style::Noisy, Style::Touching];

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Captchas {
    style: Style,
    alphabet: String,
    length: [usize; 2],
    /// Rows and columns.
    size: [usize; 2],
    train: usize,
    test: usize,
    channels: Channels,
    seed: u64,
}

impl Default for Captchas {
    fn default() -> Self {
        Self {
            style: Style::Mixed,
            alphabet: "23456789abcdefghjkmnpqrstuvwxyz".to_owned(),
            length: [5, 5],
            size: [48, 160],
            train: 1000,
            test: 200,
            channels: Channels::Grey,
            seed: 0,
        }
    }
}

impl TextSource for Captchas {
    fn load(&self) -> Result<TextSet, Error> {
        let alphabet = self.checked()?;
        let images = |part: Part| -> Vec<TextImage> {
            let (settings, alphabet) = (self.clone(), alphabet.clone());
            let part = Arc::new(Prints { settings, alphabet, part });
            let image = |index: usize| {
                let name = format!("{NAME}/{}/{index}", part.part.name);
                let text = part.text(index).into_iter().map(|at| part.alphabet[at]).collect();
                TextImage { picture: Picture::drawn(name, part.clone(), index), text }
            };
            (0..part.len()).map(image).collect()
        };
        let [train, test] = Part::both(NAME, self.seed, [self.train, self.test]).map(images);
        Ok(TextSet {
            name: NAME.to_owned(),
            train,
            test,
            alphabet,
            licence: "none needed: outlines of free fonts",
            source: "drawn by cenote",
        })
    }

    fn drawn_by(&self) -> Option<Table> {
        Some(table(NAME, self))
    }
}

impl Captchas {
    /// Checks every setting; returns the alphabet in order.
    fn checked(&self) -> Result<Vec<char>, Error> {
        counts([self.train, self.test])?;
        number("least length", self.length[0], 1..=12)?;
        number("most length", self.length[1], self.length[0]..=12)?;
        number("rows", self.size[0], 16..=512)?;
        number("columns", self.size[1], (LEAST_COLUMNS * self.length[1]).max(16)..=512)?;
        let mut alphabet: Vec<char> = self.alphabet.chars().collect();
        alphabet.sort_unstable();
        let count = alphabet.len();
        alphabet.dedup();
        if count > 1 && alphabet.len() == count && alphabet.iter().all(char::is_ascii_alphanumeric)
        {
            return Ok(alphabet);
        }
        Err(Error::Setting {
            what: "alphabet",
            got: format!("`{}`", self.alphabet),
            expected: "at least 2 of A to Z, a to z and 0 to 9, each once".to_owned(),
        })
    }
}

/// The images of one part of the set.
#[derive(Debug)]
struct Prints {
    settings: Captchas,
    alphabet: Vec<char>,
    part: Part,
}

/// Ink and paper, a value of each channel, 0 to 1.
struct Print {
    ink: Vec<u8>,
    paper: Vec<f64>,
}

impl Drawing for Prints {
    fn len(&self) -> usize {
        self.part.len
    }

    fn shape(&self) -> [usize; 3] {
        [self.settings.channels.count(), self.settings.size[0], self.settings.size[1]]
    }

    fn compose(&self, index: usize) -> Result<Composition, Error> {
        let (shape, size) = (self.shape(), self.settings.size);
        let example = self.part.example(index);
        let mut stream = example.stream("object");
        let style = match self.settings.style {
            Style::Mixed => STYLES[below(STYLES.len(), &mut stream)],
            style => style,
        };
        let print = Print::drawn(shape[0], style, &mut example.stream("colours"));
        let mut ground = example.stream("ground");
        let paper = if style == Style::Noisy { Backdrop::Noise } else { Backdrop::Flat };
        let mut planes = paper.paint(&print.paper, size, &mut ground);
        if style == Style::Noisy {
            let behind = specks(shape, 0.02, &mut ground);
            lay(&mut planes, shape, &behind);
        }
        let text = self.text(index);
        let window = |outline: &[Contour]| Window::of(size).around(bounds(outline));
        let mut pieces: Vec<Piece> = self
            .outlines(&text, style, &mut stream)
            .iter()
            .zip(&text)
            .map(|(outline, &class)| {
                Piece::plain(Some(class), outline, window(outline), &print.ink)
            })
            .collect();
        let mut clutter = example.stream("clutter");
        match style {
            Style::Struck => pieces.extend(
                (0..=below(3, &mut clutter))
                    .map(|_| [strike(size, &mut clutter)])
                    .map(|line| Piece::plain(None, &line, window(&line), &print.ink)),
            ),
            Style::Noisy => pieces.push(specks(shape, 0.04, &mut clutter)),
            _ => {}
        }
        Ok(Composition::new(shape, planes, pieces))
    }
}

impl Prints {
    /// The letters of an image, as places in the alphabet.
    fn text(&self, index: usize) -> Vec<usize> {
        let stream = &mut self.part.example(index).stream("text");
        let [least, most] = self.settings.length;
        let length = least + below(most - least + 1, stream);
        (0..length).map(|_| below(self.alphabet.len(), stream)).collect()
    }

    /// The outline of each letter where it stands.
    fn outlines(&self, text: &[usize], style: Style, stream: &mut Stream) -> Vec<Vec<Contour>> {
        let face = below(FACES, stream);
        let clean = style == Style::Clean;
        let turn = match style {
            Style::Clean => 0.0,
            Style::Rotated => 30.0,
            _ => 4.0,
        };
        // Gaps and shifts in heights of a capital.
        let gaps = match style {
            Style::Spaced => [0.1, 1.0],
            Style::Touching => [-0.12, -0.03],
            _ => [0.16, 0.16],
        };
        let shift = if style == Style::Rotated { 0.12 } else { 0.0 };
        let mut right = 0.0;
        let mut line = Vec::new();
        for &at in text {
            let (sin, cos) = uniform([-turn, turn], stream).to_radians().sin_cos();
            let up = uniform([-shift, shift], stream);
            let turned = moved(letter(face, self.alphabet[at]), |[x, y]| {
                [x * cos - y * sin, x * sin + y * cos + up]
            });
            let [left, _, end, _] = bounds(&turned);
            let gap = uniform(gaps, stream);
            let to = right + if line.is_empty() { 0.0 } else { gap };
            line.push(moved(&turned, |[x, y]| [x - left + to, y]));
            right = to + end - left;
        }
        let [rows, columns] = self.settings.size.map(|side| side as f64);
        let [x1, y1, x2, y2] = bounds(&line.concat());
        let height = rows * if clean { 0.5 } else { uniform([0.4, 0.6], stream) };
        let scale = height.min(FILLED * columns / (x2 - x1)).min(FILLED * rows / (y2 - y1));
        let mut place = |room: f64, low: f64, high: f64| {
            let share = if clean { 0.5 } else { uniform([0.1, 0.9], stream) };
            (room - scale * (high - low)) * share - scale * low
        };
        let (across, down) = (place(columns, x1, x2), place(rows, y1, y2));
        let place = |[x, y]: [f64; 2]| [x * scale + across, y * scale + down];
        line.iter().map(|outline| moved(outline, place)).collect()
    }
}

impl Print {
    fn drawn(channels: usize, style: Style, stream: &mut Stream) -> Self {
        let mut between = |range: [f64; 2]| -> Vec<f64> {
            (0..channels).map(|_| uniform(range, stream)).collect()
        };
        let (ink, paper) = (between([0.0, 0.4]), between([0.75, 1.0]));
        if style == Style::Clean {
            return Self { ink: vec![0; channels], paper: vec![1.0; channels] };
        }
        Self { ink: ink.into_iter().map(|value| byte(value * 255.0)).collect(), paper }
    }
}

/// Single pixels of any grey, this share of all.
fn specks([channels, rows, columns]: [usize; 3], share: f64, stream: &mut Stream) -> Piece {
    let area = rows * columns;
    let mut cutout = Cutout::plain([rows, columns], &vec![0; channels], vec![0; area]);
    for at in 0..area {
        if happens(share, stream) {
            let grey = byte(uniform([0.0, 255.0], stream));
            cutout.coverage[at] = 255;
            for channel in 0..channels {
                cutout.colours[channel * area + at] = grey;
            }
        }
    }
    Piece { class: None, at: [0, 0], cutout }
}

/// A bent line from the left to the right side, a twentieth to a tenth of the rows thick.
fn strike([rows, columns]: [usize; 2], stream: &mut Stream) -> Contour {
    const SIDES: usize = 24;
    let (height, width) = (rows as f64, columns as f64);
    let mut at = || uniform([0.25 * height, 0.75 * height], stream);
    let [left, middle, right] = [at(), at(), at()];
    let half = uniform([0.025, 0.05], stream) * height;
    let point = |side: usize, off: f64| {
        let share = side as f64 / SIDES as f64;
        let bend = 2.0 * share * (1.0 - share);
        let y = (1.0 - share).powi(2) * left + bend * middle + share * share * right;
        [share * width, y + off]
    };
    let there = (0..=SIDES).map(|side| point(side, -half));
    there.chain((0..=SIDES).rev().map(|side| point(side, half))).collect()
}
