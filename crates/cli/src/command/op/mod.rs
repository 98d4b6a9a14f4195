//! `cenote op`: one operator on one array or image, or every operator on one image.

mod applied;
mod gallery;
mod npy;
mod picture;
mod statistics;
mod weights;

use std::path::Path;
use std::process::ExitCode;

use cenote_datasets::Npy;
use cenote_evidence::grouped;
use cenote_layers::Mode;
use cenote_tensor::{Shape, Tensor};
use serde_json::json;
use toml::Table;

use applied::{Applied, Operator};
use picture::Scale;
use statistics::Statistics;

use super::files::{self, refused};
use super::settings;
use crate::args::Op;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Op) -> Result<ExitCode, Failure> {
    let text = match (&args.gallery, &args.out, &args.name, &args.input) {
        (Some(image), Some(out), ..) => show_all(args, image, out)?,
        (None, _, Some(name), Some(input)) => apply(args, name, input)?,
        _ => unreachable!("clap wants NAME and --input, or --gallery and --out"),
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn mode(args: &Op) -> Mode {
    if args.train { Mode::Train } else { Mode::Eval }
}

fn show_all(args: &Op, image: &Path, out: &Path) -> Result<String, Failure> {
    let picture = picture::decode(&files::read(image)?, image)?;
    let page = gallery::page(&picture, image, mode(args), args.seed);
    files::write(out, page.as_bytes())?;
    Ok(format!("{} ({} bytes)\n", out.display(), grouped(page.len() as u64)))
}

/// What a file held, and how that is told.
struct Input {
    batch: Tensor,
    about: String,
    is_picture: bool,
}

fn apply(args: &Op, name: &str, path: &Path) -> Result<String, Failure> {
    let table = settings::table(name, &args.set)?;
    let input = read(path)?;
    let x = input.batch;
    let [n, ..] = x.nchw();
    let example = Shape::new(&x.dims()[1..]);
    let mut operator = Operator::fit(table.clone(), example, args.seed)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let shape = operator.output(n).map_err(Failure::Usage)?;
    if let Some(path) = &args.params {
        weights::load(&mut operator.params, path)?;
    }
    let (dy, from_above) = match &args.upstream {
        Some(path) => upstream(path, shape)?,
        None => (Tensor::full(shape, 1.0), "ones".to_owned()),
    };
    let x_shape = x.shape();
    let applied = operator.apply(x, dy.clone(), mode(args), args.seed);
    if let Some(path) = &args.output {
        write(path, &applied.y, Scale::of, input.is_picture)?;
    }
    if let Some(path) = &args.input_gradient {
        write(path, &applied.dx, Scale::signed, input.is_picture)?;
    }
    let told = Told { args, table, input: format!("{x_shape}, {}", input.about), from_above, dy };
    Ok(if args.json { told.document(&operator, &applied) } else { told.words(&operator, &applied) })
}

fn read(path: &Path) -> Result<Input, Failure> {
    let bytes = files::read(path)?;
    if !bytes.starts_with(Npy::MAGIC) {
        let batch = picture::planes(&picture::decode(&bytes, path)?);
        let about = format!("{} as values from 0 to 1", path.display());
        return Ok(Input { batch, about, is_picture: true });
    }
    let (batch, about) = array(path, &bytes)?;
    match *batch.dims() {
        [_, channels, rows, columns] if ![channels, rows, columns].contains(&0) => {
            Ok(Input { batch, about, is_picture: false })
        }
        [_, _, _, _] => {
            let fits = "only the batch, its first axis, may be empty";
            Err(refused(path, format!("has the shape {}; {fits}", batch.shape())))
        }
        _ => {
            Err(refused(path, format!("has {} axes; expected 4, (N, C, H, W)", batch.dims().len())))
        }
    }
}

/// An array, and what became of its number type.
fn array(path: &Path, bytes: &[u8]) -> Result<(Tensor, String), Failure> {
    let array = npy::decode(&path.display().to_string(), bytes).map_err(Failure::File)?;
    let (dtype, ours) = (array.dtype, npy::Dtype::OURS);
    let kind = if dtype == ours {
        dtype.name().to_owned()
    } else {
        format!("{} computed as {}", dtype.name(), ours.name())
    };
    Ok((array.tensor, format!("{} ({kind})", path.display())))
}

fn upstream(path: &Path, expected: Shape) -> Result<(Tensor, String), Failure> {
    let (dy, about) = array(path, &files::read(path)?)?;
    if dy.shape() != expected {
        let words = format!("has the shape {}; the output has {expected}", dy.shape());
        return Err(refused(path, words));
    }
    Ok((dy, about))
}

/// Writes an array, or a picture where the name or else the input asks for one.
fn write(
    path: &Path,
    values: &Tensor,
    scale: fn(&[cenote_tensor::Scalar]) -> Scale,
    is_picture: bool,
) -> Result<(), Failure> {
    let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    let bytes = match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("npy") => npy::encode(values),
        Some("jpg" | "jpeg" | "bmp") => {
            return Err(Failure::Usage(format!(
                "{}: pictures are written as .png, arrays as .npy",
                path.display()
            )));
        }
        Some("png") => {
            picture::png(values, scale(values.as_slice())).map_err(|w| refused(path, w))?
        }
        _ if is_picture => {
            picture::png(values, scale(values.as_slice())).map_err(|w| refused(path, w))?
        }
        _ => npy::encode(values),
    };
    files::write(path, &bytes)
}

/// What the report says besides the result.
struct Told<'a> {
    args: &'a Op,
    table: Table,
    input: String,
    from_above: String,
    dy: Tensor,
}

impl Told<'_> {
    fn words(&self, operator: &Operator, applied: &Applied) -> String {
        let to = |path: &Option<std::path::PathBuf>| {
            path.as_ref().map_or_else(String::new, |path| format!(" -> {}", path.display()))
        };
        let (y, dx) = (&applied.y, &applied.dx);
        let name = self.table["kind"].as_str().unwrap_or_default();
        let settings = gallery::settings(&self.table);
        let mode = if self.args.train { "in training" } else { "in use" };
        let head = [name, &settings, mode]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>();
        let mut rows = vec![
            ("operator".to_owned(), head.join(", ")),
            ("input".to_owned(), self.input.clone()),
        ];
        for param in operator.params.iter() {
            let values = Statistics::of(param.value.as_slice()).words();
            rows.push((param.path.clone(), format!("{}: {values}", param.value.shape())));
        }
        let cost = operator.cost();
        rows.extend([
            (
                "output".to_owned(),
                format!(
                    "{}: {}{}",
                    y.shape(),
                    Statistics::of(y.as_slice()).words(),
                    to(&self.args.output)
                ),
            ),
            (
                "gradient".to_owned(),
                format!(
                    "{}: {}, under {}{}",
                    dx.shape(),
                    Statistics::of(dx.as_slice()).words(),
                    self.from_above,
                    to(&self.args.input_gradient)
                ),
            ),
        ]);
        for (path, gradient) in &applied.dparams {
            let values = Statistics::of(gradient.as_slice()).words();
            rows.push((format!("d {path}"), format!("{}: {values}", gradient.shape())));
        }
        rows.push((
            "cost".to_owned(),
            format!(
                "{} MACs and {} other operations per example; {} bytes kept for the backward pass",
                grouped(cost.macs),
                grouped(cost.other),
                grouped(applied.kept_bytes as u64)
            ),
        ));
        let width = rows.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
        rows.into_iter()
            .fold(String::new(), |all, (what, text)| format!("{all}{what:width$}  {text}\n"))
    }

    fn document(&self, operator: &Operator, applied: &Applied) -> String {
        let tensor = |tensor: &Tensor| {
            let mut document = Statistics::of(tensor.as_slice()).json();
            document["shape"] = json!(tensor.dims());
            document["sum"] = json!(tensor.as_slice().iter().map(|&x| f64::from(x)).sum::<f64>());
            document
        };
        let params = operator.params.iter().map(|param| {
            let gradient = applied.dparams.iter().find(|(path, _)| *path == param.path);
            json!({
                "name": param.path, "value": tensor(&param.value),
                "gradient": gradient.map(|(_, gradient)| tensor(gradient)),
            })
        });
        let cost = operator.cost();
        let document = json!({
            "schema": "cenote.op/1", "operator": self.table, "input": self.input,
            "mode": if self.args.train { "train" } else { "eval" }, "seed": self.args.seed,
            "dtype": npy::Dtype::OURS.name(), "output": tensor(&applied.y),
            "upstream": tensor(&self.dy), "input_gradient": tensor(&applied.dx),
            "parameters": params.collect::<Vec<_>>(), "macs": cost.macs, "other_ops": cost.other,
            "kept_bytes": applied.kept_bytes,
        });
        format!("{document}\n")
    }
}
