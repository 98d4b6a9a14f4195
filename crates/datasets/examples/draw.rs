//! Draws some images of every synthetic kind on one thread and says how many a second.
//!
//! ```text
//! cargo run --release -p cenote-datasets --example draw
//! ```

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use cenote_datasets::{DETECTION_KINDS, KINDS, TEXT_KINDS};
use rayon::ThreadPoolBuilder;

const IMAGES: usize = 2000;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut out = std::io::stdout().lock();
    for settings in [
        "kind = 'shapes_on_clutter'\nsize = 32",
        "kind = 'shapes_on_clutter'\nsize = 64",
        "kind = 'shapes_on_clutter'\nsize = 64\nchannels = 'rgb'\nbackground = 'texture'",
        "kind = 'cluttered_fashion_mnist'\nsize = 64",
        "kind = 'canvases'\nsize = [64, 64]\nobjects = [1, 3]",
        "kind = 'canvases'\nsize = [192, 192]",
        "kind = 'synthetic_captcha'\nsize = [64, 64]\nlength = [3, 5]",
    ] {
        let table: toml::Table = format!("{settings}\ntrain = {IMAGES}\ntest = 1").parse()?;
        let kind = table["kind"].as_str().unwrap_or_default().to_owned();
        let seconds = pool.install(|| -> Result<f64, Failure> {
            // What is embedded is decoded once.
            let warm = table.clone().into_iter().map(|(key, value)| match key.as_str() {
                "train" => (key, 1.into()),
                _ => (key, value),
            });
            load(&kind, warm.collect())?;
            let begun = Instant::now();
            load(&kind, table)?;
            Ok(begun.elapsed().as_secs_f64())
        })?;
        let shown = settings.replace('\n', ", ");
        writeln!(out, "{:8.0} images/s  {shown}", IMAGES as f64 / seconds)?;
    }
    Ok(())
}

/// Loads a set and draws every image of its training part.
fn load(kind: &str, table: toml::Table) -> Result<(), Failure> {
    if KINDS.iter().any(|known| known.name == kind) {
        cenote_spec::parse(&[KINDS], table)?.load()?;
    } else if DETECTION_KINDS.iter().any(|known| known.name == kind) {
        cenote_spec::parse(&[DETECTION_KINDS], table)?.load()?;
    } else {
        for image in cenote_spec::parse(&[TEXT_KINDS], table)?.load()?.train {
            let drawn = image.picture.composition().ok_or("it is drawn")?;
            drawn?.image();
        }
    }
    Ok(())
}
