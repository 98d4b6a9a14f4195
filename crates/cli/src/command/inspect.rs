//! `cenote inspect`: one image through a trained network, as a sheet of pictures.

use std::process::ExitCode;

use cenote_evidence::write_file;
use cenote_experiment::Trained;

use super::predict::pixels;
use crate::args::Inspect;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Inspect) -> Result<ExitCode, Failure> {
    let trained = Trained::read(&args.checkpoint)?;
    let image = pixels(&trained, &args.image)?;
    let inspection = trained.inspect(&image, &trained.data()?)?;
    let shape = trained.model.input().dims().try_into().expect("pixels are of images");
    let sheet = inspection.sheet(&image, shape, args.maps);
    let name = args.out.file_name().and_then(|name| name.to_str());
    let name = name
        .ok_or_else(|| Failure::Usage(format!("--out {}: expected a file", args.out.display())))?;
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    write_file(folder.unwrap_or_else(|| std::path::Path::new(".")), name, &sheet)?;
    let seen = &inspection.prediction;
    let text = format!(
        "{}: {} {:.1} %\n{}: the image, what the answer hangs on, the receptive field, and up to {} maps of each of {} layers\n",
        args.image.display(),
        seen.class,
        100.0 * seen.probability,
        args.out.display(),
        args.maps,
        inspection.layers.len()
    );
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
