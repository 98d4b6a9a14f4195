//! `cenote fit`: what memory training needs, and what fits into how much.

mod child;
mod confirm;

use std::collections::BTreeSet;
use std::process::ExitCode;

use cenote_evidence::{ArmRoom, bytes};
use cenote_experiment::{Arm, Footprint, Plan, Ways, Workers};
use serde_json::json;

use self::confirm::{Both, Confirmed, SLACK, confirm};
use super::ablate::study_of;
use crate::args::Fit as Args;
use crate::failure::Failure;
use crate::screen;

/// Why nothing is confirmed elsewhere.
const LINUX_ALONE: &str =
    "--confirm limits the memory of a process as Linux does; without it the figures are foreseen";

/// What fits for one arm.
struct Row<'a> {
    arm: &'a Arm,
    /// Bytes of tensors in training at its batch size, and in judging.
    peak: u64,
    judging: u64,
    /// What a run holds, and what fits.
    room: ArmRoom,
    /// What would make the study's own batches fit, where they do not.
    ways: Option<Ways>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut study = study_of(&args.study)?;
    if let Some(arm) = &args.arm {
        study.setup(arm)?;
    }
    study.with_seeds(1);
    // It is asked for another limit than the study's own.
    study.memory = None;
    if let Some(trial) = &args.trial {
        return child::run(study, trial);
    }
    if args.confirm && !cfg!(target_os = "linux") {
        return Err(Failure::Usage(LINUX_ALONE.to_owned()));
    }
    let plan = Plan::new(study)?;
    let wanted = |arm: &&Arm| args.arm.as_ref().is_none_or(|name| *name == arm.name);
    let rows = Workers::on_threads(None, || {
        let row = |arm| row(&plan, arm, args.memory);
        plan.arms.iter().filter(wanted).map(row).collect::<Result<Vec<_>, _>>()
    })?;
    let asked = rows.iter().filter(|_| args.confirm);
    let confirmed = asked.map(|row| confirm(&args.study, row));
    let confirmed = confirmed.collect::<Result<Vec<Both>, Failure>>()?;
    let text = if args.json {
        document(&plan, &rows, &confirmed, args.memory)
    } else {
        let foreseen = table(&plan, &rows, args.memory);
        foreseen + &confirmed_table(&rows, &confirmed, args.memory)
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn row<'a>(plan: &Plan, arm: &'a Arm, memory: u64) -> Result<Row<'a>, cenote_experiment::Error> {
    let batch = arm.recipe.batch_size;
    let footprint = Footprint::of(&plan.study.of_arm(&arm.name)?, &arm.model, &plan.data)?;
    let (peak, judging) = (footprint.peak(batch), footprint.judging(plan.data.test.len(), batch));
    let room = plan.room_of(arm, &footprint, memory)?;
    let ways = (room.held_bytes > memory).then(|| plan.ways(arm, memory)).transpose()?;
    Ok(Row { arm, peak, judging, room, ways })
}

fn table(plan: &Plan, rows: &[Row<'_>], memory: u64) -> String {
    let batches: BTreeSet<usize> = rows.iter().map(|row| row.arm.recipe.batch_size).collect();
    let batch = batches.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
    let [_, height, width] = plan.data.train.shape();
    let heads = ["arm", "training", "judging", "held", "largest batch", "largest image"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    for row in rows {
        lines.push(vec![
            row.arm.name.clone(),
            bytes(row.peak),
            bytes(row.judging),
            bytes(row.room.held_bytes),
            row.room.batch_in_words(),
            row.room.image_in_words(),
        ]);
    }
    let missing = rows.iter().filter_map(|row| {
        let ways = row.ways?;
        Some(format!("{} does not fit in batches of {batch}: {ways}\n", row.arm.name))
    });
    format!(
        "{}\ntensors of training on batches of {batch} images of {height}x{width}, and of judging the network by the test images;\n\
         what a run holds, buffers that wait to be used again included; the largest batch of such images, and the\n\
         largest images in batches of {batch}, that training holds within {}; program and images come on top\n{}",
        screen::table(&lines),
        bytes(memory),
        missing.collect::<String>(),
    )
}

/// What children found; empty where none were asked.
fn confirmed_table(rows: &[Row<'_>], confirmed: &[Both], memory: u64) -> String {
    if confirmed.is_empty() {
        return String::new();
    }
    let heads = ["arm", "largest", "tensors", "process", "found", "ran", "refused"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    for (row, both) in rows.iter().zip(confirmed) {
        let batch: fn(usize) -> String = |batch| batch.to_string();
        let image: fn(usize) -> String = |side| format!("{side}x{side}");
        for (what, found, size) in [("batch", &both.batch, batch), ("image", &both.side, image)] {
            let Some(Confirmed { found, tensor_bytes, process_bytes, ran, refused }) = found else {
                continue;
            };
            lines.push(vec![
                row.arm.name.clone(),
                what.to_owned(),
                bytes(*tensor_bytes),
                bytes(*process_bytes),
                size(*found),
                ran.map_or_else(|| "none".to_owned(), size),
                refused.map_or_else(|| "none".to_owned(), size),
            ]);
        }
    }
    format!(
        "\n{}\nthree steps on one thread in processes of their own: tensors of the largest that was found for {}, and what that process took\n\
         beyond what it held before (address space); then the largest that ran, and the smallest that was refused,\n\
         of those that were tried below a limit of as much and {}\n",
        screen::table(&lines),
        bytes(memory),
        bytes(SLACK),
    )
}

fn document(plan: &Plan, rows: &[Row<'_>], confirmed: &[Both], memory: u64) -> String {
    let arms: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(nth, row)| {
            let mut arm = json!({
                "arm": row.arm.name, "batch_size": row.arm.recipe.batch_size, "peak_bytes": row.peak,
                "judging_bytes": row.judging, "held_bytes": row.room.held_bytes,
                "largest_batch": row.room.batch, "largest_side": row.room.side,
                "ways": row.ways.map(|ways| json!({
                    "accumulate": ways.accumulate, "checkpoint": ways.checkpoint,
                    "both": ways.both, "batch_size": ways.batch,
                })),
                "whole_search": !row.room.or_more,
            });
            if let Some(both) = confirmed.get(nth) {
                arm["confirmed"] = json!(both);
            }
            arm
        })
        .collect();
    let text = json!({
        "schema": "cenote.fit/1", "study": plan.study.name, "memory_bytes": memory,
        "batch_size": plan.recipe.batch_size, "image": plan.data.train.shape(), "arms": arms,
    });
    format!("{text}\n")
}
