//! The independent witness of every backward pass: central differences.

use cenote_tensor::{Scalar, Tensor};

use crate::{Tape, Var};

/// Half the step of a central difference. Its error is of the order of the step squared, its
/// rounding error of the order of epsilon over the step: the cube root balances the two.
const STEP: f64 = if cfg!(cenote_f64) { 1e-5 } else { 1e-2 };

/// How far analytic and numeric gradient may differ, relative to the largest of them.
const TOLERANCE: f64 = if cfg!(cenote_f64) { 1e-7 } else { 1e-2 };

/// An analytic gradient that central differences contradict.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Which input.
    pub input: usize,
    /// Which element of it, in row-major order.
    pub element: usize,
    /// The gradient that the backward pass gave.
    pub analytic: f64,
    /// The gradient that differences of the forward pass give.
    pub numeric: f64,
    /// The largest difference that would have passed.
    pub allowed: f64,
    /// Whether it is one of too many elements between bends or jumps: other inputs may say more.
    pub on_jump: bool,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { input, element, analytic, numeric, allowed, on_jump } = self;
        write!(
            f,
            "gradient of input {input} at element {element} is {analytic}, \
             but differences give {numeric} (allowed error {allowed})"
        )?;
        if *on_jump {
            f.write_str("; too many elements lie between bends or jumps")
        } else {
            Ok(())
        }
    }
}

impl std::error::Error for Mismatch {}

/// Compares the gradients of `f` at `inputs` with central differences, element by element.
///
/// The gradient that enters `f` from above is neither constant nor symmetric, so that a gradient
/// that is transposed, scattered to the wrong place or scaled by a constant cannot pass. In `f64`
/// (`--cfg cenote_f64`) the agreement must be within 1e-7 of the largest gradient; in `f32`, where
/// differences themselves are coarse, within 1e-2.
///
/// An element may sit where `f` bends or jumps within the step, as where a choice changes. Then a quarter
/// of the step, its extrapolation, or the slope of the side that does not hold the bend has to agree, to
/// the same bound. Where `f` bends or jumps on both sides within a quarter of the step none can; such
/// elements are left out, and of more than a quarter of all elements that is not believed.
///
/// # Errors
/// The worst element, when it differs by more than that.
pub fn gradcheck(
    inputs: &[Tensor],
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
) -> Result<(), Mismatch> {
    let loss = |inputs: &[Tensor]| -> f64 {
        let tape = Tape::without_gradients();
        let vars: Vec<Var<'_>> = inputs.iter().map(|x| tape.leaf(x.clone())).collect();
        let y = f(&vars);
        let weighted = y.value().as_slice().iter().enumerate();
        // A maximum over no cell is −∞ whatever the input.
        let moving = weighted.filter(|&(_, &y)| y != Scalar::NEG_INFINITY);
        moving.map(|(i, &y)| weight(i) * f64::from(y)).sum()
    };

    let tape = Tape::new();
    let vars: Vec<Var<'_>> = inputs.iter().map(|x| tape.leaf(x.clone())).collect();
    let y = f(&vars);
    let weights = Tensor::from_fn(y.shape(), |i| weight(i) as Scalar);
    let gradients = (&y * &tape.constant(weights)).sum().backward();

    let slope = |input: usize, element: usize, from: f64, to: f64| {
        let nudged = |by: f64| {
            let mut nudged = inputs.to_vec();
            let at = &mut nudged[input].as_mut_slice()[element];
            *at += by as Scalar;
            (f64::from(*at), loss(&nudged))
        };
        let ((low, loss_low), (high, loss_high)) = (nudged(from), nudged(to));
        (loss_high - loss_low) / (high - low)
    };
    let mut compared = Vec::new();
    for (input, x) in inputs.iter().enumerate() {
        for element in 0..x.len() {
            let numeric = slope(input, element, -STEP, STEP);
            let analytic =
                gradients.of(&vars[input]).map_or(0.0, |dx| f64::from(dx.as_slice()[element]));
            let (allowed, on_jump) = (0.0, false);
            compared.push(Mismatch { input, element, analytic, numeric, allowed, on_jump });
        }
    }
    judge(compared, |c, from, to| slope(c.input, c.element, from * STEP, to * STEP))
}

/// A gradient from above that differs from cell to cell in sign and size.
fn weight(i: usize) -> f64 {
    (1.3 * i as f64 + 0.4).sin() + 0.5
}

/// The worst of the elements that differ, but for those between bends or jumps; `slope` is that between two
/// multiples of the step.
fn judge(
    compared: Vec<Mismatch>,
    slope: impl Fn(&Mismatch, f64, f64) -> f64,
) -> Result<(), Mismatch> {
    // A difference across a jump is no gradient, so none of them counts here.
    let largest = compared.iter().map(|c| c.analytic.abs()).fold(1.0, f64::max);
    let allowed = TOLERANCE * largest;
    let error = |c: &Mismatch| (c.analytic - c.numeric).abs();
    // A NaN fails as well: it is not within any bound.
    let agrees = |c: &Mismatch, numeric: f64| (c.analytic - numeric).abs() <= allowed;
    let most_left_out = compared.len() / 4;
    let (mut left_out, mut wrong) = (Vec::new(), Vec::new());
    for c in compared.into_iter().filter(|c| !agrees(c, c.numeric)) {
        let [half, quarter] = [0.5, 0.25].map(|part| slope(&c, -part, part));
        if agrees(&c, quarter) || smooth(&c, half, quarter).is_some_and(|slope| agrees(&c, slope)) {
            continue;
        }
        let sides = [-1.0, 1.0, -0.25, 0.25].into_iter().filter_map(|by| {
            let parts = [1.0, 0.5, 0.25].map(|part| slope(&c, 0.0, part * by));
            beside(parts, allowed)
        });
        let sides: Vec<f64> = sides.collect();
        if sides.iter().any(|&slope| agrees(&c, slope)) {
            continue;
        }
        // Where there is no jump, half of half a step changes the difference by little.
        let jumps = (quarter - half).abs() > 4.0 * allowed;
        if (sides.is_empty() || jumps) && !c.numeric.is_nan() { &mut left_out } else { &mut wrong }
            .push(c);
    }
    let on_jump = wrong.is_empty() && left_out.len() > most_left_out;
    let judged = if on_jump { left_out } else { wrong };
    let worst = judged.into_iter().max_by(|a, b| error(a).total_cmp(&error(b)));
    worst.map_or(Ok(()), |worst| Err(Mismatch { allowed, on_jump, ..worst }))
}

/// Romberg's slope, without the errors of step² and step⁴, which are large for steep functions; `None`
/// unless half the step changes the difference by about four times as much as half of that does.
fn smooth(c: &Mismatch, half: f64, quarter: f64) -> Option<f64> {
    let (first, second) = (c.numeric - half, half - quarter);
    let is_smooth = (first - 4.0 * second).abs() <= first.abs() / 2.0;
    is_smooth.then(|| (64.0 * quarter - 20.0 * half + c.numeric) / 45.0)
}

/// The slope at the end of an interval, from those over all, half and a quarter of it; `None` unless they
/// tend to it evenly, as without a bend in the interval they do.
fn beside([all, half, quarter]: [f64; 3], allowed: f64) -> Option<f64> {
    let evenly = ((quarter - half) - (half - all) / 2.0).abs() <= allowed;
    evenly.then_some(2.0 * half - all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Function, Saved};

    /// Squares forward; its backward pass is wrong by the factor.
    struct WrongBy(Scalar, Tensor);

    impl Function for WrongBy {
        fn name(&self) -> &'static str {
            "square"
        }

        fn saved(&self) -> Saved<'_> {
            Saved::tensors([&self.1])
        }

        fn backward(self: Box<Self>, mut dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
            dy.zip_assign(&self.1, |dy, x| 2.0 * x * dy * self.0);
            vec![Some(dy)]
        }
    }

    fn check(factor: Scalar) -> Result<(), Mismatch> {
        gradcheck(&[Tensor::from_fn([3, 2], |i| i as Scalar - 1.5)], |v| {
            let y = v[0].value().clone().map(|x| x * x);
            v[0].tape().record(y, &[&v[0]], || WrongBy(factor, v[0].value().clone()))
        })
    }

    /// Passes on values above 1 and drops all others, with a gradient that is wrong by the factor.
    struct Gate(Scalar, Tensor);

    impl Function for Gate {
        fn name(&self) -> &'static str {
            "gate"
        }

        fn saved(&self) -> Saved<'_> {
            Saved::tensors([&self.1])
        }

        fn backward(self: Box<Self>, mut dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
            dy.zip_assign(&self.1, |dy, x| if x > 1.0 { dy * self.0 } else { 0.0 });
            vec![Some(dy)]
        }
    }

    fn check_gate(x: &[f64], factor: Scalar) -> Result<(), Mismatch> {
        let x = Tensor::from_fn([x.len()], |i| x[i] as Scalar);
        gradcheck(&[x], |v| {
            let y = v[0].value().clone().map(|x| if x > 1.0 { x } else { 0.0 });
            v[0].tape().record(y, &[&v[0]], || Gate(factor, v[0].value().clone()))
        })
    }

    #[test]
    fn beside_a_jump_the_other_side_is_compared() {
        for by in [-0.9, -0.3, 0.3, 0.9] {
            let near = 1.0 + by * STEP;
            assert_eq!(check_gate(&[near], 1.0), Ok(()), "{by}");
            // Below the jump the gradient is 0 and no factor makes it wrong.
            assert_eq!(check_gate(&[near], 1.1).is_ok(), by < 0.0, "{by}");
        }
    }

    /// Twice as high on both sides of a twentieth of the step around 1: a jump to either side, and the
    /// gradient of what lies between, 0, that no difference sees.
    fn check_notches(notches: usize, flat: usize) -> Result<(), Mismatch> {
        let notch = |x: Scalar| {
            let by = (x - 1.0) / STEP as Scalar;
            if by.abs() < 0.05 || x < 0.0 { 0.0 } else { by.signum() }
        };
        let x = Tensor::from_fn([notches + flat], |i| if i < notches { 1.0 } else { -5.0 });
        gradcheck(&[x], |v| {
            let y = v[0].value().clone().map(notch);
            v[0].tape().record(y, &[&v[0]], || Gate(0.0, v[0].value().clone()))
        })
    }

    #[test]
    fn elements_between_jumps_are_left_out_unless_they_are_many() {
        assert_eq!(check_notches(1, 9), Ok(()));
        let x = Tensor::from_fn([10], |i| i as Scalar);
        let hole = gradcheck(&[x], |v| {
            let y = v[0].value().clone().map(|x| if x < 0.5 { Scalar::NAN } else { 0.0 });
            v[0].tape().record(y, &[&v[0]], || Gate(0.0, v[0].value().clone()))
        });
        assert!(hole.is_err_and(|mismatch| !mismatch.on_jump), "NaN is no jump");
        let crowded = check_notches(3, 7).expect_err("three of ten");
        assert!(crowded.on_jump);
    }

    /// A rectifier with a gradient that is wrong by the factor.
    fn check_bend(x: &[f64], factor: Scalar) -> Result<(), Mismatch> {
        let x = Tensor::from_fn([x.len()], |i| x[i] as Scalar);
        gradcheck(&[x], |v| {
            let y = v[0].value().clone().map(|x| (x - 1.0).max(0.0));
            v[0].tape().record(y, &[&v[0]], || Gate(factor, v[0].value().clone()))
        })
    }

    #[test]
    fn beside_a_bend_the_slope_of_the_other_side_is_compared() {
        for by in [-0.9, -0.3, -0.01, 0.01, 0.3, 0.9] {
            let near = 1.0 + by * STEP;
            assert_eq!(check_bend(&[near], 1.0), Ok(()), "{by}");
            // Below the bend the gradient is 0 and no factor makes it wrong.
            assert_eq!(check_bend(&[near], 1.1).is_ok(), by < 0.0, "{by}");
        }
    }

    #[test]
    fn a_right_gradient_passes_and_a_scaled_one_fails() {
        assert_eq!(check(1.0), Ok(()));
        assert!(check(1.1).is_err());
        assert!(check(0.25).is_err());
        assert!(check(Scalar::NAN).is_err());
    }
}
