//! The measurements of a run, and what can be asked of them.

use super::line::Line;
use super::peers::{ONNX_RUNTIME, OURS, PYTORCH};
use super::statistics::Spread;

/// All measurements of a run.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) lines: Vec<Line>,
}

/// A backward and a forward pass that are one row besides.
const BOTH: &str = "op.batchnorm_relu_64x64x32x32";

/// Who is slower in the first round than the best mode of PyTorch by more than this cannot win and is not
/// run again. It is judged by its best repetition, which a disturbance does not touch.
const HOPELESS: f64 = 1.5;

impl Table {
    /// Reads what a run wrote; a torn line is left out.
    pub(super) fn read(text: &str) -> Self {
        Self { lines: text.lines().filter_map(Line::parse).collect() }
    }

    pub(super) fn of<'a>(
        &'a self,
        peer: &'a str,
        workload: &'a str,
        threads: u64,
    ) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| {
            line.peer == peer && line.workload == workload && line.threads == threads
        })
    }

    /// `(round, milliseconds)` of a workload; of `….both` the sum of the two passes.
    pub(super) fn series(&self, peer: &str, workload: &str, threads: u64) -> Vec<(u64, f64)> {
        let rounds = |workload: &str| -> Vec<(u64, f64)> {
            self.of(peer, workload, threads).map(|line| (line.round, line.ms)).collect()
        };
        let Some(operator) = workload.strip_suffix(".both") else { return rounds(workload) };
        let backward = rounds(&format!("{operator}.bwd"));
        let with_backward = |(round, forward)| {
            let (_, backward) = backward.iter().find(|(other, _)| *other == round)?;
            Some((round, forward + backward))
        };
        rounds(&format!("{operator}.fwd")).into_iter().filter_map(with_backward).collect()
    }

    pub(super) fn spread(&self, peer: &str, workload: &str, threads: u64) -> Option<Spread> {
        Spread::of(self.series(peer, workload, threads).into_iter().map(|(_, ms)| ms))
    }

    /// Of all peers whose names begin so and that ran in every round, the one with the smallest median.
    pub(super) fn best(&self, prefix: &str, workload: &str, threads: u64) -> Option<&str> {
        let median = |peer: &str| self.spread(peer, workload, threads).map(|spread| spread.median);
        let modes = self
            .peers()
            .into_iter()
            .filter(|peer| peer.starts_with(prefix) && !self.is_hopeless(peer, workload, threads));
        let timed = modes.filter_map(|peer| Some((peer, median(peer)?)));
        timed.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(peer, _)| peer)
    }

    /// Everybody who measured something, in order of appearance.
    pub(super) fn peers(&self) -> Vec<&str> {
        let mut peers = Vec::new();
        for line in &self.lines {
            if !peers.contains(&line.peer.as_str()) {
                peers.push(line.peer.as_str());
            }
        }
        peers
    }

    /// The workloads that were measured, in the order of the plan, joint rows after their parts.
    pub(super) fn workloads(&self) -> Vec<String> {
        let is_measured = |workload: &&&str| self.lines.iter().any(|l| l.workload == **workload);
        let mut workloads = Vec::new();
        for workload in super::plan::WORKLOADS.iter().filter(is_measured) {
            workloads.push((*workload).to_owned());
            if workload.strip_prefix(BOTH) == Some(".bwd") {
                workloads.push(format!("{BOTH}.both"));
            }
        }
        workloads
    }

    /// The numbers of threads that were measured, ascending.
    pub(super) fn threads(&self) -> Vec<u64> {
        let mut threads: Vec<u64> = self.lines.iter().map(|line| line.threads).collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    /// Whether a peer has done a workload in a round already.
    pub(super) fn has(&self, peer: &str, workload: &str, threads: u64, round: u64) -> bool {
        self.of(peer, workload, threads).any(|line| line.round == round)
    }

    /// Whether a peer lost so clearly to PyTorch in round 0 that it need not run again. We and ONNX Runtime,
    /// to which bars are set, always do. Passes that are one row besides are judged together.
    pub(super) fn is_hopeless(&self, peer: &str, workload: &str, threads: u64) -> bool {
        let passes = match workload.strip_prefix(BOTH) {
            Some(_) => ["fwd", "bwd"].map(|pass| format!("{BOTH}.{pass}")).to_vec(),
            None => vec![workload.to_owned()],
        };
        let first = |peer: &str| -> Option<f64> {
            let of_pass = |pass: &String| {
                let mut lines = self.of(peer, pass, threads).filter(|line| line.round == 0);
                lines.next().map(|line| line.ms_min)
            };
            passes.iter().map(of_pass).sum()
        };
        let modes = self.peers().into_iter().filter(|peer| peer.starts_with(PYTORCH));
        let best = modes.filter_map(first).min_by(f64::total_cmp);
        ![OURS, ONNX_RUNTIME].contains(&peer)
            && first(peer).zip(best).is_some_and(|(mine, best)| mine > HOPELESS * best)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::bench) fn line(
        peer: &str,
        workload: &str,
        threads: u64,
        round: u64,
        ms: f64,
    ) -> String {
        format!(
            "{{\"peer\":\"{peer}\",\"workload\":\"{workload}\",\"threads\":{threads},\
             \"ms_median\":{ms},\"ms_min\":{ms},\"version\":\"1\",\"round\":{round}}}\n"
        )
    }

    #[test]
    fn the_best_mode_has_the_smallest_median_of_its_rounds() {
        let mut text = String::new();
        for (round, [eager, channels_last]) in
            [[5.0, 4.0], [3.0, 9.0], [3.0, 4.0]].iter().enumerate()
        {
            text += &line("torch_eager", "lenet28@1", 1, round as u64, *eager);
            text += &line("torch_channels_last", "lenet28@1", 1, round as u64, *channels_last);
        }
        let table = Table::read(&text);
        assert_eq!(table.best("torch_", "lenet28@1", 1), Some("torch_eager"));
        assert_eq!(table.best("torch_", "lenet28@1", 2), None);
        assert!(table.has("torch_eager", "lenet28@1", 1, 2));
        assert!(!table.has("torch_eager", "lenet28@1", 1, 3));
    }

    #[test]
    fn who_lost_clearly_to_pytorch_is_hopeless_unless_a_bar_is_set_to_it() {
        let text = line("cenote", "w", 1, 0, 50.0)
            + &line("torch_eager", "w", 1, 0, 15.1)
            + &line("torch_channels_last", "w", 1, 0, 10.0)
            + &line("torch_compile", "w", 1, 0, 14.9)
            + &line("onnxruntime", "w", 1, 0, 50.0)
            + &line("burn_flex", "w", 1, 0, 15.1)
            + &line("candle", "w", 1, 0, 14.9);
        let table = Table::read(&text);
        let hopeless = |peer| table.is_hopeless(peer, "w", 1);
        assert!(hopeless("torch_eager") && hopeless("burn_flex"));
        let others = ["cenote", "torch_channels_last", "torch_compile", "onnxruntime", "candle"];
        assert!(others.iter().all(|peer| !hopeless(peer)));
        assert!(!table.is_hopeless("torch_eager", "w", 2), "nothing is known of two threads");
    }

    #[test]
    fn a_mode_that_loses_one_of_two_passes_and_wins_the_other_is_not_hopeless() {
        let [forward, backward] = [format!("{BOTH}.fwd"), format!("{BOTH}.bwd")];
        let text = line("torch_eager", &forward, 1, 0, 10.0)
            + &line("torch_channels_last", &forward, 1, 0, 4.0)
            + &line("torch_eager", &backward, 1, 0, 7.0)
            + &line("torch_channels_last", &backward, 1, 0, 15.0);
        let table = Table::read(&text);
        for workload in [&forward, &backward, &format!("{BOTH}.both")] {
            for mode in ["torch_eager", "torch_channels_last"] {
                assert!(!table.is_hopeless(mode, workload, 1), "{mode} {workload}");
            }
        }
    }

    #[test]
    fn both_passes_are_added_within_a_round() {
        let [forward, backward] = [format!("{BOTH}.fwd"), format!("{BOTH}.bwd")];
        let text = line("cenote", &forward, 1, 0, 1.0)
            + &line("cenote", &backward, 1, 0, 2.0)
            + &line("cenote", &forward, 1, 1, 5.0)
            + "{\"torn\":";
        let table = Table::read(&text);
        let both = format!("{BOTH}.both");
        assert_eq!(table.series("cenote", &both, 1), [(0, 3.0)]);
        assert_eq!(table.workloads(), [forward, backward, both]);
    }
}
