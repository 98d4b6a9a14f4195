//! A test part for sets that come without one.

use cenote_tensor::Seed;

use crate::order::shuffle;
use crate::{Error, Split};

/// The share that is held out where nothing else is asked for.
pub(crate) fn default() -> f64 {
    0.2
}

/// Refuses what is no share; `what` names the setting.
pub(crate) fn check(what: &'static str, share: f64) -> Result<(), Error> {
    if share > 0.0 && share < 1.0 {
        return Ok(());
    }
    let expected = "a share above 0 and below 1".to_owned();
    Err(Error::Setting { what, got: share.to_string(), expected })
}

/// Parts a set into `(train, test)`: `share` of every class, at least one example, drawn by the seed alone; as whole groups
/// where the set has groups.
pub(crate) fn hold_out(whole: &Split, share: f64, seed: u64) -> Result<(Split, Split), Error> {
    let held = (share * whole.len() as f64).round().max(1.0) as usize;
    let mut stream = Seed(seed).stream("split/test");
    match whole.groups() {
        None => whole.hold_out(held, &mut stream),
        Some(groups) => whole.hold_out_groups(held, groups, &mut stream),
    }
}

/// Parts the numbers below `count` into `(train, test)`, each ascending: `share` of them, at least one, drawn by the seed.
pub(crate) fn part(count: usize, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let held = ((share * count as f64).round().max(1.0) as usize).min(count);
    let mut order: Vec<usize> = (0..count).collect();
    shuffle(&mut order, &mut Seed(seed).stream("split/test"));
    let mut train = order.split_off(held);
    order.sort_unstable();
    train.sort_unstable();
    (train, order)
}
