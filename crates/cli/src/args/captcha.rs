//! The words of `cenote captcha`.

use std::path::PathBuf;

use cenote_datasets::{Cut, Ink, Segmentation, Threshold};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{Training, count};

/// What is to be done with images of short texts.
#[derive(Debug, Subcommand)]
pub(crate) enum Captcha {
    /// Cut one image into letters and show what was done
    Segment(CaptchaSegment),
    /// Cut every image of a set into letters and write each as an image, in a folder of its character
    Split(CaptchaSplit),
    /// Train a reader and judge it by images that it never saw
    Train(CaptchaTrain),
    /// Judge a reader by the images that were held out of its training, or by others
    Evaluate(CaptchaEvaluate),
    /// Read images: a text and how sure it is, for each
    Read(CaptchaRead),
}

/// How letters are cut out. All else is measured in each image.
#[derive(Debug, ClapArgs)]
pub(crate) struct CaptchaCut {
    /// How ink is told from paper: one threshold for the image, or one for each pixel
    #[arg(long, value_enum, default_value = "otsu")]
    pub(crate) threshold: CutThreshold,
    /// Which side of the threshold is ink; auto takes the side of fewer pixels
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) ink: CutInk,
    /// Side of a median filter before the threshold, odd; 1 is none
    #[arg(long, value_name = "PIXELS", default_value = "1", value_parser = side)]
    pub(crate) median: usize,
    /// Side of an opening after the threshold, odd, which takes away thinner lines; 1 is none
    #[arg(long, value_name = "PIXELS", default_value = "1", value_parser = side)]
    pub(crate) opening: usize,
    /// What is cut into letters: components, or the columns of the whole line; auto takes columns where there are not as many
    /// components as letters
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) by: CutBy,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CutBy {
    Auto,
    Components,
    Columns,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CutThreshold {
    Otsu,
    Local,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CutInk {
    Auto,
    Dark,
    Light,
}

impl CaptchaCut {
    /// The settings that these words ask for.
    pub(crate) fn settings(&self) -> Segmentation {
        let threshold = match self.threshold {
            CutThreshold::Otsu => Threshold::Otsu,
            CutThreshold::Local => Threshold::Local,
        };
        let ink = match self.ink {
            CutInk::Auto => Ink::Auto,
            CutInk::Dark => Ink::Dark,
            CutInk::Light => Ink::Light,
        };
        let cut = match self.by {
            CutBy::Auto => Cut::Auto,
            CutBy::Components => Cut::Components,
            CutBy::Columns => Cut::Columns,
        };
        let (median, opening) = (self.median, self.opening);
        Segmentation { threshold, ink, median, opening, cut, ..Segmentation::default() }
    }
}

fn side(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(side @ 1..=31) if side % 2 == 1 => Ok(side),
        _ => Err("expected an odd number from 1 to 31".to_owned()),
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CaptchaSegment {
    /// The image
    pub(crate) image: PathBuf,
    /// Letters that stand there [default: as many as seem to]
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) length: Option<u64>,
    /// Write a picture of what was done: image, ink, pieces and letters
    #[arg(long, value_name = "FILE")]
    pub(crate) draw: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cut: CaptchaCut,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CaptchaSplit {
    /// Folder or zip of images whose names are their texts
    pub(crate) images: PathBuf,
    /// Folder to make, for a folder of images for each character
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Rows and columns of each letter
    #[arg(long, value_name = "PIXELS", default_value = "28", value_parser = count)]
    pub(crate) side: u64,
    /// What ends a text in a name, where names go on behind it
    #[arg(long, value_name = "TEXT")]
    pub(crate) separator: Option<String>,
    #[command(flatten)]
    pub(crate) cut: CaptchaCut,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a reader sees and says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CaptchaMethod {
    /// The whole image as a sequence of columns
    Ctc,
    /// The whole image, with a head for each position
    Positions,
    /// Letters that are cut out before
    Letters,
}

/// Whether all texts have a length that readings are to have too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaptchaLength {
    /// That of all training texts, if they have one.
    Auto,
    Free,
    Known(usize),
}

fn length(text: &str) -> Result<CaptchaLength, String> {
    match text {
        "auto" => Ok(CaptchaLength::Auto),
        "free" => Ok(CaptchaLength::Free),
        number => match number.parse() {
            Ok(length @ 1..=64) => Ok(CaptchaLength::Known(length)),
            _ => Err("expected auto, free or a number from 1 to 64".to_owned()),
        },
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CaptchaTrain {
    /// Folder or zip of images whose names are their texts
    pub(crate) images: PathBuf,
    /// What the reader sees and says, which is the study that is trained: captcha, captcha-positions or captcha-letters
    #[arg(long, value_enum, default_value = "ctc")]
    pub(crate) method: CaptchaMethod,
    /// Deal the images into so many folds
    #[arg(long, value_name = "K", default_value = "5", value_parser = count)]
    pub(crate) folds: u64,
    /// Hold this fold out of training, from 1
    #[arg(long, value_name = "N", default_value = "1", value_parser = count)]
    pub(crate) fold: u64,
    /// Train a reader for each fold, at FILE-foldN, and judge all together
    #[arg(long, conflicts_with = "fold")]
    pub(crate) every_fold: bool,
    /// Characters of a text: a number, free, or auto: the length of all training texts if they have one
    #[arg(long, value_name = "LENGTH", default_value = "auto", value_parser = length)]
    pub(crate) length: CaptchaLength,
    /// What ends a text in a name, where names go on behind it
    #[arg(long, value_name = "TEXT")]
    pub(crate) separator: Option<String>,
    /// Images of a step [default: the method's]
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) batch_size: Option<u64>,
    #[command(flatten)]
    pub(crate) cut: CaptchaCut,
    #[command(flatten)]
    pub(crate) training: Training,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CaptchaEvaluate {
    /// Checkpoint that `cenote captcha train` wrote
    pub(crate) checkpoint: PathBuf,
    /// Folder or zip of images whose names are their texts [default: what was held out of training]
    pub(crate) images: Option<PathBuf>,
    /// What ends a text in a name, where names go on behind it
    #[arg(long, value_name = "TEXT")]
    pub(crate) separator: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CaptchaRead {
    /// Checkpoint that `cenote captcha train` wrote
    pub(crate) checkpoint: PathBuf,
    /// Images, and folders and zips of images
    #[arg(required = true)]
    pub(crate) images: Vec<PathBuf>,
    /// Print a JSON object for each image
    #[arg(long)]
    pub(crate) json: bool,
}
