//! Layers of networks that were trained apart, compared from their records, and errors by severity beside them.

use serde_json::Value;

use crate::program::{Place, says};

/// What the smoke study has to say to be compared and damaged.
const ASKED: (&str, &str) = (
    "[training]",
    "similarity = 12\n[robustness]\ncorruptions = ['gaussian_noise']\nseverities = [1, 5]\n\n[training]",
);

/// What the layers of every run in a store made of the images, by arm and seed.
fn layers(place: &Place, folder: &str) -> Vec<(String, Value)> {
    let text = place.text(&format!("{folder}/runs.jsonl"));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut runs: Vec<(String, Value)> = lines
        .filter_map(|mut line| line.get_mut("run").map(Value::take))
        .map(|run| (format!("{} {}", run["arm"], run["seed"]), run["similarity"].clone()))
        .collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    runs
}

#[test]
fn layers_are_compared_and_errors_shown_by_severity_from_records_alone() {
    let place = Place::new();
    place.study("compared.toml", &[ASKED]);
    place.succeeds("ablate compared.toml --epochs 1 --seeds 2 --out study --quiet");
    let runs = layers(&place, "study");
    assert_eq!(runs.len(), 4);
    for (run, layers) in &runs {
        let names: Vec<&str> = layers
            .as_array()
            .expect("a list")
            .iter()
            .map(|of| of["layer"].as_str().expect("a name"))
            .collect();
        assert_eq!(names.first(), Some(&"relu1"), "{run}: {names:?}");
        assert!(names.contains(&"down1") && names.len() >= 5, "{run}: {names:?}");
        assert!(layers[0]["gram"].as_str().expect("a text").starts_with("12:"));
    }
    let report: Value =
        serde_json::from_str(&place.succeeds("report study --json")).expect("a document");
    let none = &report["similarity"]["arms"][1];
    assert_eq!((none["arm"].as_str(), none["runs"].as_u64()), (Some("none"), Some(2)));
    for of in none["matched"].as_array().expect("a list") {
        let alike = of["same_seed"].as_f64().expect("a number");
        assert!((-1.0..=1.0 + 1e-12).contains(&alike) && of["pairs"] == 2, "{of}");
    }
    for nth in 0..5 {
        let itself = none["within"][nth][nth].as_f64().expect("a number");
        assert!((itself - 1.0).abs() < 1e-9, "{itself}");
    }
    let page = place.text("study/report.html");
    says(&page, &["<h2 id=\"similarity\">", "id=\"severity-title\"", "id=\"corruptions-title\""]);
    for name in ["similarity", "similarity-within", "severity", "corruptions"] {
        says(&place.text("study/report.md"), &[&format!("]({name}.svg)")]);
        image::load_from_memory(&place.read(&format!("study/{name}.png"))).expect("a picture");
    }
    place.succeeds("ablate compared.toml --epochs 1 --seeds 2 --out again --threads 2 --quiet");
    assert!(layers(&place, "again") == runs, "what layers make of images differs");
}

#[test]
fn a_number_of_images_that_tells_nothing_is_refused_before_anything_runs() {
    let place = Place::new();
    for (count, expected) in [
        ("7", "similarity is 7; expected 8 to 256 images"),
        ("257", "similarity is 257; expected 8 to 256 images"),
    ] {
        place.study(
            "compared.toml",
            &[("[training]", &format!("similarity = {count}\n\n[training]"))],
        );
        says(&place.refuses("ablate compared.toml --out study", 2), &[expected]);
    }
}
