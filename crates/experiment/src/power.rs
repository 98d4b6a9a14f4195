//! The energy of a run, by the counters of the processor where the system lets them be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where Linux shows the counters of Intel and AMD processors (RAPL).
const ZONES: &str = "/sys/class/powercap";

/// How often the counters are read: they begin again at 0 after some ten minutes at the least.
const EVERY: Duration = Duration::from_secs(10);

/// Adds up the energy that the processors of the machine take.
#[derive(Debug)]
pub(crate) struct Meter {
    zones: Vec<Zone>,
    read: Instant,
    microjoules: u64,
}

/// The counter of one processor.
#[derive(Debug)]
struct Zone {
    counter: PathBuf,
    last: u64,
    /// The value behind which it begins again.
    most: u64,
}

impl Meter {
    /// Begins to measure.
    pub(crate) fn start() -> Self {
        Self::of(Path::new(ZONES))
    }

    fn of(zones: &Path) -> Self {
        let entries = fs::read_dir(zones).into_iter().flatten().flatten();
        let zones: Option<Vec<Zone>> = entries
            .map(|entry| entry.path())
            // A processor is `intel-rapl:0`; `intel-rapl:0:1` is a part of it.
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.strip_prefix("intel-rapl:").is_some_and(|nth| !nth.contains(':'))
            })
            // `psys` is all of the machine, processors included.
            .filter(|path| {
                let name = fs::read_to_string(path.join("name")).unwrap_or_default();
                name.starts_with("package")
            })
            .map(|path| {
                let most = number(&path.join("max_energy_range_uj"))?;
                let counter = path.join("energy_uj");
                Some(Zone { last: number(&counter)?, counter, most })
            })
            .collect();
        // Of processors that cannot all be read, no sum is the machine's.
        Self { zones: zones.unwrap_or_default(), read: Instant::now(), microjoules: 0 }
    }

    /// Reads the counters if it is time to.
    pub(crate) fn tick(&mut self) {
        if self.read.elapsed() >= EVERY {
            self.read();
        }
    }

    /// The joules since the start; `None` where they cannot be read.
    pub(crate) fn joules(mut self) -> Option<f64> {
        self.read();
        (!self.zones.is_empty()).then(|| self.microjoules as f64 / 1e6)
    }

    fn read(&mut self) {
        self.read = Instant::now();
        for zone in &mut self.zones {
            let Some(now) = number(&zone.counter) else {
                self.zones.clear();
                return;
            };
            let begun_again = if now < zone.last { zone.most } else { 0 };
            self.microjoules += (now + begun_again).saturating_sub(zone.last);
            zone.last = now;
        }
    }
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(folder: &Path, place: &str, microjoules: u64) {
        let zone = folder.join(place);
        fs::create_dir_all(&zone).expect("writable");
        let name = if place.ends_with(":2") { "psys" } else { "package-0" };
        fs::write(zone.join("name"), format!("{name}\n")).expect("writable");
        fs::write(zone.join("energy_uj"), format!("{microjoules}\n")).expect("writable");
        fs::write(zone.join("max_energy_range_uj"), "10000000\n").expect("writable");
    }

    #[test]
    fn the_counters_of_all_processors_are_added_and_begin_again() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        zone(folder.path(), "intel-rapl:0", 1_000_000);
        zone(folder.path(), "intel-rapl:1", 9_500_000);
        zone(folder.path(), "intel-rapl:1:0", 0);
        zone(folder.path(), "intel-rapl:2", 0);
        let meter = Meter::of(folder.path());
        zone(folder.path(), "intel-rapl:0", 3_000_000);
        zone(folder.path(), "intel-rapl:1", 500_000);
        zone(folder.path(), "intel-rapl:1:0", 5_000_000);
        zone(folder.path(), "intel-rapl:2", 7_000_000);
        assert_eq!(meter.joules(), Some(2.0 + 1.0));
    }

    #[test]
    fn what_cannot_be_read_has_no_energy() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        assert_eq!(Meter::of(&folder.path().join("none")).joules(), None);
        zone(folder.path(), "intel-rapl:0", 1);
        let meter = Meter::of(folder.path());
        fs::remove_file(folder.path().join("intel-rapl:0/energy_uj")).expect("writable");
        assert_eq!(meter.joules(), None);
    }
}
