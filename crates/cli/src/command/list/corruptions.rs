//! The list of corruptions: family, benchmark, and the constants of each severity.

use cenote_datasets::{BENCHMARKS, Benchmark, Damage};
use serde_json::json;

use super::Entry;

/// What there is to know of a corruption.
pub(super) struct Facts {
    benchmark: &'static Benchmark,
    family: &'static str,
    /// What the numbers are.
    constants: Option<&'static str>,
    /// Each severity with its numbers, where it has any.
    levels: Vec<(Option<u8>, Option<String>)>,
}

pub(super) fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for benchmark in BENCHMARKS {
        for (kind, name) in benchmark.kinds.iter().zip(benchmark.names()) {
            let at =
                Damage::at(&name, None).expect("every name of a benchmark is one of a corruption");
            let numbers = |damage: &Damage| damage.corruption.constants();
            let levels = at.iter().map(|damage| (damage.severity, numbers(damage).map(|(_, n)| n)));
            let facts = Facts {
                benchmark,
                family: at[0].corruption.family().word(),
                constants: numbers(&at[0]).map(|(words, _)| words),
                levels: levels.collect(),
            };
            entries.push(Entry {
                name,
                about: kind.about.to_owned(),
                example: String::new(),
                notes: None,
                damage: Some(facts),
            });
        }
    }
    entries
}

impl Facts {
    /// Lines of text.
    pub(super) fn words(&self) -> Vec<String> {
        let mut lines = vec![format!("{}, of {}", self.family, self.benchmark.name)];
        if let Some(constants) = self.constants {
            let at = match self.benchmark.severities {
                [first, .., last] => format!(", severity {first} to {last}"),
                _ => String::new(),
            };
            let numbers = self.levels.iter().filter_map(|(_, numbers)| numbers.as_deref());
            lines.push(format!("{constants}{at}: {}", numbers.collect::<Vec<_>>().join("  ")));
        }
        lines
    }

    /// Adds itself to the document of its entry.
    pub(super) fn describe(&self, entry: &mut serde_json::Value) {
        let levels = self.levels.iter().map(|(severity, numbers)| {
            let numbers: Option<serde_json::Value> =
                numbers.as_ref().and_then(|numbers| serde_json::from_str(numbers).ok());
            json!({ "severity": severity, "constants": numbers })
        });
        entry["family"] = self.family.into();
        entry["benchmark"] = self.benchmark.name.into();
        entry["constants"] = self.constants.into();
        entry["levels"] = levels.collect();
    }
}
