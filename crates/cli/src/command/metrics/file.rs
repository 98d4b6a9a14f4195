//! Files of records that are read, and plots that are written.

use std::fs;
use std::path::Path;

use cenote_metrics::{Error, TableFormat};

use crate::failure::Failure;

/// The bytes of a file of records, and how they are written, by the ending of its name.
pub(super) fn read(path: &Path) -> Result<(Vec<u8>, TableFormat), Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    let format = match ending.as_deref() {
        Some("csv") => TableFormat::Csv,
        Some("jsonl" | "ndjson") => TableFormat::JsonLines,
        _ => {
            let words = "expected a name that ends in .csv or .jsonl";
            return Err(Failure::Usage(format!("--input {}: {words}", path.display())));
        }
    };
    match fs::read(path) {
        Ok(bytes) => Ok((bytes, format)),
        Err(error) => Err(Failure::Data(format!("{}: cannot be read: {error}", path.display()))),
    }
}

/// The error of a file, with its name, or of the flags that go with it.
pub(super) fn refused(path: &Path, error: &Error) -> Failure {
    match error {
        Error::Options(_) | Error::Setting { .. } => Failure::Usage(error.to_string()),
        _ => Failure::Data(format!("{}: {error}", path.display())),
    }
}

/// Writes plots into a folder, which is made if need be, each whole or not at all.
pub(super) fn write_plots(folder: &Path, plots: &[(&str, String)]) -> Result<(), Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::File(format!("{}: cannot be written: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for (name, svg) in plots {
        let path = folder.join(name);
        let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
        let written = fs::write(&unfinished, svg).and_then(|()| fs::rename(&unfinished, &path));
        if let Err(error) = written {
            // Whatever stands there is not a plot; the error is about the plot.
            let _ = fs::remove_file(&unfinished);
            return Err(failed(&path, &error));
        }
    }
    Ok(())
}
