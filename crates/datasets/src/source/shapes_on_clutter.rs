//! Shapes on clutter: one figure on each image, over fragments of figures, and the truth of which pixels are which.
//!
//! ```text
//! image = background (flat, noise or texture) + fragments + one figure of the class
//! ```
//!
//! | setting | usual | what |
//! |---|---|---|
//! | `size` | 32 | rows and columns, 16 to 256 |
//! | `classes` | the eight named figures | `triangle` `square` `pentagon` `hexagon` `star` `cross` `disc` `ring`, capitals, digits |
//! | `train`, `test` | 4000, 1000 | images; classes take turns, so that their numbers differ by one at most |
//! | `scale` | `[0.35, 0.6]` | longer side of the figure as a share of the image |
//! | `max_degrees` | 15 | turned by up to this to either side |
//! | `position` | 1.0 | 0 in the middle, 1 anywhere as long as all of it is inside |
//! | `contrast` | 0.5 | how far figure and background are apart in each channel, as a share of the range |
//! | `clutter` | 0.5 | area of all fragments as a share of the image, as if none lay over another |
//! | `background` | `noise` | `flat`, `noise` or `texture` |
//! | `channels` | `grey` | or `rgb` |
//! | `seed` | 0 | of every draw |
//!
//! A fragment is a square window, a sixth of the image wide, onto the edge of a figure of any class as it might stand in an
//! image; it has the figure's polarity and half to all of its contrast. So neither brightness nor edges tell object from
//! clutter, only the whole shape does. Letters are of any of the five fonts of the crate. The mask of the figure is where it
//! covers at least half of a pixel: [`crate::Images::composition`] has it, and the background alone.

use std::sync::Arc;

use cenote_spec::{Kind, params};
use serde::{Deserialize, Serialize};
use toml::Table;

use super::Source;
use super::drawn::dataset;
use crate::draw::uniform;
use crate::order::below;
use crate::synthetic::{
    Backdrop, Colours, Contour, Drawing, Example, FACES, FIGURES, Figure, Part, Piece, Window,
    bounds, counts, lay, moved, number, share, span, table,
};
use crate::{Channels, Composition, Dataset, Error, Origin};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "drawn: one figure or letter on each image, over fragments of figures, with masks",
    example: "size = 32\nclasses = [\"triangle\", \"square\", \"star\", \"disc\", \"A\"]\nclutter = 0.5\nseed = 1",
    notes: None,
    parse: |table| Ok(Box::new(params::<ShapesOnClutter>(NAME, table)?)),
};

const NAME: &str = "shapes_on_clutter";
/// Fragments are windows of the side of the image through this.
const FRAGMENT: usize = 6;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct ShapesOnClutter {
    size: usize,
    classes: Vec<String>,
    train: usize,
    test: usize,
    scale: [f64; 2],
    max_degrees: f64,
    position: f64,
    contrast: f64,
    clutter: f64,
    background: Backdrop,
    channels: Channels,
    seed: u64,
}

impl Default for ShapesOnClutter {
    fn default() -> Self {
        Self {
            size: 32,
            classes: FIGURES.map(str::to_owned).to_vec(),
            train: 4000,
            test: 1000,
            scale: [0.35, 0.6],
            max_degrees: 15.0,
            position: 1.0,
            contrast: 0.5,
            clutter: 0.5,
            background: Backdrop::Noise,
            channels: Channels::Grey,
            seed: 0,
        }
    }
}

impl Source for ShapesOnClutter {
    fn load(&self) -> Result<Dataset, Error> {
        let figures = self.figures()?;
        let origin = Origin {
            name: NAME.to_owned(),
            licence: "none needed: figures of geometry and outlines of free fonts",
            source: "drawn by cenote",
        };
        let parts = Part::both(NAME, self.seed, [self.train, self.test]).map(|part| {
            let (settings, figures) = (self.clone(), figures.clone());
            Arc::new(Shapes { settings, figures, part }) as Arc<dyn Drawing>
        });
        dataset(origin, self.classes.clone(), parts)
    }

    fn drawn_by(&self) -> Option<Table> {
        Some(table(NAME, self))
    }
}

impl ShapesOnClutter {
    /// Checks every setting; returns the figures of the classes.
    fn figures(&self) -> Result<Vec<Figure>, Error> {
        counts([self.train, self.test])?;
        number("size", self.size, 16..=256)?;
        span("scale", self.scale, [0.1, 1.0])?;
        share("max_degrees", self.max_degrees, [0.0, 180.0])?;
        share("position", self.position, [0.0, 1.0])?;
        share("contrast", self.contrast, [0.02, 1.0])?;
        share("clutter", self.clutter, [0.0, 1.0])?;
        let refused = |got: String| Error::Setting {
            what: "classes",
            got,
            expected: format!(
                "at least 2 of {}, capitals A to Z and digits, each once",
                FIGURES.join(", ")
            ),
        };
        if self.classes.len() < 2 {
            return Err(refused(format!("{:?}", self.classes)));
        }
        let figure = |(at, name): (usize, &String)| {
            let figure = Figure::named(name).filter(|_| !self.classes[..at].contains(name));
            figure.ok_or_else(|| refused(format!("`{name}` as number {}", at + 1)))
        };
        self.classes.iter().enumerate().map(figure).collect()
    }
}

/// One part of the set.
#[derive(Debug)]
struct Shapes {
    settings: ShapesOnClutter,
    figures: Vec<Figure>,
    part: Part,
}

impl Drawing for Shapes {
    fn len(&self) -> usize {
        self.part.len
    }

    fn shape(&self) -> [usize; 3] {
        [self.settings.channels.count(), self.settings.size, self.settings.size]
    }

    fn compose(&self, index: usize) -> Result<Composition, Error> {
        let settings = &self.settings;
        let shape @ [channels, rows, columns] = self.shape();
        let example = self.part.example(index);
        let colours = Colours::apart(channels, settings.contrast, &mut example.stream("colours"));
        let ground = &mut example.stream("ground");
        let mut planes = settings.background.paint(&colours.ground, [rows, columns], ground);
        self.scatter(&mut planes, &colours, example);
        let class = index % self.figures.len();
        let outline = self.placed(class, example);
        let window = Window::of([rows, columns]).around(bounds(&outline));
        let object = Piece::plain(Some(class), &outline, window, &colours.mixed(1.0));
        Ok(Composition::new(shape, planes, vec![object]))
    }
}

impl Shapes {
    /// The outline of a figure of a class, of random size and turned, around the point `[0, 0]`.
    fn outline(&self, class: usize, stream: &mut cenote_tensor::Stream) -> Vec<Contour> {
        let ShapesOnClutter { size, scale, max_degrees, .. } = self.settings;
        let outline = self.figures[class].outline(below(FACES, stream));
        let side = uniform(scale, stream) * size as f64;
        let (sin, cos) = uniform([-max_degrees, max_degrees], stream).to_radians().sin_cos();
        moved(&outline, |[x, y]| [side * (x * cos - y * sin), side * (x * sin + y * cos)])
    }

    /// The figure where it stands.
    fn placed(&self, class: usize, example: Example) -> Vec<Contour> {
        let stream = &mut example.stream("object");
        let mut outline = self.outline(class, stream);
        let size = self.settings.size as f64;
        let [x1, y1, x2, y2] = bounds(&outline);
        // Turned, a figure as large as the image would be larger.
        let fit = (size / (x2 - x1).max(y2 - y1)).min(1.0);
        outline = moved(&outline, |corner| corner.map(|x| x * fit));
        let mut place = |low: f64, high: f64| {
            let room = (size - fit * (high - low)) / 2.0 * self.settings.position;
            size / 2.0 - fit * (low + high) / 2.0 + uniform([-room, room], stream)
        };
        let (across, down) = (place(x1, x2), place(y1, y2));
        moved(&outline, |[x, y]| [x + across, y + down])
    }

    /// Lays fragments of figures over the background.
    fn scatter(&self, planes: &mut [u8], colours: &Colours, example: Example) {
        let stream = &mut example.stream("clutter");
        let size = self.settings.size;
        let side = size / FRAGMENT;
        let count = self.settings.clutter * (size * size) as f64 / (side * side) as f64;
        for _ in 0..count.round() as usize {
            let outline = self.outline(below(self.figures.len(), stream), stream);
            let contour = &outline[below(outline.len(), stream)];
            let first = below(contour.len(), stream);
            let (from, to) = (contour[first], contour[(first + 1) % contour.len()]);
            let along = uniform([0.0, 1.0], stream);
            let edge = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * along);
            let middle = [(); 2].map(|()| uniform([0.0, size as f64], stream));
            let colour = colours.mixed(uniform([0.5, 1.0], stream));
            let outline =
                moved(&outline, |[x, y]| [x - edge[0] + middle[0], y - edge[1] + middle[1]]);
            let half = side as f64 / 2.0;
            let [x, y] = middle;
            let window = Window::of([size; 2]).around([x - half, y - half, x + half, y + half]);
            lay(planes, self.shape(), &Piece::plain(None, &outline, window, &colour));
        }
    }
}
