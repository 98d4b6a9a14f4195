//! How many elements a tensor has along each axis.

use std::fmt;

/// The largest number of axes a [`Shape`] can have.
pub const MAX_RANK: usize = 6;

/// Sizes along the axes of a tensor, outermost first: `(N, C, H, W)` for images.
///
/// It is a small `Copy` value, so shapes travel through errors and records without allocation.
///
/// ```
/// use cenote_tensor::Shape;
///
/// let images = Shape::from([8, 3, 5, 7]);
/// assert_eq!(images.len(), 840);
/// assert_eq!(images.to_string(), "8x3x5x7");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    rank: usize,
}

impl Shape {
    /// The shape with these sizes.
    ///
    /// # Panics
    /// When there are more than [`MAX_RANK`] axes.
    pub fn new(dims: &[usize]) -> Self {
        assert!(dims.len() <= MAX_RANK, "a shape has at most {MAX_RANK} axes, not {}", dims.len());
        let mut all = [0; MAX_RANK];
        all[..dims.len()].copy_from_slice(dims);
        Self { dims: all, rank: dims.len() }
    }

    /// Sizes, outermost axis first.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Number of elements: the product of all sizes, 1 for a shape without axes.
    pub fn len(&self) -> usize {
        self.dims().iter().product()
    }

    /// Number of elements, or `None` where no machine could count them.
    pub fn checked_len(&self) -> Option<usize> {
        self.dims().iter().try_fold(1_usize, |product, &size| product.checked_mul(size))
    }

    /// Whether a tensor of this shape holds no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// This shape with one more axis in front, as a batch of `n` of it.
    ///
    /// # Panics
    /// When the shape already has [`MAX_RANK`] axes.
    #[must_use]
    pub fn batched(&self, n: usize) -> Self {
        let mut dims = vec![n];
        dims.extend_from_slice(self.dims());
        Self::new(&dims)
    }
}

impl<const R: usize> From<[usize; R]> for Shape {
    fn from(dims: [usize; R]) -> Self {
        const { assert!(R <= MAX_RANK, "a shape has at most MAX_RANK axes") };
        Self::new(&dims)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = self.dims().iter().map(usize::to_string).collect();
        f.write_str(if dims.is_empty() { "scalar".into() } else { dims.join("x") }.as_str())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shape({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_without_axes_holds_one_element() {
        let scalar = Shape::from([]);
        assert_eq!((scalar.rank(), scalar.len()), (0, 1));
        assert_eq!(scalar.to_string(), "scalar");
    }

    #[test]
    fn an_overflowing_shape_has_no_checked_length() {
        assert_eq!(Shape::from([3, 5]).checked_len(), Some(15));
        assert_eq!(Shape::from([usize::MAX, 3]).checked_len(), None);
    }

    #[test]
    fn a_batch_adds_the_outermost_axis() {
        assert_eq!(Shape::from([3, 5]).batched(2), Shape::from([2, 3, 5]));
    }

    #[test]
    fn shapes_differ_by_rank_even_when_their_sizes_agree() {
        assert_ne!(Shape::from([4]), Shape::from([4, 1]));
    }
}
