//! What theory says exactly about operators and networks of them, and the published mistakes that
//! worked examples catch.
#![expect(clippy::float_cmp, reason = "values are copied or exact, and equality is what is tested")]

mod bernoulli;
mod draws;
mod network;
mod published_mistakes;
mod shifts;
