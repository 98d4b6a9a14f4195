//! `cenote data`: where sets are, how they get there or are drawn, and what is in them.

mod boxes;
mod classes;
mod fetch;
mod inspect;
mod known;
mod list;
mod make;
mod seen;
mod texts;
mod verify;

use std::process::ExitCode;

use crate::args::{Data, DataPath};
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Data) -> Result<ExitCode, Failure> {
    match args {
        Data::List(args) => list::run(args),
        Data::Path(args) => path(args),
        Data::Fetch(args) => fetch::run(args),
        Data::Verify(args) => verify::run(args),
        Data::Inspect(args) => inspect::run(args),
        Data::Make(args) => make::run(args),
    }
}

fn path(args: &DataPath) -> Result<ExitCode, Failure> {
    let mut folder = known::root()?;
    if let Some(name) = &args.name {
        folder.push(known::published(name)?.folder);
    }
    screen::print(&format!("{}\n", folder.display())).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
