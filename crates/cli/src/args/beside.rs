//! A score to be judged beside the one that decides.

use std::str::FromStr;

/// Its name, and its margin where that is another than the study's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Beside {
    pub(crate) metric: String,
    pub(crate) margin: Option<f64>,
}

impl FromStr for Beside {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (metric, margin) = match text.split_once('=') {
            None => (text, None),
            Some((metric, margin)) => match margin.parse::<f64>() {
                Ok(number) if number.is_finite() && number > 0.0 => (metric, Some(number)),
                _ => {
                    return Err(format!(
                        "margin {margin}; expected a number above 0, such as 0.01"
                    ));
                }
            },
        };
        if metric.is_empty() {
            return Err("expected the name of a score, such as ap_small".to_owned());
        }
        Ok(Self { metric: metric.to_owned(), margin })
    }
}
