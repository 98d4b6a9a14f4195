//! The words for what time and energy cost.

use cenote_evidence::Prices;
use clap::Args as ClapArgs;

/// What time and energy cost, in place of what the study says.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Prices")]
pub(crate) struct PriceArgs {
    /// Price of an hour of one core
    #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_negative_numbers = true)]
    core_hour: Option<f64>,
    /// Price of a kilowatt-hour
    #[arg(long, value_name = "AMOUNT", value_parser = amount, allow_negative_numbers = true)]
    kilowatt_hour: Option<f64>,
    /// What both are in [default: USD]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Power of a core at work, for runs whose energy no counter measured [default: 10]
    #[arg(long, value_name = "WATTS", value_parser = amount, allow_negative_numbers = true)]
    watts_per_core: Option<f64>,
}

impl PriceArgs {
    /// The prices of a study with those that were given in their place.
    pub(crate) fn over(&self, prices: Option<Prices>) -> Option<Prices> {
        let Self { core_hour, kilowatt_hour, currency, watts_per_core } = self;
        let given = [core_hour, kilowatt_hour, watts_per_core].iter().any(|price| price.is_some());
        if !given && currency.is_none() {
            return prices;
        }
        let prices = prices.unwrap_or_default();
        Some(Prices {
            core_hour: core_hour.or(prices.core_hour),
            kilowatt_hour: kilowatt_hour.or(prices.kilowatt_hour),
            currency: currency.clone().unwrap_or(prices.currency),
            watts_per_core: watts_per_core.unwrap_or(prices.watts_per_core),
        })
    }
}

/// An amount of money or power.
fn amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok(amount),
        _ => Err("expected a number, 0 or more".to_owned()),
    }
}
