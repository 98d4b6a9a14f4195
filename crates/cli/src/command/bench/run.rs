//! Times the workloads that were asked for and prints them.

use std::env;
use std::io;
use std::process::ExitCode;

use cenote_experiment::Workers;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::clock::Rules;
use super::line::{HEADS, Line};
use super::workload::Workload;
use crate::args::Bench;
use crate::failure::Failure;
use crate::screen;

/// Does what `cenote bench` asks for.
pub(crate) fn run(args: &Bench) -> Result<ExitCode, Failure> {
    let workloads: Vec<Vec<Workload>> = args
        .workload
        .iter()
        .map(|name| Workload::named(name).map_err(Failure::Usage))
        .collect::<Result<_, _>>()?;
    let workloads = workloads.concat();
    let rules = rules(args)?;
    let threads = args.threads.unwrap_or(Workers::per_core().jobs);
    let bar = bar(workloads.len(), args.json);
    // In the pool from the first to the last run: nothing is handed over between threads in a step.
    let work = || time_all(&workloads, threads, rules, args.json, &bar).map_err(Failure::Output);
    let lines = Workers::on_threads(Some(threads), work)?;
    bar.finish_and_clear();
    if !args.json {
        let heads = HEADS.map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> =
            std::iter::once(heads).chain(lines.iter().map(Line::row)).collect();
        let set = cenote_tensor::instruction_set();
        let text = format!("{}instructions: {set}\n", screen::table(&rows));
        screen::print(&text).map_err(Failure::Output)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn time_all(
    workloads: &[Workload],
    threads: usize,
    rules: Rules,
    json: bool,
    bar: &ProgressBar,
) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for workload in workloads {
        bar.set_message(workload.to_string());
        let (timed, work) = match *workload {
            Workload::Net(network, purpose, batch) => network.time(purpose, batch, rules),
            Workload::Op(op, pass) => op.time(pass, rules),
            Workload::Limit(probe) => probe.time(threads, rules),
        };
        let line = Line::new(workload, threads, &timed, work);
        if json {
            // Each as soon as it is known: whoever stops the program keeps what was measured.
            screen::print(&format!("{}\n", line.json()))?;
        }
        lines.push(line);
        bar.inc(1);
    }
    Ok(lines)
}

/// The rules of the flags, else of the variables that the peers read, else of the peers.
fn rules(args: &Bench) -> Result<Rules, Failure> {
    Ok(Rules {
        budget_seconds: one_of(args.budget, "PEER_BUDGET_S", 30.0)?,
        min_runs: one_of(args.min_runs, "PEER_MIN_N", 10)?,
        min_seconds: one_of(args.min_seconds, "PEER_MIN_S", 2.0)?,
    })
}

fn one_of<T: std::str::FromStr>(flag: Option<T>, variable: &str, usual: T) -> Result<T, Failure> {
    match (flag, env::var(variable)) {
        (Some(value), _) => Ok(value),
        (None, Ok(text)) => text
            .parse()
            .map_err(|_| Failure::Usage(format!("{variable} is `{text}`; expected a number"))),
        (None, Err(_)) => Ok(usual),
    }
}

fn bar(workloads: usize, json: bool) -> ProgressBar {
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(workloads as u64), target);
    let style = ProgressStyle::with_template("{pos}/{len} {msg}").expect("the template is valid");
    bar.with_style(style)
}
