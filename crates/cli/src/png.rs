//! Plots as pictures, for slides and papers that take no SVG.

use std::path::Path;
use std::sync::Arc;

use cenote_evidence::{Report, write_file};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::failure::Failure;

/// The font that plots are drawn with; its licence lies beside it.
const SANS: &[u8] = include_bytes!("../data/fonts/DejaVuSans.ttf");

/// Pixels of a picture for one of the plot: enough for print.
const SCALE: f32 = 2.0;

/// Writes every plot of a report into `folder` as PNG, on a light page; returns the file names.
pub(crate) fn write_plots(folder: &Path, report: &Report) -> Result<Vec<String>, Failure> {
    let options = options();
    let mut names = Vec::new();
    for (name, svg) in report.plots() {
        let name = Path::new(&name).with_extension("png").display().to_string();
        let drawn = draw(&svg, &options);
        let bytes = drawn.map_err(|why| Failure::File(format!("draw `{name}`: {why}")))?;
        write_file(folder, &name, &bytes)?;
        names.push(name);
    }
    Ok(names)
}

fn options() -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(SANS.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    let family = "DejaVu Sans".to_owned();
    Options { fontdb: Arc::new(fonts), font_family: family, ..Options::default() }
}

fn draw(svg: &str, options: &Options<'_>) -> Result<Vec<u8>, String> {
    let tree = Tree::from_str(svg, options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("the plot has no size")?;
    let pixels = Pixmap::new(size.width(), size.height());
    let mut pixels = pixels.ok_or("the plot is too large for a picture")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of pixels that are not of the page.
    fn ink(svg: &str) -> f64 {
        let bytes = draw(svg, &options()).expect("it can be drawn");
        let picture = image::load_from_memory(&bytes).expect("a PNG").to_luma8();
        let dark = picture.pixels().filter(|pixel| pixel.0[0] < 128).count();
        dark as f64 / picture.pixels().len() as f64
    }

    #[test]
    fn every_letter_of_a_plot_is_drawn() {
        for text in ["none", "−4.38 ± 1", "×8.99 – …", "Größe", "дом"] {
            let plot = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 30\" width=\"100\" height=\"30\"><style>text{{font:12px system-ui,sans-serif}}.page{{fill:#fff}}@media screen and (prefers-color-scheme:dark){{.page{{fill:#000}}}}</style><rect class=\"page\" width=\"100\" height=\"30\"/><text x=\"5\" y=\"20\">{text}</text></svg>"
            );
            let ink = ink(&plot);
            assert!((0.01..0.3).contains(&ink), "{text}: {ink}");
        }
    }
}
