//! `cargo xtask bench`: our binary and the installed peers, taking turns, and the table of ratios.
//!
//! Every measurement is a process that prints lines of JSON: `cenote bench --json` and the scripts of
//! `benches/peers`. Here they are started in rounds, so that what disturbs the machine disturbs all
//! alike; a ratio is taken within a round, and the median of the rounds is what counts.

mod arguments;
mod bars;
mod chore;
mod date;
mod line;
mod peers;
mod plan;
mod report;
mod roof;
mod statistics;
mod table;

pub(crate) use chore::CHORE;
