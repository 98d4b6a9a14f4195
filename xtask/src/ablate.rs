//! `cargo xtask ablate`: builds the release binary, then lets it run the study.
//!
//! The engine is in `cenote-experiment` and its front door is `cenote ablate`. Linking it here
//! would train in the dev profile and would make every other chore wait for the whole workspace.

use std::{
    env,
    ffi::OsString,
    path::{self, Path, PathBuf},
    process::{Command, ExitCode},
};

use crate::{Chore, Error, console, is_help, release, workspace};

pub(crate) const CHORE: Chore = Chore {
    name: "ablate",
    group: "Ask the question",
    usage: "ablate [NAME|PATH] [FLAGS]",
    about: "train every arm of a study, then print its verdicts",
    help,
    run,
};

fn help() -> String {
    "\
Builds the release binary and runs `cenote ablate` from the workspace root.

Usage: cargo xtask ablate [NAME|PATH] [FLAGS]

  no argument  the built-in quick study
  NAME         docs/experiments/NAME/experiment.toml
  PATH         a study file, relative to where you are
  FLAGS        go to `cenote ablate` as they are; a path in them is relative to the root

Ctrl-C goes to the running study, and its exit code becomes ours.
What follows is the binary's own help."
        .to_owned()
}

fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    if args.iter().any(is_help) {
        console::say(&help());
        console::say("");
    }
    let binary = release::build()?;
    let mut command = Command::new(binary);
    let here = env::current_dir().unwrap_or_else(|_| workspace::root());
    command.arg("ablate").args(seen_from(&here, args)).current_dir(workspace::root());
    become_child(&mut command)
}

/// The arguments with a leading study path made absolute, since the binary starts in the root.
fn seen_from(here: &Path, args: &[OsString]) -> Vec<OsString> {
    let mut args = args.to_vec();
    if let Some(first) = args.first_mut()
        && is_path(first)
    {
        *first = path::absolute(here.join(&*first)).unwrap_or(PathBuf::from(&*first)).into();
    }
    args
}

/// A study is given by path when it has a folder or a `.toml` in it; else it is a name.
fn is_path(arg: &OsString) -> bool {
    let path = Path::new(arg);
    let is_flag = arg.to_string_lossy().starts_with('-');
    !is_flag && (path.components().count() > 1 || path.extension().is_some_and(|e| e == "toml"))
}

/// Replaces this process by the study, so signals and the exit code need no relay.
#[cfg(unix)]
fn become_child(command: &mut Command) -> Result<ExitCode, Error> {
    use std::os::unix::process::CommandExt as _;

    let error = command.exec();
    Err(workspace::cannot_start(command, error))
}

/// Waits for the study and passes its exit code on, where a process cannot replace itself.
#[cfg(not(unix))]
fn become_child(command: &mut Command) -> Result<ExitCode, Error> {
    let status = command.status().map_err(|error| workspace::cannot_start(command, error))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_path_is_seen_from_where_the_user_is() {
        let here = env::temp_dir();
        let seen = seen_from(&here, &["mine/experiment.toml".into(), "--seeds".into()]);
        assert_eq!(seen, [here.join("mine/experiment.toml").into_os_string(), "--seeds".into()]);
        for path in ["mine.toml", "mine/folder"] {
            assert_eq!(seen_from(&here, &[path.into()]), [here.join(path).into_os_string()]);
        }
    }

    #[test]
    fn names_and_flags_pass_unchanged() {
        for args in [vec!["quick".into()], vec!["--out=a/b".into()], vec![]] {
            assert_eq!(seen_from(&env::temp_dir(), &args), args);
        }
    }
}
