//! A scanner for JSON of known shape.
//!
//! It never builds a tree: whoever knows what should come next asks for it. The bytes may end anywhere; a value is read
//! whole or not at all, so that it can be asked for again when more bytes are there.

use std::borrow::Cow;

use super::number::Number;

/// Values inside values that are skipped, at most.
const DEEPEST: usize = 512;

/// Why something cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes end here, but the value may not.
    End,
    /// Something else stands here.
    Expected(&'static str),
    /// The value is of the right form but makes no sense.
    Wrong(&'static str),
}

/// A position in bytes.
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// The field that is being read.
    pub(super) field: &'static str,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, field: "record" }
    }

    /// The next byte that is no white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Fault> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(&byte) => return Ok(byte),
                None => return Err(Fault::End),
            }
        }
    }

    /// Steps over `byte`.
    #[inline]
    pub(super) fn take(&mut self, byte: u8, name: &'static str) -> Result<(), Fault> {
        if self.peek()? != byte {
            return Err(Fault::Expected(name));
        }
        self.at += 1;
        Ok(())
    }

    /// Steps over `byte` if it is next.
    #[inline]
    pub(super) fn took(&mut self, byte: u8) -> Result<bool, Fault> {
        let there = self.peek()? == byte;
        self.at += usize::from(there);
        Ok(there)
    }

    /// The elements of a list, read one by one.
    #[inline]
    pub(super) fn list(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.take(b'[', "a list")?;
        if self.took(b']')? {
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.took(b',')? {
                return self.take(b']', "`,` or `]`");
            }
        }
    }

    /// The entries of an object; `entry` reads the value of a key.
    #[inline]
    pub(super) fn object(
        &mut self,
        mut entry: impl FnMut(&mut Self, &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.take(b'{', "an object")?;
        if self.took(b'}')? {
            return Ok(());
        }
        loop {
            let key = self.key()?;
            entry(self, &key)?;
            self.field = "record";
            if !self.took(b',')? {
                return self.take(b'}', "`,` or `}`");
            }
        }
    }

    /// A key and the colon after it.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        let raw = self.raw_string()?;
        self.take(b':', "`:`")?;
        if raw.contains(&b'\\') {
            return Ok(Cow::Owned(unescape(raw)?.into_bytes()));
        }
        Ok(Cow::Borrowed(raw))
    }

    /// Text.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let raw = self.raw_string()?;
        if raw.contains(&b'\\') {
            return unescape(raw).map(Cow::Owned);
        }
        std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| Fault::Wrong("text is not UTF-8"))
    }

    /// What stands between quotes.
    #[inline]
    fn raw_string(&mut self) -> Result<&'a [u8], Fault> {
        self.take(b'"', "a string")?;
        let start = self.at;
        let mut at = start;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => at += 2,
                Some(0..0x20) => return Err(Fault::Wrong("text has a control character")),
                Some(_) => at += 1,
                None => return Err(Fault::End),
            }
        }
        self.at = at + 1;
        Ok(&self.bytes[start..at])
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<Number, Fault> {
        self.peek()?;
        let (number, length) = Number::read(&self.bytes[self.at..])?;
        self.at += length;
        Ok(number)
    }

    /// A number that is finite.
    #[inline]
    pub(super) fn finite(&mut self) -> Result<f64, Fault> {
        let value = self.number()?.value();
        if value.is_finite() { Ok(value) } else { Err(Fault::Wrong("a number is too large")) }
    }

    /// Steps over a word like `null` if it is next.
    pub(super) fn took_word(&mut self, word: &'static str) -> Result<bool, Fault> {
        self.peek()?;
        let rest = &self.bytes[self.at..];
        let there = rest.starts_with(word.as_bytes());
        if !there && word.as_bytes().starts_with(rest) {
            return Err(Fault::End);
        }
        self.at += if there { word.len() } else { 0 };
        Ok(there)
    }

    /// Steps over any value.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        // One flag per open bracket: is it an object?
        let mut open: Vec<bool> = Vec::new();
        loop {
            match self.peek()? {
                b'{' | b'[' if open.len() == DEEPEST => {
                    return Err(Fault::Wrong("values are nested too deep"));
                }
                b'{' => {
                    self.at += 1;
                    if self.peek()? != b'}' {
                        open.push(true);
                        self.key()?;
                        continue;
                    }
                    self.at += 1;
                }
                b'[' => {
                    self.at += 1;
                    if self.peek()? != b']' {
                        open.push(false);
                        continue;
                    }
                    self.at += 1;
                }
                b'"' => {
                    self.raw_string()?;
                }
                b't' if self.took_word("true")? => {}
                b'f' if self.took_word("false")? => {}
                b'n' if self.took_word("null")? => {}
                // Python writes these, and where they are skipped they do no harm.
                b'N' if self.took_word("NaN")? => {}
                b'I' if self.took_word("Infinity")? => {}
                b'-' if self.took_word("-Infinity")? => {}
                b'-' | b'0'..=b'9' => {
                    self.number()?;
                }
                _ => return Err(Fault::Expected("a value")),
            }
            // After a value: on to the next one, or out of what it ends.
            loop {
                let Some(&object) = open.last() else { return Ok(()) };
                if self.took(b',')? {
                    if object {
                        self.key()?;
                    }
                    break;
                }
                if object {
                    self.take(b'}', "`,` or `}`")?;
                } else {
                    self.take(b']', "`,` or `]`")?;
                }
                open.pop();
            }
        }
    }

    /// What stands here, for an error.
    pub(super) fn shown(&self) -> String {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let end = rest.iter().position(|byte| b",]}\n".contains(byte)).unwrap_or(rest.len());
        let piece = &rest[..end.clamp(1, 24).min(rest.len())];
        String::from_utf8_lossy(piece).into_owned()
    }
}

/// Text with its escapes replaced.
fn unescape(raw: &[u8]) -> Result<String, Fault> {
    const BROKEN: Fault = Fault::Wrong("an escape in text is broken");
    let text = std::str::from_utf8(raw).map_err(|_| Fault::Wrong("text is not UTF-8"))?;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).ok_or(BROKEN)?;
        let mut after = at + 2;
        match escape {
            b'"' | b'\\' | b'/' => plain.push(char::from(*escape)),
            b'b' => plain.push('\u{8}'),
            b'f' => plain.push('\u{c}'),
            b'n' => plain.push('\n'),
            b'r' => plain.push('\r'),
            b't' => plain.push('\t'),
            b'u' => {
                let unit = |from: usize| -> Option<u16> {
                    let digits = rest.get(from..from + 4)?;
                    u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
                };
                let first = unit(after).ok_or(BROKEN)?;
                after += 4;
                let mut units = vec![first];
                if (0xd800..0xdc00).contains(&first)
                    && rest.get(after..after + 2) == Some("\\u")
                    && let Some(second) = unit(after + 2)
                {
                    units.push(second);
                    after += 6;
                }
                // Half a pair stands for nothing.
                plain.push_str(&String::from_utf16_lossy(&units));
            }
            _ => return Err(BROKEN),
        }
        rest = &rest[after..];
    }
    plain.push_str(rest);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_unescaped() {
        let mut scanner = Scanner::new(br#" "a\n\u00e9\ud83d\ude00\/\ud800x" "#);
        assert_eq!(scanner.string().unwrap(), "a\né😀/\u{fffd}x");
        assert_eq!(Scanner::new(br#""\q""#).string(), Err(BROKEN_ESCAPE));
        assert_eq!(Scanner::new(b"\"\xff\"").string(), Err(Fault::Wrong("text is not UTF-8")));
    }

    const BROKEN_ESCAPE: Fault = Fault::Wrong("an escape in text is broken");

    #[test]
    fn deep_nesting_is_refused_without_recursion() {
        let deep = "[".repeat(1_000_000);
        let mut scanner = Scanner::new(deep.as_bytes());
        assert_eq!(scanner.skip(), Err(Fault::Wrong("values are nested too deep")));
    }

    #[test]
    fn brackets_must_match() {
        for text in ["[1}", "{\"a\":1]", "{\"a\" 1}", "[1,]", "{1:2}", "[tru]", "{\"a\":1,}"] {
            assert!(
                matches!(
                    Scanner::new(format!("{text} ").as_bytes()).skip(),
                    Err(Fault::Expected(_))
                ),
                "{text}"
            );
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(".{0,4}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_are_skipped_to_their_end_and_cut_ones_are_unfinished(value in any_json(), cut: prop::sample::Index) {
            let text = format!("{value} ");
            let mut scanner = Scanner::new(text.as_bytes());
            prop_assert_eq!(scanner.skip(), Ok(()));
            prop_assert_eq!(scanner.at, text.len() - 1);
            let cut = cut.index(text.len() - 1);
            prop_assert_eq!(Scanner::new(&text.as_bytes()[..cut]).skip(), Err(Fault::End));
        }
    }
}
