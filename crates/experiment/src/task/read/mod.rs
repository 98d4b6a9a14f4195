//! Reading: a text per image.
//!
//! | method | the network | its last layer |
//! |---|---|---|
//! | `ctc` | sees the whole image as a sequence of columns; the text stands somewhere in it | scores `TxK` of every step, `K` characters and the blank |
//! | `positions` | sees the whole image, with a head for each position of the text | scores `L·K`, position after position, with a class for no character |
//! | `letters` | sees one letter, which was cut out before | scores `K` of the characters |
//!
//! `out_features = "classes"` of a last layer is what its method needs. `length` is that of every text where it is known: a
//! reading then has it. Letters of images that are not cut into as many pieces as their text has characters are not
//! trained on; whoever judges whole images counts those as wrong.

mod decode;
mod letters;
mod whole;

use cenote_autograd::Var;
use cenote_datasets::{Answers, Dataset, Segmentation, Split, TEXT_KINDS, TextSet, TextSource};
use cenote_layers::{Impossible, correct, cross_entropy, ctc_loss, predictions};
use cenote_tensor::Shape;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::{Judged, Network};
use crate::{Data, Error};

pub(crate) use decode::Decoded;
pub(crate) use letters::cut;
pub(crate) use whole::read;

/// How texts are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// What the network sees and says.
    pub method: Method,
    /// Rows and columns of what the network sees; of whole images unless it is given 40 rows and their usual proportions, of
    /// letters 28 by 28.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<[u32; 2]>,
    /// Heads of a network for `positions`: characters of the longest text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions: Option<usize>,
    /// Characters of every text, where all have as many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
    /// How letters are cut out.
    #[serde(default)]
    pub segmentation: Segmentation,
}

/// What the network of a reader sees and says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The whole image as a sequence of columns, by connectionist temporal classification.
    Ctc,
    /// The whole image, with a head for each position.
    Positions,
    /// One letter after the other.
    Letters,
}

/// Rows of whole images, and what their columns are a multiple of: two poolings by 2 leave whole columns.
const ROWS: u32 = 40;
const MULTIPLE: u32 = 8;
/// Side of letters.
const SIDE: u32 = 28;
/// The longest side of what a network sees.
const LONGEST: u32 = 4096;

impl Read {
    /// Rows and columns of what the network sees.
    pub(crate) fn size_for(&self, set: &TextSet) -> Result<[u32; 2], Error> {
        let size = match (self.size, self.method) {
            (Some(size), _) => size,
            (None, Method::Letters) => [SIDE; 2],
            (None, _) => {
                let [rows, columns] = set.usual_size()?;
                let wide = f64::from(ROWS) * f64::from(columns) / f64::from(rows);
                let columns = (wide / f64::from(MULTIPLE)).round().max(1.0) * f64::from(MULTIPLE);
                [ROWS, columns.min(f64::from(LONGEST)) as u32]
            }
        };
        if size.iter().all(|side| (1..=LONGEST).contains(side)) {
            return Ok(size);
        }
        Err(Error::Data(cenote_datasets::Error::Setting {
            what: "task.size",
            got: format!("{size:?}"),
            expected: format!("rows and columns of 1 to {LONGEST}"),
        }))
    }

    pub(super) fn load(&self, study: &str, table: &Table) -> Result<Dataset, Error> {
        let set = source(study, table)?.load()?;
        let size = self.size_for(&set)?;
        match self.method {
            Method::Ctc | Method::Positions => {
                Ok(set.scaled(cenote_datasets::Channels::Grey, size)?)
            }
            Method::Letters => letters::load(self, &set, size),
        }
    }

    pub(super) fn metrics(&self) -> Vec<&'static str> {
        match self.method {
            Method::Ctc | Method::Positions => {
                cenote_metrics::SEQUENCE_METRICS.iter().map(|metric| metric.name).collect()
            }
            Method::Letters => super::classify::metrics(),
        }
    }

    /// What the last layer of a network has for each step, for all positions, or for a letter.
    pub(super) fn outputs(&self, data: &Data) -> usize {
        let characters = data.classes.len();
        match self.method {
            Method::Ctc => characters + 1,
            Method::Positions => self.heads() * (characters + 1),
            Method::Letters => characters,
        }
    }

    pub(super) fn check(&self, output: Shape, data: &Data) -> Result<(), String> {
        let wanted = self.outputs(data);
        match (self.method, output.dims()) {
            (Method::Ctc, &[steps, classes]) if classes == wanted => {
                let needed = texts_of(data).map(|text| steps_of(text)).max().unwrap_or(1);
                if steps >= needed {
                    return Ok(());
                }
                Err(format!(
                    "ends in {steps} steps; a text of {} needs {needed}: use wider images or fewer poolings of columns",
                    data.name
                ))
            }
            (Method::Ctc, _) => Err(format!(
                "ends in {output}; to read {} it must end in a sequence of {wanted} scores, a blank and {} characters",
                data.name,
                data.classes.len()
            )),
            (Method::Positions, _) if self.heads() < longest(data) => Err(format!(
                "has {} positions, task.positions; the longest text of {} has {} characters",
                self.heads(),
                data.name,
                longest(data)
            )),
            (_, &[scores]) if scores == wanted => Ok(()),
            _ => Err(format!("ends in {output}; to read {} it must end in {wanted}", data.name)),
        }
    }

    /// The loss of a batch, and how many images of it are right by what is most probable step by step.
    pub(super) fn loss<'t>(&self, output: &Var<'t>, answers: &Answers) -> (Var<'t>, usize) {
        match self.method {
            Method::Letters => {
                let loss = cross_entropy(output, &answers.labels);
                (loss, correct(output.value(), &answers.labels))
            }
            Method::Ctc => {
                let texts: Vec<Vec<usize>> =
                    answers.texts.iter().map(|text| shifted(text)).collect();
                let right = decode::best_paths(output.value());
                let right = right.iter().zip(&texts).filter(|(read, text)| read == text).count();
                (ctc_loss(output, &texts, Impossible::Infinite), right)
            }
            Method::Positions => {
                let heads = self.heads();
                let labels = labels_of(answers, heads);
                let classes = output.value().dims()[1] / heads;
                let rows = output.reshaped([labels.len(), classes]);
                let said = predictions(rows.value());
                let right = said.chunks(heads).zip(labels.chunks(heads));
                (cross_entropy(&rows, &labels), right.filter(|(said, text)| said == text).count())
            }
        }
    }

    fn heads(&self) -> usize {
        self.positions.unwrap_or(1).max(1)
    }

    pub(super) fn judge(
        &self,
        network: Network<'_>,
        split: &Split,
        together: usize,
    ) -> Result<Judged, Error> {
        match self.method {
            Method::Letters => Ok(super::evaluate_by(network, split, together)?.into()),
            _ => whole::judge(self, network, split, together),
        }
    }
}

/// The texts that a table describes, not yet loaded.
pub(super) fn source(study: &str, table: &Table) -> Result<Box<dyn TextSource>, Error> {
    cenote_spec::parse(&[TEXT_KINDS], table.clone()).map_err(Error::spec_of(study))
}

/// Characters as classes of a network whose class 0 is none of them.
fn shifted(text: &[usize]) -> Vec<usize> {
    text.iter().map(|character| character + 1).collect()
}

/// The class of each position of each text, 0 behind its end.
fn labels_of(answers: &Answers, heads: usize) -> Vec<usize> {
    let padded = |text: &Vec<usize>| {
        let mut labels = shifted(text);
        labels.resize(heads, 0);
        labels
    };
    answers.texts.iter().flat_map(padded).collect()
}

/// Steps that a text needs: one for each character, and one between equal neighbours.
fn steps_of(text: &[usize]) -> usize {
    text.len() + text.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// The texts of the images that are not held out for the end.
fn texts_of(data: &Data) -> impl Iterator<Item = &Vec<usize>> {
    let parts = [Some(&data.train), data.validation.as_ref()];
    parts.into_iter().flatten().filter_map(Split::texts).flatten()
}

fn longest(data: &Data) -> usize {
    texts_of(data).map(Vec::len).max().unwrap_or(1)
}
