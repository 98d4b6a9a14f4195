//! A study from its file to its verdicts.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::program::{Place, says};

/// Plots, by their names before the dot.
const PLOTS: [&str; 7] = ["accuracy", "differences", "cost", "time", "curves", "layers", "memory"];

const FILES: [&str; 19] = [
    "runs.jsonl",
    "report.html",
    "report.md",
    "report.tex",
    "runs.csv",
    "accuracy.svg",
    "differences.svg",
    "cost.svg",
    "time.svg",
    "curves.svg",
    "layers.svg",
    "memory.svg",
    "accuracy.png",
    "differences.png",
    "cost.png",
    "time.png",
    "curves.png",
    "layers.png",
    "memory.png",
];

/// What is the same in every repetition of each run, by arm and seed.
fn values(place: &Place, folder: &str) -> BTreeMap<String, Value> {
    let text = place.text(&format!("{folder}/runs.jsonl"));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let runs = lines.filter_map(|mut line| line.get_mut("run").map(Value::take));
    runs.map(|mut run| {
        let fields = run.as_object_mut().expect("a record");
        fields.remove("times").expect("times are recorded");
        fields.remove("environment").expect("the environment is recorded");
        (format!("{} {}", run["arm"], run["seed"]), run)
    })
    .collect()
}

#[test]
fn a_study_ends_in_four_verdicts_and_leaves_records_report_and_plots() {
    let place = Place::new();
    let said = place.cenote("ablate smoke --out study");
    assert_eq!(said.code, Some(0), "{said:?}");
    for number in 1..=4 {
        let start = format!("{number}. ");
        let verdicts: Vec<&str> = said.out.lines().filter(|l| l.starts_with(&start)).collect();
        assert_eq!(verdicts.len(), 1, "{}", said.out);
        assert!(verdicts[0].contains("? "), "a question and its answer: {}", verdicts[0]);
    }
    says(&said.out, &["arm", "accuracy %", "95 % interval", "parameters", "MACs", "memory"]);
    // A line per finished run, and no control characters, where stderr is no terminal.
    says(&said.err, &["study smoke: 4 runs (2 arms x 2 seeds)", "[1/4]", "[4/4]"]);
    assert!(!said.err.contains(['\r', '\u{1b}']), "{}", said.err);
    for file in FILES {
        says(&said.err, &[file]);
        assert!(!place.read(&format!("study/{file}")).is_empty());
    }
    assert_eq!(values(&place, "study").len(), 4);
    for plot in PLOTS {
        let svg = place.text(&format!("study/{plot}.svg"));
        assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{plot}");
        let picture = image::load_from_memory(&place.read(&format!("study/{plot}.png")));
        assert_eq!(picture.expect("a picture").width(), 1520, "{plot}");
    }
    let page = place.text("study/report.html");
    says(
        &page,
        &[
            "Confusion of <code>max</code>",
            "Layers of <code>none</code>",
            "cenote ablate smoke --out study",
        ],
    );
    let table = place.text("study/runs.csv");
    assert!(
        table.starts_with("arm,seed,outcome,message,accuracy,") && table.lines().count() == 5,
        "{table}"
    );
}

#[test]
fn a_second_call_reuses_every_run_and_changes_no_byte() {
    let place = Place::new();
    let first = place.succeeds("ablate smoke");
    let before = FILES.map(|file| place.read(&format!("runs/smoke/{file}")));
    let said = place.cenote("ablate smoke --jobs 2 --threads 2");
    assert_eq!((said.code, said.out), (Some(0), first));
    says(&said.err, &["4 runs (2 arms x 2 seeds), 4 of them done before and reused"]);
    assert!(!said.err.contains("[1/4]"), "{}", said.err);
    assert!(before == FILES.map(|file| place.read(&format!("runs/smoke/{file}"))));

    let said = place.cenote("ablate smoke --seeds 3 --quiet");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let after = place.read("runs/smoke/runs.jsonl");
    assert!(after.starts_with(&before[0]) && values(&place, "runs/smoke").len() == 6);
}

#[test]
fn a_report_is_rebuilt_from_the_records_byte_for_byte() {
    let place = Place::new();
    let printed = place.succeeds("ablate smoke --out study");
    let before = FILES.map(|file| place.read(&format!("study/{file}")));
    for file in &FILES[1..] {
        std::fs::remove_file(place.path(&format!("study/{file}"))).expect("it is there");
    }
    assert_eq!(place.succeeds("report study"), printed);
    assert!(before == FILES.map(|file| place.read(&format!("study/{file}"))));
    let rebuilt = place.json("report study --from-records --json", "cenote.report/1");
    let events = place.succeeds("ablate smoke --out study --json --quiet");
    let last: Value = serde_json::from_str(events.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["report"], rebuilt);
    assert_eq!(rebuilt["answers"].as_array().map(Vec::len), Some(4));
}

#[test]
fn neither_jobs_nor_threads_change_a_value_of_a_record() {
    let place = Place::new();
    place.succeeds("ablate smoke --out one --jobs 1 --threads 1");
    place.succeeds("ablate smoke --out two --jobs 2 --threads 2");
    let (one, two) = (values(&place, "one"), values(&place, "two"));
    assert_eq!(one.len(), 4);
    assert_eq!(one, two);
}

#[test]
fn some_arms_run_with_those_they_are_compared_with() {
    let place = Place::new();
    let avg = "none = { down1 = { kind = \"identity\" } }
        avg = { down1 = { kind = \"avg_pool\", kernel_size = 2 } }
        tanh = { down1 = { kind = \"tanh\" } }";
    place.study("mine.toml", &[("none = { down1 = { kind = \"identity\" } }", avg)]);
    let plan = place.json("ablate mine.toml --plan --json", "cenote.plan/1");
    assert_eq!(plan["runs"], 8);
    place.succeeds("ablate mine.toml --arms avg --seeds 1 --epochs 1");
    let run: Vec<String> = values(&place, "runs/mine").into_keys().collect();
    assert_eq!(run, ["\"avg\" 1", "\"max\" 1", "\"none\" 1"]);
}

#[test]
fn a_plan_is_shown_and_nothing_is_run() {
    let place = Place::new();
    let said = place.cenote("ablate smoke --seeds 5 --plan");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let (shown, digest) = said.out.split_once("\nplan ").expect("the digest of the plan");
    // What a clock said is another time.
    let (mut told, mut timed) = (Vec::new(), Vec::new());
    for line in shown.lines() {
        if line.starts_with("time: ") || line.starts_with("cost: ") {
            timed.push(line);
        } else {
            told.push(line.split_whitespace().collect::<Vec<_>>());
        }
    }
    for (arm, rest) in
        [("max", ["1,418", "23,200", "127", "kB"]), ("none", ["1,418", "78,496", "350", "kB"])]
    {
        let row = told.iter().find(|row| row.first() == Some(&arm)).expect("a row of the arm");
        assert_eq!(row[1..5], rest);
        let seconds: f64 = row[5].parse().expect("seconds of a run");
        assert!((0.0..600.0).contains(&seconds), "{seconds}");
    }
    says(
        shown,
        &[
            "Does the whole path from data to verdict run?\n",
            "\n10 runs: 2 arms x 5 seeds, each 2 epochs of 1,347 images in batches of 32\n",
            "\ndata: digits, 450 test images; margin \u{b1}2.00 points of accuracy",
        ],
    );
    says(timed[0], &["time: about ", " at a time, 1 thread each, by a few steps of each arm"]);
    says(timed[1], &["cost: ", " core-hours, ", " Wh at 10 W per core"]);
    let priced =
        place.cenote("ablate smoke --plan --core-hour 0.05 --currency EUR --watts-per-core 20");
    says(&priced.out, &["Wh at 20 W per core, 0.0", " EUR\n"]);
    let refused = place.refuses("ablate smoke --plan --core-hour -1", 2);
    says(&refused, &["expected a number, 0 or more"]);
    assert_eq!(digest.trim_end().len(), 32, "{digest}");
    let plan = place.json("ablate smoke --seeds 5 --plan --json", "cenote.plan/1");
    assert_eq!((&plan["runs"], &plan["arms"][1]["name"]), (&10.into(), &"none".into()));
    assert_eq!(plan["seeds"], serde_json::json!([1, 2, 3, 4, 5]));
    assert!(!place.path("runs").exists(), "nothing was begun");
}

#[test]
fn a_study_runs_until_it_is_decided_and_says_at_which_look() {
    let place = Place::new();
    let words = "ablate smoke --epochs 1 --until-decided --max-seeds 10 --out study";
    let plan = place.json(&format!("{words} --plan --json"), "cenote.plan/1");
    assert_eq!((&plan["runs"], &plan["looks"]), (&20.into(), &serde_json::json!([8, 9, 10])));
    let said = place.cenote(words);
    assert_eq!(said.code, Some(0), "{said:?}");
    says(&said.err, &["look 1 of 3 after 8 seeds: ", " of 1 comparisons decided"]);
    says(&said.out, &["of 3 looks taken, at ", " of at most 10 seeds: "]);
    says(&place.text("study/runs.jsonl"), &["\"looks\":[8,9,10]", "\"marks\":\"450:"]);
    says(&place.text("study/report.md"), &["- Looks: 3 planned beforehand", "after 8 seeds: "]);
    let again = place.cenote(words);
    assert_eq!((again.code, again.out), (Some(0), said.out));
    for wrong in ["--max-seeds 10", "--until-decided --seeds 3"] {
        let said = place.cenote(&format!("ablate smoke {wrong}"));
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{wrong}: {said:?}");
        says(&said.err, &["--until-decided"]);
    }
}

#[test]
fn a_run_that_diverges_is_told_and_recorded() {
    let place = Place::new();
    place.study("mine.toml", &[("learning_rate = 0.05", "learning_rate = 1e30")]);
    let said = place.cenote("ablate mine.toml");
    assert_eq!(said.code, Some(0), "{said:?}");
    says(&said.err, &["diverged in epoch 1"]);
    says(&said.out, &["4 diverged"]);
}
