//! The tables of `docs/measures.md` are what the list of measures says.

use std::fmt::Write;
use std::path::Path;

use cenote_evidence::MeasureNote;

use super::MEASURES;

const BEGIN: &str = "<!-- tables: begin -->";
const END: &str = "<!-- tables: end -->";

fn tables() -> String {
    let mut text = "\n## Values\n\nOf the example of each measure.\n\n| measure | value | what | unit | claim | without pooling |\n|---|---|---|---|---|---|\n".to_owned();
    for kind in MEASURES {
        let measure = cenote_spec::parse(&[MEASURES], kind.example_table());
        for MeasureNote { name, about, unit, expects, .. } in measure.expect("an example").notes() {
            let (claim, direction) = expects.as_ref().map_or(("–", "–"), |expects| {
                (expects.claim.as_str(), expects.without_pooling.word())
            });
            let _ = writeln!(
                text,
                "| `{}` | `{name}` | {about} | {unit} | {claim} | {direction} |",
                kind.name
            );
        }
    }
    text.push_str("\n## Formulas, ranges, costs and sources\n\n| measure | formula and range | cost for each network | source |\n|---|---|---|---|\n");
    for kind in MEASURES {
        let notes = kind.notes.expect("every measure has notes");
        let (name, formula) = (kind.name, notes.formula);
        let _ = writeln!(text, "| `{name}` | {formula} | {} | {} |", notes.cost, notes.reference);
    }
    text.push_str("\n## Settings\n\n| measure | setting | default | what |\n|---|---|---|---|\n");
    for kind in MEASURES {
        for setting in kind.notes.expect("every measure has notes").settings {
            let (name, default, about) = (setting.name, setting.default, setting.about);
            let _ = writeln!(text, "| `{}` | `{name}` | {default} | {about} |", kind.name);
        }
    }
    text
}

#[test]
fn the_tables_of_the_documentation_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/measures.md");
    let document = std::fs::read_to_string(&path).expect("the document is in the repository");
    let (before, rest) = document.split_once(BEGIN).expect("the tables begin at a mark");
    let (_, after) = rest.split_once(END).expect("and end at one");
    let expected = format!("{before}{BEGIN}\n{}\n{END}{after}", tables());
    if std::env::var_os("CENOTE_BLESS").is_some() {
        std::fs::write(&path, expected).expect("the document is writable");
        return;
    }
    assert!(document == expected, "docs/measures.md is not current; run with CENOTE_BLESS=1");
}
