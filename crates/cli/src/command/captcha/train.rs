//! `cenote captcha train`: a reader for each fold that is asked for, judged by that fold.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use cenote_datasets::{TextSet, captchas};
use cenote_evidence::EpochPoint;
use cenote_experiment::{Error, ReadScores, Reader, STUDIES, Stop, Study, Task, Trained};
use serde_json::json;
use toml::Table;

use super::{data, scores};
use crate::args::{CaptchaLength, CaptchaMethod, CaptchaTrain};
use crate::command::interrupt::listen;
use crate::command::training::Job;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &CaptchaTrain) -> Result<ExitCode, Failure> {
    if args.fold > args.folds {
        let words = format!("--fold {}; expected 1 to {}, of --folds", args.fold, args.folds);
        return Err(Failure::Usage(words));
    }
    let folds = if args.every_fold { 1..=args.folds } else { args.fold..=args.fold };
    let stop = listen()?;
    let mut all = ReadScores::default();
    let (mut readers, mut text) = (Vec::new(), String::new());
    for fold in folds {
        let file = if args.every_fold {
            numbered(&args.training.out, fold)
        } else {
            args.training.out.clone()
        };
        let clock = Instant::now();
        let (reader, judged) = one_fold(args, fold, &file, &stop)?;
        let seconds = clock.elapsed().as_secs_f64();
        readers.push(json!({
            "fold": fold, "checkpoint": file, "weights": reader.trained().used().digest(),
            "seconds": seconds, "scores": scores::document(&judged),
        }));
        let place = format!("fold {fold} of {}: checkpoint {}", args.folds, file.display());
        text.extend([place, format!(", {seconds:.0} s\n"), scores::words(&judged)]);
        all.merge(&judged);
    }
    if readers.len() > 1 {
        text.extend(["all folds together:\n".to_owned(), scores::words(&all)]);
    }
    if args.training.json {
        let document = json!({
            "schema": "cenote.captcha.train/1", "images": args.images, "folds": args.folds,
            "seed": args.training.seed, "readers": readers, "scores": scores::document(&all),
        });
        text = format!("{document}\n");
    }
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// `FILE-foldN`, with the ending of the file.
fn numbered(file: &Path, fold: u64) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
    file.with_file_name(format!("{stem}-fold{fold}{ending}"))
}

fn one_fold(
    args: &CaptchaTrain,
    fold: u64,
    file: &Path,
    stop: &Stop,
) -> Result<(Reader, ReadScores), Failure> {
    let words = &args.training;
    let (study, set) = study(args, fold)?;
    let job = Job::new(study, words, file)?;
    let earlier = if words.resume && file.exists() { Some(Trained::read(file)?) } else { None };
    let line = |epoch: &str, point: &EpochPoint| {
        let right = 100.0 * point.train_accuracy;
        format!(
            "fold {fold}, {epoch}: loss {:.4}, {right:.2} % right in training",
            point.train_loss
        )
    };
    job.train(earlier, stop, line, |trained| {
        let reader = Reader::of(trained)?;
        let (judged, _) = reader.judge(&set.test)?;
        Ok((reader, judged))
    })
}

/// The method's study with these images in the place of its own, and the images.
fn study(args: &CaptchaTrain, fold: u64) -> Result<(Study, TextSet), Failure> {
    // What is wrong with the images is said before what is wrong with folds of them.
    captchas(&args.images, args.separator.as_deref()).map_err(data)?;
    let mut study = of_method(args.method)?;
    study.dataset = dataset(args, fold)?;
    if let Some(size) = args.batch_size {
        study.training.batch_size = usize::try_from(size).unwrap_or(usize::MAX);
    }
    let Task::Read(task) = &mut study.task else { unreachable!("these studies read") };
    let set = cenote_spec::parse(&[cenote_datasets::TEXT_KINDS], study.dataset.clone())
        .map_err(|error| Failure::Usage(error.to_string()))?
        .load()
        .map_err(data)?;
    let lengths = || set.train.iter().map(|image| image.text.chars().count());
    let longest = lengths().max().unwrap_or(1);
    task.length = match args.length {
        CaptchaLength::Free => None,
        CaptchaLength::Known(length) => Some(length),
        CaptchaLength::Auto => lengths().all(|length| length == longest).then_some(longest),
    };
    task.segmentation = args.cut.settings();
    if args.method == CaptchaMethod::Positions {
        task.positions = Some(longest);
    }
    Ok((study, set))
}

/// The study that comes with the program for a method, whatever stands in this folder.
fn of_method(method: CaptchaMethod) -> Result<Study, Error> {
    let name = match method {
        CaptchaMethod::Ctc => "captcha",
        CaptchaMethod::Positions => "captcha-positions",
        CaptchaMethod::Letters => "captcha-letters",
    };
    let named = STUDIES.iter().find(|study| study.name == name);
    Study::parse(name, named.expect("it comes with the program").text)
}

/// The table of one fold, with a path that is the same from anywhere.
fn dataset(args: &CaptchaTrain, fold: u64) -> Result<Table, Failure> {
    let path = std::fs::canonicalize(&args.images).map_err(|error| {
        Failure::Data(format!("{}: cannot be read: {error}", args.images.display()))
    })?;
    let words = || Failure::Usage(format!("{}: its path is no text", path.display()));
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut table = Table::new();
    let mut insert = |key: &str, value: toml::Value| table.insert(key.to_owned(), value);
    insert("kind", "captcha".into());
    insert("path", path.to_str().ok_or_else(words)?.into());
    insert("folds", number(args.folds).into());
    insert("fold", number(fold).into());
    if let Some(separator) = &args.separator {
        insert("separator", separator.as_str().into());
    }
    Ok(table)
}
