//! What the kernels have to reach, and what they aim at.

use super::peers::{ONNX_RUNTIME, PYTORCH};

/// A bar for every workload whose name begins so.
#[derive(Debug)]
pub(super) struct Bar {
    prefix: &'static str,
    /// Whose time is 1: the beginning of the names of its modes.
    pub(super) against: &'static str,
    /// The largest ratio that will do.
    pub(super) must: f64,
    aim: Aim,
}

#[derive(Clone, Copy, Debug)]
enum Aim {
    /// A ratio to the same peer.
    Ratio(f64),
    /// A share of what the machine can do.
    Limit(f64),
}

const fn bar(prefix: &'static str, against: &'static str, must: f64, aim: Aim) -> Bar {
    Bar { prefix, against, must, aim }
}

/// The first that fits counts.
const BARS: &[Bar] = &[
    bar("cifar_pool@64", PYTORCH, 0.5, Aim::Ratio(0.33)),
    bar("cifar_strided@64", PYTORCH, 0.5, Aim::Ratio(0.33)),
    bar("cifar_nopool@64", PYTORCH, 0.45, Aim::Ratio(0.27)),
    bar("lenet28@64", PYTORCH, 0.55, Aim::Ratio(0.33)),
    bar("lenet28@1", PYTORCH, 0.3, Aim::Ratio(0.15)),
    bar("cifar_pool_infer@64", ONNX_RUNTIME, 0.8, Aim::Ratio(0.5)),
    bar("vgg16_infer@1", ONNX_RUNTIME, 0.8, Aim::Ratio(0.5)),
    bar("op.maxpool", PYTORCH, 0.6, Aim::Limit(1.0 / 1.3)),
    bar("op.avgpool", PYTORCH, 0.6, Aim::Limit(1.0 / 1.3)),
    bar("op.batchnorm_relu_64x64x32x32.both", PYTORCH, 0.5, Aim::Ratio(0.35)),
    bar("op.conv3x3", PYTORCH, 0.5, Aim::Limit(0.9)),
    bar("op.conv1x1", PYTORCH, 0.8, Aim::Limit(0.9)),
    bar("op.dwconv", PYTORCH, 0.8, Aim::Limit(0.9)),
];

/// The bar of a workload, if it has one.
pub(super) fn of(workload: &str) -> Option<&'static Bar> {
    BARS.iter().find(|bar| workload.starts_with(bar.prefix))
}

impl Bar {
    /// Whether a ratio and a share of the limit reach it, in words.
    pub(super) fn judge(&self, ratio: f64, share: Option<f64>) -> String {
        let reaches_aim = match self.aim {
            Aim::Ratio(aim) => ratio <= aim,
            Aim::Limit(aim) => share.is_some_and(|share| share >= aim),
        };
        let aim = match self.aim {
            Aim::Ratio(aim) => format!("≤ {aim:.2}"),
            Aim::Limit(aim) => format!("≥ {:.0} % of the limit", 100.0 * aim),
        };
        if ratio > self.must {
            format!("**missed**: ≤ {:.2}", self.must)
        } else if reaches_aim {
            format!("aim met: {aim}")
        } else {
            format!("met: ≤ {:.2}; aim {aim}", self.must)
        }
    }
}

/// The most memory of a training process, in MB: what will do, and the aim.
pub(super) const MEMORY: &[(&str, f64, f64)] =
    &[("cifar_pool@64", 220.0, 160.0), ("cifar_nopool@64", 700.0, 500.0)];

/// How much faster two threads train than one: what will do, and the aim.
pub(super) const SCALING: (f64, f64) = (1.75, 1.9);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_judged_by_the_bar_of_its_workload() {
        let net = of("cifar_pool@64").expect("it has one");
        assert_eq!(net.judge(0.51, None), "**missed**: ≤ 0.50");
        assert_eq!(net.judge(0.50, None), "met: ≤ 0.50; aim ≤ 0.33");
        assert_eq!(net.judge(0.33, None), "aim met: ≤ 0.33");
        let pool = of("op.maxpool2x2s2_64x64x32x32.bwd").expect("it has one");
        assert_eq!(pool.judge(0.2, Some(0.70)), "met: ≤ 0.60; aim ≥ 77 % of the limit");
        assert_eq!(pool.judge(0.2, Some(0.78)), "aim met: ≥ 77 % of the limit");
        assert_eq!(pool.judge(0.7, Some(0.99)), "**missed**: ≤ 0.60");
        assert_eq!(of("cifar_pool_infer@64").map(|bar| bar.against), Some(ONNX_RUNTIME));
        assert!(of("op.batchnorm_relu_64x64x32x32.fwd").is_none(), "only both together");
        assert!(of("op.gemm_1024.fwd").is_none());
    }
}
