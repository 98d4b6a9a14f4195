//! A whole small study through the release binary: trained, stored, reused, reported.
//!
//! It asks what only the finished program can answer. Does a run leave its files? Does a second
//! call reuse them? Does the report follow from the records alone?

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Depth, Outcome, Step, When};
use crate::{Error, release, workspace};

pub(super) const STEP: Step = Step {
    name: "smoke",
    about: "a small study trains, is reused, and its report can be rebuilt",
    when: When::Always,
    run,
};

const STUDY: &str = "smoke";
const RECORDS: &str = "runs.jsonl";
const REPORT: &str = "report.md";

fn run(_: Depth) -> Result<Outcome, Error> {
    let binary = release::build()?;
    let out = workspace::target_dir()?.join("smoke");
    remove(&out)?;

    ablate(&binary, &out)?;
    let records = read(&out, RECORDS)?;
    let report = read(&out, REPORT)?;
    let runs = records.lines().count();
    let plots = count_plots(&out)?;
    if runs == 0 || report.is_empty() || plots == 0 {
        return Err(finding(format!(
            "ablate left {runs} records, {} bytes of report and {plots} plots",
            report.len()
        )));
    }

    ablate(&binary, &out)?;
    if read(&out, RECORDS)? != records {
        return Err(finding(format!("a second ablate changed {RECORDS}; it must run nothing")));
    }

    let path = out.join(REPORT);
    fs::remove_file(&path).map_err(|source| Error::File { operation: "remove", path, source })?;
    workspace::run(Command::new(&binary).arg("report").arg(&out).current_dir(workspace::root()))?;
    if let Some(difference) = first_difference(&report, &read(&out, REPORT)?) {
        return Err(finding(format!("report rebuilt another {REPORT}: {difference}")));
    }
    Ok(Outcome::Passed(format!("{runs} runs, {plots} plots, report rebuilt byte for byte")))
}

fn ablate(binary: &Path, out: &Path) -> Result<(), Error> {
    let mut command = Command::new(binary);
    command.args(["ablate", STUDY, "--out"]).arg(out).current_dir(workspace::root());
    workspace::run(&mut command)
}

/// Where two texts part, in words; `None` when they are equal byte for byte.
fn first_difference(before: &str, after: &str) -> Option<String> {
    if before == after {
        return None;
    }
    let line = before.lines().zip(after.lines()).position(|(before, after)| before != after);
    Some(match line {
        Some(at) => format!(
            "line {}: `{}` became `{}`",
            at + 1,
            before.lines().nth(at).unwrap_or_default(),
            after.lines().nth(at).unwrap_or_default()
        ),
        None => format!("{} bytes became {}", before.len(), after.len()),
    })
}

fn count_plots(out: &Path) -> Result<usize, Error> {
    let cannot_list = |source| Error::File { operation: "list", path: PathBuf::from(out), source };
    let mut plots = 0;
    for entry in fs::read_dir(out).map_err(cannot_list)? {
        let path = entry.map_err(cannot_list)?.path();
        plots += usize::from(path.extension().is_some_and(|extension| extension == "svg"));
    }
    Ok(plots)
}

fn read(out: &Path, name: &str) -> Result<String, Error> {
    workspace::read(&out.join(name))
}

fn remove(out: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(out) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::File { operation: "remove", path: out.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}

fn finding(text: String) -> Error {
    Error::Findings(vec![text])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_shown() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb", "a\nc").as_deref(), Some("line 2: `b` became `c`"));
        assert_eq!(first_difference("a\n", "a").as_deref(), Some("2 bytes became 1"));
    }
}
