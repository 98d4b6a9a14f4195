//! Writes a report into a directory, each file whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::csv::csv;
use super::html::html;
use super::latex::latex;
use super::{markdown, svg};
use crate::{Analysis, Contents, Design, Error, Png, Record, Store};

/// A study as its report shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What its records say together.
    pub analysis: Analysis,
    /// The runs that count: those of the design, by arm and then by seed.
    pub runs: Vec<Record>,
}

impl Report {
    /// Name of the page.
    pub const PAGE: &'static str = "report.html";
    /// Name of the folder of pictures.
    pub const PICTURES: &'static str = "pictures";

    /// Reads the study in `dir` and analyses it, also while it is running.
    ///
    /// # Errors
    /// As [`Analysis::read`].
    pub fn read(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read_with(dir, |_| ())
    }

    /// The same with something of the design changed that no run depends on: prices, or scores beside the one that decides.
    ///
    /// # Errors
    /// As [`Analysis::read`], and when the changed design contradicts itself.
    pub fn read_with(
        dir: impl AsRef<Path>,
        change: impl FnOnce(&mut Design),
    ) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let Contents { design, records, .. } = Store::read(dir)?;
        let mut design = design.ok_or_else(|| Error::NoDesign { path: dir.join(Store::FILE) })?;
        change(&mut design);
        let analysis = Analysis::of(&design, &records)?;
        let runs = analysis.counted(&records)?;
        Ok(Self { analysis, runs })
    }

    /// The report as one HTML page that asks nothing of a network.
    pub fn html(&self) -> String {
        html(&self.analysis, &self.runs)
    }

    /// Every run as a line of comma-separated values, by RFC 4180.
    pub fn csv(&self) -> String {
        csv(&self.runs)
    }

    /// Tables of arms and comparisons for LaTeX, with `booktabs`.
    pub fn latex(&self) -> String {
        latex(&self.analysis)
    }

    /// Every plot that the records have what it takes to draw: name of its file, and the file.
    pub fn plots(&self) -> Vec<(String, String)> {
        let plot = |plot: &svg::Plot| Some((plot.file(), plot.svg(&self.analysis)?));
        let curve = |curve| {
            let drawn = svg::draw_curve(&self.analysis, curve, svg::Layout::Wide);
            (format!("{}.svg", svg::name_of_curve(curve)), drawn.file())
        };
        let curves = svg::curves(&self.analysis).into_iter().map(curve);
        svg::PLOTS.iter().filter_map(plot).chain(curves).collect()
    }

    /// Every picture that a run left: name of its file in [`Report::PICTURES`], and the file.
    pub fn pictures(&self) -> Vec<(String, &Png)> {
        let (mut named, mut known) = (Vec::new(), BTreeMap::new());
        for run in &self.runs {
            let arm = in_file_name(&run.arm);
            for picture in &run.pictures {
                let image = picture.image.map_or_else(String::new, |image| format!("-{image}"));
                let mut name = format!("{}{image}-{arm}-{}", picture.shows.word(), run.seed);
                // Arms whose names differ in other characters alone are told apart by a number.
                let alike = known.entry(name.clone()).or_insert(0);
                *alike += 1;
                if *alike > 1 {
                    name = format!("{name}.{alike}");
                }
                named.push((name + ".png", &picture.png));
            }
        }
        named
    }

    /// Writes the page, `report.md`, `report.tex`, `runs.csv`, the plots and the pictures into `dir`, creating it
    /// if needed; returns the file names.
    ///
    /// Each file appears under its name only when it is complete and on the disk, so an interrupted
    /// call leaves the previous report readable.
    ///
    /// # Errors
    /// [`Error::Io`] names the file or directory that could not be written.
    pub fn write(&self, dir: impl AsRef<Path>) -> Result<Vec<String>, Error> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(Error::io("create the directory", dir))?;
        let texts = [
            (Self::PAGE, self.html()),
            ("report.md", markdown(&self.analysis)),
            ("report.tex", self.latex()),
            ("runs.csv", self.csv()),
        ];
        let texts = texts.map(|(name, text)| (name.to_owned(), text));
        let mut names = Vec::new();
        for (name, text) in texts.into_iter().chain(self.plots()) {
            write_file(dir, &name, text.as_bytes())?;
            names.push(name);
        }
        let folder = dir.join(Self::PICTURES);
        for (name, png) in self.pictures() {
            fs::create_dir_all(&folder).map_err(Error::io("create the directory", &folder))?;
            write_file(&folder, &name, png.bytes())?;
            names.push(format!("{}/{name}", Self::PICTURES));
        }
        Ok(names)
    }
}

/// The analysis as indented JSON, layout [`Analysis::SCHEMA`].
pub fn json(analysis: &Analysis) -> String {
    let mut text = serde_json::to_string_pretty(analysis)
        .expect("an analysis holds only strings, numbers and lists");
    text.push('\n');
    text
}

/// A name as a part of the name of a file: letters and digits, all else a hyphen.
pub(in crate::report) fn in_file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Writes a file into `dir` that appears under its name only when it is complete and on the disk.
///
/// # Errors
/// [`Error::Io`] names the file that could not be written.
pub fn write_file(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    // Processes that share a study write its report at about the same time.
    let draft = dir.join(format!(".{name}.{}.draft", std::process::id()));
    let path = dir.join(name);
    let mut file = File::create(&draft).map_err(Error::io("create", &draft))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io("write", &draft))?;
    fs::rename(&draft, &path).map_err(Error::io("replace", &path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{records, report};

    #[test]
    fn a_report_is_written_whole_and_rewritten_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let report = report(&records());
        let names = report.write(dir.path()).unwrap();
        assert_eq!(
            names,
            [
                "report.html",
                "report.md",
                "report.tex",
                "runs.csv",
                "accuracy.svg",
                "differences.svg",
                "cost.svg",
                "time.svg",
                "curves.svg",
                "layers.svg",
                "memory.svg"
            ]
        );
        fs::write(dir.path().join("report.md"), "old").unwrap();
        report.write(dir.path()).unwrap();
        let text = fs::read_to_string(dir.path().join("report.md")).unwrap();
        assert_eq!(text, markdown(&report.analysis));
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
        let error = report(&records()).write(&file).unwrap_err().to_string();
        assert!(error.contains("create the directory"), "{error}");
    }

    #[test]
    fn the_json_form_names_its_layout_and_holds_no_null_score() {
        let analysis = report(&records()).analysis;
        let value: serde_json::Value = serde_json::from_str(&json(&analysis)).unwrap();
        assert_eq!(value["schema"], "cenote.report/1");
        assert_eq!(value["answers"].as_array().unwrap().len(), 4);
        assert_eq!(value["comparisons"][3]["arm"], "none");
        assert_eq!(value["comparisons"][3]["verdict"], "helps");
        assert_eq!(value["comparisons"][3]["pairs"].as_array().unwrap().len(), 10);
    }
}
