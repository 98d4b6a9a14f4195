//! Names of classes and their numbers.

use std::collections::HashMap;

use crate::Error;
use crate::table::short;

/// Cells that a confusion matrix may always have: 2,048 classes.
const CELLS: usize = 2048 * 2048;
/// Cells that it may have besides, per record that was read.
const CELLS_PER_RECORD: usize = 16;

/// Names in the order in which they were met or given.
pub(super) struct Names {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { names: Vec::new(), numbers: HashMap::new() }
    }

    /// Names that must all be different.
    pub(super) fn of(names: Vec<String>) -> Result<Self, Error> {
        let mut all = Self::new();
        for name in names {
            if all.number(&name).is_some() {
                return Err(Error::Options(format!("the class `{}` is given twice", short(&name))));
            }
            all.meet(&name);
        }
        Ok(all)
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The number of a name, a new one if it was not met before.
    pub(super) fn meet(&mut self, name: &str) -> usize {
        if let Some(number) = self.number(name) {
            return number;
        }
        self.numbers.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn as_slice(&self) -> &[String] {
        &self.names
    }

    /// The names, and by the old number of each its new one: by value if all are whole numbers, else by text.
    pub(super) fn sorted(self) -> (Vec<String>, Vec<usize>) {
        let values: Option<Vec<i64>> = self.names.iter().map(|name| name.parse().ok()).collect();
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        match values {
            // Numbers that are written differently may be equal, and their text decides.
            Some(values) => order.sort_by_key(|&at| (values[at], &self.names[at])),
            None => order.sort_by_key(|&at| &self.names[at]),
        }
        let mut renumbered = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            renumbered[old] = new;
        }
        let names = order.into_iter().map(|at| self.names[at].clone()).collect();
        (names, renumbered)
    }

    /// The names in words, or as many as can be read.
    pub(super) fn shown(&self) -> String {
        let mut shown: Vec<String> =
            self.names.iter().take(12).map(|name| format!("`{}`", short(name))).collect();
        if self.len() > 12 {
            shown.push(format!("{} more", self.len() - 12));
        }
        shown.join(", ")
    }
}

/// Refuses more classes than so many records can be about, before a matrix of them is made.
pub(super) fn check_classes(classes: usize, records: usize) -> Result<(), Error> {
    if classes.saturating_mul(classes) <= CELLS + CELLS_PER_RECORD * records {
        return Ok(());
    }
    let most = ((CELLS + CELLS_PER_RECORD * records) as f64).sqrt() as usize;
    Err(Error::Table(format!(
        "{classes} classes in {records} records; expected at most {most} for so few: does `label` hold names of classes?"
    )))
}
