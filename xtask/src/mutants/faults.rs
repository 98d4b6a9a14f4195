//! The list of faults, and how one is put into a text.
//!
//! ```text
//! crates/layers/src/pool/avg.rs
//! - Divisor::Fixed(fixed)
//! + Divisor::Fixed(fixed + 1)
//! ```
//!
//! An entry is a file, an expression that stands in it once, and what the fault makes of it; a fault
//! follows the file of the one before where it names none. The expression may be made unique by text
//! around it, in double brackets: `- let y = [[a + b]];`. Lines that begin with `#` say something.

use std::fmt;

use crate::Error;

/// One expression and what it is broken into.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) file: String,
    before: String,
    find: String,
    after: String,
    replace: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}` as `{}`", self.file, self.find, self.replace)
    }
}

/// Reads the list, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Vec<Fault>, Vec<String>> {
    let (mut faults, mut findings) = (Vec::new(), Vec::new());
    let (mut file, mut find): (Option<String>, Option<String>) = (None, None);
    for (number, line) in text.lines().enumerate() {
        let mut wrong = |what: &str| findings.push(format!("faults.txt:{}: {what}", number + 1));
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match (line.strip_prefix("- "), line.strip_prefix("+ ")) {
            (Some(from), _) => {
                if find.replace(from.to_owned()).is_some() {
                    wrong("the expression before has no replacement");
                }
            }
            (_, Some(to)) => match (&file, find.take()) {
                (Some(file), Some(from)) => faults.push(fault(file, &from, to)),
                (None, _) => wrong("no file is named before it"),
                (_, None) => wrong("a replacement of nothing"),
            },
            _ => file = Some(line.trim().to_owned()),
        }
    }
    if find.is_some() {
        findings.push("faults.txt: the last expression has no replacement".to_owned());
    }
    if findings.is_empty() { Ok(faults) } else { Err(findings) }
}

fn fault(file: &str, from: &str, to: &str) -> Fault {
    let (before, rest) = from.split_once("[[").unwrap_or(("", from));
    // Brackets of the expression itself come in pairs.
    let paired = |text: &str| text.matches('[').count() == text.matches(']').count();
    let ends = (0..rest.len()).filter(|&at| rest.get(at..).is_some_and(|t| t.starts_with("]]")));
    let end = ends.into_iter().find(|&at| paired(&rest[..at]));
    let (find, after) = end.map_or((rest, ""), |at| (&rest[..at], &rest[at + 2..]));
    let [file, before, find, after, replace] = [file, before, find, after, to].map(str::to_owned);
    Fault { file, before, find, after, replace }
}

impl Fault {
    /// The text with this fault behind a number.
    pub(super) fn planted(&self, text: &str, number: usize) -> Result<String, String> {
        let Self { before, find, after, replace, .. } = self;
        let context = format!("{before}{find}{after}");
        match text.matches(&context).count() {
            1 => {}
            count => return Err(format!("{self}: stands {count} times in its file")),
        }
        let switched = format!(
            "{before}(if crate::planted::fault({number}) {{ {replace} }} else {{ {find} }}){after}"
        );
        Ok(text.replacen(&context, &switched, 1))
    }
}

/// The tape with a switch behind every gradient that a function gives.
pub(super) fn in_tape(text: &str) -> Result<String, Error> {
    let call = "let parts = function.backward(dy, &wanted);";
    let scaled =
        "let parts = crate::planted::scaled(name, &wanted, function.backward(dy, &wanted));";
    if text.matches(call).count() == 1 {
        Ok(text.replace(call, scaled))
    } else {
        Err(Error::Findings(vec![format!("the tape does not hold `{call}` once")]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_replaced_where_it_stands_with_its_surroundings() {
        let list = "# why\na.rs\n- x + [[1]];\n+ 2\n- y\n+ z\n";
        let faults = parse(list).expect("a list");
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[1].file, "a.rs");
        let planted = faults[0].planted("let w = 1; let v = x + 1;", 7);
        let expected = "let w = 1; let v = x + (if crate::planted::fault(7) { 2 } else { 1 });";
        assert_eq!(planted.as_deref(), Ok(expected));
        let list = parse("a.rs\n- f([[[a, b]]], c)\n+ [b, a]").expect("a list");
        let planted = list[0].planted("f([a, b], c)", 1);
        let expected = "f((if crate::planted::fault(1) { [b, a] } else { [a, b] }), c)";
        assert_eq!(planted.as_deref(), Ok(expected));
        let list = parse("a.rs\n- f([a, [[b]]])\n+ c").expect("a list");
        let planted = list[0].planted("f([a, b])", 1);
        let expected = "f([a, (if crate::planted::fault(1) { c } else { b })])";
        assert_eq!(planted.as_deref(), Ok(expected));
        assert!(faults[1].planted("y y", 0).is_err_and(|words| words.contains("2 times")));
        assert!(faults[1].planted("x", 0).is_err_and(|words| words.contains("0 times")));
    }

    #[test]
    fn a_list_without_its_form_is_refused_with_the_line() {
        for (list, words) in [
            ("- x\n+ y", "faults.txt:2: no file"),
            ("a.rs\n+ y", "faults.txt:2: a replacement of nothing"),
            ("a.rs\n- x\n- y\n+ z", "faults.txt:3: the expression before"),
            ("a.rs\n- x", "the last expression"),
        ] {
            let findings = parse(list).expect_err("refused");
            assert!(findings[0].contains(words), "{findings:?}");
        }
    }
}
