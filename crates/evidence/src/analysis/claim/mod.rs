//! The article's seven claims, and the rules that turn records into findings.
//!
//! ```text
//! C1  less compute          MACs, seconds per epoch
//! C2  very long             seconds per epoch, seconds to one training accuracy
//! C3  fails to train        failed and diverged runs, runs at chance
//! C4  a lot of money        core-seconds of a run
//! C5  worse results         the verdict of the comparison
//! C6  noisy                 measures, gap between training and test, degradation under corruptions
//! C7  high-level features   measures
//! ```
//!
//! Each is asked of the arm with its pools removed and of the naive one, which deletes them and adapts
//! nothing. It holds if it holds for both, and in part if for one or by one of its measures.
//!
//! Where a study takes measures of its networks, those that speak of a claim decide it together: it holds if all whose sign
//! is decided agree with the article, does not if all contradict it, and holds in part if some do one and some the other.

mod cost;

use std::fmt::Write;

use serde::Serialize;

use self::cost::{COMPUTE, FAILING, MONEY, TIME, TIME_TO_TARGET, compute, failing, money, time};
use super::answer::{judged, naive, removed};
use super::census::{Runs, is_done};
use super::tally::Tally;
use super::wording;
use super::{Analysis, Comparison};
use crate::number::{or_dash, percent, points, points_interval};
use crate::stats::{Interval, SignFlip, mean};
use crate::verdict::{ALPHA, Verdict};

/// One claim of the article, and what the records say to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// `C1` to `C7`.
    pub id: &'static str,
    /// The claim in words.
    pub claim: &'static str,
    /// Whether it holds.
    pub finding: Finding,
    /// What it takes to hold, in words.
    pub rule: &'static str,
    /// Sentences with the numbers that the finding rests on.
    pub because: Vec<String>,
    /// What it would take to say more, and no record holds.
    pub not_measured: Vec<&'static str>,
}

/// Whether a claim holds in a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// By every measure there is and in every arm that was asked.
    Holds,
    /// By some measure or in some arm.
    HoldsInPart,
    /// By none.
    DoesNotHold,
    /// The runs so far do not tell.
    Undecided,
    /// No record speaks of it.
    NotMeasured,
}

impl Finding {
    /// The finding in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds here",
            Self::HoldsInPart => "holds in part here",
            Self::DoesNotHold => "does not hold here",
            Self::Undecided => "undecided",
            Self::NotMeasured => "not measured",
        }
    }

    /// What several findings say together.
    fn together(findings: &[Self]) -> Self {
        let any = |wanted| findings.contains(&wanted);
        let all = |wanted| findings.iter().all(|finding| *finding == wanted);
        match () {
            () if findings.is_empty() => Self::NotMeasured,
            () if all(Self::Holds) => Self::Holds,
            () if any(Self::Holds) || any(Self::HoldsInPart) => Self::HoldsInPart,
            () if all(Self::DoesNotHold) => Self::DoesNotHold,
            () => Self::Undecided,
        }
    }
}

/// What one arm says to a claim.
type Said = (Finding, String);

// Each claim with what it takes to hold.
const RESULTS: (&str, &str) =
    ("without pooling results get worse", "the verdict of the comparison is that it hurts");
const NOISE: (&str, &str) = (
    "without pooling the model captures everything, so it is noisy",
    "in part if the gap between training and test accuracy is wider with its whole 95 % interval",
);
const NOISE_BY_MEASURES: (&str, &str) = (NOISE.0, BY_MEASURES);
const HIGH_LEVEL: &str = "pooling makes the model train on high-level features only";
const BY_MEASURES: &str = "every measure whose sign is decided agrees with the claim; in part if some agree and some contradict it";
const NOISE_AND_CORRUPTIONS: (&str, &str) = (
    NOISE.0,
    "in part if the gap between training and test accuracy is wider, or corruptions add more to the error than to that of the baseline, with its whole 95 % interval",
);

pub(super) fn claims(analysis: &Analysis, runs: &Runs<'_>) -> Vec<Claim> {
    let asked: Vec<&Comparison> =
        std::iter::once(removed(analysis)).chain(naive(analysis)).collect();
    let measured = |prefix: &str| {
        let names = analysis.measures.iter().map(|measured| measured.note.name.as_str());
        let mut names = names.chain(analysis.similarity.iter().map(|_| "similarity"));
        names.any(|name| name.starts_with(prefix))
    };
    let unknown = |all: &[(&'static str, &str)]| -> Vec<&'static str> {
        let open = all.iter().filter(|(_, prefix)| !measured(prefix));
        open.map(|(what, _)| *what).collect()
    };
    let damage = match &analysis.robustness {
        None => "robustness to clutter and noise",
        Some(_) => "robustness to clutter",
    };
    let tally = |id: &str| {
        Tally::together(asked.iter().map(|arm| match id {
            "C6" => noise(analysis, runs, arm).tally,
            _ => Tally::of(analysis, id, arm),
        }))
    };
    let by_measures = |id: &str| {
        let any = asked.iter().any(|arm| !Tally::of(analysis, id, arm).is_empty());
        any.then(|| tally(id).finding())
    };
    let claim = |id, (claim, rule), say: &dyn Fn(&Comparison) -> Said, unknown: &[&'static str]| {
        let (findings, because): (Vec<_>, Vec<_>) = asked.iter().map(|arm| say(arm)).unzip();
        let finding = Finding::together(&findings);
        Claim { id, claim, finding, rule, because, not_measured: unknown.to_vec() }
    };
    let high_level = by_measures("C7");
    let said = |arm: &&Comparison| {
        let tally = Tally::of(analysis, "C7", arm);
        let by_measures = (!tally.is_empty()).then(|| tally.words());
        let alike = analysis.similarity.as_ref().and_then(|of| of.arm(&arm.arm)?.words());
        let said: Vec<String> = by_measures.into_iter().chain(alike).collect();
        (!said.is_empty()).then(|| format!("{}: {}.", wording::pair(arm), said.join("; ")))
    };
    let high_level = Claim {
        id: "C7",
        claim: HIGH_LEVEL,
        finding: high_level.unwrap_or(Finding::NotMeasured),
        rule: match (high_level, &analysis.similarity) {
            (Some(_), _) => BY_MEASURES,
            (None, Some(_)) => "no measure of features has a direction that the claim names",
            (None, None) => "no record speaks of features",
        },
        because: asked.iter().filter_map(said).collect(),
        not_measured: unknown(&[
            ("effective receptive field", "receptive_field"),
            ("linear probes per layer", "probe_"),
            ("similarity of layers (CKA)", "similarity"),
            ("sparsity and concentration of features", "sparsity"),
        ]),
    };
    let noisy = by_measures("C6");
    let noise_rule = match (&analysis.robustness, noisy) {
        (_, Some(_)) => NOISE_BY_MEASURES,
        (None, None) => NOISE,
        (Some(_), None) => NOISE_AND_CORRUPTIONS,
    };
    let mut noisy_claim = claim(
        "C6",
        noise_rule,
        &|arm| noise(analysis, runs, arm).said,
        &unknown(&[
            (damage, "clutter_"),
            ("saliency inside and outside the object", "focus"),
            ("shift consistency", "shift_"),
        ]),
    );
    noisy_claim.finding = noisy.unwrap_or(noisy_claim.finding);
    let absent = |words: &'static str, there: bool| (!there).then_some(words);
    let target = analysis.design.limits.target.is_some();
    let until = if target { TIME_TO_TARGET } else { TIME };
    let without_target: Vec<&str> =
        absent("time to a fixed validation accuracy", target).into_iter().collect();
    let counted = analysis.spent.is_some_and(|spent| spent.measured);
    let priced = analysis.spent.is_some_and(|spent| spent.money.is_some());
    let unpriced: Vec<&str> =
        [absent("energy", counted), absent("prices", priced)].into_iter().flatten().collect();
    let limited = analysis.design.memory.is_some();
    let unlimited: Vec<&str> =
        absent("the image size or batch at which a memory limit is passed", limited)
            .into_iter()
            .collect();
    vec![
        claim("C1", COMPUTE, &compute, &[]),
        claim("C2", until, &|arm| time(analysis, arm), &without_target),
        claim("C3", FAILING, &|arm| failing(analysis, arm), &unlimited),
        claim("C4", MONEY, &money, &unpriced),
        claim("C5", RESULTS, &|arm| results(analysis, arm), &[]),
        noisy_claim,
        high_level,
    ]
}

fn results(analysis: &Analysis, arm: &Comparison) -> Said {
    let finding = match arm.judgement.verdict {
        Verdict::Hurts { .. } => Finding::Holds,
        Verdict::Helps { .. } | Verdict::NoMeaningfulDifference { .. } => Finding::DoesNotHold,
        Verdict::Undecided { .. } => Finding::Undecided,
    };
    (finding, judged(analysis, arm))
}

/// What an arm says to the claim of noise, and the measures it rests on.
struct Noise {
    said: Said,
    tally: Tally,
}

/// What can be seen of noise in accuracies and measures: how much better training images do, the spread over seeds, and
/// what corruptions cost.
fn noise(analysis: &Analysis, runs: &Runs<'_>, arm: &Comparison) -> Noise {
    let gaps: Vec<f64> = arm
        .pairs
        .iter()
        .filter_map(|pair| {
            Some(gap(runs, &arm.arm, pair.seed)? - gap(runs, &arm.against, pair.seed)?)
        })
        .collect();
    let interval = SignFlip::new(&gaps).interval(ALPHA);
    let mut findings = vec![noisier(interval)];
    let mut tally = Tally::of(analysis, "C6", arm);
    let has_measures = !tally.is_empty();
    tally.add_interval("the gap between training and test accuracy", interval);
    let sd = |name: &str| or_dash(analysis.arm(name).and_then(|arm| arm.sd), percent);
    let text = match mean(&gaps) {
        None => "no training accuracy of both arms".to_owned(),
        Some(gap) => format!(
            "the gap between training and test accuracy changes by {} points (95 % interval {}, unadjusted)",
            points(gap),
            or_dash(interval, points_interval)
        ),
    };
    let mut text = format!(
        "{text}, and the standard deviation over seeds is {} against {} points",
        sd(&arm.arm),
        sd(&arm.against)
    );
    let robustness = analysis.robustness.iter().flat_map(|robustness| &robustness.arms);
    for damaged in robustness.filter(|damaged| damaged.arm == arm.arm) {
        findings.push(noisier(damaged.extra_interval));
        tally.add_interval("what corruptions add", damaged.extra_interval);
        let _ = write!(
            text,
            "; corruptions add {} points more to its error than to that of `{}` (95 % interval {}, unadjusted)",
            or_dash(damaged.extra_degradation, points),
            analysis.design.baseline,
            or_dash(damaged.extra_interval, points_interval)
        );
    }
    if has_measures {
        let _ = write!(text, ". The claim is {}", tally.words());
    }
    let said = (Finding::together(&findings), format!("{}: {text}.", wording::pair(arm)));
    Noise { said, tally }
}

/// What an interval says of a measure that noise would raise; none of them is the whole claim.
fn noisier(interval: Option<Interval>) -> Finding {
    match interval {
        Some(Interval { low, .. }) if low > 0.0 => Finding::HoldsInPart,
        Some(Interval { high, .. }) if high < 0.0 => Finding::DoesNotHold,
        _ => Finding::Undecided,
    }
}

/// Training accuracy over the last epoch minus test accuracy, where the metric is accuracy.
fn gap(runs: &Runs<'_>, arm: &str, seed: u64) -> Option<f64> {
    let record = runs.get(arm, seed).filter(|record| is_done(record))?;
    runs.design
        .is_accuracy()
        .then(|| Some(record.curve.last()?.train_accuracy - runs.score(record)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Design, Record};
    use crate::sample::{design, records};
    use crate::{CorruptedScore, CorruptionNote, Direction, Expectation, MeasureNote};

    fn found(id: &str, records: &[Record]) -> Claim {
        let claims = Analysis::of(&design(), records).unwrap().claims;
        claims.into_iter().find(|claim| claim.id == id).unwrap()
    }

    #[test]
    fn results_follow_the_verdicts_and_features_are_never_guessed() {
        let claim = found("C5", &records());
        assert_eq!(claim.finding, Finding::HoldsInPart, "one helps, one hurts: {claim:?}");
        let claim = found("C7", &records());
        assert_eq!((claim.finding, claim.because.len()), (Finding::NotMeasured, 0));
        assert!(!claim.not_measured.is_empty());
    }

    #[test]
    fn without_runs_nothing_is_found() {
        for claim in Analysis::of(&design(), &[]).unwrap().claims {
            let expected = if claim.id == "C7" { Finding::NotMeasured } else { Finding::Undecided };
            assert_eq!(claim.finding, expected, "{claim:?}");
        }
    }

    #[test]
    fn a_wider_gap_supports_the_claim_of_noise_in_part() {
        let mut records = records();
        for record in records.iter_mut().filter(|record| record.arm.starts_with("none")) {
            record.curve.last_mut().unwrap().train_accuracy += 0.05;
        }
        let claim = found("C6", &records);
        assert_eq!(claim.finding, Finding::HoldsInPart);
        assert!(claim.because[0].contains("points (95 % interval [+"), "{claim:?}");
    }

    #[test]
    fn what_corruptions_cost_is_a_measure_of_noise_where_a_study_asks_for_it() {
        let note = CorruptionNote { name: "fog".to_owned(), severities: Vec::new() };
        let design = Design { corruptions: vec![note], ..design() };
        let mut records = records();
        for record in &mut records {
            let cost = if record.arm.starts_with("none") { 0.3 } else { 0.1 };
            let accuracy = record.scores["accuracy"] - cost - 0.001 * (record.seed % 3) as f64;
            let fog = CorruptedScore { corruption: "fog".to_owned(), severity: None, accuracy };
            record.corrupted.push(fog);
        }
        let claims = Analysis::of(&design, &records).unwrap().claims;
        let noise = claims.iter().find(|claim| claim.id == "C6").unwrap();
        assert_eq!(noise.finding, Finding::HoldsInPart);
        let said = "; corruptions add +20.00 points more to its error than to that of `max` (95 % interval [";
        assert!(noise.because[0].contains(said), "{noise:?}");
        assert_eq!(noise.not_measured[0], "robustness to clutter");
        assert!(noise.rule.contains("corruptions"), "{noise:?}");
    }

    #[test]
    fn measures_of_the_networks_decide_the_claims_they_speak_of() {
        let note = |name: &str, claim: &str| MeasureNote {
            name: name.to_owned(),
            about: "a measure".to_owned(),
            unit: "share".to_owned(),
            expects: Some(Expectation {
                claim: claim.to_owned(),
                without_pooling: Direction::Lower,
            }),
            curve: None,
        };
        let measures = vec![note("focus", "C6"), note("shift_x", "C6"), note("probe_gain", "C7")];
        let design = Design { measures, ..design() };
        let mut records = records();
        for record in &mut records {
            let without = if record.arm.starts_with("none") { 1.0 } else { 0.0 };
            let wave = 0.001 * (record.seed % 4) as f64;
            record.measures.insert("focus".to_owned(), 0.5 - 0.2 * without + wave);
            record.measures.insert("shift_x".to_owned(), 0.5 + 0.2 * without + wave);
            record.measures.insert("probe_gain".to_owned(), 0.5 - 0.2 * without + wave);
        }
        let claims = Analysis::of(&design, &records).unwrap().claims;
        let of = |id: &str| claims.iter().find(|claim| claim.id == id).unwrap();
        assert_eq!((of("C6").finding, of("C7").finding), (Finding::HoldsInPart, Finding::Holds));
        let because = &of("C6").because[0];
        assert!(because.contains("supported by `focus`"), "{because}");
        assert!(because.contains("contradicted by `shift_x`"), "{because}");
        assert!(of("C7").because[0].ends_with("supported by `probe_gain`."), "{claims:?}");
        assert_eq!(of("C6").not_measured, ["robustness to clutter and noise"]);
        assert!(!of("C7").not_measured.contains(&"linear probes per layer"));
    }
}
