//! The claims on compute, time, memory and money.

use super::super::without::SAME_TIME;
use super::super::{Analysis, ArmSummary, Comparison, CostRatios, wording};
use super::{Finding, Said};
use crate::number::{bytes, or_dash, plural, ratio};
use crate::stats::Ratio;

/// "Very long" and "a lot" are not defined in the article; here they mean at least twice as much.
const A_LOT: f64 = 2.0;

pub(super) const COMPUTE: (&str, &str) = (
    "pooling reduces dimension, so less compute",
    "more than ×1.01 MACs, and seconds per epoch above ×1.11 with their whole interval",
);
pub(super) const TIME: (&str, &str) = (
    "without pooling training takes very long",
    "seconds per epoch, and seconds to the training accuracy that both reach, above ×2 with their whole intervals",
);
pub(super) const TIME_TO_TARGET: (&str, &str) = (
    TIME.0,
    "seconds per epoch, and seconds to the target over the pairs that reach it, above ×2 with their whole intervals",
);
pub(super) const FAILING: (&str, &str) = (
    "without pooling the machine will fail to train",
    "every run without pooling fails, diverges or stays at chance, and none with it",
);
pub(super) const MONEY: (&str, &str) = (
    "without pooling you need a lot of money",
    "core-seconds of a run above ×2 with their whole interval: so is the money, whatever they cost",
);

impl Finding {
    /// Whether a ratio is above a bound, with its whole interval.
    fn above(measured: Option<Ratio>, bound: f64) -> Self {
        match measured.and_then(|ratio| ratio.interval) {
            Some(interval) if interval.low > bound => Self::Holds,
            Some(interval) if interval.high <= bound => Self::DoesNotHold,
            _ => Self::Undecided,
        }
    }
}

/// A sentence about a pair of arms, or that there is nothing to say.
fn with_costs(arm: &Comparison, say: impl Fn(CostRatios) -> Said) -> Said {
    let nothing = || (Finding::Undecided, "no finished run of both arms".to_owned());
    let (finding, text) = arm.costs.map_or_else(nothing, say);
    (finding, format!("{}: {text}.", wording::pair(arm)))
}

/// A measured ratio and its 95 % interval: `×5.91 [×5.87, ×5.94]`.
fn measured(measured: Option<Ratio>) -> String {
    or_dash(measured, |of| {
        let interval = of.interval.map(|i| format!(" [{}, {}]", ratio(i.low), ratio(i.high)));
        format!("{}{}", ratio(of.ratio), interval.unwrap_or_default())
    })
}

/// A finding on time, which only steady times support.
fn if_steady(costs: CostRatios, finding: Finding) -> Finding {
    if costs.times_are_steady { finding } else { Finding::Undecided }
}

fn unsteady(costs: CostRatios) -> &'static str {
    if costs.times_are_steady { "" } else { "; the times vary too much for a finding" }
}

pub(super) fn compute(arm: &Comparison) -> Said {
    with_costs(arm, |costs| {
        let macs = if costs.macs > 1.01 { Finding::Holds } else { Finding::DoesNotHold };
        let time = if_steady(costs, Finding::above(costs.seconds, SAME_TIME.high));
        let (macs_ratio, seconds) = (ratio(costs.macs), measured(costs.seconds));
        let text = format!("{macs_ratio} MACs, {seconds} seconds per epoch{}", unsteady(costs));
        (Finding::together(&[macs, time]), text)
    })
}

pub(super) fn time(analysis: &Analysis, arm: &Comparison) -> Said {
    with_costs(arm, |costs| {
        let long = |of| if_steady(costs, Finding::above(of, A_LOT));
        // A target that was set beforehand says it better than what both happened to reach.
        let (until, reached) = if analysis.design.limits.target.is_some() {
            (costs.seconds_to_target, "seconds to the target")
        } else {
            (costs.seconds_to_accuracy, "seconds to the training accuracy that both reach")
        };
        let findings = [long(costs.seconds), long(until)];
        let text = format!(
            "{} seconds per epoch, {} {reached}{}",
            measured(costs.seconds),
            measured(until),
            unsteady(costs)
        );
        (Finding::together(&findings), text)
    })
}

pub(super) fn failing(analysis: &Analysis, arm: &Comparison) -> Said {
    let of = |name: &str| analysis.arm(name).expect("a comparison is of arms of the design");
    let (one, other) = (of(&arm.arm), of(&arm.against));
    let bad = |arm: &ArmSummary| arm.diverged + arm.failed + arm.stuck;
    let ran = |arm: &ArmSummary| arm.done + arm.diverged + arm.failed;
    let finding = match (bad(one), bad(other)) {
        _ if ran(one) == 0 || ran(other) == 0 => Finding::Undecided,
        (0, _) => Finding::DoesNotHold,
        (bad, 0) if bad == ran(one) => Finding::Holds,
        (bad, others) if bad > others => Finding::HoldsInPart,
        _ => Finding::DoesNotHold,
    };
    let told = |arm: &ArmSummary| {
        let parts =
            [(arm.failed, "failed"), (arm.diverged, "diverged"), (arm.stuck, "stayed at chance")];
        let parts: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let what = if parts.is_empty() { "none failed".to_owned() } else { parts.join(", ") };
        format!("of {} of `{}` {what}", plural(ran(arm), "run"), arm.name)
    };
    let memory = one.costs.zip(arm.costs).map_or_else(String::new, |(costs, ratios)| {
        let (peak, times) = (bytes(costs.peak_bytes), ratio(ratios.peak_bytes));
        format!("; peak tensor memory {peak}, {times}")
    });
    let room = analysis.design.memory.as_ref().and_then(|room| {
        let (one, other) = (room.of(&arm.arm)?, room.of(&arm.against)?);
        Some(format!(
            "; within {} the largest batch is {} and the largest image {}, for `{}` {} and {}",
            bytes(room.limit_bytes),
            one.batch_in_words(),
            one.image_in_words(),
            arm.against,
            other.batch_in_words(),
            other.image_in_words(),
        ))
    });
    let text = format!("{}, {}{memory}{}", told(one), told(other), room.unwrap_or_default());
    (finding, format!("{}: {text}.", wording::pair(arm)))
}

pub(super) fn money(arm: &Comparison) -> Said {
    with_costs(arm, |costs| {
        let finding = if_steady(costs, Finding::above(costs.core_seconds, A_LOT));
        let text =
            format!("{} core-seconds of a run{}", measured(costs.core_seconds), unsteady(costs));
        (finding, text)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Claim;
    use super::*;
    use crate::record::{Design, Outcome, Record};
    use crate::sample::{design, records};
    use crate::{ArmRoom, Limits, Prices, Room};

    fn found_in(design: &Design, id: &str, records: &[Record]) -> Claim {
        let claims = Analysis::of(design, records).unwrap().claims;
        claims.into_iter().find(|claim| claim.id == id).unwrap()
    }

    fn found(id: &str, records: &[Record]) -> Claim {
        found_in(&design(), id, records)
    }

    #[test]
    fn costs_of_the_sample_make_the_claims_on_cost_hold() {
        for id in ["C1", "C2", "C4"] {
            let claim = found(id, &records());
            assert_eq!(claim.finding, Finding::Holds, "{claim:?}");
            assert_eq!(claim.because.len(), 2, "the removed arm and the naive one");
        }
    }

    #[test]
    fn times_that_vary_leave_only_what_is_counted() {
        let mut records = records();
        for record in records.iter_mut().filter(|record| record.arm.starts_with("none")) {
            let factor = if record.seed % 2 == 0 { 0.7 } else { 1.4 };
            record.times.epoch_seconds.iter_mut().for_each(|seconds| *seconds *= factor);
        }
        assert_eq!(found("C1", &records).finding, Finding::HoldsInPart);
        assert_eq!(found("C2", &records).finding, Finding::Undecided);
        assert!(found("C2", &records).because[0].contains("vary too much"));
    }

    #[test]
    fn failing_is_counted_run_by_run() {
        let claim = found("C3", &records());
        assert_eq!(claim.finding, Finding::DoesNotHold);
        assert!(claim.because[0].contains("of 10 runs of `none` none failed"), "{claim:?}");
        let mut records = records();
        for record in records.iter_mut().filter(|r| r.arm.starts_with("none")) {
            record.outcome = Outcome::Failed { message: "out of memory".to_owned() };
        }
        let claim = found("C3", &records);
        assert_eq!(claim.finding, Finding::Holds);
        assert!(claim.because[0].contains("of 10 runs of `none` 10 failed"), "{claim:?}");
        let one = records.iter().position(|r| r.arm == "none").unwrap();
        records[one].outcome = Outcome::Done;
        assert_eq!(found("C3", &records).finding, Finding::HoldsInPart);
        records.retain(|run| run.arm.starts_with("none") && run.outcome != Outcome::Done);
        assert_eq!(found("C3", &records).finding, Finding::Undecided, "none ran with pooling");
    }

    #[test]
    fn what_was_measured_and_priced_is_not_called_unmeasured() {
        let missing = |design: &Design, records: &[Record], id: &str| {
            let claims = Analysis::of(design, records).unwrap().claims;
            claims.into_iter().find(|claim| claim.id == id).unwrap().not_measured
        };
        let mut records = records();
        assert_eq!(missing(&design(), &records, "C4"), ["energy", "prices"]);
        assert_eq!(missing(&design(), &records, "C2"), ["time to a fixed validation accuracy"]);
        let prices = Prices { core_hour: Some(0.05), ..Prices::default() };
        let limits = Limits { target: Some(0.9), ..Limits::default() };
        let priced = Design { prices: Some(prices), limits, ..design() };
        assert_eq!(missing(&priced, &records, "C4"), ["energy"]);
        assert!(missing(&priced, &records, "C2").is_empty());
        for record in &mut records {
            record.joules = Some(1.0);
        }
        assert!(missing(&priced, &records, "C4").is_empty());
    }

    #[test]
    fn a_target_that_both_reach_takes_the_place_of_what_both_happen_to_reach() {
        let design =
            Design { limits: Limits { target: Some(0.9), ..Limits::default() }, ..design() };
        let mut records = records();
        assert!(found("C2", &records).because[0].contains("training accuracy that both reach"));
        let claim = found_in(&design, "C2", &records);
        assert!(claim.because[0].contains(", – seconds to the target"), "{claim:?}");
        for record in &mut records {
            let seconds = if record.arm.starts_with("none") { 3.0 } else { 2.0 };
            record.times.target_seconds = Some(seconds + 0.001 * record.seed as f64);
        }
        let claim = found_in(&design, "C2", &records);
        assert!(
            claim.because[0].contains(", ×1.50 [×1.50, ×1.50] seconds to the target"),
            "{claim:?}"
        );
        assert_eq!(claim.finding, Finding::HoldsInPart, "epochs are longer, and fewer");
    }

    #[test]
    fn where_a_limit_on_memory_is_passed_is_said_where_a_study_names_one() {
        let unknown = "the image size or batch at which a memory limit is passed";
        assert_eq!(found("C3", &records()).not_measured, [unknown]);
        let noted = design().arms;
        let arms = noted.iter().map(|note| {
            let batch = (note.name != "none").then_some(100);
            let (arm, side) = (note.name.clone(), batch.map(|_| 40));
            ArmRoom { arm, held_bytes: 9_000_000, batch, side, or_more: note.name == "max" }
        });
        let memory = Some(Room { limit_bytes: 64_000_000, arms: arms.collect() });
        let claim = found_in(&Design { memory, ..design() }, "C3", &records());
        assert!(claim.not_measured.is_empty());
        let said = "; within 64.0 MB the largest batch is none and the largest image none, for `max` 100 and 40x40 or more.";
        assert!(claim.because[0].ends_with(said), "{claim:?}");
    }
}
