//! What the system knows about this process, where it tells.

use std::alloc::System;
use std::fs;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// The system's allocator, with a count of what it is asked for.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Blocks of memory that the process has asked for since it started, those that grew included.
pub(super) fn allocations() -> u64 {
    let stats = ALLOCATOR.stats();
    (stats.allocations + stats.reallocations) as u64
}

/// The most memory that the process ever had in use, in MiB.
pub(super) fn peak_rss_mb() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}

/// Pages that the system had to map since the process started, without reading a disk.
pub(super) fn minor_faults() -> Option<u64> {
    minor_faults_of(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// The tenth field; the second is the program's name in parentheses, which may hold spaces.
fn minor_faults_of(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(7)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_memory_is_counted() {
        let before = allocations();
        let block = std::hint::black_box(vec![1_u8; 100]);
        assert!(allocations() > before, "{block:?}");
    }

    #[test]
    fn the_faults_are_found_behind_a_name_with_spaces_and_parentheses() {
        let stat = "77 (a (b) c) S 1 77 77 0 -1 4194304 12345 0 6 0 8 1 0 0";
        assert_eq!(minor_faults_of(stat), Some(12_345));
        assert_eq!(minor_faults_of("torn"), None);
    }
}
