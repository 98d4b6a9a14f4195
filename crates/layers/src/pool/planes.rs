//! Normalisation of each plane of each image by itself.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{
    Moments, Scalar, Tensor, batch_norm_apply, batch_norm_backward, channel_moments,
};

/// Keeps the variance of a plane of equal values away from 0.
const EPSILON: Scalar = 1e-5;

/// `γ_c (x − μ) / √(σ² + ε) + β_c` with the mean and biased variance of every plane: instance
/// normalisation, Ulyanov, Vedaldi and Lempitsky (2016), arXiv:1607.08022.
pub(super) fn normalize_planes<'t>(x: &Var<'t>, gamma: &Var<'t>, beta: &Var<'t>) -> Var<'t> {
    // Planes as the channels of one image: then it is batch normalisation.
    let [batch, channels, rows, columns] = x.value().nchw();
    let one = [1, batch * channels, rows, columns];
    let planes = x.value().clone().reshaped(one);
    let Moments { mean, variance, .. } = channel_moments(&planes);
    let [gammas, betas] = [gamma, beta].map(|param| repeated(param.value(), batch));
    let y = batch_norm_apply(&planes, &gammas, &betas, &mean, &variance, EPSILON, false);
    let kept = |values| Tensor::from_vec([batch * channels], values).expect("one per plane");
    x.tape().record(y.reshaped(x.shape()), &[x, gamma, beta], || Backward {
        x: x.value().clone(),
        gamma: gamma.value().clone(),
        mean: kept(mean),
        variance: kept(variance),
    })
}

/// One number per channel, for every image.
fn repeated(param: &Tensor, batch: usize) -> Tensor {
    Tensor::from_vec([batch * param.len()], param.as_slice().repeat(batch)).expect("one per plane")
}

struct Backward {
    x: Tensor,
    gamma: Tensor,
    mean: Tensor,
    variance: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        "normalize_planes"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.x, &self.gamma, &self.mean, &self.variance])
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { x, gamma, mean, variance } = *self;
        let (shape, [batch, channels, rows, columns]) = (x.shape(), x.nchw());
        let one = [1, batch * channels, rows, columns];
        let moments =
            Moments { mean: mean.into_vec(), variance: variance.into_vec(), count: rows * columns };
        let gammas = repeated(&gamma, batch);
        let (dx, dgammas, dbetas) =
            batch_norm_backward(&x.reshaped(one), &dy.reshaped(one), &gammas, &moments, EPSILON);
        let of_channels = |planes: Tensor| {
            let mut sums = vec![0.0_f64; channels];
            for (plane, &of_plane) in planes.as_slice().iter().enumerate() {
                sums[plane % channels] += f64::from(of_plane);
            }
            Tensor::from_fn([channels], |c| sums[c] as Scalar)
        };
        vec![Some(dx.reshaped(shape)), Some(of_channels(dgammas)), Some(of_channels(dbetas))]
    }
}
