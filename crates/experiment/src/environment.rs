//! Where and by what a run was made.

use std::fs;

use cenote_evidence::Environment;
use cenote_tensor::instruction_set;

/// Fingerprint of the source code that decides a result.
pub const CODE: &str = env!("CENOTE_CODE");

/// Describes this program and machine, for runs on `threads` threads with `jobs` of them at a time.
pub(crate) fn describe(threads: usize, jobs: usize) -> Environment {
    Environment {
        cenote: env!("CARGO_PKG_VERSION").to_owned(),
        code: CODE.to_owned(),
        cpu: format!("{} ({})", cpu(), instruction_set()),
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        threads: threads as u32,
        jobs: jobs as u32,
    }
}

/// The processor's own name where the system tells it; the vectors in use decide the last bits.
fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}
