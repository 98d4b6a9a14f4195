//! Pictures of networks: in the records of the first seed, on the page, and as files beside it.

use serde_json::Value;

use crate::program::{Place, says};

/// What the smoke study has to say to be shown and to draw curves.
const ASKED: (&str, &str) = (
    "[training]",
    "pictures = 2\nmeasures = [{ kind = 'noise', images = 50 }, { kind = 'shift_response', images = 50 }]\n\n[training]",
);

const PICTURES: [&str; 10] = [
    "saliency-1-max-1.png",
    "features-1-max-1.png",
    "saliency-2-max-1.png",
    "features-2-max-1.png",
    "field-max-1.png",
    "saliency-1-none-1.png",
    "features-1-none-1.png",
    "saliency-2-none-1.png",
    "features-2-none-1.png",
    "field-none-1.png",
];

/// The pictures of every run in a store, by arm and seed.
fn shown(place: &Place, folder: &str) -> Vec<(String, Value)> {
    let text = place.text(&format!("{folder}/runs.jsonl"));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut runs: Vec<(String, Value)> = lines
        .filter_map(|mut line| line.get_mut("run").map(Value::take))
        .map(|run| (format!("{} {}", run["arm"], run["seed"]), run["pictures"].clone()))
        .collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    runs
}

#[test]
fn a_study_shows_its_networks_and_the_report_shows_them_again_without_training() {
    let place = Place::new();
    place.study("shown.toml", &[ASKED]);
    let said = place.cenote("ablate shown.toml --out study");
    assert_eq!(said.code, Some(0), "{said:?}");
    let runs = shown(&place, "study");
    let counts: Vec<usize> =
        runs.iter().map(|(_, pictures)| pictures.as_array().map_or(0, Vec::len)).collect();
    assert_eq!(counts, [5, 0, 5, 0], "the first seed of each arm: {:?}", runs[0].0);
    let files: Vec<String> = PICTURES
        .map(|name| format!("pictures/{name}"))
        .into_iter()
        .chain(
            ["curve-noise", "curve-shift-response-zero"]
                .into_iter()
                .flat_map(|curve| [format!("{curve}.svg"), format!("{curve}.png")]),
        )
        .chain(["report.html".to_owned()])
        .collect();
    let before: Vec<Vec<u8>> =
        files.iter().map(|file| place.read(&format!("study/{file}"))).collect();
    for (file, bytes) in files.iter().zip(&before) {
        says(&said.err, &[file]);
        if file.ends_with("png") {
            image::load_from_memory(bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        std::fs::remove_file(place.path(&format!("study/{file}"))).expect("it is there");
    }
    let page = String::from_utf8(before[before.len() - 1].clone()).expect("UTF-8");
    assert_eq!(page.matches("src=\"data:image/png;base64,iVBORw0KGgo").count(), PICTURES.len());
    says(&page, &["<h2 id=\"pictures\">", "Feature maps of image 2", "Accuracy under noise"]);

    place.succeeds("report study");
    for (file, bytes) in files.iter().zip(&before) {
        assert!(place.read(&format!("study/{file}")) == *bytes, "{file} is another");
    }
    place.succeeds("ablate shown.toml --out again --threads 2 --jobs 1 --quiet");
    assert!(shown(&place, "again") == runs, "the pictures differ");
}

#[test]
fn what_cannot_be_shown_is_refused_before_anything_runs() {
    let place = Place::new();
    let asked = |count: &str| ("[training]", format!("pictures = {count}\n\n[training]"));
    for (count, expected) in
        [("0", "pictures is 0; expected a whole number from 1 to 10"), ("11", "pictures is 11")]
    {
        let (from, to) = asked(count);
        place.study("shown.toml", &[(from, &to)]);
        says(&place.refuses("ablate shown.toml --out study", 2), &[expected]);
    }
    place.study("shown.toml", &[ASKED]);
    place.succeeds("ablate shown.toml --seeds 1 --out study --quiet");
    let text = place.text("study/runs.jsonl");
    place.write("study/runs.jsonl", text.replacen("iVBORw0KGgo", "AAAAAAAAAAA", 1));
    says(&place.refuses("report study", 1), &["runs.jsonl"]);
}
