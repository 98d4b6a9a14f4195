//! An entry of a list of metrics.

/// A named score of `T`; larger is better.
#[derive(Clone, Copy, Debug)]
pub struct Metric<T: ?Sized + 'static> {
    /// Name in study files and tables.
    pub name: &'static str,
    /// Half a sentence that says what the score is.
    pub about: &'static str,
    /// Computes the score, `None` where it is undefined.
    pub score: fn(&T) -> Option<f64>,
}
