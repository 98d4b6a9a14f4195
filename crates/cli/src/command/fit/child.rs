//! A process of its own that trains for a few steps, below a limit of the system where one is given.
//!
//! What is limited and measured is the process's *address space* (`RLIMIT_AS`, `VmSize` and `VmPeak`): everything that is mapped,
//! touched or not. It is the one size that Linux both limits and keeps the highest value of, so what a step took and what a
//! limit allows are told by the same count. The process holds its program, its threads and its data before it trains; an
//! allowance is what it may have beyond that.

use std::fs;
use std::process::{Command, ExitCode, Output, Stdio};

use cenote_experiment::{Attempt, Plan, Study, Workers};
use serde::{Deserialize, Serialize};

use crate::args::StudyArgs;
use crate::failure::Failure;
use crate::screen;

/// Bytes of the pieces that fill what is free: all are small enough to lie within the memory of the program.
const PIECES: [usize; 3] = [1 << 16, 1 << 13, 1 << 10];

/// What a child is to try.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Trial {
    pub(super) arm: String,
    pub(super) batch: usize,
    /// Rows and columns of its images; those of the study where it is none.
    pub(super) side: Option<usize>,
    /// Bytes beyond what the process held before it trains; without a limit where it is none.
    pub(super) allowance: Option<u64>,
}

/// What a child that took its steps has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Took {
    /// The most bytes of tensors at once.
    pub(super) tensors: u64,
    /// The most bytes of address space beyond what the process held before.
    pub(super) process: u64,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It took its steps.
    Ran(Took),
    /// The system gave it no more memory.
    Refused,
}

/// Runs a trial in a child process.
///
/// # Errors
/// Where the child ends in another way than by its last step or by want of memory.
pub(super) fn start(study: &StudyArgs, trial: &Trial) -> Result<Ended, Failure> {
    let words = |error: &dyn std::fmt::Display| {
        let Trial { arm, batch, .. } = trial;
        Failure::Child(format!("arm {arm}, a child that trains on batches of {batch}: {error}"))
    };
    let trial = serde_json::to_string(trial).expect("plain data");
    let program = std::env::current_exe().map_err(|error| words(&error))?;
    let mut child = Command::new(program);
    child.args(["fit", &study.study, "--trial", &trial]);
    if let Some(epochs) = study.epochs {
        child.args(["--epochs", &epochs.to_string()]);
    }
    // Threads of the C library would else map 64 MiB each whenever two of them ask at once, and what it keeps for itself would
    // depend on what was freed when.
    let settings = [
        ("MALLOC_ARENA_MAX", "1"),
        ("MALLOC_MMAP_THRESHOLD_", "131072"),
        ("RAYON_NUM_THREADS", "1"),
    ];
    let output = child.envs(settings).stdin(Stdio::null()).output();
    ended(&output.map_err(|error| words(&error))?).map_err(|problem| words(&problem))
}

/// How a child ended, or what it said where it should not have.
fn ended(output: &Output) -> Result<Ended, String> {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        let took = serde_json::from_slice(&output.stdout);
        return took.map(Ended::Ran).map_err(|error| format!("said no figures: {error}"));
    }
    // The words of the allocator, and of the system to who asks for a thread or a map.
    let wants_memory =
        ["memory allocation of ", "(os error 12)"].iter().any(|words| said.contains(words));
    if wants_memory {
        return Ok(Ended::Refused);
    }
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("without a word");
    Err(format!("{}: {last}", output.status))
}

/// What the child does.
///
/// # Errors
/// Where the trial does not fit the study, or the system does not tell or limit memory.
pub(super) fn run(study: Study, trial: &str) -> Result<ExitCode, Failure> {
    let trial: Trial = serde_json::from_str(trial)
        .map_err(|error| Failure::Usage(format!("--trial is for the program itself: {error}")))?;
    study.setup(&trial.arm)?;
    let plan = Plan::new(study)?;
    let arm = plan.arms.iter().find(|arm| arm.name == trial.arm).expect("the study has it");
    let attempt = Attempt::of(&plan, arm, trial.batch, trial.side)?;
    drop(plan);
    // On one thread: which of several gets to work, and wants scratch of its own, differs from child to child.
    let took = Workers::on_threads(Some(1), || -> Result<Took, Failure> {
        // Reading the study took more than it holds now: with that held again, every further byte shows.
        let room = mapped("VmPeak:")?.saturating_sub(mapped("VmSize:")?);
        let ballast = (Vec::<u8>::with_capacity(room as usize), fill()?);
        let before = mapped("VmSize:")?;
        if let Some(allowance) = trial.allowance {
            limit(before + allowance)?;
        }
        let tensors = attempt.run()?;
        let process = mapped("VmPeak:")?.saturating_sub(before);
        drop(std::hint::black_box(ballast));
        Ok(Took { tensors, process })
    })?;
    screen::print(&serde_json::to_string(&took).expect("plain data")).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// Memory that was freed within what the process has, taken again piece by piece until another piece makes the process larger.
fn fill() -> Result<Vec<Vec<u8>>, Failure> {
    let mut taken = Vec::new();
    for piece in PIECES {
        let size = mapped("VmSize:")?;
        while mapped("VmSize:")? == size {
            taken.extend((0..16).map(|_| Vec::with_capacity(piece)));
        }
    }
    Ok(taken)
}

/// What the system says of this process's address space, in bytes.
fn mapped(what: &str) -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status");
    let line = status
        .ok()
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix(what)).map(str::to_owned));
    let kibibytes =
        line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| Failure::Child(format!("the system does not tell {what}")))
}

/// Limits the address space of this process, for good, and leaves no image of it behind where it ends of that.
#[cfg(target_os = "linux")]
fn limit(bytes: u64) -> Result<(), Failure> {
    use rlimit::{Resource, setrlimit};
    let limited =
        setrlimit(Resource::CORE, 0, 0).and_then(|()| setrlimit(Resource::AS, bytes, bytes));
    limited.map_err(|error| Failure::Child(format!("the system sets no limit: {error}")))
}

#[cfg(not(target_os = "linux"))]
fn limit(_: u64) -> Result<(), Failure> {
    Err(Failure::Usage(super::LINUX_ALONE.to_owned()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn output(status: i32, stdout: &str, stderr: &str) -> Output {
        let status = ExitStatus::from_raw(status);
        Output { status, stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn a_child_ends_with_figures_or_for_want_of_memory_and_all_else_is_an_error() {
        let figures = "{\"tensors\":7,\"process\":9}";
        let took = Took { tensors: 7, process: 9 };
        assert_eq!(ended(&output(0, figures, "")), Ok(Ended::Ran(took)));
        // The signal of an abort is 6; an exit code stands in the second byte.
        let refused = "memory allocation of 4096 bytes failed\n";
        assert_eq!(ended(&output(6, "", refused)), Ok(Ended::Refused));
        let thread = "panicked: Cannot allocate memory (os error 12)";
        assert_eq!(ended(&output(101 << 8, "", thread)), Ok(Ended::Refused));
        let killed = ended(&output(9, "", "")).unwrap_err();
        assert!(killed.contains("signal: 9") && killed.ends_with("without a word"), "{killed}");
        let other = ended(&output(1 << 8, "", "cenote: no such study\n\n")).unwrap_err();
        assert!(other.ends_with("exit status: 1: cenote: no such study"), "{other}");
        assert!(ended(&output(0, "", "")).unwrap_err().contains("no figures"));
    }
}
