//! The names of workloads.

use std::fmt;

use cenote_spec::nearest;

use super::machine::{PROBES, Probe};
use super::nets::{NETWORKS, Network, Purpose};
use super::ops::{OPERATORS, Operator, Pass};

/// Something that can be timed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Workload {
    /// `NETWORK@BATCH` or `NETWORK_infer@BATCH`.
    Net(&'static Network, Purpose, usize),
    /// `op.OPERATOR.fwd` or `op.OPERATOR.bwd`.
    Op(&'static Operator, Pass),
    /// `machine.LIMIT`.
    Limit(&'static Probe),
}

/// What `nets` stands for.
const NETS: [&str; 10] = [
    "lenet28@64",
    "lenet28@1",
    "cifar_pool@64",
    "cifar_strided@64",
    "cifar_nopool@64",
    "lenet28_infer@64",
    "lenet28_infer@1",
    "cifar_pool_infer@64",
    "cifar_pool_infer@1",
    "vgg16_infer@1",
];

const GROUPS: [&str; 4] = ["all", "nets", "ops", "machine"];

const LARGEST_BATCH: usize = 4096;

impl Workload {
    /// Everything that a name stands for, in the order in which it is timed.
    ///
    /// # Errors
    /// In words, when it is the name of nothing.
    pub(super) fn named(name: &str) -> Result<Vec<Self>, String> {
        let both = |op| [Pass::Forward, Pass::Backward].map(|pass| Self::Op(op, pass));
        Ok(match name {
            "all" => {
                let groups = ["machine", "nets", "ops"].map(Self::named);
                groups.into_iter().collect::<Result<Vec<_>, _>>()?.concat()
            }
            "nets" => NETS.into_iter().map(net).collect::<Result<_, _>>()?,
            "ops" => OPERATORS.iter().flat_map(both).collect(),
            "machine" => PROBES.iter().map(Self::Limit).collect(),
            _ => {
                let singles = singles();
                match singles.iter().find(|single| single.to_string() == name) {
                    Some(&single) => vec![single],
                    None => vec![net(name)?],
                }
            }
        })
    }

    /// Images of one run.
    pub(super) fn batch(&self) -> Option<usize> {
        match *self {
            Self::Net(_, _, batch) => Some(batch),
            Self::Op(..) | Self::Limit(_) => None,
        }
    }

    /// Whether it measures the machine and not our work.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::Limit(_))
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(network, Purpose::Train, batch) => write!(f, "{}@{batch}", network.name),
            Self::Net(network, Purpose::Infer, batch) => {
                write!(f, "{}_infer@{batch}", network.name)
            }
            Self::Op(op, Pass::Forward) => write!(f, "op.{}.fwd", op.name),
            Self::Op(op, Pass::Backward) => write!(f, "op.{}.bwd", op.name),
            Self::Limit(probe) => f.write_str(probe.name),
        }
    }
}

/// All workloads whose names hold no batch size.
fn singles() -> Vec<Workload> {
    let passes = |op| [Workload::Op(op, Pass::Forward), Workload::Op(op, Pass::Backward)];
    OPERATORS.iter().flat_map(passes).chain(PROBES.iter().map(Workload::Limit)).collect()
}

fn net(name: &str) -> Result<Workload, String> {
    let (model, batch) = match name.split_once('@') {
        Some((model, batch)) => (model, Some(batch)),
        None => (name, None),
    };
    let (model, purpose) = match model.strip_suffix("_infer") {
        Some(model) => (model, Purpose::Infer),
        None => (model, Purpose::Train),
    };
    let network = NETWORKS.iter().find(|network| network.name == model);
    let network = network.ok_or_else(|| unknown(name))?;
    let batch = match batch.map(str::parse) {
        None => network.usual_batch,
        Some(Ok(batch)) if (1..=LARGEST_BATCH).contains(&batch) => batch,
        Some(_) => {
            return Err(format!("workload `{name}`: expected a batch from 1 to {LARGEST_BATCH}"));
        }
    };
    Ok(Workload::Net(network, purpose, batch))
}

fn unknown(name: &str) -> String {
    let models = NETWORKS.iter().flat_map(|n| [n.name.to_owned(), format!("{}_infer", n.name)]);
    let models: Vec<String> = models.collect();
    let singles: Vec<String> = singles().iter().map(ToString::to_string).collect();
    let plain = || GROUPS.into_iter().chain(models.iter().map(String::as_str));
    let near = |name| nearest(name, plain().chain(singles.iter().map(String::as_str)));
    let model = name.split_once('@').map_or(name, |(model, _)| model);
    let hint = near(name).or_else(|| near(model));
    let hint = hint.map(|near| format!(" did you mean `{near}`?")).unwrap_or_default();
    let operators: Vec<&str> = OPERATORS.iter().map(|op| op.name).collect();
    format!(
        "unknown workload `{name}`;{hint} expected one of {}, a network with @BATCH after it, or \
         op.NAME.fwd or op.NAME.bwd with NAME one of {}",
        plain().collect::<Vec<_>>().join(", "),
        operators.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_printed_can_be_asked_for() {
        let all = Workload::named("all").expect("a group");
        assert_eq!(all.len(), NETS.len() + 2 * OPERATORS.len() + PROBES.len());
        for workload in all {
            let name = workload.to_string();
            let again = Workload::named(&name).expect("a workload");
            assert_eq!(again.iter().map(ToString::to_string).collect::<Vec<_>>(), [name]);
        }
    }

    #[test]
    fn a_network_without_a_batch_has_its_usual_one() {
        for (name, full) in [("lenet28", "lenet28@64"), ("vgg16_infer", "vgg16_infer@1")] {
            let found = Workload::named(name).expect("a network");
            assert_eq!(found[0].to_string(), full);
        }
    }

    #[test]
    fn a_batch_that_is_none_is_refused() {
        for name in ["lenet28@0", "lenet28@", "lenet28@-1", "lenet28@4097"] {
            let error = Workload::named(name).expect_err("no batch");
            assert!(error.ends_with("expected a batch from 1 to 4096"), "{error}");
        }
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        for (name, near) in [
            ("lenet82@8", "lenet28"),
            ("op.gemm_1024.fdw", "op.gemm_1024.fwd"),
            ("opps", "ops"),
            ("cifar_pool_infr", "cifar_pool_infer"),
        ] {
            let error = Workload::named(name).expect_err("misspelt");
            assert!(error.contains(&format!("did you mean `{near}`?")), "{error}");
        }
    }
}
