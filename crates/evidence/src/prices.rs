//! What a user pays for time and energy.

use serde::{Deserialize, Serialize};

/// Prices of computing, and the power that stands for a core where no counter measured it.
///
/// ```text
/// energy (J)  = measured joules, or core-seconds · watts_per_core
/// money       = core_hour · core-seconds / 3,600 + kilowatt_hour · energy / 3.6e6
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Price of an hour of one core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_hour: Option<f64>,
    /// Price of a kilowatt-hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kilowatt_hour: Option<f64>,
    /// What both are in, such as EUR.
    pub currency: String,
    /// Power of a core at work.
    pub watts_per_core: f64,
}

impl Default for Prices {
    fn default() -> Self {
        let watts_per_core = Self::WATTS_PER_CORE;
        Self { core_hour: None, kilowatt_hour: None, currency: "USD".to_owned(), watts_per_core }
    }
}

impl Prices {
    /// Power of a core at work where nobody says otherwise: an assumption, a server processor of 32 cores and its memory at 320 W.
    pub const WATTS_PER_CORE: f64 = 10.0;

    /// The first setting that no price can be, as name, value and what would fit.
    pub fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        let amount = |value: f64| value.is_finite() && value >= 0.0;
        let prices = [("core_hour", self.core_hour), ("kilowatt_hour", self.kilowatt_hour)];
        let wrong = prices
            .into_iter()
            .chain([("watts_per_core", Some(self.watts_per_core))])
            .find_map(|(name, value)| Some((name, value.filter(|&value| !amount(value))?)));
        if let Some((name, value)) = wrong {
            return Some((name, value.to_string(), "a finite number, 0 or more"));
        }
        let short = (1..=8).contains(&self.currency.chars().count());
        let plain = self.currency.chars().all(|c| !c.is_whitespace() && !c.is_control());
        let expected = "a sign or code of at most 8 characters, such as EUR";
        (!(short && plain)).then(|| ("currency", self.currency.clone(), expected))
    }

    /// Joules of so many core-seconds where none were measured.
    pub fn joules(&self, core_seconds: f64) -> f64 {
        core_seconds * self.watts_per_core
    }

    /// Money; `None` where nothing has a price.
    pub fn money(&self, core_seconds: f64, joules: f64) -> Option<f64> {
        let time = self.core_hour.map(|price| price * core_seconds / 3_600.0);
        let energy = self.kilowatt_hour.map(|price| price * joules / 3.6e6);
        time.into_iter().chain(energy).reduce(|a, b| a + b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_a_core_costs_its_price_and_that_of_its_energy() {
        let prices = Prices {
            core_hour: Some(0.04),
            kilowatt_hour: Some(0.30),
            watts_per_core: 12.5,
            ..Prices::default()
        };
        let joules = prices.joules(3_600.0);
        assert!((joules - 45_000.0).abs() < 1e-9);
        let money = prices.money(3_600.0, joules).unwrap();
        assert!((money - (0.04 + 0.30 * 0.0125)).abs() < 1e-12, "{money}");
        assert_eq!(Prices::default().money(3_600.0, joules), None);
    }

    #[test]
    fn what_is_no_price_is_named() {
        let problem = |of: fn(&mut Prices)| {
            let mut prices = Prices::default();
            of(&mut prices);
            prices.problem().map(|(name, ..)| name)
        };
        assert_eq!(problem(|_| ()), None);
        assert_eq!(problem(|p| p.core_hour = Some(-1.0)), Some("core_hour"));
        assert_eq!(problem(|p| p.kilowatt_hour = Some(f64::NAN)), Some("kilowatt_hour"));
        assert_eq!(problem(|p| p.watts_per_core = f64::INFINITY), Some("watts_per_core"));
        assert_eq!(problem(|p| p.currency = String::new()), Some("currency"));
        assert_eq!(problem(|p| p.currency = "a coin".to_owned()), Some("currency"));
    }
}
