//! Zigzag: soft bright lines that swing by 2 pixels around a line across the image.
//!
//! The middle line goes from column 2 to the third from the right; it starts in a row that is drawn and ends up to 5 rows
//! away. Along it the corners lie 4 pixels apart, the first after 2, on alternating sides; the last corner lies on it.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::line::{add, line};
use super::plane::each_plane;
use super::{Corruption, Facts, Family, at_one_level};
use crate::order::below;
use crate::transform::Matrix;

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "a zigzag line across the image",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 2.0, zigzag),
};

const NAME: &str = "zigzag";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Marks, channels: None, constants: "pixels to either side" };

fn zigzag(image: &mut [u8], shape: [usize; 3], swing: f64, stream: &mut Stream) {
    each_plane(image, shape, |x, [height, width]| {
        let start = below(height - 1, stream) as f64;
        let end = start + below(10, stream) as f64 - 5.0;
        let across = (width - 5) as f64;
        let length = across.hypot(end - start);
        let (cos, sin) = (across / length, (end - start) / length);
        let turned = Matrix([cos, -sin, 2.0, sin, cos, start]);
        let mut corners = vec![[0.0, 0.0]];
        for (nth, at) in (0_u32..).map(|nth| (nth, f64::from(2 * nth + 1) * swing)) {
            if at > length {
                break;
            }
            corners.push([at, if nth % 2 == 0 { swing } else { -swing }]);
        }
        corners.push([length, 0.0]);
        let corners: Vec<[f64; 2]> =
            corners.into_iter().map(|corner| turned.point(corner)).collect();
        let strokes = corners.windows(2).map(|pair| line([height, width], pair[0], pair[1]));
        strokes.fold(x, |x, stroke| add(&x, &stroke))
    });
}
