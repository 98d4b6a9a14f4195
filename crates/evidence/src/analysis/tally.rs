//! What the measures of a study say together of a claim.

use super::{Analysis, Comparison, Finding};
use crate::stats::Interval;

/// The measures that speak of a claim, by what they say of one arm.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    agree: Vec<String>,
    contradict: Vec<String>,
    undecided: Vec<String>,
}

impl Tally {
    /// What the measures of a claim say of an arm and its partner.
    pub(super) fn of(analysis: &Analysis, claim: &str, arm: &Comparison) -> Self {
        let mut tally = Self::default();
        let speaks = |of: &&super::Measured| {
            of.note.expects.as_ref().is_some_and(|expects| expects.claim == claim)
        };
        for measured in analysis.measures.iter().filter(speaks) {
            let comparison = measured.comparison(&arm.arm);
            let agrees = comparison.and_then(|comparison| measured.agrees(comparison));
            tally.add(&format!("`{}`", measured.note.name), agrees);
        }
        tally
    }

    /// Adds something that agrees where its interval lies above zero.
    pub(super) fn add_interval(&mut self, what: &str, interval: Option<Interval>) {
        let agrees = match interval {
            Some(Interval { low, .. }) if low > 0.0 => Some(true),
            Some(Interval { high, .. }) if high < 0.0 => Some(false),
            _ => None,
        };
        self.add(what, agrees);
    }

    fn add(&mut self, what: &str, agrees: Option<bool>) {
        let list = match agrees {
            Some(true) => &mut self.agree,
            Some(false) => &mut self.contradict,
            None => &mut self.undecided,
        };
        list.push(what.to_owned());
    }

    /// Everything that any of several tallies holds.
    pub(super) fn together(tallies: impl IntoIterator<Item = Self>) -> Self {
        tallies.into_iter().fold(Self::default(), |mut all, tally| {
            all.agree.extend(tally.agree);
            all.contradict.extend(tally.contradict);
            all.undecided.extend(tally.undecided);
            all
        })
    }

    /// Whether no measure speaks of the claim.
    pub(super) fn is_empty(&self) -> bool {
        self.agree.is_empty() && self.contradict.is_empty() && self.undecided.is_empty()
    }

    /// What those that are decided say: all alike, or some one way and some the other.
    pub(super) fn finding(&self) -> Finding {
        match (self.agree.is_empty(), self.contradict.is_empty()) {
            _ if self.is_empty() => Finding::NotMeasured,
            (true, true) => Finding::Undecided,
            (false, true) => Finding::Holds,
            (true, false) => Finding::DoesNotHold,
            (false, false) => Finding::HoldsInPart,
        }
    }

    /// The tally in words: `supported by a, b; contradicted by c; undecided by d`.
    pub(super) fn words(&self) -> String {
        let parts = [
            ("supported by", &self.agree),
            ("contradicted by", &self.contradict),
            ("undecided by", &self.undecided),
        ];
        let said = parts.iter().filter(|(_, list)| !list.is_empty());
        said.map(|(what, list)| format!("{what} {}", list.join(", ")))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decided_makes_the_finding_and_every_measure_is_named() {
        let above = Some(Interval { low: 0.1, high: 0.2 });
        let below = Some(Interval { low: -0.2, high: -0.1 });
        let mut tally = Tally::default();
        assert_eq!(tally.finding(), Finding::NotMeasured);
        tally.add_interval("a", None);
        assert_eq!(tally.finding(), Finding::Undecided);
        tally.add_interval("b", above);
        assert_eq!(tally.finding(), Finding::Holds);
        let mut other = Tally::default();
        other.add_interval("c", below);
        assert_eq!(other.finding(), Finding::DoesNotHold);
        let both = Tally::together([tally, other]);
        assert_eq!(both.finding(), Finding::HoldsInPart);
        assert_eq!(both.words(), "supported by b; contradicted by c; undecided by a");
    }
}
