//! Licence expressions: `MIT OR Apache-2.0`, `(MIT OR Apache-2.0) AND Unicode-3.0`, `MIT/Zlib`.
//!
//! ```text
//! either = both ("OR" | "/") both …          AND binds tighter than OR
//! both   = one "AND" one …
//! one    = "(" either ")" | NAME ["WITH" EXCEPTION]
//! ```
//!
//! The slash is how crates wrote OR before SPDX. A name with an exception is one licence and must
//! be allowed as a whole.

/// Whether the allowed licences satisfy `expression`; `None` when it cannot be read.
pub(super) fn is_satisfied(expression: &str, allowed: &[String]) -> Option<bool> {
    let spaced = ["(", ")", "/"]
        .iter()
        .fold(expression.to_owned(), |text, mark| text.replace(mark, &format!(" {mark} ")));
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    let satisfied = reader.either()?;
    reader.words.is_empty().then_some(satisfied)
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl<'a> Reader<'a> {
    fn either(&mut self) -> Option<bool> {
        let mut satisfied = self.both()?;
        while self.take("OR") || self.take("/") {
            satisfied |= self.both()?;
        }
        Some(satisfied)
    }

    fn both(&mut self) -> Option<bool> {
        let mut satisfied = self.one()?;
        while self.take("AND") {
            satisfied &= self.one()?;
        }
        Some(satisfied)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let inner = self.either()?;
            return self.take(")").then_some(inner);
        }
        let name = self.name()?;
        if self.take("WITH") {
            let whole = format!("{name} WITH {}", self.name()?);
            return Some(self.allowed.contains(&whole));
        }
        Some(self.allowed.iter().any(|allowed| allowed == name))
    }

    fn name(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        if matches!(*first, "OR" | "AND" | "WITH" | "(" | ")" | "/") {
            return None;
        }
        self.words = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str) -> Option<bool> {
        let allowed = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        is_satisfied(expression, &allowed.map(str::to_owned))
    }

    #[test]
    fn one_allowed_side_of_an_or_is_enough() {
        assert_eq!(check("MIT OR GPL-3.0"), Some(true));
        assert_eq!(check("GPL-3.0/MIT"), Some(true));
        assert_eq!(check("GPL-3.0 OR Zlib"), Some(false));
    }

    #[test]
    fn both_sides_of_an_and_are_needed() {
        assert_eq!(check("(MIT OR Apache-2.0) AND Unicode-3.0"), Some(true));
        assert_eq!(check("(MIT OR Apache-2.0) AND GPL-3.0"), Some(false));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(check("MIT OR Zlib AND GPL-3.0"), Some(true));
        assert_eq!(check("(MIT OR Zlib) AND GPL-3.0"), Some(false));
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert_eq!(check("Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(check("Apache-2.0"), Some(false));
        assert_eq!(check("MIT WITH LLVM-exception"), Some(false));
    }

    #[test]
    fn what_cannot_be_read_is_not_satisfied_by_chance() {
        for text in ["", "MIT OR", "(MIT", "MIT)", "MIT Zlib", "AND MIT", "MIT WITH", "()"] {
            assert_eq!(check(text), None, "{text:?}");
        }
    }
}
