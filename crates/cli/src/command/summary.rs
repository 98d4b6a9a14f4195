//! `cenote summary`: a network layer by layer.

use std::collections::BTreeMap;
use std::process::ExitCode;

use cenote_evidence::grouped;
use cenote_experiment::{Arm, Plan, find};
use cenote_layers::{Counter, Summary};
use serde_json::json;

use crate::args::Summary as Args;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut study = find(&args.study)?;
    if let Some(arm) = &args.arm {
        study.setup(arm)?;
    }
    study.with_seeds(1);
    let plan = Plan::new(study)?;
    let shown: Vec<(&Arm, Summary)> = plan
        .arms
        .iter()
        .filter(|arm| args.arm.as_ref().is_none_or(|name| *name == arm.name))
        .map(|arm| (arm, Summary::of(&arm.model)))
        .collect();
    let text = if args.json {
        let arms: Vec<_> = shown.iter().map(|(arm, summary)| document(arm, summary)).collect();
        format!(
            "{}\n",
            json!({ "schema": "cenote.summary/1", "study": plan.study.name, "arms": arms })
        )
    } else {
        let arms: Vec<String> = shown.iter().map(|(arm, summary)| table(arm, summary)).collect();
        arms.join("\n")
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn table(arm: &Arm, summary: &Summary) -> String {
    let heads =
        ["layer", "kind", "output", "sees", "parameters", "MACs", "other ops", "kept bytes"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for row in &summary.rows {
        rows.push(vec![
            row.path.clone(),
            row.kind.to_owned(),
            row.output.to_string(),
            format!("{}x{}", row.sees[0], row.sees[1]),
            grouped(row.parameters as u64),
            grouped(row.cost.macs),
            grouped(row.cost.other),
            grouped(row.saved_bytes as u64),
        ]);
    }
    let (cost, output) = (summary.cost(), arm.model.output());
    rows.push(vec![
        "total".to_owned(),
        String::new(),
        output.to_string(),
        String::new(),
        grouped(summary.parameters() as u64),
        grouped(cost.macs),
        grouped(cost.other),
        grouped(summary.saved_bytes() as u64),
    ]);
    let input = summary.input;
    let counted = Counter::ALL.map(|counter| {
        let count = counter.count(summary).map_or_else(|| "–".to_owned(), grouped);
        format!("{} {count}", counter.name())
    });
    format!(
        "{}: one image of {input}, forward; `sees` is the receptive field in it; kept bytes are held for the backward pass\n\
         {}counted by other programs: {}\n",
        arm.name,
        screen::table(&rows),
        counted.join(", ")
    )
}

fn document(arm: &Arm, summary: &Summary) -> serde_json::Value {
    let rows: Vec<_> = summary
        .rows
        .iter()
        .map(|row| {
            json!({
                "layer": row.path, "kind": row.kind, "output": row.output.dims(),
                "sees": row.sees, "parameters": row.parameters, "macs": row.cost.macs,
                "other_ops": row.cost.other, "kept_bytes": row.saved_bytes,
            })
        })
        .collect();
    let counted: BTreeMap<&str, Option<u64>> =
        Counter::ALL.iter().map(|counter| (counter.name(), counter.count(summary))).collect();
    json!({
        "counted_as": counted,
        "arm": arm.name, "input": summary.input.dims(), "layers": rows,
        "parameters": summary.parameters(), "macs": summary.cost().macs,
        "other_ops": summary.cost().other, "kept_bytes": summary.saved_bytes(),
    })
}
