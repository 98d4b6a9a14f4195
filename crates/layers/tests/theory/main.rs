//! What theory says exactly about operators and networks of them, and the published mistakes that
//! worked examples catch.

mod bernoulli;
mod draws;
mod network;
mod published_mistakes;
mod shifts;
