//! What all pools share that summarise a window by a formula: fitting, parameters, recording.

use cenote_autograd::{Function, Kept, Saved, Var};
use cenote_tensor::{
    Number, Pulled, Rounding, Shape, SumFunction, Tensor, Window, WindowFunction, Windows, pool,
    pool_backward, pool_sums, pool_sums_backward,
};

use super::windowed::check_padding;
use crate::layer::maps;
use crate::{Cost, Error, Layer, LayerSpec, Pair, ParamSpec, Reach, Scope};

/// A pool whose windows slide over each channel, with parameters or draws of its own.
pub(super) trait FormulaPool: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// The kind that model files name.
    const NAME: &'static str;

    /// The window that slides; an error where another setting is out of range.
    fn window(&self) -> Result<Window, Error>;

    /// The parameters for an input of that many channels, in windows of `area` cells.
    fn params(&self, channels: usize, area: usize) -> Vec<ParamSpec> {
        let _ = (channels, area);
        Vec::new()
    }

    /// Arithmetic of the forward pass for one output, in a window of `area` cells.
    fn cost(&self, area: u64) -> Cost;

    /// The output for a batch, over windows that fit it.
    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t>;
}

/// The window with these settings.
pub(super) fn window(
    kernel_size: Pair,
    stride: Option<Pair>,
    padding: Pair,
    ceil_mode: bool,
) -> Window {
    Window::new(kernel_size.0, stride.unwrap_or(kernel_size).0)
        .padded(padding.0)
        .rounded(if ceil_mode { Rounding::Ceil } else { Rounding::Floor })
}

/// Makes a layer of a [`FormulaPool`].
#[derive(Debug)]
pub(super) struct Summarised<P>(pub(super) P);

impl<P: FormulaPool> LayerSpec for Summarised<P> {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(P::NAME, input)?;
        let window = self.0.window()?;
        let windows = window.fit(P::NAME, [rows, columns])?;
        check_padding(P::NAME, window)?;
        Ok(Box::new(Fitted { channels, windows, pool: self.0.clone() }))
    }
}

#[derive(Debug)]
struct Fitted<P> {
    channels: usize,
    windows: Windows,
    pool: P,
}

impl<P: FormulaPool> Layer for Fitted<P> {
    fn kind(&self) -> &'static str {
        P::NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.windows.output();
        [self.channels, rows, columns].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        self.pool.params(self.channels, self.windows.window().area())
    }

    fn cost(&self) -> Cost {
        let Cost { macs, other } = self.pool.cost(self.windows.window().area() as u64);
        let outputs = self.output().len() as u64;
        Cost { macs: macs * outputs, other: other * outputs }
    }

    fn reach(&self) -> Reach {
        Reach::of_windows(&self.windows)
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        self.pool.forward(x, self.windows, at)
    }
}

/// A formula over windows, on behalf of the layer `name`.
pub(super) struct Formula<F> {
    pub(super) name: &'static str,
    pub(super) function: F,
    pub(super) windows: Windows,
}

impl<F> Formula<F> {
    /// Records the formula without parameters.
    pub(super) fn of<'t>(self, x: &Var<'t>) -> Var<'t>
    where
        F: WindowFunction + Send + 'static,
    {
        let channels = x.value().nchw()[1];
        self.with([x], &x.tape().constant(Tensor::zeros([channels, 0])))
    }

    /// Records the formula of maps of one size, with parameters `(C, P)`.
    pub(super) fn with<'t, const MAPS: usize>(
        self,
        maps: [&Var<'t>; MAPS],
        params: &Var<'t>,
    ) -> Var<'t>
    where
        F: WindowFunction<MAPS> + Send + 'static,
    {
        let y = pool(&self.function, maps.map(Var::value), params.value(), &self.windows);
        self.record(y, maps, params, pool_backward)
    }

    /// As [`Formula::of`], for a formula of sums.
    pub(super) fn of_sums<'t, const SUMS: usize, const PULLS: usize>(self, x: &Var<'t>) -> Var<'t>
    where
        F: SumFunction<1, SUMS, PULLS> + Send + 'static,
    {
        let channels = x.value().nchw()[1];
        self.with_sums([x], &x.tape().constant(Tensor::zeros([channels, 0])))
    }

    /// As [`Formula::with`], for a formula of sums.
    pub(super) fn with_sums<'t, const MAPS: usize, const SUMS: usize, const PULLS: usize>(
        self,
        maps: [&Var<'t>; MAPS],
        params: &Var<'t>,
    ) -> Var<'t>
    where
        F: SumFunction<MAPS, SUMS, PULLS> + Send + 'static,
    {
        let y = pool_sums(&self.function, maps.map(Var::value), params.value(), &self.windows);
        self.record(y, maps, params, pool_sums_backward)
    }

    /// As [`Formula::with_sums`], with gradients that go window by window.
    pub(super) fn with_sums_forward<'t, const MAPS: usize, const SUMS: usize, const PULLS: usize>(
        self,
        maps: [&Var<'t>; MAPS],
        params: &Var<'t>,
    ) -> Var<'t>
    where
        F: SumFunction<MAPS, SUMS, PULLS> + Send + 'static,
    {
        let y = pool_sums(&self.function, maps.map(Var::value), params.value(), &self.windows);
        self.record(y, maps, params, pool_backward)
    }

    fn record<'t, const MAPS: usize>(
        self,
        y: Tensor,
        maps: [&Var<'t>; MAPS],
        params: &Var<'t>,
        pull: Pull<F, MAPS>,
    ) -> Var<'t>
    where
        F: WindowFunction<MAPS> + Send + 'static,
    {
        let mut inputs = maps.to_vec();
        inputs.push(params);
        params.tape().record(y, &inputs, || Backward {
            formula: self,
            maps: maps.map(Var::keep),
            params: params.value().clone(),
            pull,
        })
    }
}

/// What the sums below and above a quotient receive.
#[expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]
#[inline(always)]
pub(super) fn of_quotient<T: Number>([below, above]: [T; 2], dy: T) -> [T; 2] {
    let scale = dy / below;
    [-scale * (above / below), scale]
}

/// From a function, its maps and parameters, `dy` and the windows to the gradients.
type Pull<F, const MAPS: usize> =
    fn(&F, [&Tensor; MAPS], &Tensor, &Tensor, &Windows) -> Pulled<MAPS>;

/// Inputs and parameters say everything again that the forward pass knew.
struct Backward<F, const MAPS: usize> {
    formula: Formula<F>,
    maps: [Kept; MAPS],
    params: Tensor,
    pull: Pull<F, MAPS>,
}

impl<F: WindowFunction<MAPS> + Send, const MAPS: usize> Function for Backward<F, MAPS> {
    fn name(&self) -> &'static str {
        self.formula.name
    }

    fn saved(&self) -> Saved<'_> {
        let mut all = Saved::tensors([&self.params]);
        for saved in self.maps.iter().map(Kept::saved) {
            all.tensors.extend(saved.tensors);
            all.other_bytes += saved.other_bytes;
        }
        all
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { formula: Formula { function, windows, .. }, maps, params, pull } = *self;
        let maps = maps.map(Kept::into_value);
        let pulled = pull(&function, maps.each_ref(), &params, &dy, &windows);
        pulled.maps.into_iter().chain([pulled.params]).map(Some).collect()
    }
}
