//! `cenote data fetch`.

use std::process::ExitCode;

use cenote_datasets::{PublishedFile, PublishedSet};
use cenote_fetch::{Download, Error, Fetched, Patience, fetch};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::known;
use crate::args::DataFetch;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &DataFetch) -> Result<ExitCode, Failure> {
    let set = known::published(&args.name)?;
    let folder = known::root()?.join(set.folder);
    let mut lines = Vec::new();
    for file in &set.files {
        let to = folder.join(file.name);
        let addresses = addresses(args.from.as_deref(), &set, file);
        let download =
            Download { addresses: &addresses, bytes: file.bytes, sha256: file.sha256, to: &to };
        let bar = bar(args.quiet, file);
        let fetched = fetch(&download, &Patience::default(), &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        match fetched {
            Ok(Fetched::Before) => lines.push(format!("{}: was there\n", to.display())),
            Ok(Fetched::From(address)) => lines.push(format!("{}: from {address}\n", to.display())),
            Err(error @ Error::Unreachable { .. }) => {
                screen::print(&lines.concat()).map_err(Failure::Output)?;
                return Err(Failure::Data(format!("{error}\n{}", by_hand(&set, &folder))));
            }
            Err(error @ Error::Occupied { .. }) => return Err(Failure::Data(error.to_string())),
            Err(error) => return Err(Failure::File(error.to_string())),
        }
    }
    screen::print(&lines.concat()).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The addresses of a file, the user's own first.
fn addresses(from: Option<&str>, set: &PublishedSet, file: &PublishedFile) -> Vec<String> {
    let bases = from.into_iter().chain(set.addresses.iter().copied());
    bases.map(|base| format!("{}/{}", base.trim_end_matches('/'), file.name)).collect()
}

fn bar(quiet: bool, file: &PublishedFile) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(file.bytes), target);
    let template = "{msg} [{bar:20}] {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(file.name);
    bar
}

/// What to put where, for whoever has another way to the files.
fn by_hand(set: &PublishedSet, folder: &std::path::Path) -> String {
    let head = format!("to do it by hand, put these into {}:", folder.display());
    let files = set
        .files
        .iter()
        .map(|file| format!("\n  {} ({} bytes, sha256 {})", file.name, file.bytes, file.sha256));
    let addresses = set.addresses.iter().map(|address| format!("\nthey are at {address}"));
    std::iter::once(head).chain(files).chain(addresses).collect()
}
