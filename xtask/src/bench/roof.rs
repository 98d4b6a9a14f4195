//! What the machine can do at most, and how near a workload comes to it.

use super::line::Line;

/// The limits that were measured at one number of threads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Roof {
    /// Thousand million floating-point operations a second, in registers.
    pub(super) gflops: Option<f64>,
    /// Thousand million bytes a second, of what fits into the last cache.
    pub(super) cache: Option<f64>,
    /// Thousand million bytes a second, of what does not.
    pub(super) memory: Option<f64>,
}

/// What one run moves when it counts as work within the last cache, at most.
const CACHED_GBYTE: f64 = 0.024;

impl Roof {
    /// The best that any round reached: it is a limit.
    pub(super) fn of<'a>(lines: impl Iterator<Item = &'a Line>, threads: u64) -> Self {
        let mut roof = Self::default();
        for line in lines.filter(|line| line.threads == threads) {
            let (limit, rate) = match line.workload.as_str() {
                "machine.fma" => (&mut roof.gflops, line.gflops),
                "machine.read_16mb" | "machine.triad_16mb" => (&mut roof.cache, line.gbytes_s),
                "machine.read_384mb" | "machine.triad_384mb" => (&mut roof.memory, line.gbytes_s),
                _ => continue,
            };
            if let Some(rate) = rate {
                *limit = Some(limit.unwrap_or(0.0).max(rate));
            }
        }
        roof
    }

    /// Which limit binds a workload and what share of it `milliseconds` reach.
    ///
    /// The time cannot be shorter than arithmetic at the peak, nor than all bytes moved once; the
    /// longer of the two binds.
    pub(super) fn share(
        self,
        gflop: Option<f64>,
        gbyte: Option<f64>,
        milliseconds: f64,
    ) -> Option<(&'static str, f64)> {
        let arithmetic = gflop.zip(self.gflops).map(|(work, rate)| ("FMA", work / rate));
        let traffic = gbyte.and_then(|gbyte| {
            let (name, rate) =
                if gbyte <= CACHED_GBYTE { ("L3", self.cache?) } else { ("memory", self.memory?) };
            Some((name, gbyte / rate))
        });
        let longer = |a: &(&str, f64), b: &(&str, f64)| a.1.total_cmp(&b.1);
        let (name, seconds) = arithmetic.into_iter().chain(traffic).max_by(longer)?;
        Some((name, seconds * 1e3 / milliseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOF: Roof = Roof { gflops: Some(200.0), cache: Some(100.0), memory: Some(40.0) };

    #[test]
    fn the_longer_of_arithmetic_and_traffic_binds() {
        // 2 GFLOP take 10 ms; 20 MB within L3 take 0.2 ms, 400 MB take 10 ms.
        assert_eq!(ROOF.share(Some(2.0), Some(0.02), 20.0), Some(("FMA", 0.5)));
        assert_eq!(ROOF.share(None, Some(0.02), 0.4), Some(("L3", 0.5)));
        assert_eq!(ROOF.share(Some(0.2), Some(0.4), 20.0), Some(("memory", 0.5)));
        assert_eq!(ROOF.share(None, None, 1.0), None);
        assert_eq!(Roof::default().share(Some(1.0), Some(1.0), 1.0), None);
    }

    #[test]
    fn the_best_round_is_the_limit() {
        let line = |workload: &str, round: u64, gflops: f64| {
            let text = format!(
                "{{\"peer\":\"cenote\",\"workload\":\"{workload}\",\"threads\":1,\"round\":{round},\
                 \"ms_median\":1,\"ms_min\":1,\"gflops\":{gflops},\"gbytes_s\":{gflops}}}"
            );
            Line::parse(&text).expect("a measurement")
        };
        let lines = [
            line("machine.fma", 0, 150.0),
            line("machine.fma", 1, 200.0),
            line("machine.read_16mb", 0, 90.0),
            line("machine.triad_16mb", 0, 100.0),
            line("machine.triad_384mb", 0, 40.0),
            line("op.gemm_1024.fwd", 0, 999.0),
        ];
        assert_eq!(Roof::of(lines.iter(), 1), ROOF);
        assert_eq!(Roof::of(lines.iter(), 2), Roof::default());
    }
}
