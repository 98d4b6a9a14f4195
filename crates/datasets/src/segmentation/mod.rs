//! Letters of a line of text, cut out of its image before anybody says what they are.
//!
//! ```text
//! grey → ink (median, threshold, opening) → components → no specks → dots joined → as many pieces as letters → left to right
//! ```
//!
//! Every size is measured in the image itself: heights in the *glyph height*, the median height of the components that are
//! at least half as high as the highest, widths in glyph heights or in the median width. So nothing depends on the size
//! of images, the length of texts or the alphabet. After the recipe of Geitgey, "How to break a CAPTCHA system in 15
//! minutes with machine learning" (2017), which cuts a blob in the middle where it is wider than a letter can be. Where strokes
//! join the letters, so that pieces cannot be counted, the line is [cut by its columns](Cut::Columns).
//!
//! Nothing here knows a network. What cannot be cut into as many letters as are known to be there is not an error here: the
//! number of pieces says so, and who evaluates counts it as one.

mod columns;
mod components;
mod count;
mod drawing;
mod joining;
mod letter;
mod local;
mod median;
mod opening;
mod otsu;
mod piece;
mod plane;
mod segmented;
mod settings;
mod splitting;

pub use components::{components, labels};
pub use drawing::draw;
pub use letter::letter;
pub use local::sauvola;
pub use median::median;
pub use opening::opening;
pub use otsu::otsu;
pub use piece::Piece;
pub use plane::Plane;
pub use segmented::Segmented;
pub use settings::{Cut, Ink, Segmentation, Threshold};
