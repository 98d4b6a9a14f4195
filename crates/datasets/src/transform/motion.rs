//! Where the points of a changed image went.

/// A linear map with a shift: `(x, y) ↦ (a x + b y + c, d x + e y + f)`, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matrix(pub [f64; 6]);

impl Matrix {
    /// Moves by `right` and `down`.
    pub fn shift(right: f64, down: f64) -> Self {
        Self([1.0, 0.0, right, 0.0, 1.0, down])
    }

    /// Maps around a centre: `linear` is `[a, b, d, e]`.
    pub(crate) fn around([x, y]: [f64; 2], [a, b, d, e]: [f64; 4]) -> Self {
        Self([a, b, x - a * x - b * y, d, e, y - d * x - e * y])
    }

    /// This map after `first`.
    #[must_use]
    pub fn after(&self, first: &Self) -> Self {
        let ([a, b, c, d, e, f], [p, q, r, s, t, u]) = (self.0, first.0);
        Self([
            a * p + b * s,
            a * q + b * t,
            a * r + b * u + c,
            d * p + e * s,
            d * q + e * t,
            d * r + e * u + f,
        ])
    }

    /// Where a point goes.
    pub fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d, e, f] = self.0;
        [a * x + b * y + c, d * x + e * y + f]
    }

    /// The map back.
    ///
    /// # Panics
    ///
    /// When the map is singular: transforms refuse such settings.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let determinant = a * e - b * d;
        assert!(determinant.abs() > 1e-12, "the plane is not folded onto a line");
        let [a, b, d, e] = [e, -b, -d, a].map(|x| x / determinant);
        Self([a, b, -a * c - b * f, d, e, -d * c - e * f])
    }
}

/// A displacement for every pixel: the changed image shows at a pixel's centre `q` what was at `q + d(q)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub(crate) width: usize,
    /// Displacements `[right, down]` of the pixels, row by row.
    pub(crate) offsets: Vec<[f64; 2]>,
}

impl Field {
    /// The displacement at a point, bilinear between pixel centres and constant beyond the outermost.
    pub fn offset(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let height = self.offsets.len() / self.width;
        let place = |at: f64, count: usize| {
            let at = (at - 0.5).clamp(0.0, (count - 1) as f64);
            let low = (at as usize).min(count.saturating_sub(2));
            (low, (low + 1).min(count - 1), at - low as f64)
        };
        let ((left, right, u), (top, bottom, v)) = (place(x, self.width), place(y, height));
        let cell = |row: usize, column: usize| self.offsets[row * self.width + column];
        let blend = |a: [f64; 2], b: [f64; 2], t: f64| [0, 1].map(|i| a[i] + t * (b[i] - a[i]));
        let upper = blend(cell(top, left), cell(top, right), u);
        blend(upper, blend(cell(bottom, left), cell(bottom, right), u), v)
    }

    /// Where a point of the image goes: the `q` with `q + d(q) = p`, by 30 steps of `q ← p − d(q)`.
    ///
    /// They converge where the displacement changes by less than a pixel per pixel, that is, where the field does not fold.
    fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        (0..30).fold([x, y], |q, _| {
            let [right, down] = self.offset(q);
            [x - right, y - down]
        })
    }
}

/// Where the points of a changed image went, in pixels from its top left corner.
///
/// # Boxes
///
/// A box `[x0, y0, x1, y1]` becomes the smallest box around where its outline went, clipped to the image. It is dropped
/// when less than [`Motion::LEAST_SHARE`] of its moved area is left inside or a side is shorter than one pixel. After a
/// circular shift, a box that the border cuts keeps its larger part, along rows and columns each. The box of a turned box
/// may be larger than the box of what is in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Motion {
    /// They stayed.
    Still,
    /// All went by one map.
    Linear(Matrix),
    /// They went by whole pixels, `[right, down]`, and came back at the opposite border.
    Circular([isize; 2]),
    /// Each went its own way.
    Field(Field),
}

impl Motion {
    /// The smallest share of a moved box that must lie inside for the box to be kept.
    pub const LEAST_SHARE: f64 = 0.1;

    /// Where a point went; of a circular shift, without coming back.
    pub fn point(&self, point: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Still => point,
            Self::Linear(matrix) => matrix.point(point),
            Self::Circular([right, down]) => [point[0] + *right as f64, point[1] + *down as f64],
            Self::Field(field) => field.point(point),
        }
    }

    /// Where a box `[x0, y0, x1, y1]` of an image with this height and width went; `None` when it is dropped.
    pub fn bbox(&self, bbox: [f32; 4], [height, width]: [usize; 2]) -> Option<[f32; 4]> {
        let [x0, y0, x1, y1] = bbox.map(f64::from);
        let size = [width as f64, height as f64];
        // The sides of a box stay straight under a linear map; a field bends them, so it is asked every pixel or so.
        let steps = match self {
            Self::Field(_) => (x1 - x0).max(y1 - y0).clamp(1.0, 4096.0).ceil() as usize,
            _ => 1,
        };
        let along = (0..=steps).map(|step| step as f64 / steps as f64).flat_map(|t| {
            let (x, y) = (x0 + t * (x1 - x0), y0 + t * (y1 - y0));
            [[x, y0], [x, y1], [x0, y], [x1, y]]
        });
        let mut around = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for [x, y] in along.map(|point| self.point(point)) {
            around = [around[0].min(x), around[1].min(y), around[2].max(x), around[3].max(y)];
        }
        if let Self::Circular(_) = self {
            for (axis, size) in size.into_iter().enumerate() {
                let (low, high) = (around[axis], around[axis + 2]);
                let back = (f64::midpoint(low, high) / size).floor() * size;
                (around[axis], around[axis + 2]) = (low - back, high - back);
            }
        }
        let [left, top, right, bottom] = around;
        let inside = [left.max(0.0), top.max(0.0), right.min(size[0]), bottom.min(size[1])];
        let sides = |[x0, y0, x1, y1]: [f64; 4]| [x1 - x0, y1 - y0];
        let [w, h] = sides(inside);
        let [whole_w, whole_h] = sides(around);
        let kept = w >= 1.0 && h >= 1.0 && w * h >= Self::LEAST_SHARE * whole_w * whole_h;
        kept.then(|| inside.map(|side| side as f32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_after_its_inverse_moves_nothing() {
        let map = Matrix([0.8, -0.3, 4.0, 0.5, 1.1, -2.0]);
        let identity = map.after(&map.inverse());
        for (got, expected) in identity.0.iter().zip(Matrix::shift(0.0, 0.0).0) {
            assert!((got - expected).abs() < 1e-12, "{identity:?}");
        }
        let around = Matrix::around([3.0, 5.0], [0.0, 1.0, -1.0, 0.0]);
        for (point, expected) in [([3.0, 5.0], [3.0, 5.0]), ([4.0, 5.0], [3.0, 4.0])] {
            let got = around.point(point);
            assert!((got[0] - expected[0]).hypot(got[1] - expected[1]) < 1e-12, "{got:?}");
        }
    }

    #[test]
    fn boxes_are_clipped_and_dropped_as_promised() {
        let by = |right, down| Motion::Linear(Matrix::shift(right, down));
        let bbox = [2.0, 3.0, 6.0, 8.0];
        assert_eq!(Motion::Still.bbox(bbox, [10, 12]), Some(bbox));
        assert_eq!(by(3.0, 1.0).bbox(bbox, [10, 12]), Some([5.0, 4.0, 9.0, 9.0]));
        assert_eq!(by(8.0, 0.0).bbox(bbox, [10, 12]), Some([10.0, 3.0, 12.0, 8.0]));
        // Less than one pixel of it is left, then nothing.
        assert_eq!(by(9.5, 0.0).bbox(bbox, [10, 12]), None);
        assert_eq!(by(40.0, 0.0).bbox(bbox, [10, 12]), None);
        // 1 of 20 columns is left: 5 %.
        assert_eq!(by(-19.0, 0.0).bbox([0.0, 0.0, 20.0, 10.0], [10, 20]), None);
        assert_eq!(Motion::Still.bbox([4.0, 4.0, 4.0, 9.0], [10, 12]), None);
    }

    #[test]
    fn a_box_that_a_circular_shift_cuts_keeps_its_larger_part() {
        let by = |right, down| Motion::Circular([right, down]);
        assert_eq!(by(9, 0).bbox([2.0, 3.0, 6.0, 8.0], [10, 12]), Some([0.0, 3.0, 3.0, 8.0]));
        assert_eq!(by(7, -9).bbox([2.0, 3.0, 6.0, 8.0], [10, 12]), Some([9.0, 4.0, 12.0, 9.0]));
    }

    #[test]
    fn a_field_moves_a_point_to_where_it_is_shown() {
        let offsets =
            (0..80).map(|at| [f64::from(at % 10) * 0.1 - 0.4, f64::from(at / 10) * -0.05]);
        let field = Field { width: 10, offsets: offsets.collect() };
        let shown = field.point([4.2, 3.1]);
        let [right, down] = field.offset(shown);
        assert!((shown[0] + right - 4.2).abs() < 1e-9 && (shown[1] + down - 3.1).abs() < 1e-9);
    }
}
