//! What an arm costs against its partner, in words: the third of the four questions.

use super::answer::{Parts, UNDECIDED, confounded, naive, removed};
use super::wording::{self, SCOPE};
use super::{Analysis, Comparison};
use crate::number::{percent, points, ratio};
use crate::stats::{Interval, Ratio};

/// Time ratios within this count as about the same.
pub(super) const SAME_TIME: Interval = Interval { low: 0.90, high: 1.11 };

/// Answers with ratios: exact ones for what is counted, intervals for what is measured.
pub(super) fn without(analysis: &Analysis, parts: &mut Parts) -> String {
    let removed = removed(analysis);
    parts.because.push(costs(analysis, removed));
    parts.caveats.extend(timing(analysis, removed));
    if let Some(naive) = naive(analysis) {
        parts
            .because
            .push(format!("Deleting the pools and adapting nothing: {}", costs(analysis, naive)));
        parts.caveats.extend(timing(analysis, naive).filter(|text| !parts.caveats.contains(text)));
        parts.caveats.extend(confounded(naive));
    }
    costs_in_short(removed)
}

/// What an arm costs against its partner, as a sentence.
fn costs(analysis: &Analysis, comparison: &Comparison) -> String {
    let accuracy = match comparison.judgement.mean {
        None => wording::difference(analysis, comparison),
        Some(_) => wording::evidence(analysis, comparison),
    };
    let costs = comparison.costs.map_or_else(
        || "no finished run of both arms to compare the costs of".to_owned(),
        |costs| {
            let seconds = costs.seconds.map_or_else(String::new, |seconds| {
                format!(", seconds per epoch {}", measured(seconds))
            });
            format!(
                "parameters {}, MACs {}, peak memory {}{seconds}",
                ratio(costs.parameters),
                ratio(costs.macs),
                ratio(costs.peak_bytes)
            )
        },
    );
    format!("{}: {costs}; {accuracy}, {SCOPE}.", wording::pair(comparison))
}

fn measured(ratio_of: Ratio) -> String {
    let pairs = format!("{} pairs", ratio_of.n);
    match ratio_of.interval {
        None => format!("{} (one pair)", ratio(ratio_of.ratio)),
        Some(i) => format!(
            "{} (geometric mean of {pairs}, 95 % interval {} to {})",
            ratio(ratio_of.ratio),
            ratio(i.low),
            ratio(i.high)
        ),
    }
}

/// How far the times can be trusted, as a sentence.
fn timing(analysis: &Analysis, comparison: &Comparison) -> Option<String> {
    let costs = comparison.costs?;
    costs.seconds?;
    let shared = analysis.jobs() > 1;
    let spread = |name: &str| {
        let spread = analysis.arm(name).and_then(|arm| arm.epoch_spread);
        spread.map_or_else(|| "unknown".to_owned(), |spread| format!("{} %", percent(spread)))
    };
    let shared = if shared { "The times are of runs that shared the machine." } else { "" };
    let uneven = if costs.times_are_steady {
        String::new()
    } else {
        format!(
            "The times vary too much between runs, or are too few, for a verdict on time (spread of `{}` {}, of `{}` {}; at most 10 %).",
            comparison.arm,
            spread(&comparison.arm),
            comparison.against,
            spread(&comparison.against)
        )
    };
    let text =
        [shared, &uneven].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The costs in a few words: by time where it was steady, by multiply-adds otherwise.
fn costs_in_short(comparison: &Comparison) -> String {
    let Some(costs) = comparison.costs else { return UNDECIDED.to_owned() };
    let accuracy = comparison
        .judgement
        .mean
        .map_or_else(String::new, |mean| format!("; {} points", points(mean)));
    let steady = costs.seconds.filter(|_| costs.times_are_steady);
    let interval = steady.and_then(|seconds| seconds.interval);
    let word = match interval {
        Some(i) if i.low > SAME_TIME.high => "Slower",
        Some(i) if i.high < SAME_TIME.low => "Faster",
        Some(i) if SAME_TIME.contains(i.low) && SAME_TIME.contains(i.high) => "About as fast",
        _ => "Time undecided",
    };
    let time = steady.map_or_else(String::new, |seconds| {
        format!(" ({} seconds per epoch)", ratio(seconds.ratio))
    });
    format!(
        "{word}{time}, {} MACs, {} memory, {} parameters{accuracy}",
        ratio(costs.macs),
        ratio(costs.peak_bytes),
        ratio(costs.parameters)
    )
}
