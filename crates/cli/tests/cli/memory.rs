//! Memory is foreseen, and an arm that needs too much is refused before it starts.

use serde_json::Value;

use crate::program::Place;

#[test]
fn what_a_training_needs_is_what_its_record_says() {
    let place = Place::new();
    let fit = place.json("fit smoke --memory 100MB --json", "cenote.fit/1");
    let plan = place.json("ablate smoke --plan --json", "cenote.plan/1");
    place.succeeds("ablate smoke --epochs 1 --seeds 1 --out study --quiet");
    let arms = fit["arms"].as_array().expect("arms");
    assert_eq!(arms.len(), 2);
    for arm in arms {
        let records = place.text("study/runs.jsonl");
        let name = format!("\"arm\":{}", arm["arm"]);
        let record =
            records.lines().find(|line| line.starts_with("{\"run\"") && line.contains(&name));
        let peak = format!("\"peak_bytes\":{}", arm["peak_bytes"]);
        assert!(arm["held_bytes"].as_u64() > arm["peak_bytes"].as_u64(), "{arm}");
        assert!(plan["arms"].as_array().expect("arms").iter().any(|planned| {
            ["peak_bytes", "held_bytes"].iter().all(|bytes| planned[bytes] == arm[bytes])
                && planned["name"] == arm["arm"]
        }));
        assert!(record.expect("a run of each arm").contains(&peak), "{record:?} {peak}");
        assert_eq!(arm["whole_search"], true);
        assert!(
            arm["largest_batch"].as_u64() > Some(1_000) && arm["largest_side"].as_u64() > Some(100)
        );
    }
}

#[test]
fn an_arm_that_needs_more_than_its_limit_is_told_what_would_fit() {
    let place = Place::new();
    let error = place.refuses("ablate smoke --memory-limit 300kB", 2);
    assert!(error.contains("arm `none`: a run of it holds 392 kB and may have 300 kB"), "{error}");
    let ways = "training.accumulate = 2 or batch_size = 21 would fit";
    assert!(error.ends_with(ways), "{error}");
    let fit = place.succeeds("fit smoke --memory 300kB");
    assert!(fit.ends_with(&format!("none does not fit in batches of 32: {ways}\n")), "{fit}");
    let fit = place.json("fit smoke --memory 300kB --json", "cenote.fit/1");
    assert_eq!(
        [&fit["arms"][0]["ways"], &fit["arms"][1]["ways"]["accumulate"]],
        [&Value::Null, &Value::from(2)]
    );
    place.study("spared.toml", &[("[questions]", "accumulate = 2\n\n[questions]")]);
    place.succeeds("ablate spared.toml --memory-limit 300kB --plan");
    assert_eq!(error, place.refuses("ablate smoke --memory-limit 300kB --plan", 2));
    assert!(!place.path("runs").exists(), "nothing was started");
    let said = place.cenote("ablate smoke --epochs 1 --jobs 4 --memory-limit 800kB");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("memory is for 2 of 4 runs at a time"), "{}", said.err);
    let error = place.refuses("fit smoke --memory much", 2);
    assert!(
        error.contains("expected bytes, or a number with kB, MB, GB, TB, KiB, MiB, GiB or TiB"),
        "{error}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_largest_batch_and_image_run_below_a_limit_that_larger_ones_do_not() {
    let place = Place::new();
    let fit = place.json("fit smoke --memory 40MB --arm none --confirm --json", "cenote.fit/1");
    let arm = &fit["arms"][0];
    for (what, largest) in [("batch", "largest_batch"), ("side", "largest_side")] {
        let confirmed = &arm["confirmed"][what];
        let of = |field: &str| confirmed[field].as_u64().expect("a number");
        assert_eq!(of("found"), arm[largest].as_u64().expect("a number"));
        let (tensors, process) = (of("tensor_bytes"), of("process_bytes"));
        assert!((39_000_000..=40_000_000).contains(&tensors), "{what}: {tensors}");
        assert!(process > tensors / 2 && process < 4 * tensors, "{what}: {process}");
        assert!(of("found") <= of("ran") && of("ran") < of("refused"), "{confirmed}");
        assert!(of("refused") - of("ran") <= (of("found") / 100).max(1), "{confirmed}");
    }
    let error = place.refuses("fit smoke --trial nonsense", 2);
    assert!(error.contains("--trial is for the program itself"), "{error}");
}

#[test]
fn a_study_that_plans_looks_is_fitted_trained_and_summarised_too() {
    let place = Place::new();
    place.study(
        "mine.toml",
        &[("count = 2", "count = 10"), ("[training]", "looks = [9, 10]\n\n[training]")],
    );
    place.succeeds("ablate mine.toml --plan");
    place.succeeds("ablate mine.toml --seeds 2 --plan");
    place.succeeds("fit mine.toml --memory 1MB");
    place.succeeds("summary mine.toml");
    place.succeeds("train mine.toml --epochs 1 --out net --quiet");
}
