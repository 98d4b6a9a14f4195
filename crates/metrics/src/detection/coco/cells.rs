//! Objects and detections, put into the cells of image and category that are evaluated.

use std::collections::{HashMap, HashSet};

use super::super::data::{Detections, GroundTruth, Id, Object};
use super::settings::{Mode, Settings};
use crate::Error;

/// Rows of a list, class by class, in each class image by image.
pub(super) struct Grouped {
    /// `(image, row)`, in the order in which a cell lists them.
    entries: Vec<(u32, u32)>,
    /// Where each class begins, and the end.
    starts: Vec<usize>,
}

/// Which cells there are, and what is in them.
pub(super) struct Cells {
    /// The images that are looked at, ascending.
    pub(super) images: Vec<Id>,
    /// Per class its category; one class without a category of its own where they are pooled.
    pub(super) categories: Vec<Id>,
    /// Rows of objects.
    pub(super) objects: Grouped,
    /// Rows of detections.
    pub(super) detections: Grouped,
}

/// What a federated data set says about cells.
pub(in super::super) struct Federation {
    /// Cells in which nothing of the category is known to be.
    pub(in super::super) negative: HashSet<(Id, Id)>,
    /// Cells in which not every object is listed.
    pub(in super::super) not_exhaustive: HashSet<(Id, Id)>,
    /// Detections that are looked at.
    pub(in super::super) kept: Vec<bool>,
}

/// Pools all categories: no object has this as its own.
const POOLED: Id = Id::new(-1);

impl Grouped {
    pub(super) fn class(&self, class: usize) -> &[(u32, u32)] {
        &self.entries[self.starts[class]..self.starts[class + 1]]
    }

    /// Puts rows, given as `(image, class, row)` in file order, into their cells.
    fn new(
        rows: impl Iterator<Item = (u32, u32, u32)> + Clone,
        images: usize,
        classes: usize,
    ) -> Self {
        let by_image: Vec<(u32, u32, u32)> = if rows.clone().is_sorted_by_key(|row| row.0) {
            rows.collect()
        } else {
            counting_sort(rows, images, |row| row.0 as usize).0
        };
        let (sorted, starts) = counting_sort(by_image.into_iter(), classes, |row| row.1 as usize);
        Self { entries: sorted.into_iter().map(|(image, _, row)| (image, row)).collect(), starts }
    }
}

/// A stable sort by a small key; also where each key begins, and the end.
fn counting_sort<T: Copy + Default>(
    rows: impl Iterator<Item = T> + Clone,
    keys: usize,
    key: impl Fn(&T) -> usize,
) -> (Vec<T>, Vec<usize>) {
    let mut starts = vec![0; keys + 1];
    for row in rows.clone() {
        starts[key(&row) + 1] += 1;
    }
    for at in 1..=keys {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut sorted = vec![T::default(); starts[keys]];
    for row in rows {
        let at = &mut next[key(&row)];
        sorted[*at] = row;
        *at += 1;
    }
    (sorted, starts)
}

impl Cells {
    pub(super) fn new(
        settings: &Settings,
        truth: &GroundTruth,
        detections: &Detections,
        federation: Option<&Federation>,
    ) -> Result<Self, Error> {
        let known: HashSet<Id> = truth.images.iter().map(|image| image.id).collect();
        let (detected, of_row) = detections.images();
        if let Some(at) = detected.iter().position(|id| !known.contains(id)) {
            let row = of_row.iter().position(|&image| image as usize == at).unwrap_or(0);
            return Err(Error::UnknownImage { row, image: detected[at] });
        }
        let images = match &settings.images {
            Some(images) => ascending(images.iter().copied()),
            None => ascending(truth.images.iter().map(|image| image.id)),
        };
        let listed = || {
            let mut all: Vec<Id> = truth.categories.iter().map(|category| category.id).collect();
            all.sort_unstable();
            all
        };
        let looked_at = settings.categories.clone().unwrap_or_else(listed);
        let pool = Pool::new(settings, looked_at);
        let places = Places { images: numbered(&images), pool: &pool };
        let rows = objects(settings, truth, &images, &places, federation.is_some())?;
        let objects = places.group(&rows, |row| {
            let object = &truth.objects[row as usize];
            (object.image, object.category)
        });

        // Per named image and category, once, instead of per detection.
        let (named, category_of) = detections.categories();
        let image_places: Vec<Option<u32>> =
            detected.iter().map(|id| places.images.get(id).copied()).collect();
        let present: HashSet<(u32, Id)> = match federation {
            Some(_) => rows
                .iter()
                .map(|&row| &truth.objects[row as usize])
                .filter_map(|object| Some((*places.images.get(&object.image)?, object.category)))
                .collect(),
            None => HashSet::new(),
        };
        let looked_at = |row: usize| -> Option<u32> {
            let image = image_places[of_row[row] as usize]?;
            if let Some(federation) = federation {
                let category = named[category_of[row] as usize];
                let known =
                    federation.negative.contains(&(detected[of_row[row] as usize], category))
                        || present.contains(&(image, category));
                if !known || !federation.kept[row] {
                    return None;
                }
            }
            Some(image)
        };
        let detections = if settings.use_categories {
            let classes: Vec<Option<u32>> =
                named.iter().map(|id| pool.classes.get(id).map(|at| at[0])).collect();
            let rows = (0..detections.len()).filter_map(|row| {
                Some((looked_at(row)?, classes[category_of[row] as usize]?, row as u32))
            });
            Grouped::new(rows, images.len(), pool.categories.len())
        } else {
            let rows: Vec<u32> = (0..detections.len() as u32).collect();
            places.group(&rows, |row| {
                (detections.image(row as usize), detections.category(row as usize))
            })
        };
        Ok(Self { images, categories: pool.categories, objects, detections })
    }
}

/// Which class a category belongs to.
struct Pool {
    /// Per class its category.
    categories: Vec<Id>,
    /// Per category its class or, where all are pooled, its places in the order of the pool.
    classes: HashMap<Id, Vec<u32>>,
    pooled: bool,
}

impl Pool {
    fn new(settings: &Settings, looked_at: Vec<Id>) -> Self {
        // Pooled, the order and the repetitions of the list decide about the order in a cell.
        let listed = match (settings.use_categories, settings.mode) {
            (false, Mode::Strict) => looked_at,
            _ => ascending(looked_at),
        };
        let mut classes: HashMap<Id, Vec<u32>> = HashMap::new();
        for (place, id) in listed.iter().enumerate() {
            classes.entry(*id).or_default().push(place as u32);
        }
        let pooled = !settings.use_categories;
        Self { categories: if pooled { vec![POOLED] } else { listed }, classes, pooled }
    }
}

/// Where images and categories have their places.
struct Places<'a> {
    images: HashMap<Id, u32>,
    pool: &'a Pool,
}

impl Places<'_> {
    /// Puts rows in the order given into their cells; those without a cell are left out.
    fn group(&self, rows: &[u32], of: impl Fn(u32) -> (Id, Id)) -> Grouped {
        let mut placed: Vec<(u32, u32, u32)> = Vec::with_capacity(rows.len());
        for &row in rows {
            let (image, category) = of(row);
            if let (Some(&image), Some(places)) =
                (self.images.get(&image), self.pool.classes.get(&category))
            {
                placed.extend(places.iter().map(|&place| (image, place, row)));
            }
        }
        if self.pool.pooled {
            placed.sort_by_key(|&(image, place, _)| (image, place));
            for row in &mut placed {
                row.1 = 0;
            }
        }
        Grouped::new(placed.iter().copied(), self.images.len(), self.pool.categories.len())
    }
}

/// Rows of the objects that are looked at, in the order in which the reference comes to them.
fn objects(
    settings: &Settings,
    truth: &GroundTruth,
    images: &[Id],
    places: &Places<'_>,
    federated: bool,
) -> Result<Vec<u32>, Error> {
    let most = u64::from(u32::MAX);
    if truth.objects.len() as u64 >= most {
        return Err(Error::TooMany { what: "objects", most });
    }
    let mut last: HashMap<Id, u32> = HashMap::with_capacity(truth.objects.len());
    let mut twice = false;
    for (row, object) in truth.objects.iter().enumerate() {
        if last.insert(object.id, row as u32).is_some() {
            if settings.mode == Mode::Corrected {
                return Err(Error::DuplicateObject { row, id: object.id });
            }
            twice = true;
        }
    }
    // lvis-api asks for the objects of a range of areas whose ends are not in it.
    let sized = |object: &Object| !federated || (object.area > 0.0 && object.area < f64::INFINITY);
    if !twice {
        let rows = truth.objects.iter().zip(0..);
        return Ok(rows.filter(|(object, _)| sized(object)).map(|(_, row)| row).collect());
    }
    // The reference asks for the ids of an image, then for the objects with these ids: of objects that share an id it
    // gets the last as often as the id occurs.
    let occurs = |object: &&Object| {
        let listed = !settings.use_categories
            || places.pool.classes.is_empty()
            || places.pool.classes.contains_key(&object.category);
        listed && sized(object)
    };
    let mut of_image: HashMap<Id, Vec<&Object>> = HashMap::new();
    for object in truth.objects.iter().filter(occurs) {
        of_image.entry(object.image).or_default().push(object);
    }
    let ids = images.iter().flat_map(|image| of_image.get(image).into_iter().flatten());
    Ok(ids.map(|object| last[&object.id]).collect())
}

fn ascending(ids: impl IntoIterator<Item = Id>) -> Vec<Id> {
    let mut ids: Vec<Id> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn numbered(ids: &[Id]) -> HashMap<Id, u32> {
    ids.iter().enumerate().map(|(at, id)| (*id, at as u32)).collect()
}
