//! Chooses the steps, runs them, and prints the table at the end.

use std::{ffi::OsString, fmt::Write as _, process::ExitCode, time::Instant};

use super::{Depth, Outcome, STEPS, Step, When};
use crate::{Chore, Error, console};

pub(crate) const CHORE: Chore = Chore {
    name: "ci",
    group: "Check the tree",
    usage: "ci [--full] [STEP...]",
    about: "the whole gate, or the steps you name; what CI runs",
    help,
    run,
};

/// One line of the table.
struct Line {
    step: &'static str,
    seconds: Option<f64>,
    result: String,
}

fn help() -> String {
    let mut text = String::from(
        "\
Runs the steps of the gate in order and stops at the first that fails.

Usage: cargo xtask ci [--full] [STEP...]

  --full  adds the steps marked (full) and tries more random cases per property
  STEP    runs only the steps named, in the order below

Steps
",
    );
    for step in STEPS {
        let mark = if step.when == When::Full { " (full)" } else { "" };
        let _ = writeln!(text, "  {:10} {}{mark}", step.name, step.about);
    }
    text.truncate(text.trim_end().len());
    text
}

fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    let (depth, steps) = choose(args)?;
    let mut table = Vec::new();
    let mut failed = None;
    for step in steps {
        if failed.is_some() {
            table.push(Line { step: step.name, seconds: None, result: "not run".to_owned() });
            continue;
        }
        console::say(&format!("\n── {}: {}", step.name, step.about));
        let start = Instant::now();
        let result = match (step.run)(depth) {
            Ok(Outcome::Passed(what)) => format!("ok       {what}"),
            Ok(Outcome::Skipped(why)) => format!("SKIPPED  {why}"),
            Err(error) => {
                console::complain(&format!("error: {error}"));
                failed = Some(step.name);
                "FAILED".to_owned()
            }
        };
        let line = Line { step: step.name, seconds: Some(start.elapsed().as_secs_f64()), result };
        console::say(row(&line).trim_end());
        table.push(line);
    }
    if table.len() > 1 {
        console::say(&format!("\n{:11} seconds  result", "step"));
        for line in &table {
            console::say(row(line).trim_end());
        }
    }
    match failed {
        Some(step) => Err(Error::Gate { step }),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn row(line: &Line) -> String {
    let seconds = line.seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.1}"));
    format!("{:11} {seconds:>7}  {}", line.step, line.result)
}

/// The steps that the arguments ask for, in the order of [`STEPS`].
fn choose(args: &[OsString]) -> Result<(Depth, Vec<&'static Step>), Error> {
    let mut depth = Depth::Gate;
    let mut named = Vec::new();
    for arg in args {
        if arg == "--full" {
            depth = Depth::Full;
        } else {
            let step =
                STEPS.iter().find(|step| arg == step.name).ok_or_else(|| Error::Unknown {
                    what: "step",
                    got: arg.to_string_lossy().into_owned(),
                    expected: STEPS.iter().map(|step| step.name).collect(),
                })?;
            named.push(step.name);
        }
    }
    let is_chosen = |step: &&Step| match step.when {
        _ if !named.is_empty() => named.contains(&step.name),
        When::Always => true,
        When::Full => depth == Depth::Full,
    };
    Ok((depth, STEPS.iter().filter(is_chosen).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(args: &[&str]) -> Vec<&'static str> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        choose(&args).unwrap().1.iter().map(|step| step.name).collect()
    }

    #[test]
    fn the_gate_leaves_out_what_is_marked_full() {
        assert!(!names(&[]).contains(&"advisories"));
        assert!(names(&["--full"]).contains(&"advisories"));
        assert_eq!(names(&["--full"]).len(), STEPS.len());
    }

    #[test]
    fn named_steps_run_alone_and_in_the_order_of_the_gate() {
        assert_eq!(names(&["clippy", "format"]), ["format", "clippy"]);
        assert_eq!(names(&["advisories"]), ["advisories"]);
    }

    #[test]
    fn an_unknown_step_is_a_usage_error_that_lists_the_steps() {
        let Err(error) = choose(&["clipy".into()]) else { panic!("`clipy` is no step") };
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().starts_with("unknown step `clipy`; expected one of format,"));
    }

    #[test]
    fn step_names_are_distinct() {
        let mut names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn a_row_shows_a_dash_where_there_is_no_time() {
        let line = Line { step: "docs", seconds: None, result: "not run".to_owned() };
        assert_eq!(row(&line), "docs              –  not run");
    }
}
