//! What the sources that draw their images share.

use std::sync::Arc;

use crate::synthetic::Drawing;
use crate::{Dataset, Error, Images, Origin, Split};

/// What the images of a part may take.
const MOST_BYTES: usize = 2 << 30;

/// Draws both parts; classes take turns in each.
pub(super) fn dataset(
    origin: Origin,
    classes: Vec<String>,
    parts: [Arc<dyn Drawing>; 2],
) -> Result<Dataset, Error> {
    let split = |part: Arc<dyn Drawing>| {
        let labels = (0..part.len()).map(|index| index % classes.len()).collect();
        let bytes = part.shape().iter().fold(part.len(), |bytes, &side| bytes.saturating_mul(side));
        if bytes > MOST_BYTES {
            return Err(Error::Setting {
                what: "images",
                got: format!("{} of {:?} bytes", part.len(), part.shape()),
                expected: format!("at most {MOST_BYTES} bytes; a smaller size or number would fit"),
            });
        }
        Split::new(Images::drawn(part)?, labels)
    };
    let [train, test] = parts;
    let (train, test) = (split(train)?, split(test)?);
    Dataset::new(origin, classes, train, test)
}
