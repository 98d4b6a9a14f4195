//! Where the checkout is, and how cargo is started in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, console, json};

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    // Cargo says at run time where the package lies now; the compiled-in value is for a binary
    // that somebody starts by hand.
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or(package.clone(), Path::to_path_buf)
}

/// The cargo that started us, in the workspace root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The folder cargo builds into, whether it was chosen by flag, variable, setting or default.
pub(crate) fn target_dir() -> Result<PathBuf, Error> {
    let mut command = cargo();
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    let text = capture(&mut command)?;
    json::string(&text, "target_directory")
        .map(PathBuf::from)
        .ok_or_else(|| Error::Output { command: shown(&command), lacks: "target directory" })
}

/// Prints the command, runs it on our own streams and waits.
pub(crate) fn run(command: &mut Command) -> Result<(), Error> {
    console::say(&format!("$ {}", shown(command)));
    let status = command.status().map_err(|source| cannot_start(command, source))?;
    if status.success() { Ok(()) } else { Err(Error::Failed { command: shown(command), status }) }
}

/// Runs the command and returns its standard output; standard error stays ours.
pub(crate) fn capture(command: &mut Command) -> Result<String, Error> {
    command.stderr(Stdio::inherit()).stdin(Stdio::null());
    let output = command.output().map_err(|source| cannot_start(command, source))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Failed { command: shown(command), status: output.status })
    }
}

/// Whether `program --version` can be run at all.
pub(crate) fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The text of a file under the root.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::File {
        operation: "read",
        path: path.to_path_buf(),
        source,
    })
}

/// The command as one would type it: the program's name and its arguments.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    let mut words = vec![name.to_string_lossy()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy()));
    words.join(" ")
}

pub(crate) fn cannot_start(command: &Command, source: std::io::Error) -> Error {
    Error::Start { program: command.get_program().to_string_lossy().into_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        let text = read(&root().join("Cargo.toml")).unwrap();
        assert!(text.contains("[workspace]"));
    }

    #[test]
    fn a_program_nobody_has_is_not_installed() {
        assert!(!is_installed("cenote-no-such-program"));
    }

    #[test]
    fn a_command_is_shown_without_the_folder_of_its_program() {
        let mut command = Command::new("/opt/bin/cargo");
        command.args(["fmt", "--all"]);
        assert_eq!(shown(&command), "cargo fmt --all");
    }
}
