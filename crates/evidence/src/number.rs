//! How numbers look in sentences, tables and plots: fixed decimals, real minus signs, and an
//! en dash for what is undefined.

use crate::stats::Interval;
use crate::verdict::ALPHA;

/// What stands where there is no number.
pub(crate) const UNDEFINED: &str = "–";

/// Writes a value, or an en dash for none.
pub(crate) fn or_dash<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNDEFINED.to_owned(), write)
}

/// A share in percent: `87.31`.
pub(crate) fn percent(share: f64) -> String {
    minus(&format!("{:.2}", 100.0 * share))
}

/// A difference of shares in points, with its sign: `+0.42`.
pub(crate) fn points(difference: f64) -> String {
    if difference == 0.0 {
        return "0.00".to_owned();
    }
    minus(&format!("{:+.2}", 100.0 * difference))
}

/// An interval of shares: `[86.90, 87.72]`.
///
/// No share is below 0 or above 1, but Student's interval over two or three seeds does not know
/// that; what lies outside is cut off here. Where intervals decide something they are whole.
pub(crate) fn percent_interval(interval: Interval) -> String {
    format!("[{}, {}]", percent(interval.low.max(0.0)), percent(interval.high.min(1.0)))
}

/// An interval of ratios in percent, which may leave 0 and 100 behind: `[95.20, 137.50]`.
pub(crate) fn ratio_interval(interval: Interval) -> String {
    format!("[{}, {}]", percent(interval.low), percent(interval.high))
}

/// An interval of differences in points: `[−0.10, +0.94]`.
pub(crate) fn points_interval(interval: Interval) -> String {
    format!("[{}, {}]", points(interval.low), points(interval.high))
}

/// A p value, with as many decimals as it takes not to round across the level it is judged at.
pub(crate) fn p_value(p: f64, level: f64) -> String {
    if p < 0.001 {
        return "< 0.001".to_owned();
    }
    let rounded = |decimals: usize| format!("{p:.decimals$}");
    let honest = |text: &String| text.parse::<f64>().is_ok_and(|r| (r <= level) == (p <= level));
    (3..9).map(rounded).find(honest).unwrap_or_else(|| format!("{p}"))
}

/// A p value judged at 5 % as part of a sentence: `p = 0.031`.
pub(crate) fn p_equals(p: f64) -> String {
    p_equals_at(p, ALPHA)
}

/// A p value judged at a level as part of a sentence: `p = 0.031`.
pub(crate) fn p_equals_at(p: f64, level: f64) -> String {
    let text = p_value(p, level);
    if text.starts_with('<') { format!("p {text}") } else { format!("p = {text}") }
}

/// A ratio: `×7.72`, with more decimals where two would hide that it is not one.
pub(crate) fn ratio(ratio: f64) -> String {
    let decimals = match (ratio - 1.0).abs() {
        _ if ratio >= 100.0 => 0,
        off if off > 0.0 && off < 0.005 => 4,
        _ => 2,
    };
    format!("×{ratio:.decimals$}")
}

/// A whole number with a comma between thousands: `56,394`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A large number with three digits and a unit prefix: `5.65 M`.
pub(crate) fn large(value: u64) -> String {
    scaled(value, &["", " k", " M", " G", " T"])
}

/// Bytes with three digits: `26.1 MB`, decimal as on a memory label.
pub fn bytes(value: u64) -> String {
    scaled(value, &[" B", " kB", " MB", " GB", " TB"])
}

/// The bytes of an amount of memory: `300kB`, `2 GiB`, `1000`.
///
/// # Errors
/// With what is expected.
///
/// ```
/// use cenote_evidence::size_in_bytes;
///
/// assert_eq!(size_in_bytes("1.5 GiB"), Ok(1_610_612_736));
/// assert!(size_in_bytes("much").is_err_and(|expected| expected.contains("MB")));
/// ```
pub fn size_in_bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, f64); 9] = [
        ("TiB", 1_099_511_627_776.0),
        ("TB", 1e12),
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("B", 1.0),
    ];
    let (number, unit) = UNITS
        .iter()
        .find_map(|&(name, unit)| Some((text.strip_suffix(name)?.trim_end(), unit)))
        .unwrap_or((text, 1.0));
    match number.parse::<f64>() {
        Ok(number) if (1.0..=1e18).contains(&(number * unit)) => Ok((number * unit) as u64),
        _ => {
            Err("expected bytes, or a number with kB, MB, GB, TB, KiB, MiB, GiB or TiB".to_owned())
        }
    }
}

fn scaled(value: u64, units: &[&str]) -> String {
    let mut scaled = value as f64;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < units.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    let decimals = match scaled {
        _ if unit == 0 => 0,
        s if s < 9.995 => 2,
        s if s < 99.95 => 1,
        _ => 0,
    };
    format!("{scaled:.decimals$}{}", units[unit])
}

/// Seconds: `2.10`, `75.3`.
pub(crate) fn seconds(value: f64) -> String {
    if value < 9.995 { format!("{value:.2}") } else { format!("{value:.1}") }
}

/// How long, in words: `about 12 minutes`.
pub(crate) fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).ceil();
    match minutes {
        m if m <= 1.0 => "about a minute".to_owned(),
        m if m <= 120.0 => format!("about {m:.0} minutes"),
        m => format!("about {:.0} hours", (m / 60.0).ceil()),
    }
}

/// A count with its noun: `1 seed`, `3 seeds`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_documented() {
        assert_eq!((percent(0.873_14).as_str(), points(0.0042).as_str()), ("87.31", "+0.42"));
        assert_eq!(points_interval(Interval { low: -0.001, high: 0.0094 }), "[−0.10, +0.94]");
        assert_eq!((points(0.0).as_str(), points(-0.000_02).as_str()), ("0.00", "−0.00"));
        assert_eq!(
            (grouped(56_394).as_str(), grouped(7).as_str(), grouped(1_000).as_str()),
            ("56,394", "7", "1,000")
        );
        assert_eq!((large(5_650_000).as_str(), large(999).as_str()), ("5.65 M", "999"));
        assert_eq!((large(999_600).as_str(), bytes(26_140_000).as_str()), ("1.00 M", "26.1 MB"));
        assert_eq!((seconds(2.1).as_str(), seconds(75.26).as_str()), ("2.10", "75.3"));
        assert_eq!((ratio(7.716).as_str(), ratio(114.3).as_str()), ("×7.72", "×114"));
        assert_eq!((ratio(1.0).as_str(), ratio(1.0019).as_str()), ("×1.00", "×1.0019"));
        assert_eq!(
            (duration(700.0).as_str(), duration(3.0).as_str()),
            ("about 12 minutes", "about a minute")
        );
        assert_eq!(duration(36_000.0), "about 10 hours");
    }

    #[test]
    fn an_interval_of_shares_is_shown_within_what_a_share_can_be() {
        let shown = |low, high| percent_interval(Interval { low, high });
        assert_eq!(shown(0.869, 0.8772), "[86.90, 87.72]");
        assert_eq!(shown(-0.7123, 1.4901), "[0.00, 100.00]");
    }

    #[test]
    fn a_p_value_never_rounds_across_the_level() {
        assert_eq!(
            (p_value(0.0312, 0.05).as_str(), p_value(0.0501, 0.05).as_str()),
            ("0.031", "0.0501")
        );
        assert_eq!(p_value(0.0253, 0.025), "0.0253");
        assert_eq!(
            (p_value(1.0, 0.05).as_str(), p_value(0.0002, 0.05).as_str()),
            ("1.000", "< 0.001")
        );
    }
}
