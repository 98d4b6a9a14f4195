//! Holds the reports of the sample study against files that were read by a person.
//!
//! `CENOTE_BLESS=1 cargo test -p cenote-evidence` rewrites the files; review the diff like code.

use std::fs;
use std::path::Path;

use super::{markdown, svg, terminal};
use crate::sample::{alike, damaged, damages, design, record, records, report};
use crate::{Analysis, Design, Outcome, Record, Report};

const ORIGIN: &str =
    "golden: the sample study of crates/evidence/src/sample.rs; rewrite with CENOTE_BLESS=1";

fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = format!("<!-- {ORIGIN} -->\n{text}");
    if std::env::var_os("CENOTE_BLESS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == text, "{name} changed; run with CENOTE_BLESS=1 and review the diff");
}

/// The sample with some of everything that can go wrong.
fn troubled() -> Vec<Record> {
    let mut records = records();
    let missing = |r: &Record| match r.arm.as_str() {
        "decimate" => r.seed > 2,
        "avg" => r.seed == 9,
        _ => false,
    };
    records.retain(|record| !missing(record));
    for record in &mut records {
        if record.arm == "none" && record.seed == 4 {
            record.outcome = Outcome::Diverged { epoch: 2 };
            record.scores.clear();
        }
        if record.arm == "none-flatten" && record.seed == 7 {
            record.scores.insert("accuracy".to_owned(), 0.1);
            record.scores.insert("cohen_kappa".to_owned(), 0.0);
        }
        if record.arm == "strided" {
            record.outcome = Outcome::Failed { message: "no | memory\nleft".to_owned() };
            record.scores.clear();
        }
    }
    records.push(record("max", 99, 0.5)); // a seed outside the design
    records
}

#[test]
fn the_reports_of_the_sample_study_are_unchanged() {
    let analysis = Analysis::of(&design(), &records()).unwrap();
    check("report.md", &markdown(&analysis));
    check("terminal.txt", &terminal(&analysis));
    let elsewhere =
        |name: &str| ["severity", "corruptions"].contains(&name) || name.starts_with("similarity");
    for plot in svg::PLOTS.iter().filter(|plot| !elsewhere(plot.name)) {
        check(&plot.file(), &plot.svg(&analysis).unwrap());
    }
    check("report.tex", &report(&records()).latex());
}

#[test]
fn the_plots_of_a_study_of_corruptions_are_unchanged() {
    let analysis = Analysis::of(&damages(), &damaged()).unwrap();
    for plot in svg::PLOTS.iter().filter(|plot| ["severity", "corruptions"].contains(&plot.name)) {
        check(&plot.file(), &plot.svg(&analysis).unwrap());
    }
}

#[test]
fn the_plots_of_the_similarity_of_layers_are_unchanged() {
    let analysis = Analysis::of(&design(), &alike()).unwrap();
    for plot in svg::PLOTS.iter().filter(|plot| plot.name.starts_with("similarity")) {
        check(&plot.file(), &plot.svg(&analysis).unwrap());
    }
}

#[test]
fn the_committed_report_of_the_quick_study_is_what_its_records_give() {
    let study = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/experiments/quick");
    let report = Report::read(&study).unwrap();
    if std::env::var_os("CENOTE_BLESS").is_some() {
        report.write(&study).unwrap();
    }
    let rebuilt = tempfile::tempdir().unwrap();
    for name in report.write(rebuilt.path()).unwrap() {
        let text = |dir: &Path| fs::read_to_string(dir.join(&name)).unwrap_or_default();
        assert!(text(&study) == text(rebuilt.path()), "{name} is not what the records give");
    }
    let page = fs::metadata(study.join(Report::PAGE)).unwrap().len();
    assert!(page < 400_000, "{page} bytes");
}

#[test]
fn the_report_of_a_troubled_study_hides_nothing() {
    let analysis = Analysis::of(&design(), &troubled()).unwrap();
    check("troubled.md", &markdown(&analysis));
    check("troubled.txt", &terminal(&analysis));
}

#[test]
fn the_report_of_a_young_study_says_what_it_needs() {
    let mut records = records();
    records.retain(|record| record.seed <= 3);
    check("young.txt", &terminal(&Analysis::of(&design(), &records).unwrap()));
}

/// The sample with looks after nine and ten seeds, the tenth not run where nothing needs it.
fn looked() -> (Design, Vec<Record>) {
    let mut records = records();
    records.retain(|record| record.seed < 10);
    for record in records.iter_mut().filter(|record| record.arm == "avg") {
        // Noise that leaves this comparison open at the first look.
        let noise = if record.seed % 2 == 0 { 0.02 } else { -0.02 };
        *record.scores.get_mut("accuracy").unwrap() += noise;
    }
    (Design { looks: vec![9, 10], ..design() }, records)
}

#[test]
fn the_report_of_a_study_at_its_first_look_says_what_that_decided() {
    let (design, records) = looked();
    let analysis = Analysis::of(&design, &records).unwrap();
    check("looked.md", &markdown(&analysis));
    check("looked.txt", &terminal(&analysis));
}

#[test]
fn numbers_at_the_ends_of_what_a_record_may_hold_give_a_report() {
    for (end, share) in [(f64::MAX, 1.0), (-f64::MAX, 0.0), (f64::MIN_POSITIVE, 0.0)] {
        let mut records = records();
        for record in &mut records {
            let sign = if record.seed % 2 == 0 { 1.0 } else { -1.0 };
            for other in ["cohen_kappa", "validation_accuracy", "loss"] {
                record.scores.insert(other.to_owned(), sign * end);
            }
            record.scores.insert("accuracy".to_owned(), share);
            record.confusion = [(0, 0, u64::MAX), (0, 1, u64::MAX)].into_iter().collect();
            record.curve.iter_mut().for_each(|point| point.train_loss = sign * end);
            record.times.total_seconds = end;
            record.times.epoch_seconds.fill(sign * end);
            record.costs.macs = u64::MAX;
            record.costs.parameters = u64::MAX;
        }
        let analysis = Analysis::of(&design(), &records).unwrap();
        let report = report(&records);
        let texts = [markdown(&analysis), terminal(&analysis), super::json(&analysis)];
        let texts = texts.into_iter().chain([report.html(), report.csv(), report.latex()]);
        assert!(texts.chain(report.plots().into_iter().map(|plot| plot.1)).all(|t| !t.is_empty()));
    }
}

#[test]
fn the_order_of_the_records_does_not_matter() {
    let shown = |records: &[Record]| {
        let analysis = Analysis::of(&design(), records).unwrap();
        let report = report(records);
        let texts = [report.html(), report.csv(), report.latex()];
        (markdown(&analysis), super::json(&analysis), report.plots(), texts)
    };
    let mut records = troubled();
    let expected = shown(&records);
    records.reverse();
    assert_eq!(shown(&records), expected);
    records.rotate_left(23);
    assert_eq!(shown(&records), expected);
}

#[test]
fn the_terminal_report_fits_a_hundred_columns() {
    for records in [records(), troubled(), looked().1, Vec::new()] {
        let text = terminal(&Analysis::of(&design(), &records).unwrap());
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{widest}:\n{text}");
    }
}

#[test]
fn a_study_with_few_runs_is_reported_and_undecided() {
    let all = records();
    for seeds in [0, 1, 2, 5] {
        let some: Vec<Record> = all.iter().filter(|r| r.seed <= seeds).cloned().collect();
        let analysis = Analysis::of(&design(), &some).unwrap();
        for comparison in &analysis.comparisons {
            assert_eq!(comparison.judgement.verdict.words(), "undecided");
        }
        let text = markdown(&analysis);
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        assert!(text.contains("**Undecided.**"));
        for plot in svg::PLOTS {
            let Some(svg) = plot.svg(&analysis) else { continue };
            assert!(
                svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"),
                "{svg}"
            );
        }
    }
}
