//! The one array type of cenote.

use std::fmt;
use std::sync::Arc;

use ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};

use crate::memory::Buffer;
use crate::{Error, Scalar, Shape};

/// An owned, contiguous, row-major array; cloning shares the buffer.
///
/// ```
/// use cenote_tensor::Tensor;
///
/// let mut a = Tensor::full([2, 2], 1.0);
/// let b = a.clone();
/// a.as_mut_slice()[0] = 5.0; // un-shares
/// assert_eq!(a.as_slice(), [5.0, 1.0, 1.0, 1.0]);
/// assert_eq!(b.as_slice(), [1.0; 4]);
/// ```
#[derive(Clone)]
pub struct Tensor {
    shape: Shape,
    buffer: Arc<Buffer>,
}

impl Tensor {
    /// A tensor of zeros.
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Self::full(shape, 0.0)
    }

    /// A tensor that holds `value` everywhere.
    pub fn full(shape: impl Into<Shape>, value: Scalar) -> Self {
        let mut tensor = Self::stale(shape);
        tensor.as_mut_slice().fill(value);
        tensor
    }

    /// A tensor with unspecified contents, for a kernel that writes every element.
    ///
    /// The memory is recycled and holds old values: cheaper than [`Tensor::zeros`], and wrong
    /// wherever an element could be left unwritten.
    pub fn stale(shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        Self { shape, buffer: Arc::new(Buffer::stale(shape.len())) }
    }

    /// The tensor with these values in row-major order.
    ///
    /// # Errors
    /// When the number of values is not the number of elements of `shape`.
    pub fn from_vec(shape: impl Into<Shape>, values: Vec<Scalar>) -> Result<Self, Error> {
        let shape = shape.into();
        if values.len() != shape.len() {
            return Err(Error::Length { got: values.len(), shape });
        }
        Ok(Self { shape, buffer: Arc::new(Buffer::adopt(values)) })
    }

    /// The tensor whose element at row-major position `i` is `f(i)`.
    pub fn from_fn(shape: impl Into<Shape>, mut f: impl FnMut(usize) -> Scalar) -> Self {
        let mut tensor = Self::stale(shape);
        for (i, value) in tensor.as_mut_slice().iter_mut().enumerate() {
            *value = f(i);
        }
        tensor
    }

    /// A tensor without axes that holds one value.
    pub fn scalar(value: Scalar) -> Self {
        Self::full([], value)
    }

    /// Sizes along the axes.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Sizes along the axes, as a slice.
    pub fn dims(&self) -> &[usize] {
        self.shape.dims()
    }

    /// The sizes of a tensor of images or feature maps.
    ///
    /// # Panics
    /// When the tensor has not exactly four axes: callers checked that when they were fitted.
    pub fn nchw(&self) -> [usize; 4] {
        self.dims().try_into().expect("feature maps have the four axes (N, C, H, W)")
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Size of the buffer.
    pub fn bytes(&self) -> usize {
        self.len() * size_of::<Scalar>()
    }

    /// All elements in row-major order.
    pub fn as_slice(&self) -> &[Scalar] {
        &self.buffer
    }

    /// All elements, to be written; copies first if the buffer is shared.
    pub fn as_mut_slice(&mut self) -> &mut [Scalar] {
        &mut *Arc::<Buffer>::make_mut(&mut self.buffer)
    }

    /// Whether no other tensor shares this buffer, so that writing would not copy.
    pub fn is_unshared(&mut self) -> bool {
        Arc::get_mut(&mut self.buffer).is_some()
    }

    /// Whether both look at the same memory.
    pub fn shares_buffer_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.buffer, &other.buffer)
    }

    /// The elements as a vector; copies if the buffer is shared.
    pub fn into_vec(self) -> Vec<Scalar> {
        Arc::unwrap_or_clone(self.buffer).into_values()
    }

    /// The same elements under another shape.
    ///
    /// # Panics
    /// When the number of elements differs: callers checked that when they were fitted.
    #[must_use]
    pub fn reshaped(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        assert_eq!(shape.len(), self.len(), "cannot view {} as {shape}", self.shape);
        Self { shape, buffer: self.buffer }
    }

    /// Each element mapped by `f`; reuses the buffer if it is not shared.
    #[must_use]
    pub fn map(mut self, f: impl Fn(Scalar) -> Scalar) -> Self {
        if self.is_unshared() {
            self.as_mut_slice().iter_mut().for_each(|x| *x = f(*x));
            return self;
        }
        let mut mapped = Self::stale(self.shape);
        for (y, &x) in mapped.as_mut_slice().iter_mut().zip(self.as_slice()) {
            *y = f(x);
        }
        mapped
    }

    /// Replaces each element `a` by `f(a, b)`, with `b` the element of `other` at its place.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn zip_assign(&mut self, other: &Self, f: impl Fn(Scalar, Scalar) -> Scalar) {
        assert_eq!(self.shape, other.shape, "elementwise operations take equal shapes");
        for (a, &b) in self.as_mut_slice().iter_mut().zip(other.as_slice()) {
            *a = f(*a, b);
        }
    }

    /// Adds `other` element by element.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add_assign(&mut self, other: &Self) {
        #[cfg(cenote_f64)]
        self.zip_assign(other, |a, b| a + b);
        #[cfg(not(cenote_f64))]
        {
            /// Numbers that one task adds; moving one takes as long as some ten operations.
            const BLOCK: usize = 1 << 14;
            assert_eq!(self.shape, other.shape, "elementwise operations take equal shapes");
            let add = |nth: usize, a: &mut [Scalar]| {
                let b = &other.as_slice()[nth * BLOCK..][..a.len()];
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            };
            crate::ops::parallel::chunks(self.as_mut_slice(), BLOCK, 12 * BLOCK as u64, add);
        }
    }

    /// The tensor as an ndarray view of any rank.
    pub fn view(&self) -> ArrayViewD<'_, Scalar> {
        ArrayViewD::from_shape(IxDyn(self.dims()), self.as_slice())
            .expect("a tensor is contiguous and fills its shape")
    }

    /// Feature maps as an ndarray view `(N, C, H, W)`.
    ///
    /// # Panics
    /// When the tensor has not exactly four axes.
    pub fn images(&self) -> ArrayView4<'_, Scalar> {
        ArrayView4::from_shape(self.nchw(), self.as_slice())
            .expect("a tensor is contiguous and fills its shape")
    }
}

impl From<ArrayD<Scalar>> for Tensor {
    /// Takes the array's elements in row-major order; copies only if they lie otherwise.
    fn from(array: ArrayD<Scalar>) -> Self {
        let shape = Shape::new(array.shape());
        let values = if array.is_standard_layout() {
            let (mut values, offset) = array.into_raw_vec_and_offset();
            values.drain(..offset.unwrap_or(0));
            values.truncate(shape.len());
            values
        } else {
            array.iter().copied().collect()
        };
        Self { shape, buffer: Arc::new(Buffer::adopt(values)) }
    }
}

impl PartialEq for Tensor {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.as_slice() == other.as_slice()
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor {} {}", self.shape, self.view())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, s};

    use super::*;

    #[test]
    fn values_that_do_not_fill_the_shape_are_refused() {
        let error = Tensor::from_vec([2, 3], vec![0.0; 5]).expect_err("5 is not 6");
        assert_eq!(error.to_string(), "tensor: 5 values do not fill shape 2x3, which holds 6");
    }

    #[test]
    fn a_transposed_array_is_copied_into_row_major_order() {
        let array = Array::from_shape_vec((2, 3), vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
            .expect("6 values fill 2x3");
        let tensor = Tensor::from(array.reversed_axes().into_dyn());
        assert_eq!(tensor.dims(), [3, 2]);
        assert_eq!(tensor.as_slice(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }

    #[test]
    fn a_slice_of_an_array_keeps_only_its_own_elements() {
        let array = Array::from_iter((0..10).map(|i| i as Scalar));
        let tail = array.slice_move(s![4..7]).into_dyn();
        assert_eq!(Tensor::from(tail).as_slice(), [4.0, 5.0, 6.0]);
    }

    #[test]
    fn mapping_a_shared_tensor_leaves_the_other_alone() {
        let a = Tensor::full([3], 2.0);
        let b = a.clone();
        assert_eq!(a.map(|x| x * x).as_slice(), [4.0; 3]);
        assert_eq!(b.as_slice(), [2.0; 3]);
    }
}
