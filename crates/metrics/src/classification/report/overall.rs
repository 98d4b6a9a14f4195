//! Scores of all examples together.

use std::collections::BTreeMap;

use crate::classification::{MulticlassScores, MultilabelPredictions, MultilabelScores};
use crate::{
    Average, BinaryScores, Calibration, ConfusionMatrix, Counts, Error, KappaWeights,
    ReportOptions, accuracy, adjusted_balanced_accuracy, balanced_accuracy, cohen_kappa,
    hamming_loss, matthews,
};

use super::classes::{COUNT_SCORES, RANK_SCORES};

/// Pairs of classes up to which one class is ranked against each other one.
const MOST_PAIRED: usize = 256;

/// Scores by name, and in words what is undefined and why.
#[derive(Default)]
pub(super) struct Overall {
    pub(super) scores: BTreeMap<&'static str, Option<f64>>,
    pub(super) undefined: Vec<String>,
    pub(super) calibration: Option<Calibration>,
}

impl Overall {
    fn put(&mut self, name: &'static str, score: Option<f64>, why: &str) {
        if score.is_none() {
            self.undefined.push(format!("{name}: {why}"));
        }
        self.scores.insert(name, score);
    }

    pub(super) fn matrix(&mut self, matrix: &ConfusionMatrix<f64>) {
        const NOTHING: &str = "there is no example of any weight";
        const ONE_CLASS: &str = "labels and predictions are all of one class";
        self.put("accuracy", accuracy(matrix), NOTHING);
        self.put("hamming_loss", hamming_loss(matrix), NOTHING);
        self.put("balanced_accuracy", balanced_accuracy(matrix), NOTHING);
        let one = "fewer than two classes have examples";
        self.put("adjusted_balanced_accuracy", adjusted_balanced_accuracy(matrix), one);
        for (name, weights) in [
            ("cohen_kappa", KappaWeights::Unweighted),
            ("cohen_kappa_linear", KappaWeights::Linear),
            ("cohen_kappa_quadratic", KappaWeights::Quadratic),
        ] {
            self.put(name, cohen_kappa(matrix, weights), ONE_CLASS);
        }
        self.put("matthews", matthews(matrix), "labels or predictions are all of one class");
    }

    /// The positive class alone.
    pub(super) fn positive(&mut self, counts: Counts<f64>, beta: f64) {
        for score in &COUNT_SCORES {
            self.scores.insert(score.name, (score.score)(counts, beta));
        }
    }

    pub(super) fn binary(
        &mut self,
        scores: &BinaryScores,
        options: &ReportOptions,
    ) -> Result<(), Error> {
        let ranked = scores.thresholds();
        for score in &RANK_SCORES {
            self.scores.insert(score.name, (score.score)(&ranked));
        }
        self.loss("log_loss", scores.log_loss())?;
        self.loss("brier", scores.brier())?;
        self.calibrated(scores, options)
    }

    pub(super) fn multiclass(
        &mut self,
        scores: &MulticlassScores,
        options: &ReportOptions,
    ) -> Result<(), Error> {
        let nothing = "there is no example of any weight";
        self.put("top_k_accuracy", scores.top_k(options.top_k), nothing);
        let present = scores.label_totals().iter().filter(|&&total| total > 0.0).count();
        let few = "fewer than two classes have examples";
        let many = "more than 256 classes make too many pairs";
        for (name, how) in
            [("roc_auc_ovo", Average::Macro), ("roc_auc_ovo_weighted", Average::Weighted)]
        {
            match present {
                ..=MOST_PAIRED => self.put(name, scores.roc_auc_ovo(how), few),
                _ => self.put(name, None, many),
            }
        }
        self.loss("log_loss", scores.log_loss())?;
        self.loss("brier", scores.brier())?;
        self.calibrated(&scores.top_label(), options)
    }

    pub(super) fn multilabel(
        &mut self,
        said: &MultilabelPredictions,
        scores: Option<&MultilabelScores>,
    ) {
        let nothing = "there is no example of any weight";
        self.put("exact_match", said.exact_match(), nothing);
        self.put("hamming_loss", said.hamming_loss(), nothing);
        if let Some(scores) = scores {
            let precision = scores.label_ranking_average_precision();
            self.put("label_ranking_average_precision", precision, nothing);
            self.put("label_ranking_loss", scores.label_ranking_loss(), nothing);
            self.put("coverage_error", scores.coverage_error(), nothing);
        }
    }

    /// Scores that are no probabilities are no error: they have no losses.
    fn loss(&mut self, name: &'static str, loss: Result<Option<f64>, Error>) -> Result<(), Error> {
        match loss {
            Ok(loss) => self.put(name, loss, "there is no example of any weight"),
            Err(error @ Error::ScoreValue { .. }) => self.put(name, None, &error.to_string()),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Compares probabilities with how often they come true.
    pub(super) fn calibrated(
        &mut self,
        scores: &BinaryScores,
        options: &ReportOptions,
    ) -> Result<(), Error> {
        match scores.calibration(options.bins, options.binning) {
            Ok(calibration) => self.calibration = calibration,
            Err(error @ Error::ScoreValue { .. }) => {
                self.undefined.push(format!("calibration: {error}"));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
