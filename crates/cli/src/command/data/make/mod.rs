//! `cenote data make`: drawn sets as files, in formats that other programs and our own readers read.

mod boxes;
mod classes;
mod run;
mod texts;

pub(super) use run::run;
