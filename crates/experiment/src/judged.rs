//! The scores that arms are compared by.

use std::collections::BTreeMap;

use cenote_evidence::ScoreNote;
use serde::{Deserialize, Serialize};

use crate::{Error, Part, Study};

/// What decides, and how small a difference does not matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The score that is compared.
    pub metric: String,
    /// The smallest difference that matters, fixed before the runs.
    pub margin: f64,
    /// Other scores that arms are compared by beside it, each with a margin of its own. They decide nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub also: BTreeMap<String, f64>,
}

impl Study {
    /// Checks that the scores are those of the task, and every margin a number that a difference can have.
    pub(crate) fn check_measure(&self) -> Result<(), Error> {
        let Measure { metric, margin, also } = &self.measure;
        let metrics = self.task.metrics();
        let known = |metric: &String| metrics.contains(&metric.as_str());
        let plain = |margin: f64| margin.is_finite() && margin > 0.0;
        if !plain(*margin) {
            return Err(self.setting("measure.margin", margin, "a finite number above 0"));
        }
        if !known(metric) {
            let expected = format!("one of {}", metrics.join(", "));
            return Err(self.setting("measure.metric", metric, &expected));
        }
        for (name, margin) in also {
            if name == metric || !known(name) {
                let others: Vec<&str> =
                    metrics.iter().copied().filter(|other| other != metric).collect();
                let expected = format!("some of {}", others.join(", "));
                return Err(self.setting("measure.also", name, &expected));
            }
            if !plain(*margin) {
                let at = format!("measure.also.{name}");
                return Err(self.setting(&at, margin, "a finite number above 0"));
            }
        }
        Ok(())
    }

    /// The score that decides, as records name it: of the test images, or of those held out.
    pub fn judged_metric(&self) -> String {
        self.in_records(&self.measure.metric)
    }

    /// The scores that are judged beside it.
    pub(crate) fn also_judged(&self) -> Vec<ScoreNote> {
        let note = |(metric, &margin): (&String, &f64)| ScoreNote {
            metric: self.in_records(metric),
            margin,
            afterwards: false,
        };
        self.measure.also.iter().map(note).collect()
    }

    fn in_records(&self, metric: &str) -> String {
        match self.training.judged_by {
            Part::Test => metric.to_owned(),
            Part::Validation => format!("validation_{metric}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Plan, Study, named::smoke};

    fn with(also: &str) -> Result<Study, crate::Error> {
        let text = smoke().text.replacen(
            "metric = \"accuracy\",",
            &format!("metric = \"accuracy\", also = {{ {also} }},"),
            1,
        );
        assert_ne!(text, smoke().text, "the study says its metric as this test expects");
        Study::parse("smoke", &text)
    }

    #[test]
    fn other_scores_are_part_of_the_design_and_not_of_a_cell() {
        let plain = Plan::new(Study::parse("smoke", smoke().text).unwrap()).unwrap().design();
        let both =
            Plan::new(with("cohen_kappa = 0.02, balanced_accuracy = 0.01").unwrap()).unwrap();
        let design = both.design();
        let also: Vec<_> = design.also.iter().map(|n| (n.metric.as_str(), n.margin)).collect();
        assert_eq!(also, [("balanced_accuracy", 0.01), ("cohen_kappa", 0.02)]);
        assert!(design.also.iter().all(|note| !note.afterwards));
        assert_eq!(design.cells, plain.cells, "no run is another");
        assert_ne!(design.plan, plain.plan, "but the plan is");
    }

    #[test]
    fn scores_that_nobody_computes_and_margins_that_are_none_are_refused() {
        let refusal = |also: &str| with(also).unwrap_err().to_string();
        let unknown = refusal("beauty = 0.01");
        assert!(
            unknown.contains("measure.also is beauty; expected some of balanced_accuracy"),
            "{unknown}"
        );
        let decides = refusal("accuracy = 0.01");
        assert!(
            decides.contains("measure.also is accuracy; expected some of balanced"),
            "{decides}"
        );
        let margin = refusal("cohen_kappa = 0.0");
        assert!(
            margin.contains("measure.also.cohen_kappa is 0; expected a finite number"),
            "{margin}"
        );
    }

    #[test]
    fn scores_of_held_out_images_are_named_so() {
        let mut study = with("cohen_kappa = 0.02").unwrap();
        study.training.judged_by = crate::Part::Validation;
        assert_eq!(study.also_judged()[0].metric, "validation_cohen_kappa");
        assert_eq!(study.judged_metric(), "validation_accuracy");
    }
}
