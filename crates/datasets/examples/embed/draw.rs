//! The rule by which the embedded files follow from the full sets.

use std::error::Error;
use std::path::Path;

use cenote_datasets::{Idx, Split};
use cenote_tensor::Seed;

/// The seed of the draw; another one would be another data set.
const SEED: Seed = Seed(2017);
/// The first images train, the others test.
const DIGITS_TRAIN: usize = 1_347;

/// One embedded file: its path below `data/`, and its contents.
pub(crate) type Drawn = (String, Idx);

/// Draws every embedded file from the full sets in `full`, which holds `fashion-mnist/` and `digits/`.
pub(crate) fn draw(full: &Path) -> Result<Vec<Drawn>, Box<dyn Error>> {
    let fashion = full.join("fashion-mnist");
    let mut drawn = Vec::new();
    for (part, upstream, count) in [("train", "train", 1_000), ("test", "t10k", 200)] {
        let images = Idx::read(&fashion.join(format!("{upstream}-images-idx3-ubyte.gz")))?;
        let labels = Idx::read(&fashion.join(format!("{upstream}-labels-idx1-ubyte.gz")))?;
        let mut stream = SEED.stream(&format!("fashion-mnist-10k/{part}"));
        let split = Split::from_idx(images, &labels)?.per_class(count, &mut stream)?;
        drawn.extend(files("fashion-mnist-10k", part, &split)?);
    }

    let images = Idx::read(&full.join("digits/digits-images-idx3-ubyte"))?;
    let labels = Idx::read(&full.join("digits/digits-labels-idx1-ubyte"))?;
    let digits = Split::from_idx(images, &labels)?;
    let order: Vec<usize> = (0..digits.len()).collect();
    let (train, test) = order.split_at(DIGITS_TRAIN);
    drawn.extend(files("digits", "train", &digits.subset(train))?);
    drawn.extend(files("digits", "test", &digits.subset(test))?);
    Ok(drawn)
}

fn files(folder: &str, part: &str, split: &Split) -> Result<[Drawn; 2], Box<dyn Error>> {
    let [_, h, w] = split.shape();
    let labels =
        split.labels().iter().map(|&label| u8::try_from(label)).collect::<Result<_, _>>()?;
    let images = Idx::new(vec![split.len(), h, w], split.images().pixels().to_vec())?;
    let labels = Idx::new(vec![split.len()], labels)?;
    Ok([
        (format!("{folder}/{part}-images-idx3-ubyte.gz"), images),
        (format!("{folder}/{part}-labels-idx1-ubyte.gz"), labels),
    ])
}
