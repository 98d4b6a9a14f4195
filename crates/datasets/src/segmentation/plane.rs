//! One value for each pixel.

use crate::{Channels, Error, Picture};

/// Values in rows and columns, row-major; there is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plane<T> {
    rows: usize,
    columns: usize,
    values: Vec<T>,
}

impl<T: Copy> Plane<T> {
    /// Holds `values` as so many rows and columns.
    ///
    /// # Errors
    ///
    /// When there is no row or no column, or the values do not fill them.
    pub fn new(rows: usize, columns: usize, values: Vec<T>) -> Result<Self, Error> {
        if rows > 0 && columns > 0 && rows.checked_mul(columns) == Some(values.len()) {
            return Ok(Self { rows, columns, values });
        }
        Err(Error::Setting {
            what: "plane: size",
            got: format!("{rows}x{columns} for {} values", values.len()),
            expected: "rows and columns above zero whose product is the number of values"
                .to_owned(),
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row by row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The value of a pixel.
    ///
    /// # Panics
    ///
    /// When there is no such pixel.
    pub fn at(&self, row: usize, column: usize) -> T {
        assert!(column < self.columns, "column {column} of {}", self.columns);
        self.values[row * self.columns + column]
    }

    /// Each value mapped by `f`.
    #[must_use]
    pub fn map<U>(&self, f: impl Fn(T) -> U) -> Plane<U> {
        let values = self.values.iter().map(|&value| f(value)).collect();
        Plane { rows: self.rows, columns: self.columns, values }
    }

    /// Each value and that of `other` at its place, mapped by `f`.
    ///
    /// # Panics
    ///
    /// When the sizes differ.
    #[must_use]
    pub fn zip<U: Copy, V>(&self, other: &Plane<U>, f: impl Fn(T, U) -> V) -> Plane<V> {
        assert_eq!([self.rows, self.columns], [other.rows, other.columns], "planes of one size");
        let values = self.values.iter().zip(&other.values).map(|(&a, &b)| f(a, b)).collect();
        Plane { rows: self.rows, columns: self.columns, values }
    }

    /// The value that `f` gives each `(row, column)`.
    pub(super) fn with<U>(&self, mut f: impl FnMut(usize, usize) -> U) -> Plane<U> {
        let columns = self.columns;
        let places = (0..self.rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let values = places.map(|(row, column)| f(row, column)).collect();
        Plane { rows: self.rows, columns, values }
    }
}

impl Plane<u8> {
    /// The luma of a picture.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn of(picture: &Picture) -> Result<Self, Error> {
        let (pixels, [rows, columns]) = picture.decode(Channels::Grey)?;
        Self::new(rows as usize, columns as usize, pixels)
    }
}
