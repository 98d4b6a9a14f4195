//! Whether what was foreseen is so: training just below and just above a limit, in processes of their own.
//!
//! `--memory` is one of what training holds, and a process takes more: working memory of kernels, what the allocator
//! rounds up. So a first child trains without a limit on the largest batch that was found and says what it took, tensors and
//! process. Then children train below a limit on exactly that of the process: that batch again, and larger ones, until one that
//! ran and one that was refused lie within a hundredth of each other, or are neighbours.

use serde::Serialize;

use super::Row;
use super::child::{Ended, Took, Trial, start};
use crate::args::StudyArgs;
use crate::failure::Failure;

/// What a child may have beyond what the first took, for what threads ask for when it is their turn.
pub(super) const SLACK: u64 = 512 << 10;

/// What children found of the largest batch, or of the largest image.
#[derive(Debug, Serialize)]
pub(super) struct Confirmed {
    /// The batch or the side of the image that was found.
    pub(super) found: usize,
    /// The most bytes of tensors that it took.
    pub(super) tensor_bytes: u64,
    /// The most bytes of address space that it took beyond what the process held before.
    pub(super) process_bytes: u64,
    /// The largest that ran below a limit on these, and the slack; none where not even what was found did.
    pub(super) ran: Option<usize>,
    /// The smallest that the same limit refused; none where twice as much ran too.
    pub(super) refused: Option<usize>,
}

/// What is made larger.
#[derive(Clone, Copy)]
enum Grows {
    Batch,
    /// The side of images, in batches of so many.
    Side(usize),
}

/// Both searches of an arm.
#[derive(Debug, Serialize)]
pub(super) struct Both {
    pub(super) batch: Option<Confirmed>,
    pub(super) side: Option<Confirmed>,
}

/// Confirms what was found for an arm; what was not found to the end is left out.
///
/// # Errors
/// Where a child ends in another way than by its last step or by want of memory.
pub(super) fn confirm(study: &StudyArgs, row: &Row<'_>) -> Result<Both, Failure> {
    let side = row.room.side.filter(|_| !row.room.or_more);
    let of = |grows, found: Option<u64>| {
        found.map(|found| one(study, &row.arm.name, grows, found as usize)).transpose()
    };
    let batch = row.arm.recipe.batch_size;
    Ok(Both { batch: of(Grows::Batch, row.room.batch)?, side: of(Grows::Side(batch), side)? })
}

fn one(study: &StudyArgs, arm: &str, grows: Grows, found: usize) -> Result<Confirmed, Failure> {
    let attempt = |size: usize, allowance: Option<u64>| {
        let (batch, side) = match grows {
            Grows::Batch => (size, None),
            Grows::Side(batch) => (batch, Some(size)),
        };
        start(study, &Trial { arm: arm.to_owned(), batch, side, allowance })
    };
    let Ended::Ran(Took { tensors, process }) = attempt(found, None)? else {
        return Err(Failure::Child(format!(
            "arm {arm}: the system gave a child without a limit no memory for a {}",
            grows.words(found)
        )));
    };
    let runs = |size: usize| {
        attempt(size, Some(process + SLACK)).map(|ended| matches!(ended, Ended::Ran(_)))
    };
    let (ran, refused) = between(found, runs)?;
    Ok(Confirmed { found, tensor_bytes: tensors, process_bytes: process, ran, refused })
}

/// The largest size that runs and the smallest that does not, of those that are tried from `found` to twice of it.
fn between<E>(
    found: usize,
    mut runs: impl FnMut(usize) -> Result<bool, E>,
) -> Result<(Option<usize>, Option<usize>), E> {
    if !runs(found)? {
        return Ok((None, Some(found)));
    }
    let (mut ran, mut refused, mut more) = (found, None, 1);
    while refused.is_none() && more <= found {
        if runs(found + more)? {
            ran = found + more;
        } else {
            refused = Some(found + more);
        }
        more *= 2;
    }
    while let Some(least) = refused.filter(|least| least - ran > (found / 100).max(1)) {
        let middle = usize::midpoint(ran, least);
        if runs(middle)? {
            ran = middle;
        } else {
            refused = Some(middle);
        }
    }
    Ok((Some(ran), refused))
}

impl Grows {
    /// A size in words.
    fn words(self, size: usize) -> String {
        match self {
            Self::Batch => format!("batch of {size}"),
            Self::Side(batch) => format!("batch of {batch} images of {size}x{size}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, and the sizes that were tried, where no more than `most` runs.
    fn tried(found: usize, most: usize) -> (Option<usize>, Option<usize>, Vec<usize>) {
        let mut sizes = Vec::new();
        let outcome = between(found, |size| {
            sizes.push(size);
            Ok::<_, ()>(size <= most)
        });
        let (ran, refused) = outcome.unwrap();
        (ran, refused, sizes)
    }

    #[test]
    fn a_limit_is_looked_for_above_what_was_found_until_it_lies_between_neighbours() {
        assert_eq!(tried(40, 40), (Some(40), Some(41), vec![40, 41]));
        assert_eq!(tried(40, 45), (Some(45), Some(46), vec![40, 41, 42, 44, 48, 46, 45]));
        // Of a thousand, ten more or fewer are near enough.
        let (ran, refused, sizes) = tried(1_000, 1_050);
        assert_eq!((ran, refused, sizes.len()), (Some(1_048), Some(1_056), 10));
        assert_eq!(tried(40, 39), (None, Some(40), vec![40]));
        let (ran, refused, _) = tried(40, 1_000);
        assert_eq!((ran, refused), (Some(72), None));
        assert_eq!(tried(1, 9), (Some(2), None, vec![1, 2]));
    }
}
