//! What other programs would count for the same network.

use crate::{Row, Summary};

/// A published program that counts the operations of a network, and its rules.
///
/// | | convolution, dense | bias | batch norm | ReLU | pool |
/// |---|---|---|---|---|---|
/// | fvcore | MACs | – | 2 an input | – | only averages to a fixed size: 1 an input |
/// | ptflops | MACs | 1 an output | 2 an input | 1 an output | 1 an input |
/// | calflops | 2 MACs | 1 an output of a convolution | 2 an input | 1 an output | 1 an input |
///
/// All are of one image and a network in use. ptflops 0.7.5 meets ReLU and pools twice, as modules and as functions,
/// and so prints once more than the rule for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// `fvcore.nn.FlopCountAnalysis`; its "flops" are MACs.
    Fvcore,
    /// `ptflops.get_model_complexity_info`; its "complexity" is mostly MACs.
    Ptflops,
    /// `calflops.calculate_flops`, its FLOPs.
    Calflops,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fvcore, Self::Ptflops, Self::Calflops];

    /// What the program is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fvcore => "fvcore",
            Self::Ptflops => "ptflops",
            Self::Calflops => "calflops",
        }
    }

    /// What it counts for one image, or `None` where a layer is of a kind that it has no rule for.
    pub fn count(self, summary: &Summary) -> Option<u64> {
        let outputs = summary.rows.iter().map(|row| row.output.len() as u64);
        let inputs = std::iter::once(summary.input.len() as u64).chain(outputs);
        summary.rows.iter().zip(inputs).map(|(row, input)| self.of(row, input)).sum()
    }

    fn of(self, row: &Row, input: u64) -> Option<u64> {
        // All else that these two do is one addition of a bias for each output.
        let (macs, bias) = (row.cost.macs, row.cost.other);
        let unless_fvcore = |count: u64| if self == Self::Fvcore { 0 } else { count };
        Some(match row.kind {
            "flatten" | "identity" | "dropout" => 0,
            "conv2d" | "dense" => match self {
                Self::Fvcore => macs,
                Self::Ptflops => macs + bias,
                Self::Calflops if row.kind == "dense" => 2 * macs,
                Self::Calflops => 2 * macs + bias,
            },
            "batch_norm" => 2 * input,
            "relu" | "max_pool" | "avg_pool" | "adaptive_max_pool" | "global_max_pool" => {
                unless_fvcore(input)
            }
            "adaptive_avg_pool" | "global_avg_pool" => input,
            _ => return None,
        })
    }
}
