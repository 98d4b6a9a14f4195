//! What all pools with sliding windows share: fitting, shapes and costs.

use cenote_autograd::Var;
use cenote_tensor::{Shape, Window, Windows};

use super::Pool;
use crate::around::times;
use crate::layer::{downcast, maps};
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Reach, Scope};

/// Makes a layer of a [`Pool`].
#[derive(Debug)]
pub(super) struct Windowed<P>(pub(super) P);

impl<P: Pool> LayerSpec for Windowed<P> {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        fit(&self.0, [1, 1], input)
    }

    fn changed(&self, change: Change) -> Changed {
        match change {
            Change::Dilation(by) if P::DILATES => {
                Changed::Layer(Box::new(Dilated { pool: self.0.clone(), by }))
            }
            _ => Changed::Refused,
        }
    }
}

/// A pool behind removed layers: its cells lie `by` times as far apart as it says.
#[derive(Debug)]
struct Dilated<P> {
    pool: P,
    by: [usize; 2],
}

impl<P: Pool> LayerSpec for Dilated<P> {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        fit(&self.pool, self.by, input)
    }
}

fn fit<P: Pool>(pool: &P, by: [usize; 2], input: Shape) -> Result<Box<dyn Layer>, Error> {
    let [channels, rows, columns] = maps(P::NAME, input)?;
    let asked = pool.window()?;
    let window = Window {
        before: times(asked.before, by),
        after: times(asked.after, by),
        dilation: times(asked.dilation, by),
        ..asked
    };
    let windows = window.fit(P::NAME, [rows, columns])?;
    check_padding(P::NAME, window)?;
    Ok(Box::new(Fitted { channels, windows, pool: pool.clone() }))
}

#[derive(Debug)]
struct Fitted<P> {
    channels: usize,
    windows: Windows,
    pool: P,
}

/// The windows of a layer that is this pool.
pub(super) fn windows_of<P: Pool>(layer: &dyn Layer) -> Option<Windows> {
    downcast::<Fitted<P>>(layer).map(|fitted| fitted.windows)
}

impl<P: Pool> Layer for Fitted<P> {
    fn kind(&self) -> &'static str {
        P::NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.windows.output();
        [self.channels, rows, columns].into()
    }

    fn cost(&self) -> Cost {
        let each = self.pool.operations(self.windows.window().area());
        Cost { macs: 0, other: (self.output().len() * each) as u64 }
    }

    fn reach(&self) -> Reach {
        Reach::of_windows(&self.windows)
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        self.pool.forward(x, self.windows)
    }
}

/// PyTorch's bound: with more padding a window could lie wholly outside the input.
pub(super) fn check_padding(kind: &'static str, window: Window) -> Result<(), Error> {
    let (padding, span) = (window.before, window.span());
    match (0..2).find(|&axis| padding[axis] > span[axis] / 2) {
        None => Ok(()),
        Some(axis) => Err(Error::Setting {
            kind,
            name: "padding",
            got: padding[axis].to_string(),
            expected: format!(
                "at most {}, half of the window's span {}",
                span[axis] / 2,
                span[axis]
            ),
        }),
    }
}
