//! What the article claims, and what the records say to it.

use std::fmt::Write;

use super::text::{plain, prose};
use crate::Analysis;
use crate::analysis::{Claim, Finding};

/// A card for each claim: finding, rule, numbers, and what no record holds.
pub(super) fn claims(analysis: &Analysis) -> String {
    let mut html = "<p class=\"note\">Each is asked of the arm with its pools removed and of the one that deletes them and adapts nothing. Ratios are arm to partner, with 95 % intervals; all on this data and budget.</p>\n<div class=\"cards answers\">\n".to_owned();
    for claim in &analysis.claims {
        html.push_str(&card(claim));
    }
    html.push_str("</div>\n");
    html
}

fn card(claim: &Claim) -> String {
    let mut html = format!(
        "<article class=\"card {}\">\n<h3>{}. {}</h3>\n<p class=\"answer\">{}</p>\n<p>Rule: {}.</p>\n",
        mood(claim.finding),
        claim.id,
        plain(claim.claim),
        claim.finding.words(),
        prose(claim.rule)
    );
    for sentence in &claim.because {
        let _ = writeln!(html, "<p>{}</p>", prose(sentence));
    }
    if !claim.not_measured.is_empty() {
        let _ = writeln!(html, "<p>Not measured: {}.</p>", plain(&claim.not_measured.join("; ")));
    }
    html.push_str("</article>\n");
    html
}

/// A claim that holds is neither good nor bad: colour says how much is known.
fn mood(finding: Finding) -> &'static str {
    match finding {
        Finding::Holds | Finding::HoldsInPart | Finding::DoesNotHold => "same",
        Finding::Undecided => "open",
        Finding::NotMeasured => "",
    }
}
