//! Dropout: in training each element is zeroed with probability `p`, the others are scaled up.
//!
//! ```text
//! y = x · m / (1 − p)      m = 0 with probability p, else 1
//! dx = dy · m / (1 − p)
//! ```
//!
//! In evaluation it does nothing. The mask comes from the stream `dropout/PATH/stepK` of the run's
//! seed, one 32-bit word per element in row-major order, so it depends on neither threads nor other
//! layers. After Srivastava et al. (2014), JMLR 15:1929; scaled in training, as PyTorch's `Dropout`.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Scalar, Stream, Tensor};
use rand_chacha::rand_core::RngCore;
use serde::Deserialize;

use crate::elementwise::{EachElement, Elementwise};
use crate::{Error, LayerSpec, Mode, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "zero each element with probability p while training",
    example: "p = 0.3",
    notes: None,
    parse: |table| Ok(Box::new(EachElement(params::<Dropout>(NAME, table)?))),
};

const NAME: &str = "dropout";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dropout {
    p: f64,
}

impl Elementwise for Dropout {
    const NAME: &'static str = NAME;
    const OPERATIONS: u64 = 0;

    fn check(&self) -> Result<(), Error> {
        if (0.0..1.0).contains(&self.p) {
            return Ok(());
        }
        Err(Error::Setting {
            kind: NAME,
            name: "p",
            got: self.p.to_string(),
            expected: "a probability from 0 to less than 1".into(),
        })
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        if at.mode() == Mode::Eval || self.p == 0.0 {
            return x;
        }
        let (len, examples) = (x.value().len(), x.value().dims()[0]);
        let mut stream = at.stream_of_examples(NAME, len / examples.max(1));
        let mask = Mask::draw(len, self.p, &mut stream);
        x.overwrite(|x| mask.apply(x), |_| mask.clone())
    }
}

/// Which elements pass, a bit each, and how much those are scaled.
#[derive(Clone)]
struct Mask {
    words: Vec<u64>,
    scale: Scalar,
}

impl Mask {
    fn draw(len: usize, p: f64, stream: &mut Stream) -> Self {
        // A word w of 32 random bits is dropped when w < p · 2³².
        let threshold = (p * 2_f64.powi(32)) as u64;
        let mut words = vec![0_u64; len.div_ceil(64)];
        for i in 0..len {
            let passes = u64::from(u64::from(stream.next_u32()) >= threshold);
            words[i / 64] |= passes << (i % 64);
        }
        Self { words, scale: (1.0 / (1.0 - p)) as Scalar }
    }

    fn apply(&self, mut x: Tensor) -> Tensor {
        for (values, &word) in x.as_mut_slice().chunks_mut(64).zip(&self.words) {
            for (i, value) in values.iter_mut().enumerate() {
                *value = if (word >> i) & 1 == 1 { *value * self.scale } else { 0.0 };
            }
        }
        x
    }
}

impl Function for Mask {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.words.len() * size_of::<u64>())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(self.apply(dy))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn about_p_of_the_elements_are_dropped_and_the_mean_is_kept() {
        let layer = fit("kind = 'dropout'\np = 0.25", [4, 50, 50]).expect("any shape fits");
        let (y, dx) = run(&layer, Tensor::full([1, 4, 50, 50], 3.0));
        let dropped = y.as_slice().iter().filter(|&&y| y == 0.0).count();
        // 10,000 draws of probability 1/4: the standard deviation of the count is 43.
        assert!((2_300..2_700).contains(&dropped), "{dropped}");
        let kept: Scalar = 3.0 / 0.75;
        assert!(y.as_slice().iter().all(|&y| y == 0.0 || (y - kept).abs() < 1e-5));
        for (y, dx) in y.as_slice().iter().zip(dx.as_slice()) {
            assert_eq!(*y == 0.0, *dx == 0.0);
        }
    }

    #[test]
    fn a_certain_drop_is_refused() {
        let error = fit("kind = 'dropout'\np = 1.0", [1, 2, 3]).expect_err("nothing would pass");
        assert_eq!(
            error.to_string(),
            "dropout: p is 1; expected a probability from 0 to less than 1"
        );
    }
}
