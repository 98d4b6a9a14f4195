//! Writes a report into a directory, each file whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::{markdown, svg};
use crate::{Analysis, Error};

/// Name of the report text.
const REPORT: &str = "report.md";

/// Writes `report.md` and its plots into `dir`, creating it if needed; returns the file names.
///
/// Each file appears under its name only when it is complete and on the disk, so an interrupted
/// call leaves the previous report readable.
///
/// # Errors
/// [`Error::Io`] names the file or directory that could not be written.
pub fn write_report(dir: impl AsRef<Path>, analysis: &Analysis) -> Result<Vec<String>, Error> {
    let dir = dir.as_ref();
    fs::create_dir_all(dir).map_err(Error::io("create the directory", dir))?;
    let report = (REPORT, markdown(analysis));
    let plots = svg::PLOTS.iter().map(|plot| (plot.file, (plot.draw)(analysis)));
    let mut names = Vec::new();
    for (name, text) in std::iter::once(report).chain(plots) {
        replace(dir, name, &text)?;
        names.push(name.to_owned());
    }
    Ok(names)
}

/// The analysis as indented JSON, layout [`Analysis::SCHEMA`].
pub fn json(analysis: &Analysis) -> String {
    let mut text = serde_json::to_string_pretty(analysis)
        .expect("an analysis holds only strings, numbers and lists");
    text.push('\n');
    text
}

fn replace(dir: &Path, name: &str, text: &str) -> Result<(), Error> {
    let (path, draft) = (dir.join(name), dir.join(format!(".{name}.draft")));
    let mut file = File::create(&draft).map_err(Error::io("create", &draft))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Error::io("write", &draft))?;
    fs::rename(&draft, &path).map_err(Error::io("replace", &path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, records};

    #[test]
    fn a_report_is_written_whole_and_rewritten_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let analysis = Analysis::of(&design(), &records()).unwrap();
        let names = write_report(dir.path(), &analysis).unwrap();
        assert_eq!(
            names,
            ["report.md", "accuracy.svg", "differences.svg", "cost.svg", "curves.svg"]
        );
        fs::write(dir.path().join("report.md"), "old").unwrap();
        write_report(dir.path(), &analysis).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("report.md")).unwrap(), markdown(&analysis));
        let mut found: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort_unstable();
        let mut expected = names;
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let analysis = Analysis::of(&design(), &records()).unwrap();
        let error = write_report(&file, &analysis).unwrap_err().to_string();
        assert!(error.contains("create the directory"), "{error}");
    }

    #[test]
    fn the_json_form_names_its_layout_and_holds_no_null_score() {
        let analysis = Analysis::of(&design(), &records()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json(&analysis)).unwrap();
        assert_eq!(value["schema"], "cenote.report/1");
        assert_eq!(value["answers"].as_array().unwrap().len(), 4);
        assert_eq!(value["comparisons"][3]["arm"], "none");
        assert_eq!(value["comparisons"][3]["verdict"], "helps");
        assert_eq!(value["comparisons"][3]["pairs"].as_array().unwrap().len(), 10);
    }
}
