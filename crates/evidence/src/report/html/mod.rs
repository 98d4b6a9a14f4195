//! The report as one page: nothing is fetched, nothing is asked of a network.
//!
//! The page is whole without its script, which only sorts tables and shows the values of marks. A
//! policy inside it lets a browser run that script and no other, so that even a name that slipped
//! through the escaping could do nothing.

mod agreement;
mod answers;
mod cards;
mod claims;
mod classes;
mod effects;
mod figures;
mod measures;
mod method;
mod other_scores;
mod pictures;
mod robustness;
mod sections;
mod similarity;
mod spending;
mod table;
mod text;
mod training;

use std::fmt::Write;

use super::method::{extent, missing};
use super::svg;
use crate::{Analysis, Record};
use text::{plain, prose};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a browser may do with the page: apply its style and run the script with this digest.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-BUNu59eal6x4qkI7hdCnT+NhgXAFUjwlzwbVbnjm0dk='; base-uri 'none'; form-action 'none'";

/// A part of the page; empty where the records do not have what it shows.
struct Section {
    id: &'static str,
    heading: &'static str,
    body: String,
}

/// The report as an HTML page of its own.
pub(crate) fn html(analysis: &Analysis, runs: &[Record]) -> String {
    let section = |id, heading, body| Section { id, heading, body };
    let sections: Vec<Section> = [
        section("verdicts", "Verdicts", cards::verdicts(analysis)),
        section("accuracy", "Accuracy", sections::accuracy(analysis)),
        section("differences", "Paired differences", sections::differences(analysis)),
        section("scores", "Other scores", other_scores::other_scores(analysis)),
        section("factors", "Factors", effects::effects(analysis)),
        section("cost", "What it costs", sections::costs(analysis)),
        section("took", "What it took", spending::spending(analysis)),
        section("ending", "How training ended", training::endings(analysis)),
        section("tuning", "Learning rates", training::tuning(analysis)),
        section("learning", "Learning", figures::figure(analysis, "curves", figures::CURVES)),
        section("robustness", "Robustness", robustness::robustness(analysis)),
        section("measures", "Measures of the networks", measures::measures(analysis)),
        section("agreement", "Agreement between seeds", agreement::agreement(analysis)),
        section("similarity", "Similarity of layers", similarity::similarity(analysis)),
        section("pictures", "Pictures of the networks", pictures::pictures(runs)),
        section("validation", "Validation images", robustness::validation(analysis)),
        section("layers", "Layer by layer", sections::layers(analysis)),
        section("classes", "Class by class", classes::classes(analysis)),
        section("answers", "The four answers, with their reasons", answers::answers(analysis)),
        section("claims", "The seven claims", claims::claims(analysis)),
        section("runs", "Every run", sections::runs(analysis, runs)),
        section("method", "How it was measured", method::method(analysis, runs)),
    ]
    .into_iter()
    .filter(|section| !section.body.is_empty())
    .collect();

    let mut page = head(analysis);
    let _ =
        write!(page, "<body>\n<header>\n{}{}</header>\n<main>\n", title(analysis), nav(&sections));
    for Section { id, heading, body } in &sections {
        let _ = write!(
            page,
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{body}</section>\n"
        );
    }
    let _ = write!(
        page,
        "</main>\n<footer>\n<p class=\"note\">Every number here is computed from <code>runs.jsonl</code>: <code>cenote report DIRECTORY</code> writes this page again, byte for byte, without training.</p>\n</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    );
    page
}

fn head(analysis: &Analysis) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"generator\" content=\"cenote\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{} · {}</title>\n<style>\n{STYLE}{}</style>\n</head>\n",
        plain(&analysis.design.question),
        plain(&analysis.design.name),
        svg::style()
    )
}

fn title(analysis: &Analysis) -> String {
    let question = plain(&analysis.design.question);
    let mut text =
        format!("<h1>{question}</h1>\n<p class=\"lead\">{}</p>\n", prose(&extent(analysis)));
    if let Some(missing) = missing(analysis) {
        let _ = writeln!(text, "<p class=\"warning\"><strong>Not complete:</strong> {missing}</p>");
    }
    text
}

fn nav(sections: &[Section]) -> String {
    let mut text = "<nav aria-label=\"Parts of this report\">\n<ul>\n".to_owned();
    for Section { id, heading, .. } in sections {
        let _ = writeln!(text, "<li><a href=\"#{id}\">{heading}</a></li>");
    }
    text.push_str("</ul>\n</nav>\n");
    text
}

#[cfg(test)]
mod tests;
