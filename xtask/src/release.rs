//! Builds the `cenote` binary in the release profile and says where it lies.
//!
//! Cargo itself names the file in its messages, so a target directory, a build target or a profile
//! setting of the user moves it without our knowing how.

use std::{
    env,
    io::{self, BufRead as _, BufReader, IsTerminal as _},
    path::PathBuf,
    process::Stdio,
    thread,
};

use crate::{Error, console, json, workspace};

/// Builds if anything changed, shows cargo's lines while it does, and returns the binary's path.
///
/// Nothing is printed when the binary is fresh.
pub(crate) fn build() -> Result<PathBuf, Error> {
    let mut command = workspace::cargo();
    command
        .args(["build", "--release", "--locked", "--package", "cenote-cli", "--bin", "cenote"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A pipe hides from cargo that a person is looking.
    if io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command.spawn().map_err(|error| workspace::cannot_start(&command, error))?;
    let progress = child.stderr.take().expect("stderr was set to a pipe above");
    let messages = child.stdout.take().expect("stdout was set to a pipe above");

    let showing = thread::spawn(move || {
        let mut built = false;
        for line in BufReader::new(progress).lines().map_while(Result::ok) {
            built |= !is_finish(&line);
            if built {
                console::complain(&line);
            }
        }
    });
    let binary = BufReader::new(messages)
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| json::string(&line, "executable"))
        .last();
    let status = child.wait().map_err(|error| workspace::cannot_start(&command, error))?;
    showing.join().expect("printing lines does not panic");

    if !status.success() {
        return Err(Error::Failed { command: workspace::shown(&command), status });
    }
    binary
        .map(PathBuf::from)
        .ok_or_else(|| Error::Output { command: workspace::shown(&command), lacks: "executable" })
}

/// Cargo's closing line, which is all it says about a fresh build.
fn is_finish(line: &str) -> bool {
    line.contains("Finished") && line.contains("`release` profile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_closing_line_is_held_back() {
        let coloured = "\u{1b}[1m\u{1b}[92m    Finished\u{1b}[0m `release` profile [optimized]";
        assert!(is_finish(coloured));
        assert!(is_finish("    Finished `release` profile [optimized] target(s) in 0.05s"));
        assert!(!is_finish("   Compiling cenote-cli v0.1.0"));
        assert!(!is_finish("warning: key `x` of the `release` profile is unused"));
    }
}
