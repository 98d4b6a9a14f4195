//! `cenote fit`: what memory training needs, and what fits into how much.

use std::process::ExitCode;

use cenote_evidence::bytes;
use cenote_experiment::{Arm, Footprint, Plan, Side, Ways, Workers};
use serde_json::json;

use super::ablate::study_of;
use crate::args::Fit as Args;
use crate::failure::Failure;
use crate::screen;

/// What fits for one arm.
struct Row<'a> {
    arm: &'a Arm,
    /// Bytes of training at the study's batch size, and of judging.
    peak: u64,
    judging: u64,
    /// Largest batch and largest side of an image.
    batch: Option<usize>,
    side: Option<Side>,
    /// What would make the study's own batches fit, where they do not.
    ways: Option<Ways>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut study = study_of(&args.study)?;
    if let Some(arm) = &args.arm {
        study.setup(arm)?;
    }
    study.with_seeds(1);
    let plan = Plan::new(study)?;
    let wanted = |arm: &&Arm| args.arm.as_ref().is_none_or(|name| *name == arm.name);
    let rows = Workers::on_threads(None, || {
        let row = |arm| row(&plan, arm, args.memory);
        plan.arms.iter().filter(wanted).map(row).collect::<Result<Vec<_>, _>>()
    })?;
    let text = if args.json {
        document(&plan, &rows, args.memory)
    } else {
        table(&plan, &rows, args.memory)
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn row<'a>(plan: &Plan, arm: &'a Arm, memory: u64) -> Result<Row<'a>, cenote_experiment::Error> {
    let batch = plan.recipe.batch_size;
    let study = plan.study.of_arm(&arm.name)?;
    let footprint = Footprint::of(&study, &arm.model, &plan.data)?;
    let side = Footprint::largest_side(&study, &arm.model, &plan.data, batch, memory)?;
    let (peak, judging) = (footprint.peak(batch), footprint.judging(plan.data.test.len(), batch));
    let ways = (peak.max(judging) > memory).then(|| plan.ways(arm, memory)).transpose()?;
    Ok(Row { arm, peak, judging, batch: footprint.largest_batch(memory), side, ways })
}

fn table(plan: &Plan, rows: &[Row<'_>], memory: u64) -> String {
    let batch = plan.recipe.batch_size;
    let [_, height, width] = plan.data.train.shape();
    let heads = ["arm", "training", "judging", "largest batch", "largest image"];
    let mut lines = vec![heads.map(str::to_owned).to_vec()];
    for row in rows {
        let none = || "none".to_owned();
        lines.push(vec![
            row.arm.name.clone(),
            bytes(row.peak),
            bytes(row.judging),
            row.batch.map_or_else(none, |batch| batch.to_string()),
            row.side.map_or_else(none, |side| match side {
                Side::Most(side) => format!("{side}x{side}"),
                Side::AtLeast(side) => format!("{side}x{side} or more"),
            }),
        ]);
    }
    let missing = rows.iter().filter_map(|row| {
        let ways = row.ways?;
        Some(format!("{} does not fit in batches of {batch}: {ways}\n", row.arm.name))
    });
    format!(
        "{}\ntensors: what training on batches of {batch} images of {height}x{width} needs, and judging the network by the\n\
         test images; the largest batch of such images, and the largest images in batches of {batch}, that\n\
         training takes within {}\n{}",
        screen::table(&lines),
        bytes(memory),
        missing.collect::<String>(),
    )
}

fn document(plan: &Plan, rows: &[Row<'_>], memory: u64) -> String {
    let arms: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "arm": row.arm.name, "peak_bytes": row.peak,
                "judging_bytes": row.judging, "largest_batch": row.batch,
                "largest_side": row.side.map(|(Side::Most(side) | Side::AtLeast(side))| side),
                "ways": row.ways.map(|ways| json!({
                    "accumulate": ways.accumulate, "checkpoint": ways.checkpoint,
                    "both": ways.both, "batch_size": ways.batch,
                })),
                "whole_search": row.side.is_none_or(|side| matches!(side, Side::Most(_))),
            })
        })
        .collect();
    let text = json!({
        "schema": "cenote.fit/1", "study": plan.study.name, "memory_bytes": memory,
        "batch_size": plan.recipe.batch_size, "image": plan.data.train.shape(), "arms": arms,
    });
    format!("{text}\n")
}
