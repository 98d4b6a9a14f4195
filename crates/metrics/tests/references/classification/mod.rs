//! Everything that scikit-learn computes of predicted classes, from stored problems.

mod labels;
mod matrix;
mod problem;
mod scored;
mod sequence;

use serde_json::Value;

use crate::{array, lines, parsed};
use problem::Problem;

/// Compares every stored value; returns how many numbers were.
fn compare(cases: &[Value]) -> usize {
    let mut compared = 0;
    for case in cases {
        match case["kind"].as_str() {
            Some("versions") => continue,
            Some("sequence") => {
                compared += sequence::check(case);
                continue;
            }
            _ => {}
        }
        let problem = Problem::of(case);
        // Where scikit-learn refuses, any answer will do.
        for expected in array(&case["expected"]).iter().filter(|e| e.get("error").is_none()) {
            let (metric, args) = (expected["metric"].as_str(), &expected["args"]);
            let metric = metric.expect("a stored value has the name of its metric");
            let check = Check { problem: &problem, metric, args, name: &case["name"] };
            compared += labels::check(&check, &expected["value"])
                .or_else(|| matrix::check(&check, &expected["value"]))
                .or_else(|| scored::check(&check, &expected["value"]))
                .unwrap_or_else(|| panic!("nothing compares {metric}"));
        }
    }
    compared
}

/// One stored value on its way to be compared.
struct Check<'a> {
    problem: &'a Problem,
    metric: &'a str,
    args: &'a Value,
    name: &'a Value,
}

impl Check<'_> {
    /// Asserts that a score is the stored one to 1e-12; undefined is stored as NaN. Returns 1.
    fn score(&self, got: Option<f64>, stored: &Value) -> usize {
        assert!(crate::agrees(got, stored), "{}: {got:?}, stored {stored}", self.what());
        1
    }

    /// The same where scikit-learn has a number in place of undefined.
    fn score_or(&self, got: Option<f64>, undefined: f64, stored: &Value) -> usize {
        self.score(got.or(Some(undefined)), stored)
    }

    /// Asserts that lists are equal to 1e-12, infinities and all. Returns their length.
    fn list(&self, got: &[f64], stored: &Value) -> usize {
        let stored: Vec<f64> = array(stored).iter().map(crate::number).collect();
        let same = |(a, b): (&f64, &f64)| a.total_cmp(b).is_eq() || (a - b).abs() < 1e-12;
        let equal = got.len() == stored.len() && got.iter().zip(&stored).all(same);
        assert!(equal, "{}: {got:?}, stored {stored:?}", self.what());
        got.len()
    }

    fn what(&self) -> String {
        format!("{} {} {}", self.name, self.metric, self.args)
    }
}

#[test]
fn every_value_of_the_own_problems_equals_scikit_learn() {
    let compared = compare(&parsed(include_str!("../classification.jsonl")));
    assert!(compared > 4_000, "only {compared} numbers were compared");
}

#[test]
fn every_value_of_the_development_problems_equals_scikit_learn() {
    let Some(cases) = lines("classification_cases.jsonl") else { return };
    let compared = compare(&cases);
    assert!(compared > 4_000, "only {compared} numbers were compared");
}
