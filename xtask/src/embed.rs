//! `cargo xtask embed`: rewrites the images that are compiled into `cenote-datasets`.
//!
//! The drawing is done by that crate's `embed` example, next to the code that reads the result.

use std::{ffi::OsString, path, process::ExitCode};

use crate::{Chore, Error, workspace};

pub(crate) const CHORE: Chore = Chore {
    name: "embed",
    group: "Prepare",
    usage: "embed DATA_DIR",
    about: "draw the embedded images again from the full data sets",
    help,
    run,
};

fn help() -> String {
    "\
Draws the embedded Fashion-MNIST subset and the UCI digits from the full files and writes them to
crates/datasets/data. The draw is seeded: the same source files give the same bytes.

Usage: cargo xtask embed DATA_DIR

  DATA_DIR  the folder that holds the full data sets, relative to where you are"
        .to_owned()
}

fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    let [data_dir] = args else {
        return Err(Error::Usage {
            chore: CHORE.name,
            got: format!("{} arguments", args.len()),
            usage: CHORE.usage,
        });
    };
    let data_dir = path::absolute(data_dir).map_err(|source| Error::File {
        operation: "locate",
        path: data_dir.into(),
        source,
    })?;
    let mut command = workspace::cargo();
    command
        .args(["run", "--release", "--locked", "--package", "cenote-datasets"])
        .args(["--example", "embed", "--"])
        .arg(data_dir)
        .arg("crates/datasets/data");
    workspace::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_a_usage_error() {
        let error = run(&[]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert_eq!(error.to_string(), "embed: got 0 arguments; usage: cargo xtask embed DATA_DIR");
    }
}
