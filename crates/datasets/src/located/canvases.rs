//! Canvases: several objects of a classification set on one image, each with its box and mask.
//!
//! | setting | usual | what |
//! |---|---|---|
//! | `from` | `{ kind = "fashion_mnist_10k" }` | whose images the objects are; any of `cenote list datasets` |
//! | `size` | `[128, 128]` | rows and columns, 32 to 512 each |
//! | `train`, `test` | 1000, 200 | images |
//! | `objects` | `[1, 8]` | least and most objects of an image, up to 32 |
//! | `scale` | `[0.75, 1.5]` | size of an object as a multiple of its own |
//! | `overlap` | 0.2 | the most that two boxes share of the smaller one, 0 to 0.5 |
//! | `clutter` | 0.1 | area of pieces of other images as a share of the canvas |
//! | `patch` | 8 | rows and columns of a piece, 4 to 32 |
//! | `background` | `flat` | black, or `noise` or `texture` around a dark grey |
//! | `seed` | 0 | of every draw |
//!
//! Objects and clutter of the test part are of the test part of `from`. An object is cut out along its silhouette: all but
//! black joined to a side of its image. Images without such black are objects as a whole. Sets that count up to 16 are
//! stretched. Where an object finds no place in 64 tries all are placed anew, eight times at most; then the fullest canvas
//! is taken, so one may have fewer objects than drawn. Boxes are the tightest around what is seen of an object, and an object
//! of which nothing is seen is not listed.

use std::sync::Arc;

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::DetectionSource;
use super::scene::{BoxedObject, DetectionSet, Scene};
use crate::draw::uniform;
use crate::order::below;
use crate::source::KINDS;
use crate::synthetic::{
    Backdrop, Cutout, Drawing, Items, Part, Patches, Piece, counts, number, share, span, table,
};
use crate::{Composition, Dataset, Error, Origin, Picture, Source, Split};

pub(super) const KIND: Kind<dyn DetectionSource> = Kind {
    name: NAME,
    about: "drawn: several objects of a classification set on each image, with masks",
    example: "from = { kind = \"fashion_mnist_10k\" }\nsize = [96, 128]\nobjects = [1, 8]\nseed = 1",
    notes: None,
    parse: |table| {
        let settings = params::<Settings>(NAME, table)?;
        let from = cenote_spec::parse(&[KINDS], settings.from.clone())?;
        Ok(Box::new(Canvases { settings, from }))
    },
};

const NAME: &str = "canvases";
/// How often a place is looked for, and how often all objects are placed anew.
const TRIES: usize = 64;
const LAYOUTS: usize = 8;
/// How much of a canvas the least number of objects may take: random places seldom fill more.
const FILLED: f64 = 0.4;
/// The dark grey of backgrounds that are not black.
const GREY: f64 = 0.25;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    from: Table,
    /// Rows and columns.
    size: [usize; 2],
    train: usize,
    test: usize,
    objects: [usize; 2],
    scale: [f64; 2],
    overlap: f64,
    clutter: f64,
    patch: usize,
    background: Backdrop,
    seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            from: Table::from_iter([("kind".to_owned(), "fashion_mnist_10k".into())]),
            size: [128, 128],
            train: 1000,
            test: 200,
            objects: [1, 8],
            scale: [0.75, 1.5],
            overlap: 0.2,
            clutter: 0.1,
            patch: 8,
            background: Backdrop::Flat,
            seed: 0,
        }
    }
}

#[derive(Debug)]
struct Canvases {
    settings: Settings,
    from: Box<dyn Source>,
}

impl DetectionSource for Canvases {
    fn load(&self) -> Result<DetectionSet, Error> {
        self.settings.check()?;
        let Dataset { classes, train, test, licence, source, .. } = self.from.load()?;
        self.settings.check_for(train.shape())?;
        let stretch = stretch(&train)?;
        let scenes = |part: Part, items: Split| {
            let (settings, labels) = (self.settings.clone(), items.labels().to_vec());
            let items = Items::new(items.images().clone(), stretch);
            let drawing: Arc<dyn Drawing> = Arc::new(Scenery { settings, part, items, labels });
            let scenes =
                (0..drawing.len()).into_par_iter().map(|index| scene(part, &drawing, index));
            scenes.collect::<Result<Vec<_>, _>>()
        };
        let Settings { seed, train: learnt, test: judged, .. } = self.settings;
        let [learnt, judged] = Part::both(NAME, seed, [learnt, judged]);
        let parts = [scenes(learnt, train)?, scenes(judged, test)?];
        let origin = Origin { name: NAME.to_owned(), licence, source };
        DetectionSet::new(origin, classes, parts, Vec::new())
    }

    fn drawn_by(&self) -> Option<Table> {
        // What objects are of may be drawn too.
        let from = self.from.drawn_by().unwrap_or_else(|| self.settings.from.clone());
        Some(table(NAME, &Settings { from, ..self.settings.clone() }))
    }
}

impl Settings {
    fn check(&self) -> Result<(), Error> {
        counts([self.train, self.test])?;
        for side in self.size {
            number("size", side, 32..=512)?;
        }
        number("least number of objects", self.objects[0], 1..=32)?;
        number("most objects", self.objects[1], self.objects[0]..=32)?;
        span("scale", self.scale, [0.25, 8.0])?;
        share("overlap", self.overlap, [0.0, 0.5])?;
        share("clutter", self.clutter, [0.0, 1.0])
    }

    /// Refuses objects that the canvas has no room for.
    fn check_for(&self, [channels, rows, columns]: [usize; 3]) -> Result<(), Error> {
        if channels != 1 && channels != 3 {
            return Err(Error::Setting {
                what: "canvases: channels of `from`",
                got: channels.to_string(),
                expected: "1 or 3".to_owned(),
            });
        }
        number("patch", self.patch, 4..=rows.min(columns).min(32))?;
        let [height, width] = [rows, columns].map(|side| side as f64 * self.scale[1]);
        let [most_height, most_width] = self.size.map(|side| side as f64);
        let room = FILLED * most_height * most_width / (1.0 - self.overlap);
        let fits = height <= most_height && width <= most_width;
        if fits && height * width * self.objects[0] as f64 <= room.max(height * width) {
            return Ok(());
        }
        Err(Error::Setting {
            what: "canvases: objects",
            got: format!(
                "{} or more of up to {height:.0}x{width:.0} on {most_height}x{most_width}",
                self.objects[0]
            ),
            expected: format!(
                "objects that fit and, together, fill {FILLED} of it; a larger `size`, fewer `objects` \
                 or a smaller `scale` would fit"
            ),
        })
    }
}

/// What values are multiplied by: 1, or as much as the largest value leaves room for where it is below half of the range.
fn stretch(items: &Split) -> Result<u8, Error> {
    let mut largest = 1;
    let mut pixels = Vec::new();
    for index in 0..items.len().min(1000) {
        pixels.clear();
        items.images().read(index, &mut pixels)?;
        largest = pixels.iter().copied().fold(largest, u8::max);
    }
    Ok(if largest < 128 { 255 / largest } else { 1 })
}

/// One part of the set.
#[derive(Debug)]
struct Scenery {
    settings: Settings,
    part: Part,
    items: Items,
    /// The class of each item.
    labels: Vec<usize>,
}

impl Drawing for Scenery {
    fn len(&self) -> usize {
        self.part.len
    }

    fn shape(&self) -> [usize; 3] {
        [self.items.shape()[0], self.settings.size[0], self.settings.size[1]]
    }

    fn compose(&self, index: usize) -> Result<Composition, Error> {
        let Settings { size, clutter, patch, background, .. } = self.settings;
        let shape = self.shape();
        let example = self.part.example(index);
        let level = if background == Backdrop::Flat { 0.0 } else { GREY };
        let colour = vec![level; shape[0]];
        let mut planes = background.paint(&colour, size, &mut example.stream("ground"));
        let patches = Patches { items: &self.items, side: patch, share: clutter };
        patches.scatter(&mut planes, shape, &mut example.stream("clutter"))?;
        let mut objects = Vec::new();
        for (item, cutout, at) in self.layout(&mut example.stream("object"))? {
            let at = at.map(|side| side as isize);
            objects.push(Piece { class: Some(self.labels[item]), at, cutout });
        }
        Ok(Composition::new(shape, planes, objects))
    }
}

impl Scenery {
    /// The items of a canvas, cut out and scaled, and where they stand.
    fn layout(&self, stream: &mut Stream) -> Result<Vec<(usize, Cutout, [usize; 2])>, Error> {
        let [least, most] = self.settings.objects;
        let count = least + below(most - least + 1, stream);
        let mut cutouts = Vec::with_capacity(count);
        for _ in 0..count {
            let item = below(self.items.len(), stream);
            let cutout = self.items.object(item)?.trimmed();
            let scale = uniform(self.settings.scale, stream);
            let scaled = |side: usize| ((side as f64 * scale).round() as usize).max(1);
            let size = cutout.size.map(scaled);
            cutouts.push((item, cutout.scaled(size)));
        }
        let mut fullest = Vec::new();
        for _ in 0..LAYOUTS {
            let placed = self.place(&cutouts, stream);
            if placed.len() > fullest.len() {
                fullest = placed;
            }
            if fullest.len() == count {
                break;
            }
        }
        let taken = fullest.into_iter().map(|(which, at)| {
            let (item, cutout) = &cutouts[which];
            (*item, cutout.clone(), at)
        });
        Ok(taken.collect())
    }

    /// Looks for a place for each, one after the other; those without one are left out.
    fn place(&self, cutouts: &[(usize, Cutout)], stream: &mut Stream) -> Vec<(usize, [usize; 2])> {
        let mut placed: Vec<(usize, [usize; 2])> = Vec::new();
        for (which, (_, cutout)) in cutouts.iter().enumerate() {
            for _ in 0..TRIES {
                let at = [0, 1]
                    .map(|axis| below(self.settings.size[axis] - cutout.size[axis] + 1, stream));
                let clear = placed.iter().all(|&(other, there)| {
                    shared((at, cutout.size), (there, cutouts[other].1.size))
                        <= self.settings.overlap
                });
                if clear {
                    placed.push((which, at));
                    break;
                }
            }
        }
        placed
    }
}

/// The area that two boxes share, over that of the smaller one.
fn shared(a: ([usize; 2], [usize; 2]), b: ([usize; 2], [usize; 2])) -> f64 {
    let common = |axis: usize| {
        let end = (a.0[axis] + a.1[axis]).min(b.0[axis] + b.1[axis]);
        end.saturating_sub(a.0[axis].max(b.0[axis]))
    };
    let area = |size: [usize; 2]| size[0] * size[1];
    (common(0) * common(1)) as f64 / area(a.1).min(area(b.1)) as f64
}

/// An image with the boxes around what is seen of its objects.
fn scene(part: Part, drawing: &Arc<dyn Drawing>, index: usize) -> Result<Scene, Error> {
    let composition = drawing.compose(index)?;
    let boxed = composition.objects().into_iter().filter_map(|object| {
        let corners = object.mask.bounds()?;
        Some(BoxedObject { corners, class: object.class, difficult: false, crowd: false })
    });
    let [_, rows, columns] = drawing.shape();
    Ok(Scene {
        picture: Picture::drawn(
            format!("{NAME}/{}/{index}", part.name),
            Arc::clone(drawing),
            index,
        ),
        size: [rows as u32, columns as u32],
        objects: boxed.collect(),
    })
}
