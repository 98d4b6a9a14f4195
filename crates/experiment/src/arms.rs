//! The arms of a study: listed one by one, or combined from the levels of factors.
//!
//! ```toml
//! [arms.max]                                        # an arm: what it puts into the slots
//! down1    = { kind = "max_pool", kernel_size = 2 }
//! training = { learning_rate = 0.05 }               # how its training differs
//! width    = 0.5                                    # and how wide its layers are
//!
//! [arms]                                            # or every combination of levels, here max+slow to none+fast
//! design = "factorial"
//! [arms.factors.pool]
//! max    = { down1 = { kind = "max_pool", kernel_size = 2 } }
//! none   = { down1 = { kind = "identity" } }
//! [arms.factors.rate]
//! slow   = { training = { learning_rate = 0.05 } }
//! fast   = { training = { learning_rate = 0.2 } }
//! ```
//!
//! An arm of combined levels is named by them, in the order of the factors. `one_at_a_time` combines the first level of every
//! factor, and then each other level with the first ones of the others: no interaction can be seen, and fewer runs are needed.
//! Arms that are listed say which levels they have by `levels = { pool = "max", rate = "slow" }`; from them reports compute
//! what each factor does by itself, and what two do together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::slot::Filling;
use crate::width;

/// The settings of an arm that are no slots.
pub(crate) const TRAINING: &str = "training";
pub(crate) const LEVELS: &str = "levels";
pub(crate) const WIDTH: &str = "width";
/// The most arms that levels are combined to.
const MOST: usize = 1000;

/// The arms in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Arms(Vec<(String, Setup)>);

/// What one arm has that others do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setup {
    /// What it puts into the slots.
    pub slots: Filling,
    /// Settings of the training that are others than the study's.
    pub training: Table,
    /// How many times as many channels, features and states each of its layers has as the study and its slots say.
    pub width: Option<f64>,
    /// Its level of each factor, where arms are combinations of levels.
    pub levels: BTreeMap<String, String>,
}

impl Arms {
    /// Names and setups in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setup)> {
        self.0.iter().map(|(name, setup)| (name.as_str(), setup))
    }

    /// Names in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// What the arm of this name has.
    pub fn get(&self, name: &str) -> Option<&Setup> {
        self.iter().find(|(other, _)| *other == name).map(|(_, setup)| setup)
    }

    /// Keeps the arms of these names.
    pub fn retain(&mut self, names: &[String]) {
        self.0.retain(|(name, _)| names.contains(name));
    }
}

impl Setup {
    /// How its width and its training differ, in words, if they do.
    pub(crate) fn told(&self) -> Vec<String> {
        let settings = self.training.iter().map(|(key, value)| format!("{key} = {value}"));
        let settings = settings.collect::<Vec<_>>().join(", ");
        let width = self.width.map(|width| format!("{width} times as wide"));
        let training = (!settings.is_empty()).then(|| format!("trained with {settings}"));
        width.into_iter().chain(training).collect()
    }
}

/// How levels are combined.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Combined {
    Factorial,
    OneAtATime,
}

/// The levels of one factor.
struct Factor {
    name: String,
    levels: Vec<(String, Setup)>,
}

/// Reads the table of one arm or level.
fn setup(what: &str, value: Value) -> Result<Setup, String> {
    let Value::Table(mut slots) = value else {
        return Err(format!("{what} is of type {}; expected a table of slots", value.type_str()));
    };
    let mut table = |key: &str, of: &str| match slots.remove(key) {
        None => Ok(Table::new()),
        Some(Value::Table(table)) => Ok(table),
        Some(other) => {
            let got = other.type_str();
            Err(format!("{what}: `{key}` is of type {got}; expected a table of {of}"))
        }
    };
    let (training, levels) = (table(TRAINING, "settings")?, table(LEVELS, "factors")?);
    let width = slots.remove(WIDTH).map(|value| width_of(what, &value)).transpose()?;
    let level = |(factor, level): (String, Value)| match level {
        Value::String(level) => Ok((factor, level)),
        other => {
            let got = other.type_str();
            Err(format!("{what}: level of `{factor}` is of type {got}; expected its name"))
        }
    };
    let levels = levels.into_iter().map(level).collect::<Result<_, String>>()?;
    Ok(Setup { slots: slots.into_iter().collect(), training, width, levels })
}

/// Reads how wide an arm is.
fn width_of(what: &str, value: &Value) -> Result<f64, String> {
    let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    number.filter(|number| *number > 0.0 && *number <= width::MOST).ok_or_else(|| {
        let most = width::MOST;
        format!("{what}: `{WIDTH}` is {value}; expected a number above 0, at most {most}")
    })
}

/// Reads factors and their levels.
fn factors(value: Option<Value>) -> Result<Vec<Factor>, String> {
    let Some(Value::Table(factors)) =
        value.filter(|value| value.as_table().is_some_and(|factors| !factors.is_empty()))
    else {
        return Err(
            "`design` combines the levels of `factors`; expected a table of them".to_owned()
        );
    };
    let read = |(name, levels): (String, Value)| {
        let Value::Table(levels) = levels else {
            return Err(format!(
                "factor `{name}` is of type {}; expected levels",
                levels.type_str()
            ));
        };
        let level = |(level, value)| {
            let what = format!("level `{level}` of factor `{name}`");
            let read = setup(&what, value)?;
            if !read.levels.is_empty() {
                return Err(format!("{what} has `{LEVELS}`; expected none inside a factor"));
            }
            Ok((level, read))
        };
        let levels = levels.into_iter().map(level).collect::<Result<Vec<_>, String>>()?;
        if levels.is_empty() {
            return Err(format!("factor `{name}` has no level; expected one or more"));
        }
        Ok(Factor { name, levels })
    };
    factors.into_iter().map(read).collect()
}

/// Which level of each factor every arm has, in the order of the arms.
fn combinations(design: Combined, counts: &[usize]) -> Vec<Vec<usize>> {
    let first = vec![0; counts.len()];
    match design {
        Combined::Factorial => counts.iter().fold(vec![Vec::new()], |begun, &count| {
            let with = |levels: &Vec<usize>, level| [&levels[..], &[level]].concat();
            begun
                .iter()
                .flat_map(|levels| (0..count).map(move |level| with(levels, level)))
                .collect()
        }),
        Combined::OneAtATime => {
            let other = |factor: usize, level| {
                let mut levels = first.clone();
                levels[factor] = level;
                levels
            };
            let others = counts.iter().enumerate();
            let others = others.flat_map(|(f, &count)| (1..count).map(move |level| (f, level)));
            std::iter::once(first.clone()).chain(others.map(|(f, level)| other(f, level))).collect()
        }
    }
}

/// The arms that levels of factors are combined to.
fn combined(design: Combined, factors: &[Factor]) -> Result<Vec<(String, Setup)>, String> {
    let counts: Vec<usize> = factors.iter().map(|factor| factor.levels.len()).collect();
    let arms = match design {
        Combined::Factorial => counts.iter().fold(1, |all: usize, &n| all.saturating_mul(n)),
        Combined::OneAtATime => counts.iter().fold(1, |all: usize, &n| all.saturating_add(n - 1)),
    };
    if arms > MOST {
        return Err(format!("factors combine to {arms} arms; expected at most {MOST}"));
    }
    let arm = |levels: Vec<usize>| {
        let mut whole = Setup::default();
        let mut names = Vec::new();
        for (factor, level) in factors.iter().zip(levels) {
            let (name, setup) = &factor.levels[level];
            names.push(name.as_str());
            let training = &mut whole.training;
            let twice = setup.slots.keys().find(|slot| whole.slots.contains_key(*slot));
            let twice =
                twice.or_else(|| setup.training.keys().find(|key| training.contains_key(*key)));
            let wide = whole.width.and(setup.width).map(|_| WIDTH);
            if let Some(twice) = twice.map(String::as_str).or(wide) {
                let factor = &factor.name;
                return Err(format!(
                    "factor `{factor}` sets `{twice}`, which a factor before it sets too; expected each in one factor"
                ));
            }
            whole.slots.extend(setup.slots.clone());
            training.extend(setup.training.clone());
            whole.width = whole.width.or(setup.width);
            whole.levels.insert(factor.name.clone(), name.clone());
        }
        Ok((names.join("+"), whole))
    };
    combinations(design, &counts).into_iter().map(arm).collect()
}

/// The arms of a table in the order of the file.
fn read(mut entries: Vec<(String, Value)>) -> Result<Vec<(String, Setup)>, String> {
    let design = entries.iter().position(|(key, value)| key == "design" && value.is_str());
    let arms = match design.map(|nth| entries.remove(nth).1) {
        None => {
            let arm =
                |(name, value)| setup(&format!("arm `{name}`"), value).map(|setup| (name, setup));
            entries.into_iter().map(arm).collect::<Result<Vec<_>, String>>()?
        }
        Some(design) => {
            let design = Combined::deserialize(design).map_err(|error| error.to_string())?;
            let nth = entries.iter().position(|(key, _)| key == "factors");
            let found = factors(nth.map(|nth| entries.remove(nth).1))?;
            if let Some((other, _)) = entries.first() {
                return Err(format!("`{other}` stands beside `design`; expected `factors` alone"));
            }
            combined(design, &found)?
        }
    };
    let again =
        arms.iter().enumerate().find(|(nth, (name, _))| arms[..*nth].iter().any(|a| a.0 == *name));
    if let Some((_, (name, _))) = again {
        return Err(format!("two arms are called `{name}`; expected another name"));
    }
    check_levels(&arms)?;
    Ok(arms)
}

/// Checks that arms with levels have one of every factor, and no two the same of all.
fn check_levels(arms: &[(String, Setup)]) -> Result<(), String> {
    let mut seen: Vec<&(String, Setup)> = Vec::new();
    for arm in arms.iter().filter(|(_, setup)| !setup.levels.is_empty()) {
        let (name, Setup { levels, .. }) = arm;
        if let Some((first, other)) = seen.first()
            && !levels.keys().eq(other.levels.keys())
        {
            let got = levels.keys().cloned().collect::<Vec<_>>().join(", ");
            let expected = other.levels.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(format!(
                "arm `{name}` has levels of {got}; expected {expected}, as arm `{first}` has"
            ));
        }
        if let Some((other, _)) = seen.iter().find(|(_, other)| other.levels == *levels) {
            return Err(format!(
                "arms `{other}` and `{name}` have the same levels; expected others"
            ));
        }
        seen.push(arm);
    }
    Ok(())
}

impl FromIterator<(String, Setup)> for Arms {
    fn from_iter<I: IntoIterator<Item = (String, Setup)>>(arms: I) -> Self {
        Self(arms.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for Arms {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> serde::de::Visitor<'de> for InOrder {
            type Value = Arms;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "a table of arms, each a table of slots, or of a design and its factors",
                )
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Arms, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                read(entries).map(Arms).map_err(serde::de::Error::custom)
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl Serialize for Arms {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Serialize for Setup {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let training = (!self.training.is_empty()).then_some(&self.training);
        let training = training.map(|table| (TRAINING, Value::Table(table.clone())));
        let levels =
            self.levels.iter().map(|(factor, level)| (factor.clone(), level.clone().into()));
        let levels = (!self.levels.is_empty()).then(|| (LEVELS, Value::Table(levels.collect())));
        let slots = self.slots.iter().map(|(slot, value)| (slot.as_str(), value.clone()));
        let width = self.width.map(|width| (WIDTH, Value::Float(width)));
        serializer.collect_map(slots.chain(training).chain(width).chain(levels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(text: &str) -> Result<Arms, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    const FACTORS: &str = "
        [factors.pool]
        max  = { down = { kind = 'max_pool' } }
        none = { down = { kind = 'identity' } }
        [factors.rate]
        slow   = { training = { learning_rate = 0.1 } }
        middle = { training = { learning_rate = 0.2 } }
        fast   = { training = { learning_rate = 0.4 } }";

    #[test]
    fn every_combination_of_levels_is_an_arm() {
        let arms = arms(&format!("design = 'factorial'{FACTORS}")).expect("fits");
        let names = ["max+slow", "max+middle", "max+fast", "none+slow", "none+middle", "none+fast"];
        assert_eq!(arms.names(), names);
        let last = arms.get("none+fast").expect("the last");
        assert_eq!(last.slots["down"]["kind"].as_str(), Some("identity"));
        assert_eq!(last.training["learning_rate"].as_float(), Some(0.4));
        let levels: Vec<&str> = last.levels.values().map(String::as_str).collect();
        assert_eq!(levels, ["none", "fast"], "of pool and rate");
    }

    #[test]
    fn listed_arms_may_say_which_levels_they_have() {
        let with = |b: &str| arms(&format!("a = {{ levels = {{ p = 'x' }} }}\nb = {{ {b} }}"));
        let fits = with("levels = { p = 'y' }").expect("another level");
        assert_eq!(fits.get("b").expect("listed").levels["p"], "y");
        assert!(
            with("").expect("outside of the design").get("b").expect("listed").levels.is_empty()
        );
        for (b, expected) in [
            ("levels = { p = 'x' }", "arms `a` and `b` have the same levels; expected others"),
            ("levels = { q = 'x' }", "arm `b` has levels of q; expected p, as arm `a` has"),
            ("levels = { p = 3 }", "arm `b`: level of `p` is of type integer; expected its name"),
            ("levels = 'x'", "arm `b`: `levels` is of type string; expected a table of factors"),
        ] {
            assert_eq!(with(b).expect_err(b), expected);
        }
    }

    #[test]
    fn an_arm_may_be_narrower_or_wider() {
        let narrow = arms("a = { width = 0.25 }\nb = { width = 2 }\nc = {}").expect("fits");
        let widths = narrow.iter().map(|(_, setup)| setup.width).collect::<Vec<_>>();
        assert_eq!(widths, [Some(0.25), Some(2.0), None]);
        let told = |arm: &str| narrow.get(arm).expect("listed").told();
        assert_eq!((told("a"), told("c")), (vec!["0.25 times as wide".to_owned()], vec![]));
        let text = toml::to_string(&narrow).expect("plain data");
        assert_eq!(arms(&text).expect("listed"), narrow);
        let levels = "design = 'factorial'\n[factors.a]\nx = { width = 0.5 }\n[factors.b]\ny = {}";
        assert_eq!(arms(levels).expect("fits").get("x+y").expect("combined").width, Some(0.5));
        for (width, expected) in [
            ("0", "arm `a`: `width` is 0; expected a number above 0, at most 64"),
            ("'half'", "arm `a`: `width` is \"half\"; expected a number above 0, at most 64"),
            ("nan", "arm `a`: `width` is nan; expected a number above 0, at most 64"),
        ] {
            assert_eq!(arms(&format!("a = {{ width = {width} }}")).expect_err(width), expected);
        }
    }

    #[test]
    fn one_factor_at_a_time_leaves_the_others_at_their_first_level() {
        let arms = arms(&format!("design = 'one_at_a_time'{FACTORS}")).expect("fits");
        assert_eq!(arms.names(), ["max+slow", "none+slow", "max+middle", "max+fast"]);
    }

    #[test]
    fn arms_are_written_as_they_would_be_listed() {
        let combined = arms(&format!("design = 'factorial'{FACTORS}")).expect("fits");
        let text = toml::to_string(&combined).expect("plain data");
        assert_eq!(arms(&text).expect("listed"), combined);
        assert!(!text.contains("factors"), "{text}");
    }

    #[test]
    fn an_arm_may_be_called_design_and_factors() {
        let arms = arms("design = { down = { kind = 'relu' } }\nfactors = {}").expect("fits");
        assert_eq!(arms.names(), ["design", "factors"]);
    }

    #[test]
    fn designs_that_say_nothing_or_too_much_are_refused() {
        let refusal = |text: &str| arms(text).expect_err(text);
        assert!(refusal("design = 'latin'").contains("unknown variant `latin`"));
        assert_eq!(
            refusal("design = 'factorial'"),
            "`design` combines the levels of `factors`; expected a table of them"
        );
        assert_eq!(
            refusal("design = 'factorial'\nmax = {}\n[factors.a]\nx = {}"),
            "`max` stands beside `design`; expected `factors` alone"
        );
        assert_eq!(
            refusal("design = 'factorial'\n[factors.a]\nx = { s = 1 }\n[factors.b]\ny = { s = 2 }"),
            "factor `b` sets `s`, which a factor before it sets too; expected each in one factor"
        );
        assert_eq!(
            refusal(
                "design = 'factorial'\n[factors.a]\nx = { width = 1 }\n[factors.b]\ny = { width = 2 }"
            ),
            "factor `b` sets `width`, which a factor before it sets too; expected each in one factor"
        );
        assert_eq!(
            refusal(
                "design = 'factorial'\n[factors.a]\n'x+y' = {}\nx = {}\n[factors.b]\nz = {}\n'y+z' = {}"
            ),
            "two arms are called `x+y+z`; expected another name"
        );
        assert_eq!(refusal("a = 3"), "arm `a` is of type integer; expected a table of slots");
        assert_eq!(
            refusal("a = { training = 3 }"),
            "arm `a`: `training` is of type integer; expected a table of settings"
        );
        let levels = (0..11).map(|nth| format!("l{nth} = {{}}\n")).collect::<Vec<_>>().concat();
        let factor = |nth| format!("[factors.f{nth}]\n{levels}");
        let many = (0..30).map(factor).collect::<Vec<_>>().concat();
        let message = refusal(&format!("design = 'factorial'\n{many}"));
        assert!(message.ends_with("arms; expected at most 1000"), "{message}");
        assert_eq!(arms(&format!("design = 'one_at_a_time'\n{many}")).expect("fits").0.len(), 301);
    }
}
