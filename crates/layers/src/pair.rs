//! A setting for rows and columns: `3`, or `[3, 5]` where the two differ.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A size for rows and columns, written as one number when they agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub [usize; 2]);

impl Pair {
    /// The same value for both.
    pub const fn both(value: usize) -> Self {
        Self([value, value])
    }

    /// No cells: the usual padding.
    pub const fn zero() -> Self {
        Self::both(0)
    }

    /// One cell: the usual step of a convolution, and the usual dilation.
    pub const fn one() -> Self {
        Self::both(1)
    }

    /// Every second cell: the usual step of a layer that halves a map.
    pub const fn two() -> Self {
        Self::both(2)
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrTwo;

        impl<'de> Visitor<'de> for OneOrTwo {
            type Value = Pair;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or [rows, columns]")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Pair, E> {
                let value = usize::try_from(value).map_err(de::Error::custom)?;
                Ok(Pair::both(value))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Pair, E> {
                let refuse = |_| de::Error::invalid_value(de::Unexpected::Signed(value), &self);
                u64::try_from(value).map_err(refuse).and_then(|value| self.visit_u64(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Pair, A::Error> {
                let short = |got| de::Error::invalid_length(got, &self);
                let rows = values.next_element()?.ok_or_else(|| short(0))?;
                let columns = values.next_element()?.ok_or_else(|| short(1))?;
                match values.next_element::<de::IgnoredAny>()? {
                    None => Ok(Pair([rows, columns])),
                    Some(_) => Err(short(3)),
                }
            }
        }

        deserializer.deserialize_any(OneOrTwo)
    }
}

impl Serialize for Pair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [rows, columns] if rows == columns => serializer.serialize_u64(rows as u64),
            both => both.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Holder {
        size: Pair,
    }

    fn read(text: &str) -> Result<Pair, String> {
        toml::from_str::<Holder>(text).map(|h| h.size).map_err(|e| e.message().to_owned())
    }

    #[test]
    fn one_number_stands_for_both_and_two_for_each() {
        assert_eq!(read("size = 3"), Ok(Pair([3, 3])));
        assert_eq!(read("size = [3, 5]"), Ok(Pair([3, 5])));
    }

    #[test]
    fn anything_else_is_refused_with_what_would_fit() {
        for wrong in ["size = -1", "size = [1]", "size = [1, 2, 3]", "size = 'same'"] {
            let error = read(wrong).expect_err(wrong);
            assert!(error.contains("a whole number, or [rows, columns]"), "{wrong}: {error}");
        }
    }
}
