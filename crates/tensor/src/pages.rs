//! Large pages for large blocks of memory.
//!
//! Memory comes in pages of 4 KB, and a processor has the places of some 64 of them at hand. A kernel
//! that reads a few numbers from each of many planes needs another page each time, and a stream comes to
//! a new one every 64 lines of the cache. Linux keeps pages of 2 MB for who asks for them, where it is
//! set up to do so (`/sys/kernel/mm/transparent_hugepage/enabled` says `madvise` or `always`).

/// Bytes of a large page.
#[cfg(target_os = "linux")]
const LARGE: usize = 2 << 20;
/// Bytes of a page, at most.
#[cfg(target_os = "linux")]
const PAGE: usize = 1 << 16;

/// Zeros or their like, in large pages where there are enough to fill one and the system has them.
pub(crate) fn block<T: Copy + Default>(len: usize) -> Vec<T> {
    // Not touched yet: the system lays out pages when they are.
    let block = vec![T::default(); len];
    #[cfg(target_os = "linux")]
    ask_for_large_pages(&block);
    block
}

/// Asks for large pages where these values lie. It is advice: whether it is taken changes no value.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the system has no other way to ask")]
fn ask_for_large_pages<T>(values: &[T]) {
    let bytes = size_of_val(values);
    if bytes < LARGE {
        return;
    }
    let start = values.as_ptr().cast::<u8>();
    // Whole pages: others may lie beside these values.
    let skip = start.addr().next_multiple_of(PAGE) - start.addr();
    let length = (bytes - skip) / PAGE * PAGE;
    // SAFETY: the pages lie within `values`, and this advice changes nothing of what they hold.
    unsafe {
        libc::madvise(start.wrapping_add(skip).cast_mut().cast(), length, libc::MADV_HUGEPAGE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_all_sizes_are_zero_and_can_be_written() {
        for len in [0, 1, 1_000, (1 << 19) - 1, 1 << 19, (1 << 20) + 17] {
            let mut block = block::<f32>(len);
            assert!(block.len() == len && block.iter().all(|&value| value == 0.0));
            block.fill(1.0);
            assert!(block.iter().all(|&value| value > 0.0));
        }
    }

    /// The system says of every range of memory whether large pages were asked for.
    #[test]
    #[cfg(target_os = "linux")]
    fn large_blocks_ask_for_large_pages_and_small_ones_do_not() {
        let asked = |block: &[f32]| {
            let middle = block.as_ptr().addr() + size_of_val(block) / 2;
            let ranges = std::fs::read_to_string("/proc/self/smaps").expect("Linux has it");
            let mut inside = false;
            ranges.lines().find_map(|line| {
                let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
                let ends = range.map(|(start, end)| {
                    [start, end].map(|end| usize::from_str_radix(end, 16).ok())
                });
                if let Some([Some(start), Some(end)]) = ends {
                    inside = (start..end).contains(&middle);
                }
                let flags = line.strip_prefix("VmFlags:").filter(|_| inside)?;
                Some(flags.split(' ').any(|flag| flag == "hg"))
            })
        };
        // A system without large pages has no such flag.
        let there = std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists();
        let large = block::<f32>(4 * LARGE);
        assert_eq!(asked(&large), Some(there));
        assert_eq!(asked(&vec![1.0; 4 * LARGE]), Some(false));
    }
}
