//! A field of two axes with the names of its lines or points beside it.

use super::Layout;
use super::canvas::{Anchor, Canvas, Look};
use super::label;
use super::scale::Scale;

/// Where the axes of a field stand, and how much room names have to the right of it.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    names: f64,
    layout: Layout,
}

/// Something that is named beside the field.
pub(super) struct Named<'a> {
    pub(super) arm: usize,
    pub(super) name: &'a str,
    /// Where the line or point to name ends.
    pub(super) at: (f64, f64),
}

impl Field {
    /// A field from edge to edge.
    pub(super) fn whole(layout: Layout) -> Self {
        let beside = Self::beside(layout, std::iter::empty());
        Self { right: layout.width() - 16.0, names: 0.0, ..beside }
    }

    /// A field with room for these names.
    pub(super) fn beside<'a>(layout: Layout, names: impl Iterator<Item = &'a str>) -> Self {
        let (left, most, bottom) = match layout {
            Layout::Wide => (56.0, 220.0, 330.0),
            Layout::Narrow => (42.0, 104.0, 280.0),
        };
        let names = names.map(label::width).fold(40.0, f64::max).min(most);
        Self { left, right: layout.width() - names - 24.0, top: 10.0, bottom, names, layout }
    }

    /// An empty field.
    pub(super) fn canvas(&self, title: &str, description: &str, below: &str) -> Canvas {
        let mut canvas = Canvas::new(self.layout.width(), self.bottom + 46.0, title, description);
        canvas.text(self.left, self.bottom + 38.0, Anchor::Start, Look::Dim, below);
        canvas
    }

    pub(super) fn across(&self, values: impl IntoIterator<Item = f64>) -> Scale {
        Scale::around(values, self.left, self.right)
    }

    pub(super) fn up(&self, values: impl IntoIterator<Item = f64>) -> Scale {
        Scale::around(values, self.bottom, self.top)
    }

    /// Names what is drawn, each beside its end and none over another.
    pub(super) fn name(&self, canvas: &mut Canvas, named: &[Named<'_>]) {
        let wanted: Vec<f64> = named.iter().map(|named| named.at.1).collect();
        let placed = label::spread(&wanted, self.top + 6.0, self.bottom - 6.0);
        for (named, y) in named.iter().zip(placed) {
            let (from, look) = ((named.at.0 + 6.0, named.at.1), Look::Arm(named.arm));
            canvas.line(from, (self.right + 14.0, y), 0.6, look);
            let name = label::fit(named.name, self.names);
            canvas.text(self.right + 18.0, y + 4.0, Anchor::Start, Look::Ink, &name);
        }
    }
}
