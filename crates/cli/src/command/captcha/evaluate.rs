//! `cenote captcha evaluate`: a reader judged by images whose texts are known.

use std::process::ExitCode;

use cenote_datasets::captchas;
use cenote_experiment::Reader;
use serde_json::json;

use super::{data, scores};
use crate::args::CaptchaEvaluate;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &CaptchaEvaluate) -> Result<ExitCode, Failure> {
    let reader = Reader::open(&args.checkpoint)?;
    let images = match &args.images {
        Some(path) => captchas(path, args.separator.as_deref()).map_err(data)?,
        None => reader.texts()?.test,
    };
    let (judged, _) = reader.judge(&images)?;
    let text = if args.json {
        let document = json!({
            "schema": "cenote.captcha.evaluate/1", "checkpoint": args.checkpoint,
            "scores": scores::document(&judged),
        });
        format!("{document}\n")
    } else {
        scores::words(&judged)
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
