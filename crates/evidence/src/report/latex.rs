//! Arms and comparisons as two tables for a paper, in LaTeX with `booktabs`.

use std::fmt::Write;

use crate::number::{
    bytes, grouped, large, or_dash, p_value, percent, percent_interval, plural, points,
    points_interval, seconds,
};
use crate::stats::SignFlip;
use crate::verdict::ALPHA;
use crate::{Analysis, Comparison};

/// The two tables, to be read by `\input{report.tex}`; they ask for the package `booktabs` alone.
pub(super) fn latex(analysis: &Analysis) -> String {
    let mut text = format!(
        "% Study {}, plan {}: written by cenote report. Needs \\usepackage{{booktabs}}.\n",
        comment(&analysis.design.name),
        comment(&analysis.design.plan)
    );
    arms(&mut text, analysis);
    text.push('\n');
    comparisons(&mut text, analysis);
    text
}

fn arms(text: &mut String, analysis: &Analysis) {
    let design = &analysis.design;
    let rows = analysis.arms.iter().map(|arm| {
        vec![
            escape(&arm.name),
            or_dash(arm.mean, |mean| escape(&percent(mean))),
            or_dash(arm.interval, |interval| escape(&percent_interval(interval))),
            or_dash(arm.costs, |costs| escape(&grouped(costs.parameters))),
            or_dash(arm.costs, |costs| escape(&large(costs.macs))),
            or_dash(arm.costs, |costs| escape(&bytes(costs.peak_bytes))),
            or_dash(arm.epoch_seconds, |time| escape(&seconds(time))),
        ]
    });
    let mut judged = design.judged();
    judged[..1].make_ascii_uppercase();
    let caption = format!(
        "{} {} on {}, {}: mean over up to {} seeds and Student's 95\\,\\% interval.",
        escape(&design.question),
        escape(&judged),
        escape(&design.dataset.name),
        escape(&design.budget),
        design.seeds.len()
    );
    let heads = [
        "arm".to_owned(),
        format!("{} (\\%)", escape(&design.metric)),
        "95\\,\\% interval".to_owned(),
        "parameters".to_owned(),
        "MACs".to_owned(),
        "memory".to_owned(),
        "s / epoch".to_owned(),
    ];
    table(text, "lrrrrrr", &caption, &label(analysis, "arms"), &heads, rows);
}

fn comparisons(text: &mut String, analysis: &Analysis) {
    let rows = analysis.comparisons.iter().map(row);
    let caption = format!(
        "Paired differences in points of {}, by seed. Intervals and $p$ come from the sign-flip test (exact up to {} pairs{}), adjusted for {} comparisons (Holm); a difference within $\\pm{:.2}$ points does not matter.",
        escape(&analysis.design.judged()),
        SignFlip::EXACT,
        looks(analysis.design.looks.len()),
        analysis.comparisons.len(),
        100.0 * analysis.design.margin
    );
    let heads = ["arm $-$ partner", "pairs", "difference", "95\\,\\% interval", "$p$", "verdict"]
        .map(str::to_owned);
    table(text, "lrrrrl", &caption, &label(analysis, "differences"), &heads, rows);
}

/// What planned looks add to the name of the test.
fn looks(count: usize) -> String {
    if count == 0 { String::new() } else { format!(", {}", plural(count, "planned look")) }
}

fn row(comparison: &Comparison) -> Vec<String> {
    let judgement = &comparison.judgement;
    vec![
        format!("{} $-$ {}", escape(&comparison.arm), escape(&comparison.against)),
        judgement.n.to_string(),
        or_dash(judgement.mean, |mean| escape(&points(mean))),
        or_dash(judgement.interval, |interval| escape(&points_interval(interval))),
        escape(&p_value(judgement.p, ALPHA)),
        judgement.verdict.words().to_owned(),
    ]
}

fn table(
    text: &mut String,
    columns: &str,
    caption: &str,
    label: &str,
    heads: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) {
    let _ = write!(
        text,
        "\\begin{{table}}\n\\centering\n\\caption{{{caption}}}\n\\label{{{label}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{} \\\\\n\\midrule\n",
        heads.join(" & ")
    );
    for row in rows {
        // A row that starts with a bracket would be read as the gap behind the row above.
        let guard = if row[0].starts_with('[') { "{}" } else { "" };
        let _ = writeln!(text, "{guard}{} \\\\", row.join(" & "));
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

/// A label that no name can break: letters, digits and hyphens of the study's name.
fn label(analysis: &Analysis, part: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("tab:{}-{part}", analysis.design.name.chars().map(kept).collect::<String>())
}

/// Text of a comment stays on its line.
fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text that LaTeX sets as it stands.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '<' => escaped.push_str("$<$"),
            '>' => escaped.push_str("$>$"),
            '|' => escaped.push_str("$|$"),
            '−' => escaped.push_str("$-$"),
            '+' => escaped.push_str("$+$"),
            '×' => escaped.push_str("$\\times$"),
            '±' => escaped.push_str("$\\pm$"),
            '–' => escaped.push_str("--"),
            '"' => escaped.push_str("''"),
            '`' => escaped.push_str("\\textasciigrave{}"),
            '\'' => escaped.push_str("\\textquotesingle{}"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Design;
    use crate::sample::{design, records};

    #[test]
    fn the_caption_says_which_test_the_design_asked_for() {
        let caption = |looks: &[usize]| {
            let design = Design { looks: looks.to_vec(), ..design() };
            latex(&Analysis::of(&design, &records()).unwrap())
        };
        assert!(caption(&[]).contains("the sign-flip test (exact up to 16 pairs), adjusted"));
        let expected = "the sign-flip test (exact up to 16 pairs, 2 planned looks), adjusted";
        assert!(caption(&[9, 10]).contains(expected));
    }

    #[test]
    fn what_latex_would_read_as_a_command_is_set_as_text() {
        assert_eq!(escape("a_b & 50 % \\x"), "a\\_b \\& 50 \\% \\textbackslash{}x");
        assert_eq!(escape("−4.38 < 2"), "$-$4.38 $<$ 2");
        assert_eq!(escape("{^~}\n"), "\\{\\textasciicircum{}\\textasciitilde{}\\} ");
    }
}
