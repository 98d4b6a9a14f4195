//! Every operator's effect on one image, side by side in one HTML file that needs nothing else.

use std::fmt::Write;
use std::path::Path;

use cenote_evidence::grouped;
use cenote_layers::{LayerSpec, Mode, OPERATOR_KINDS};
use cenote_spec::Kind;
use cenote_tensor::{Scalar, Tensor};
use image::DynamicImage;

use super::applied::Operator;
use super::picture::{self, Scale};
use super::statistics::Statistics;

/// The longest side of the image that operators are shown on.
const SIDE: u32 = 128;
/// What the sides of that image are multiples of, so that regular blocks cover it.
const UNIT: u32 = 8;

const STYLE: &str = include_str!("gallery.css");

/// The page for an image that was read from this file.
pub(super) fn page(image: &DynamicImage, path: &Path, mode: Mode, seed: u64) -> String {
    let x = picture::planes(&picture::fitted(image, SIDE, UNIT));
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut cards = card("input", &name, &[(&x, Scale::Unit)], &[("shape", shape(&x))]);
    for kind in OPERATOR_KINDS {
        cards.push_str(&of_operator(kind, &x, mode, seed));
    }
    let title = format!("{} operators on {}", OPERATOR_KINDS.len(), escaped(&name));
    let drawn = match mode {
        Mode::Train => "as in training",
        Mode::Eval => "as in use",
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>Each card shows the output, and below it where a gradient of 1 from every output goes in \
         the input (grey is 0). Operators are applied {drawn}, with parameters drawn from seed {seed}. \
         Operations and kept bytes are those of the forward pass on this image.</p>\n\
         <main>\n{cards}</main>\n</body>\n</html>\n"
    )
}

/// Settings that make operators comparable, blocks of 2x2, where the kind has them; else its example.
fn table(
    kind: &Kind<dyn LayerSpec>,
    x: &Tensor,
    seed: u64,
) -> Result<(toml::Table, Operator), String> {
    let example = kind.example_table();
    let mut alike = example.clone();
    for setting in kind.notes.map_or(&[][..], |notes| notes.settings) {
        match setting.name {
            "kernel_size" | "stride" => _ = alike.insert(setting.name.to_owned(), 2.into()),
            "padding" | "dilation" => _ = alike.remove(setting.name),
            _ => {}
        }
    }
    let shape = cenote_tensor::Shape::new(&x.dims()[1..]);
    let fit = |table: toml::Table| {
        let operator =
            Operator::fit(table.clone(), shape, seed).map_err(|error| error.to_string())?;
        operator.output(1)?;
        Ok((table, operator))
    };
    fit(alike).or_else(|_: String| fit(example))
}

fn of_operator(kind: &Kind<dyn LayerSpec>, x: &Tensor, mode: Mode, seed: u64) -> String {
    let (table, operator) = match table(kind, x, seed) {
        Ok(fitted) => fitted,
        Err(words) => return card(kind.name, kind.about, &[], &[("does not fit", words)]),
    };
    let output = operator.output(1).expect("checked when it was fitted");
    let applied = operator.apply(x.clone(), Tensor::full(output, 1.0), mode, seed);
    let statistics = Statistics::of(applied.y.as_slice());
    let (cost, parameters) =
        (operator.cost(), operator.params.iter().map(|p| p.value.len() as u64).sum::<u64>());
    let mut numbers = vec![
        ("shape", shape(&applied.y)),
        ("range", format!("{} to {}", statistics.lowest(), statistics.highest())),
        ("mean", statistics.mean()),
        ("MACs", grouped(cost.macs)),
        ("other ops", grouped(cost.other)),
        ("kept bytes", grouped(applied.kept_bytes as u64)),
        ("gradient", mass(&applied.dx, &applied.y)),
    ];
    if parameters > 0 {
        numbers.push(("parameters", grouped(parameters)));
    }
    let (y, dx) = (&applied.y, grey(&applied.dx));
    let pictures = [(y, Scale::of(y.as_slice())), (&dx, Scale::signed(dx.as_slice()))];
    let settings = settings(&table);
    let about = if settings.is_empty() {
        kind.about.to_owned()
    } else {
        format!("{}; {settings}", kind.about)
    };
    card(kind.name, &about, &pictures, &numbers)
}

/// How much of the gradient from above arrives below.
fn mass(dx: &Tensor, y: &Tensor) -> String {
    let below: f64 = dx.as_slice().iter().map(|&dx| f64::from(dx)).sum();
    format!("{:.4} of 1 per output", below / y.len() as f64)
}

/// The mean over the channels.
fn grey(maps: &Tensor) -> Tensor {
    let [_, channels, rows, columns] = maps.nchw();
    let area = rows * columns;
    Tensor::from_fn([1, 1, rows, columns], |i| {
        let of_channels = (0..channels).map(|c| maps.as_slice()[c * area + i]);
        of_channels.sum::<Scalar>() / channels as Scalar
    })
}

fn shape(batch: &Tensor) -> String {
    let sizes: Vec<String> = batch.dims()[1..].iter().map(ToString::to_string).collect();
    sizes.join("x")
}

/// The settings of a table in one line.
pub(super) fn settings(table: &toml::Table) -> String {
    let given = table.iter().filter(|(key, _)| *key != "kind");
    given.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

fn card(
    name: &str,
    about: &str,
    pictures: &[(&Tensor, Scale)],
    numbers: &[(&str, String)],
) -> String {
    let mut text = format!("<figure>\n<h2>{}</h2>\n", escaped(name));
    for (tensor, scale) in pictures {
        match picture::png(tensor, *scale) {
            Ok(bytes) => {
                let what = if *scale == Scale::Unit || matches!(scale, Scale::Range(..)) {
                    "output"
                } else {
                    "gradient"
                };
                let (data, alt) = (base64(&bytes), format!("{what} of {name}"));
                writeln!(
                    text,
                    "<img src=\"data:image/png;base64,{data}\" alt=\"{}\">",
                    escaped(&alt)
                )
            }
            Err(words) => writeln!(text, "<p>{}</p>", escaped(&words)),
        }
        .expect("writing to a string does not fail");
    }
    writeln!(text, "<figcaption>{}</figcaption>\n<dl>", escaped(about)).expect("as above");
    for (what, number) in numbers {
        writeln!(text, "<dt>{what}</dt><dd>{}</dd>", escaped(number)).expect("as above");
    }
    text.push_str("</dl>\n</figure>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The alphabet of RFC 4648, three bytes in four letters.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, i| word << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases =
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        let expected = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert_eq!(cases, expected);
    }

    #[test]
    fn a_page_shows_every_operator_and_needs_nothing_else() {
        let image = DynamicImage::new_rgb8(40, 24);
        let page = page(&image, Path::new("a<b>.png"), Mode::Eval, 1);
        for kind in OPERATOR_KINDS {
            assert!(page.contains(&format!("<h2>{}</h2>", kind.name)), "{}", kind.name);
        }
        assert!(!page.contains("does not fit"), "every operator fits");
        for outside in ["http:", "https:", "<script", "<link", "url(", "a<b>"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
