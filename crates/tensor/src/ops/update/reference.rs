//! The update as a loop.

use crate::Scalar;

pub(super) fn update_each<const N: usize>(
    param: &mut [Scalar],
    gradient: &[Scalar],
    mut memories: [&mut [Scalar]; N],
    rule: impl Fn(Scalar, Scalar, [Scalar; N]) -> (Scalar, [Scalar; N]),
) {
    for (i, w) in param.iter_mut().enumerate() {
        let (new, remembered) = rule(*w, gradient[i], memories.each_ref().map(|m| m[i]));
        *w = new;
        for (memory, value) in memories.iter_mut().zip(remembered) {
            memory[i] = value;
        }
    }
}
