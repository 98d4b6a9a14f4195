//! Numbers of JSON, exact.

use super::json::Fault;
use crate::Id;

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// A whole number of 64 bits, without point and exponent.
    Whole(i64),
    /// Any other; a whole number that needs more bits is rounded.
    Real {
        /// The nearest number.
        value: f64,
        /// Whether it has neither point nor exponent.
        whole: bool,
    },
}

/// Powers of ten that `f64` has exactly.
const EXACT: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

impl Number {
    pub(super) fn value(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Real { value, .. } => value,
        }
    }

    pub(super) fn id(self) -> Option<Id> {
        match self {
            Self::Whole(number) => Some(Id::new(number)),
            // Two ids must not become one.
            Self::Real { whole: true, .. } => None,
            Self::Real { value, .. } => Id::from_f64(value),
        }
    }

    /// Reads the number at the start of `bytes`; also how long it is.
    ///
    /// `None` as the fault when the bytes end where the number may go on.
    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), Fault> {
        let digit = |at: usize| bytes.get(at).filter(|byte| byte.is_ascii_digit()).copied();
        let negative = bytes.first() == Some(&b'-');
        let mut at = usize::from(negative);
        let first = at;
        let mut mantissa = 0_u64;
        while let Some(byte) = digit(at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            at += 1;
        }
        let mut digits = at - first;
        if digits == 0 {
            return Err(if at >= bytes.len() { Fault::End } else { Fault::Expected("a number") });
        }
        if digits > 1 && bytes[first] == b'0' {
            return Err(Fault::Expected("a number without leading zero"));
        }
        let mut exponent = 0_i64;
        let mut whole = true;
        if bytes.get(at) == Some(&b'.') {
            whole = false;
            at += 1;
            let point = at;
            while let Some(byte) = digit(at) {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                at += 1;
            }
            if at == point {
                let ends = at >= bytes.len();
                return Err(if ends { Fault::End } else { Fault::Expected("a digit") });
            }
            digits += at - point;
            exponent = -((at - point) as i64);
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            whole = false;
            at += 1;
            let down = bytes.get(at) == Some(&b'-');
            at += usize::from(matches!(bytes.get(at), Some(b'-' | b'+')));
            let start = at;
            let mut power = 0_i64;
            while let Some(byte) = digit(at) {
                power = power.saturating_mul(10).saturating_add(i64::from(byte - b'0'));
                at += 1;
            }
            if at == start {
                let ends = at >= bytes.len();
                return Err(if ends { Fault::End } else { Fault::Expected("a digit") });
            }
            exponent = exponent.saturating_add(if down { -power } else { power });
        }
        if at >= bytes.len() {
            return Err(Fault::End);
        }
        // Nineteen digits fit 64 bits.
        if digits <= 19 {
            if whole && let Ok(number) = i64::try_from(mantissa) {
                return Ok((Self::Whole(if negative { -number } else { number }), at));
            }
            // Both factors are exact, so the one rounding is right (Clinger 1990, doi:10.1145/93542.93557).
            let power = EXACT.get(exponent.unsigned_abs().min(99) as usize);
            if mantissa < 1 << 53
                && let Some(power) = power
            {
                let size = mantissa as f64;
                let size = if exponent < 0 { size / power } else { size * power };
                return Ok((Self::Real { value: if negative { -size } else { size }, whole }, at));
            }
        }
        let text = std::str::from_utf8(&bytes[..at]).expect("digits and signs are ASCII");
        let value: f64 = text.parse().expect("the grammar of JSON is part of Rust's");
        Ok((Self::Real { value, whole }, at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Number {
        let (number, length) = Number::read(format!("{text},").as_bytes()).unwrap();
        assert_eq!(length, text.len());
        number
    }

    #[test]
    fn minus_zero_is_zero_unless_it_has_a_point() {
        assert_eq!(read("-0").value().to_bits(), 0);
        assert_eq!(read("-0.0").value().to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn an_id_that_needs_more_than_64_bits_is_none() {
        assert_eq!(read("9223372036854775807").id(), Some(Id::new(i64::MAX)));
        assert_eq!(read("9223372036854775808").id(), None);
        assert_eq!(read("5.0").id(), Some(Id::new(5)));
        assert_eq!(read("1e400").id(), None);
    }

    #[test]
    fn what_is_no_number_is_refused_and_what_may_go_on_is_unfinished() {
        for text in ["-,", "01,", "1.,", "1e,", "+1,", ".5,", "NaN,", "Infinity,", "1e+,"] {
            assert!(matches!(Number::read(text.as_bytes()), Err(Fault::Expected(_))), "{text}");
        }
        for text in ["-", "1", "1.", "1.5", "1e", "1e-", "1e5", ""] {
            assert_eq!(Number::read(text.as_bytes()), Err(Fault::End), "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_the_standard_library(number: f64, places in 0_usize..25, digits in "-?[1-9][0-9]{0,25}(\\.[0-9]{1,25})?(e[-+]?[0-9]{1,3})?") {
            prop_assume!(number.is_finite());
            for text in [format!("{number:?}"), format!("{number:.places$}"), format!("{number:e}"), digits] {
                let expected: f64 = text.parse().unwrap();
                prop_assert!(read(&text).value().partial_cmp(&expected).is_some_and(std::cmp::Ordering::is_eq), "{}", text);
            }
        }
    }
}
