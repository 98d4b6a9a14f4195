//! Files of predictions: read, reported and drawn.

use cenote_metrics::{
    Binning, ClassificationReport, Examples, ReadOptions, ReportOptions, TableFormat, Task,
    Undefined, confusion_plot, reliability_plot,
};

/// The first byte says how the rest is read and reported.
pub fn predictions(bytes: &[u8]) {
    let Some((&how, file)) = bytes.split_first() else { return };
    let task = [Task::Binary, Task::Multiclass, Task::Multilabel][usize::from(how % 3)];
    let format = if how & 4 == 0 { TableFormat::Csv } else { TableFormat::JsonLines };
    let mut read = ReadOptions::new(task);
    read.weights = (how & 8 != 0).then(|| "weight".to_owned());
    read.threshold = (how & 16 != 0 && task != Task::Multiclass).then_some(0.3);
    let Ok(found) = Examples::read(file, format, &read) else { return };
    let options = ReportOptions {
        undefined: if how & 32 == 0 { Undefined::Skip } else { Undefined::Propagate },
        binning: if how & 64 == 0 { Binning::EqualMass } else { Binning::Torchmetrics },
        ..ReportOptions::default()
    };
    let Ok(report) = ClassificationReport::of(&found, &options) else { return };
    if let Some(matrix) = &report.confusion_matrix {
        let names: Vec<&str> = report.classes.iter().map(String::as_str).collect();
        let cells: Vec<f64> = matrix.iter().take(64).flatten().copied().collect();
        confusion_plot("fuzz", &names, &cells);
    }
    if let Some(calibration) = &report.calibration {
        reliability_plot("fuzz", &calibration.bins);
    }
    for (name, score) in &report.scores {
        assert!(score.is_none_or(f64::is_finite), "{name}: {score:?}");
    }
}
