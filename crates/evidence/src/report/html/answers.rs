//! The four answers with everything that supports or limits them.

use std::fmt::Write;

use super::text::prose;
use crate::Analysis;

pub(super) fn answers(analysis: &Analysis) -> String {
    let mut html = String::new();
    for (number, answer) in (1..).zip(&analysis.answers) {
        let _ = write!(
            html,
            "<h3 id=\"answer-{number}\">{number}. {}</h3>\n<p><strong>{}.</strong></p>\n<ul>\n",
            prose(answer.question),
            prose(&answer.answer)
        );
        for sentence in &answer.because {
            let _ = writeln!(html, "<li>{}</li>", prose(sentence));
        }
        for caveat in &answer.caveats {
            let _ = writeln!(html, "<li><em>Caveat:</em> {}</li>", prose(caveat));
        }
        html.push_str("</ul>\n");
    }
    html
}
