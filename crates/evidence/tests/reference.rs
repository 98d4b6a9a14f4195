//! Every statistic against SciPy, statsmodels and rliable, which `reference/generate.py` asked.

use cenote_evidence::{
    Interval, Looks, Need, Pilot, SignFlip, bca_interval, correlation, crossed, effect_size,
    equivalence, geometric_mean_ratio, holm, mcnemar, median, performance_profile,
    probability_of_improvement, robust_mean, seeds_needed, signed_rank, standard_deviation,
    t_interval,
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

#[test]
fn signed_ranks_agree_exactly_with_ties_and_zeros_too() {
    let reference = reference();
    let cases = reference["signed_rank"].as_array().unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let result = signed_rank(&numbers(&case["values"])).unwrap();
        close("signed rank", result.p, case["p"].as_f64().unwrap(), 1e-14);
        assert!(result.exact);
        // Without ties and zeros SciPy looks the distribution up: another way to the same number.
        if let Some(p) = case["p_of_tables"].as_f64() {
            close("signed rank", result.p, p, 1e-14);
        }
    }
    let many = &reference["normal_signed_rank"];
    let result = signed_rank(&numbers(&many["values"])).unwrap();
    assert!(!result.exact);
    close("many signed ranks", result.p, many["p"].as_f64().unwrap(), 1e-9);
}

fn bounds(name: &str, got: Option<Interval>, want: &Value, tolerance: f64) {
    let (got, want) = (got.expect("an interval"), numbers(want));
    close(name, got.low, want[0], tolerance);
    close(name, got.high, want[1], tolerance);
}

#[test]
fn effect_sizes_agree() {
    for case in reference()["effect"].as_array().unwrap() {
        let pairs: Vec<(f64, f64)> =
            case["pairs"].as_array().unwrap().iter().map(numbers).map(|p| (p[0], p[1])).collect();
        let (size, want) = (effect_size(&pairs).unwrap(), |key: &str| case[key].as_f64().unwrap());
        close("d", size.d.unwrap(), want("d"), 1e-12);
        close("hedges", size.hedges.unwrap(), want("hedges"), 1e-12);
        close("improvement", size.improvement, want("improvement"), 1e-15);
        close("cliff", size.cliff, want("cliff"), 1e-15);
        bounds("improvement", size.improvement_interval, &case["interval"], 0.03);
    }
}

#[test]
fn what_several_data_sets_say_agrees_with_rliable() {
    let case = &reference()["several"];
    let lists = |key: &str| -> Vec<Vec<f64>> {
        case[key].as_array().unwrap().iter().map(numbers).collect()
    };
    let (tasks, others) = (lists("tasks"), lists("others"));
    let strata: Vec<&[f64]> = tasks.iter().map(Vec::as_slice).collect();
    let robust = robust_mean(&strata).unwrap();
    close("iqm", robust.mean, case["iqm"].as_f64().unwrap(), 1e-12);
    bounds("iqm", robust.interval, &case["iqm_interval"], 0.005);

    let both = |(one, other): (&Vec<f64>, &Vec<f64>)| -> Vec<(f64, f64)> {
        one.iter().copied().zip(other.iter().copied()).collect()
    };
    let pairs: Vec<Vec<(f64, f64)>> = tasks.iter().zip(&others).map(both).collect();
    let pairs: Vec<&[(f64, f64)]> = pairs.iter().map(Vec::as_slice).collect();
    let (improvement, _) = probability_of_improvement(&pairs).unwrap();
    close("improvement", improvement, case["improvement"].as_f64().unwrap(), 1e-12);

    let profile = performance_profile(&strata, &numbers(&case["at"]));
    let ends = numbers(&case["profile_low"]).into_iter().zip(numbers(&case["profile_high"]));
    for ((point, share), (low, high)) in profile.iter().zip(numbers(&case["profile"])).zip(ends) {
        close("profile", point.share, share, 1e-12);
        let interval = point.interval.unwrap();
        close("profile", interval.low, low, 0.04); // one run of 27
        close("profile", interval.high, high, 0.04);
    }
}

#[test]
fn ratios_of_costs_agree() {
    let case = &reference()["cost_ratio"];
    let pairs: Vec<(f64, f64)> =
        case["pairs"].as_array().unwrap().iter().map(numbers).map(|p| (p[0], p[1])).collect();
    let got = geometric_mean_ratio(&pairs, 0.95).unwrap();
    close("ratio", got.ratio, case["ratio"].as_f64().unwrap(), 1e-12);
    bounds("ratio", got.interval, &case["interval"], 1e-8);
}

#[test]
fn variances_over_seeds_and_images_agree() {
    let case = &reference()["crossed"];
    let signs = |row: &Value| numbers(row).into_iter().map(|sign| sign as i8).collect();
    let rows: Vec<Vec<i8>> = case["rows"].as_array().unwrap().iter().map(signs).collect();
    let (got, want) = (crossed(&rows).unwrap(), |key: &str| case[key].as_f64().unwrap());
    close("mean", got.mean, want("mean"), 1e-14);
    close("seed", got.seed_sd, want("seed_sd"), 1e-12);
    close("image", got.image_sd, want("image_sd"), 1e-12);
    close("rest", got.rest_sd, want("rest_sd"), 1e-12);
    close("error", got.error, want("error"), 1e-12);
    close("disagreement", got.disagreement, want("disagreement"), 1e-14);
    // Resampling both margins counts what is left of both twice more (Owen 2007, theorem 4).
    let rest = want("rest_sd").powi(2) / (got.seeds * got.images) as f64;
    let most = (got.error.powi(2) + 2.0 * rest).sqrt();
    let bootstrap = want("bootstrap_error");
    assert!(got.error < bootstrap && bootstrap < 1.02 * most, "{bootstrap} {most}");
}

#[test]
fn mcnemar_agrees() {
    for case in reference()["mcnemar"].as_array().unwrap() {
        let count = |key: &str| case[key].as_u64().unwrap();
        close("mcnemar", mcnemar(count("b"), count("c")), case["p"].as_f64().unwrap(), 1e-12);
    }
}

#[test]
fn levels_of_looks_agree_with_another_way_to_integrate() {
    let reference = reference();
    let cases = reference["looks"].as_array().unwrap();
    assert!(cases.len() >= 20);
    for case in cases {
        let seeds: Vec<usize> = numbers(&case["seeds"]).into_iter().map(|n| n as usize).collect();
        let (looks, alpha) = (Looks::after(&seeds), case["alpha"].as_f64().unwrap());
        for (look, want) in (1..).zip(numbers(&case["levels"])) {
            // The levels are read from a table of z in steps of 0.04.
            close(&format!("{seeds:?} {look}"), looks.level(look, alpha), want, 2e-3 * want);
        }
    }
}
