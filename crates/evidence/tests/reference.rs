//! Every statistic against SciPy, which `reference/generate.py` asked.

use cenote_evidence::{
    Need, Pilot, SignFlip, bca_interval, correlation, equivalence, holm, median, seeds_needed,
    standard_deviation, t_interval,
};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/reference.json")).expect("the script wrote JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().expect("a list");
    values.iter().map(|value| value.as_f64().expect("a number")).collect()
}

fn close(name: &str, got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance, "{name}: {got} is not {want}");
}

/// Runs a check over the cases: name, values, what SciPy says.
fn for_every_case(check: impl Fn(&str, &[f64], &Value)) {
    for (name, case) in reference()["cases"].as_object().expect("cases by name") {
        check(name, &numbers(&case["values"]), case);
    }
}

#[test]
fn spread_median_and_correlation_agree() {
    for_every_case(|name, values, case| {
        let sums = values.iter().scan(0.0, |sum, x| {
            *sum += x;
            Some(*sum)
        });
        let pairs: Vec<_> = values.iter().copied().zip(sums).collect();
        close(name, standard_deviation(values).unwrap(), case["sd"].as_f64().unwrap(), 1e-14);
        close(name, median(values).unwrap(), case["median"].as_f64().unwrap(), 1e-15);
        let want = case["correlation_with_cumulative_sum"].as_f64().unwrap();
        close(name, correlation(&pairs).unwrap(), want, 1e-13);
    });
}

#[test]
fn t_intervals_agree() {
    for_every_case(|name, values, case| {
        for (key, level) in [("t95", 0.95), ("t99", 0.99)] {
            let (got, want) = (t_interval(values, level).unwrap(), numbers(&case[key]));
            close(name, got.low, want[0], 1e-9);
            close(name, got.high, want[1], 1e-9);
        }
    });
}

#[test]
fn sign_flip_p_values_agree_exactly() {
    let margin = reference()["margin"].as_f64().unwrap();
    for_every_case(|name, values, case| {
        let want = |key: &str| case[key].as_f64().unwrap();
        let test = SignFlip::new(values);
        let (above, below) = (want("flip_above_minus_margin"), want("flip_below_margin"));
        close(name, test.p(0.0), want("flip_two_sided"), 1e-15);
        close(name, test.p_above(-margin), above, 1e-15);
        close(name, test.p_below(margin), below, 1e-15);
        close(name, equivalence(&test, margin, 0.05).p, above.max(below), 1e-15);
    });
}

#[test]
fn bca_intervals_agree_to_the_noise_of_resampling() {
    for_every_case(|name, values, case| {
        let (got, want) = (bca_interval(values, 0.95).unwrap(), numbers(&case["bca95"]));
        let noise = 0.06 * (want[1] - want[0]);
        close(name, got.low, want[0], noise);
        close(name, got.high, want[1], noise);
    });
}

#[test]
fn holm_adjustments_agree() {
    let reference = reference();
    let p = numbers(&reference["holm"]["p"]);
    for (step, want) in holm(&p, 0.05).iter().zip(numbers(&reference["holm"]["adjusted"])) {
        close("holm", step.adjusted, want, 1e-15);
    }
}

#[test]
fn the_seeds_needed_agree() {
    for case in reference()["seeds"].as_array().unwrap() {
        let number = |key: &str| case[key].as_f64().unwrap();
        let share = 0.05 / number("family");
        let pilot = Pilot {
            n: number("n") as usize,
            mean: number("mean"),
            sd: Some(number("sd")),
            alpha: share,
            alpha_equivalence: share,
        };
        let need = seeds_needed(pilot, number("margin"));
        let want = number("total") as usize;
        assert!(matches!(need, Need::About { total, .. } if total == want), "{need:?} {want}");
    }
}
