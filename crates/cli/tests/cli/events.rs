//! What `cenote ablate --json` tells a program while a study goes on.

use serde_json::Value;

use crate::program::Place;

fn events(text: &str) -> Vec<Value> {
    let event = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(event).collect()
}

fn of<'e>(events: &'e [Value], name: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn every_line_is_an_event_in_the_order_in_which_things_happen() {
    let place = Place::new();
    let said = place.cenote("ablate smoke --seeds 7 --epochs 1 --out study --json");
    assert_eq!(said.code, Some(0), "{said:?}");
    let events = events(&said.out);
    assert_eq!(events[0]["event"], "planned");
    assert_eq!(events[0]["schema"], "cenote.events/1");
    assert_eq!((&events[0]["runs"], &events[0]["reused"]), (&14.into(), &0.into()));
    for (name, count) in [("run_started", 14), ("epoch", 14), ("run_finished", 14)] {
        assert_eq!(of(&events, name).len(), count, "{name}");
    }
    // A run starts, then goes through its epochs, then ends.
    for end in of(&events, "run_finished") {
        let steps: Vec<&str> = events
            .iter()
            .filter(|event| event["arm"] == end["arm"] && event["seed"] == end["seed"])
            .filter_map(|event| event["event"].as_str())
            .collect();
        assert_eq!(steps, ["run_started", "epoch", "run_finished"]);
        assert_eq!(end["outcome"], "done");
        assert!(end["scores"]["accuracy"].as_f64().is_some_and(|score| score > 0.0), "{end}");
    }
    let last = events.last().expect("there are events");
    assert_eq!((&last["event"], &last["ran"]), (&"study_finished".into(), &14.into()));
    assert_eq!(last["report"]["schema"], "cenote.report/1");
    // The last verdict that was told is the one of the report.
    let told = of(&events, "verdict").last().map_or("undecided".into(), |e| e["verdict"].clone());
    let words = told.as_str().expect("words").replace(' ', "_");
    assert_eq!(last["report"]["comparisons"][0]["verdict"], words.as_str());

    let again =
        self::events(&place.succeeds("ablate smoke --seeds 7 --epochs 1 --out study --json"));
    let names: Vec<&str> = again.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["planned", "study_finished"]);
    assert_eq!(again[0]["reused"], 14);
    assert_eq!(again[1]["report"], last["report"]);
}

#[test]
fn verdicts_are_told_as_they_change_where_there_is_no_terminal() {
    let place = Place::new();
    place.study("mine.toml", &[("count = 2", "count = 7")]);
    let said = place.cenote("ablate mine.toml --epochs 2 --out study --json");
    let events = events(&said.out);
    let told = of(&events, "verdict");
    let shown =
        said.err.lines().filter(|line| line.starts_with("so far: none against max ")).count();
    assert_eq!(shown, told.len(), "{}", said.err);
    for event in told {
        assert!(event["pairs"].as_u64().is_some_and(|pairs| pairs >= 6), "{event}");
    }
}
