//! Cluttered, translated Fashion-MNIST: an item somewhere on a larger canvas, over pieces of other items.
//!
//! | setting | usual | what |
//! |---|---|---|
//! | `size` | 60 | rows and columns of the canvas, 32 to 256 |
//! | `train`, `test` | 10000, 2000 | images; classes take turns, and the items of a class as well |
//! | `position` | 1.0 | 0 in the middle, 1 anywhere |
//! | `clutter` | 0.25 | area of all pieces as a share of the canvas, as if none lay over another; 0 is *translated* |
//! | `patch` | 8 | rows and columns of a piece, 4 to 28 |
//! | `seed` | 0 | of every draw |
//!
//! Items and pieces of the test part are of the test part of the 10,000 embedded images, those of training of the training
//! part. The mask is the silhouette of the item: all but the black around it. What is dark within an item hides the clutter
//! behind it, which differs from the original, where brighter pixels win. Four pieces of 8x8 on 60x60, as in the paper,
//! are a clutter of 0.07.
//!
//! After Mnih, Heess, Graves and Kavukcuoglu (2014), arXiv:1406.6247, with digits.

use std::sync::Arc;

use cenote_spec::{Kind, params, parse};
use serde::{Deserialize, Serialize};
use toml::Table;

use super::Source;
use super::drawn::dataset;
use crate::draw::uniform;
use crate::synthetic::{Drawing, Items, Part, Patches, Piece, counts, number, share, table};
use crate::{Composition, Dataset, Error, Origin, Split};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "drawn: Fashion-MNIST moved about a larger canvas, over pieces of other items, with masks",
    example: "size = 60\nclutter = 0.25\nseed = 1",
    notes: None,
    parse: |table| Ok(Box::new(params::<Cluttered>(NAME, table)?)),
};

const NAME: &str = "cluttered_fashion_mnist";
/// Rows and columns of an item.
const SIDE: usize = 28;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Cluttered {
    size: usize,
    train: usize,
    test: usize,
    position: f64,
    clutter: f64,
    patch: usize,
    seed: u64,
}

impl Default for Cluttered {
    fn default() -> Self {
        let (train, test) = (10_000, 2_000);
        Self { size: 60, train, test, position: 1.0, clutter: 0.25, patch: 8, seed: 0 }
    }
}

impl Source for Cluttered {
    fn load(&self) -> Result<Dataset, Error> {
        counts([self.train, self.test])?;
        number("size", self.size, 32..=256)?;
        share("position", self.position, [0.0, 1.0])?;
        share("clutter", self.clutter, [0.0, 1.0])?;
        number("patch", self.patch, 4..=SIDE)?;
        let usual = super::fashion_mnist_10k::KIND.example_table();
        let whole = parse(&[&[super::fashion_mnist_10k::KIND]], usual);
        let whole = whole.expect("the kind has no setting").load()?;
        let Dataset { classes, train, test, licence, source, .. } = whole;
        let origin = Origin { name: NAME.to_owned(), licence, source };
        let canvases = |part: Part, items: Split| {
            let mut of_class = vec![Vec::new(); classes.len()];
            for (item, &label) in items.labels().iter().enumerate() {
                of_class[label].push(item);
            }
            let items = Items::new(items.images().clone(), 1);
            Arc::new(Canvases { settings: self.clone(), part, items, of_class }) as Arc<dyn Drawing>
        };
        let [learnt, judged] = Part::both(NAME, self.seed, [self.train, self.test]);
        let parts = [canvases(learnt, train), canvases(judged, test)];
        dataset(origin, classes, parts)
    }

    fn drawn_by(&self) -> Option<Table> {
        Some(table(NAME, self))
    }
}

/// One part of the set.
#[derive(Debug)]
struct Canvases {
    settings: Cluttered,
    part: Part,
    items: Items,
    /// The items of each class.
    of_class: Vec<Vec<usize>>,
}

impl Drawing for Canvases {
    fn len(&self) -> usize {
        self.part.len
    }

    fn shape(&self) -> [usize; 3] {
        [1, self.settings.size, self.settings.size]
    }

    fn compose(&self, index: usize) -> Result<Composition, Error> {
        let Cluttered { size, position, clutter, patch, .. } = self.settings;
        let example = self.part.example(index);
        let mut planes = vec![0; size * size];
        let patches = Patches { items: &self.items, side: patch, share: clutter };
        patches.scatter(&mut planes, self.shape(), &mut example.stream("clutter"))?;
        let class = index % self.of_class.len();
        let items = &self.of_class[class];
        let item = items[index / self.of_class.len() % items.len()];
        let cutout = self.items.object(item)?;
        let stream = &mut example.stream("object");
        let room = (size - SIDE) as f64 / 2.0;
        let at = [(); 2].map(|()| {
            let moved = uniform([-room, room], stream) * position;
            (room + moved).round() as isize
        });
        let object = Piece { class: Some(class), at, cutout };
        Ok(Composition::new(self.shape(), planes, vec![object]))
    }
}
