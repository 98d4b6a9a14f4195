//! The tests, built once, and run with one fault at a time.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{Error, json, workspace};

/// The packages whose tests look at operators.
const PACKAGES: [&str; 3] = ["cenote-layers", "cenote-autograd", "cenote-tensor"];

/// Test programs in the order in which they are tried: what finds most in the least time first.
const ORDER: [&str; 5] = ["pytorch", "identities", "theory", "cenote_layers", "cenote_tensor"];

/// A fault may make a loop endless.
const LONGEST: Duration = Duration::from_mins(5);

/// What became of a fault.
pub(super) enum Outcome {
    /// By the test program of this name.
    Caught(String),
    Lives,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught(by) => write!(f, "caught by {by}"),
            Self::Lives => f.write_str("LIVES"),
        }
    }
}

/// The test programs of a copy of the tree, each with the folder it runs in.
pub(super) struct Suite {
    programs: Vec<(String, PathBuf, PathBuf)>,
}

impl Suite {
    /// Builds the tests of the copy, apart from those of the tree: cargo tells them apart by their place in
    /// the workspace alone, which is the same.
    pub(super) fn build(tree: &Path, folder: &Path, double: bool) -> Result<Self, Error> {
        let mut command = workspace::cargo();
        command.current_dir(tree).args(["test", "--no-run", "--locked", "--lib", "--tests"]);
        command.args(PACKAGES.iter().flat_map(|package| ["-p", package]));
        command.arg("--message-format=json-render-diagnostics");
        if double {
            command.env("RUSTFLAGS", "--cfg cenote_f64");
        }
        command.env("CARGO_TARGET_DIR", folder.join(if double { "f64" } else { "f32" }));
        let messages = workspace::capture(&mut command)?;
        let mut programs = Vec::new();
        for line in messages.lines().filter(|line| line.contains("\"executable\":\"")) {
            let program = json::string(line, "executable").map(PathBuf::from);
            let manifest = json::string(line, "manifest_path").map(PathBuf::from);
            let (Some(program), Some(manifest)) = (program, manifest) else { continue };
            let stem = program.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let name = stem.as_deref().and_then(|stem| stem.rsplit_once('-'));
            let name = name.map_or_else(String::new, |(name, _)| name.to_owned());
            programs.push((name, program, manifest.parent().unwrap_or(tree).to_path_buf()));
        }
        let place = |name: &str| ORDER.iter().position(|first| *first == name);
        programs.sort_by_key(|(name, ..)| place(name).unwrap_or(ORDER.len()));
        if programs.is_empty() {
            let command = workspace::shown(&command);
            return Err(Error::Output { command, lacks: "test program" });
        }
        Ok(Self { programs })
    }

    /// Runs the tests with a fault until one fails.
    pub(super) fn run(&self, fault: &str) -> Result<Outcome, Error> {
        for (name, program, folder) in &self.programs {
            let mut command = Command::new(program);
            command.current_dir(folder).arg("--quiet").env("CENOTE_FAULT", fault);
            if !passes(&mut command)? {
                return Ok(Outcome::Caught(name.clone()));
            }
        }
        Ok(Outcome::Lives)
    }

    /// Runs the first test program without a fault, and has it write down every gradient it computes.
    pub(super) fn log_gradients(&self, log: &Path) -> Result<(), Error> {
        let (_, program, folder) = &self.programs[0];
        let mut command = Command::new(program);
        command.current_dir(folder).arg("--quiet").env("CENOTE_GRADIENTS", log);
        passes(&mut command).map(|_| ())
    }
}

/// Whether a program ends well, in time.
fn passes(command: &mut Command) -> Result<bool, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // A failure is enough; nobody reads where it came from.
    command.env("RUST_BACKTRACE", "0");
    let mut child = command.spawn().map_err(|error| workspace::cannot_start(command, error))?;
    let mut said = child.stdout.take().expect("stdout was set to a pipe above");
    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        // A program's output ends when the program does.
        let _what_it_said = io::copy(&mut said, &mut io::sink());
        let _nobody_waits_any_more = ended.send(());
    });
    if end.recv_timeout(LONGEST).is_err() {
        let _gone_already = child.kill();
    }
    let status = child.wait().map_err(|error| workspace::cannot_start(command, error))?;
    Ok(status.success())
}
