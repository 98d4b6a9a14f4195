//! What runs took of time, energy and money.

use serde::Serialize;

use crate::Design;
use crate::record::Record;

/// What some runs took together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spending {
    /// Runs.
    pub runs: usize,
    /// Seconds of each run times its threads.
    pub core_seconds: f64,
    /// Energy.
    pub joules: f64,
    /// Whether counters of the processor measured the energy of every run; else it is by the formula of [`Prices`](crate::Prices).
    pub measured: bool,
    /// Money, where the study has prices.
    pub money: Option<f64>,
}

impl Spending {
    /// Of runs of a design; `None` of none.
    pub(crate) fn of<'a>(
        design: &Design,
        runs: impl IntoIterator<Item = &'a Record>,
    ) -> Option<Self> {
        let prices = design.prices_or_assumed();
        let start = Self { runs: 0, core_seconds: 0.0, joules: 0.0, measured: true, money: None };
        let add = |sum: Self, run: &Record| {
            let core_seconds = core_seconds(run);
            Self {
                runs: sum.runs + 1,
                core_seconds: sum.core_seconds + core_seconds,
                joules: sum.joules + run.joules.unwrap_or_else(|| prices.joules(core_seconds)),
                measured: sum.measured && run.joules.is_some(),
                money: None,
            }
        };
        let sum = runs.into_iter().fold(start, add);
        let money = prices.money(sum.core_seconds, sum.joules);
        (sum.runs > 0).then_some(Self { money, ..sum })
    }
}

/// Seconds of a run times its threads.
pub(crate) fn core_seconds(run: &Record) -> f64 {
    run.times.total_seconds * f64::from(run.environment.threads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};
    use crate::{Analysis, Prices};

    fn run(arm: &str, seconds: f64, joules: Option<f64>) -> Record {
        let mut run = record(arm, 1, 0.8);
        run.times.total_seconds = seconds;
        run.environment.threads = 2;
        run.joules = joules;
        run
    }

    #[test]
    fn energy_is_measured_or_else_by_the_formula() {
        let prices = Prices { core_hour: Some(3.6), kilowatt_hour: Some(3.6), ..Prices::default() };
        let design = Design { prices: Some(prices), ..design() };
        let (max, none) = (run("max", 10.0, Some(500.0)), run("none", 5.0, None));
        let spent = |runs: &[&Record]| Spending::of(&design, runs.iter().copied()).unwrap();
        let one = spent(&[&max]);
        assert_eq!((one.core_seconds, one.joules, one.measured), (20.0, 500.0, true));
        assert!((one.money.unwrap() - (20.0e-3 + 500.0e-6)).abs() < 1e-12, "{one:?}");
        let both = spent(&[&max, &none]);
        // 10 core-seconds at 10 W.
        assert_eq!((both.core_seconds, both.joules, both.measured), (30.0, 600.0, false));
        assert_eq!(Spending::of(&design, []), None);
    }

    #[test]
    fn arms_verdicts_and_the_study_say_what_they_took() {
        let records = [run("max", 10.0, None), run("avg", 8.0, None), run("none", 30.0, None)];
        let analysis = Analysis::of(&design(), &records).unwrap();
        let seconds = |spent: Option<Spending>| spent.map(|spent| (spent.runs, spent.core_seconds));
        assert_eq!(seconds(analysis.spent), Some((3, 96.0)));
        assert_eq!(seconds(analysis.arm("none").unwrap().spent), Some((1, 60.0)));
        assert_eq!(seconds(analysis.comparison("none").unwrap().spent), Some((2, 80.0)));
        assert_eq!(seconds(analysis.comparison("strided").unwrap().spent), None);
        assert_eq!(analysis.spent.unwrap().money, None, "nothing has a price");
    }
}
