//! Which workloads run in one process, for how long, and in which order.

use crate::Error;

/// Workloads that one process does: one network, so that its memory is its own, or all operators.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) workloads: Vec<&'static str>,
    pub(super) budget: Budget,
}

/// How long one workload may take: the rules of `benches/peers/measure.py`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) seconds: f64,
    pub(super) min_runs: u64,
    pub(super) min_seconds: f64,
}

const NETWORK: Budget = Budget { seconds: 1.5, min_runs: 5, min_seconds: 0.3 };
const OPERATOR: Budget = Budget { seconds: 0.6, min_runs: 5, min_seconds: 0.1 };
const MACHINE: Budget = Budget { seconds: 1.0, min_runs: 5, min_seconds: 0.3 };

/// Every workload, in the order of the table.
pub(super) const WORKLOADS: &[&str] = &[
    "machine.fma",
    "machine.read_16mb",
    "machine.triad_16mb",
    "machine.read_384mb",
    "machine.triad_384mb",
    "cifar_pool@64",
    "cifar_strided@64",
    "cifar_nopool@64",
    "lenet28@64",
    "lenet28@1",
    "cifar_pool_infer@64",
    "cifar_pool_infer@1",
    "lenet28_infer@64",
    "lenet28_infer@1",
    "vgg16_infer@1",
    "op.maxpool2x2s2_64x64x32x32.fwd",
    "op.maxpool2x2s2_64x64x32x32.bwd",
    "op.maxpool3x3s2p1_64x64x32x32.fwd",
    "op.maxpool3x3s2p1_64x64x32x32.bwd",
    "op.avgpool2x2s2_64x64x32x32.fwd",
    "op.avgpool2x2s2_64x64x32x32.bwd",
    "op.maxpool2x2s2_1x16x3000x2000.fwd",
    "op.maxpool2x2s2_1x16x3000x2000.bwd",
    "op.maxpool3x3s2p1_1x16x3000x2000.fwd",
    "op.maxpool3x3s2p1_1x16x3000x2000.bwd",
    "op.avgpool2x2s2_1x16x3000x2000.fwd",
    "op.avgpool2x2s2_1x16x3000x2000.bwd",
    "op.conv3x3_64_64_n64_32x32.fwd",
    "op.conv3x3_64_64_n64_32x32.bwd",
    "op.conv3x3_256_256_n64_8x8.fwd",
    "op.conv3x3_256_256_n64_8x8.bwd",
    "op.conv1x1_256_64_n64_16x16.fwd",
    "op.conv1x1_256_64_n64_16x16.bwd",
    "op.dwconv3x3_128_n64_16x16.fwd",
    "op.dwconv3x3_128_n64_16x16.bwd",
    "op.relu_64x64x32x32.fwd",
    "op.relu_64x64x32x32.bwd",
    "op.batchnorm_64x64x32x32.fwd",
    "op.batchnorm_64x64x32x32.bwd",
    "op.batchnorm_relu_64x64x32x32.fwd",
    "op.batchnorm_relu_64x64x32x32.bwd",
    "op.gemm_1024.fwd",
    "op.gemm_1024.bwd",
];

/// The groups that hold what `names` ask for: workloads, or the beginnings of their names, such as
/// `op.maxpool` or `machine`; `ops` are all operators and `nets` all networks. None asks for all.
/// The limits of the machine are always measured.
pub(super) fn groups(names: &[String]) -> Result<Vec<Group>, Error> {
    let fits = |workload: &str, name: &str| match name {
        "ops" => workload.starts_with("op."),
        "nets" => workload.contains('@'),
        prefix => workload.starts_with(prefix),
    };
    if let Some(name) = names.iter().find(|name| !WORKLOADS.iter().any(|w| fits(w, name))) {
        let expected = ["nets", "ops"].into_iter().chain(WORKLOADS.iter().copied()).collect();
        return Err(Error::Unknown { what: "workload", got: name.clone(), expected });
    }
    let asked = |workload: &str| {
        let is_limit = workload.starts_with("machine");
        names.is_empty() || is_limit || names.iter().any(|name| fits(workload, name))
    };
    let chosen = || WORKLOADS.iter().copied().filter(|workload| asked(workload));
    let together = |prefix, budget| {
        let workloads: Vec<_> = chosen().filter(|workload| workload.starts_with(prefix)).collect();
        (!workloads.is_empty()).then_some(Group { workloads, budget })
    };
    let alone = |workload| Group { workloads: vec![workload], budget: NETWORK };
    let machine = together("machine", MACHINE).into_iter();
    let networks = chosen().filter(|workload| workload.contains('@')).map(alone);
    Ok(machine.chain(networks).chain(together("op.", OPERATOR)).collect())
}

impl Budget {
    /// A glance: enough to see that all runs, not enough to compare.
    pub(super) fn quick(self) -> Self {
        let seconds = self.seconds / 4.0;
        Self { seconds, min_runs: 3, min_seconds: self.min_seconds / 4.0 }
    }
}

impl Group {
    /// Whether these are networks, which run alone where their memory counts.
    fn is_network(&self) -> bool {
        self.workloads.iter().all(|workload| workload.contains('@'))
    }

    /// What a peer that takes long to start does when it is this group's turn: in the first round the
    /// group, so that the memory of every network is its own; later all networks in the turn of the
    /// first, and nothing in those of the others.
    pub(super) fn for_slow_starter(&self, all: &[Self], round: u64) -> Self {
        if round == 0 || !self.is_network() {
            return self.clone();
        }
        let networks = || all.iter().filter(|group| group.is_network());
        let is_first = networks().next().is_some_and(|first| first.workloads == self.workloads);
        let workloads = networks().filter(|_| is_first).flat_map(|group| &group.workloads);
        Self { workloads: workloads.copied().collect(), budget: self.budget }
    }

    /// Seconds that its measurements take, about.
    pub(super) fn seconds(&self) -> f64 {
        let each = |workload: &&str| match *workload {
            "cifar_nopool@64" => 10.0 * self.budget.seconds.min(1.0),
            huge if huge.contains("3000") => 1.5 * self.budget.seconds,
            _ => self.budget.min_seconds + self.budget.seconds / 2.0,
        };
        self.workloads.iter().map(each).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<Vec<&'static str>> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        groups(&words).expect("known").into_iter().skip(1).map(|group| group.workloads).collect()
    }

    #[test]
    fn networks_run_alone_and_operators_together() {
        let all = names(&[]);
        assert_eq!(all.len(), 10 + 1);
        assert!(all[..10].iter().all(|group| group.len() == 1));
        assert_eq!(all[10].len(), 28);
        assert_eq!(names(&["nets", "ops"]), all);
    }

    #[test]
    fn who_starts_slowly_does_all_networks_at_once_after_the_first_round() {
        let all = groups(&[]).expect("known");
        let turns = |round| -> Vec<usize> {
            all.iter().map(|group| group.for_slow_starter(&all, round).workloads.len()).collect()
        };
        let mut first = vec![5];
        first.extend([1; 10]);
        first.push(28);
        assert_eq!(turns(0), first);
        first[1..11].copy_from_slice(&[10, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(turns(1), first);
    }

    #[test]
    fn the_beginning_of_a_name_is_enough() {
        assert_eq!(
            names(&["lenet28@1", "op.gemm"]),
            [vec!["lenet28@1"], vec!["op.gemm_1024.fwd", "op.gemm_1024.bwd"]]
        );
        let limits = groups(&["lenet28@1".to_owned()]).expect("known");
        assert!(limits[0].workloads.iter().all(|workload| workload.starts_with("machine")));
    }

    #[test]
    fn an_unknown_workload_is_refused() {
        let error = groups(&["lenet82".to_owned()]).expect_err("unknown");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().starts_with("unknown workload `lenet82`; expected one of nets,"));
    }
}
