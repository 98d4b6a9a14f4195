//! The tables, in Markdown.

use std::fmt::Write as _;

use super::bars::{self, MEMORY, SCALING};
use super::line::Line;
use super::peers::{ONNX_RUNTIME, OURS, PYTORCH};
use super::roof::Roof;
use super::statistics::{Spread, paired};
use super::table::Table;

/// Peers whose times are shown without a bar of their own.
const SHOWN: [(&str, &str); 2] = [("burn_flex", "Burn"), ("candle", "candle")];

/// Everything that a run says.
pub(super) fn report(table: &Table) -> String {
    let mut text = times(table);
    for section in [scaling(table), memory(table), machine(table), versions(table)] {
        if !section.is_empty() {
            let _ = write!(text, "\n{section}");
        }
    }
    text
}

fn times(table: &Table) -> String {
    let peers = table.peers();
    let shown: Vec<_> = SHOWN.iter().filter(|(name, _)| peers.contains(name)).collect();
    let mut text = String::from("| workload | threads | cenote ms | best PyTorch ms | ratio ");
    text.push_str("| ONNX Runtime ms | ratio ");
    for (_, title) in &shown {
        let _ = write!(text, "| {title} ms ");
    }
    text.push_str("| reached | of the limit | bar |\n|---|--:|--:|--:|--:|--:|--:");
    text.push_str(&"|--:".repeat(shown.len()));
    text.push_str("|--:|--:|---|\n");
    for workload in table.workloads().iter().filter(|name| !name.starts_with("machine")) {
        for threads in table.threads() {
            let Some(ours) = table.spread(OURS, workload, threads) else { continue };
            let _ = write!(text, "| {workload} | {threads} | {} ", milliseconds(ours));
            let mut ratios = Vec::new();
            for prefix in [PYTORCH, ONNX_RUNTIME] {
                let (time, ratio) = against(table, prefix, workload, threads);
                let _ = write!(text, "| {time} | {} ", ratio.map_or_else(dash, shown_ratio));
                ratios.push((prefix, ratio));
            }
            for (name, _) in &shown {
                let time = table.spread(name, workload, threads);
                let _ = write!(text, "| {} ", time.map_or_else(dash, milliseconds));
            }
            let reached = reached(table, workload, threads, ours.median);
            let [rate, limit] = reached.as_ref().map_or_else(|| [dash(), dash()], Reached::shown);
            let judged = bars::of(workload).and_then(|bar| {
                let (_, ratio) = ratios.iter().find(|(prefix, _)| *prefix == bar.against)?;
                Some(bar.judge((*ratio)?.median, reached.map(|reached| reached.share)))
            });
            let _ = writeln!(text, "| {rate} | {limit} | {} |", judged.unwrap_or_else(dash));
        }
    }
    text
}

fn dash() -> String {
    "–".to_owned()
}

/// The time of the best of the peers whose names begin so, with its mode, and our ratio to it.
fn against(table: &Table, prefix: &str, workload: &str, threads: u64) -> (String, Option<Spread>) {
    let Some(best) = table.best(prefix, workload, threads) else { return (dash(), None) };
    let mode = best.strip_prefix(prefix).unwrap_or_default();
    let mode = if mode.is_empty() { String::new() } else { format!(" ({mode})") };
    let time = table.spread(best, workload, threads).map_or_else(dash, milliseconds);
    let series = |peer| table.series(peer, workload, threads);
    (format!("{time}{mode}"), paired(&series(OURS), &series(best)))
}

/// How near a workload comes to what the machine can do.
struct Reached {
    rate: String,
    name: &'static str,
    share: f64,
}

impl Reached {
    fn shown(&self) -> [String; 2] {
        [self.rate.clone(), format!("{:.0} % of {}", 100.0 * self.share, self.name)]
    }
}

fn reached(table: &Table, workload: &str, threads: u64, milliseconds: f64) -> Option<Reached> {
    let roof = Roof::of(table.lines.iter(), threads);
    let line = table.of(OURS, workload, threads).next()?;
    let (name, share) = roof.share(line.gflop, line.gbyte, milliseconds)?;
    let per_second = |count: f64| count / milliseconds * 1e3;
    let rate = match (name, line.gflop, line.gbyte) {
        ("FMA", Some(gflop), _) => format!("{:.0} GFLOP/s", per_second(gflop)),
        (_, _, Some(gbyte)) => format!("{:.1} GB/s", per_second(gbyte)),
        _ => return None,
    };
    Some(Reached { rate, name, share })
}

fn scaling(table: &Table) -> String {
    let mut text = String::new();
    for workload in table.workloads() {
        let is_training = workload.contains('@') && !workload.contains("_infer");
        let [one, two] = [1, 2].map(|threads| table.series(OURS, &workload, threads));
        let Some(factor) = paired(&one, &two).filter(|_| is_training) else { continue };
        let (must, aim) = SCALING;
        let judged = verdict(factor.median >= must, factor.median >= aim);
        let _ = writeln!(text, "| {workload} | {} | {judged} |", shown_ratio(factor));
    }
    headed(
        &text,
        &format!(
            "| training on two threads | times as fast as on one | ≥ {}, aim ≥ {} |\n|---|--:|---|\n",
            SCALING.0, SCALING.1
        ),
    )
}

fn verdict(reaches_must: bool, reaches_aim: bool) -> &'static str {
    match (reaches_must, reaches_aim) {
        (false, _) => "**missed**",
        (true, false) => "met",
        (true, true) => "aim met",
    }
}

fn memory(table: &Table) -> String {
    // Only in the first round had every network a process of its own.
    let first = |peer: &str, workload: &str, threads, of: fn(&Line) -> Option<f64>| {
        table.of(peer, workload, threads).find(|line| line.round == 0).and_then(of)
    };
    let number = |value: Option<f64>| value.map_or_else(dash, |value| format!("{value:.0}"));
    let mut text = String::new();
    for workload in table.workloads().iter().filter(|workload| workload.contains('@')) {
        for threads in table.threads() {
            let rss = |peer| first(peer, workload, threads, |line| line.peak_rss_mb);
            let Some(ours) = rss(OURS) else { continue };
            let pytorch = table.best(PYTORCH, workload, threads).and_then(rss);
            let steady = |of| number(first(OURS, workload, threads, of));
            let judged = MEMORY.iter().find(|(name, ..)| name == workload);
            let judged = judged.map_or_else(dash, |(_, must, aim)| {
                format!("{}: ≤ {must}, aim ≤ {aim}", verdict(ours <= *must, ours <= *aim))
            });
            let _ = writeln!(
                text,
                "| {workload} | {threads} | {ours:.0} | {} | {} | {} | {} | {} | {judged} |",
                number(pytorch),
                number(rss("burn_flex")),
                steady(|line| line.allocations),
                steady(|line| line.fresh_buffers),
                steady(|line| line.minor_faults),
            );
        }
    }
    headed(
        &text,
        "| process | threads | cenote peak MB | PyTorch | Burn | allocations per step | new buffers \
         per step | page faults per step | bar |\n|---|--:|--:|--:|--:|--:|--:|--:|---|\n",
    )
}

fn machine(table: &Table) -> String {
    let mut text = String::new();
    for threads in table.threads() {
        let Roof { gflops, cache, memory } = Roof::of(table.lines.iter(), threads);
        let rate = |rate: Option<f64>| rate.map_or_else(dash, |rate| format!("{rate:.1}"));
        if gflops.or(cache).or(memory).is_some() {
            let [gflops, cache, memory] = [gflops, cache, memory].map(rate);
            let _ = writeln!(text, "| {threads} | {gflops} | {cache} | {memory} |");
        }
    }
    headed(&text, "| limits, threads | FMA GFLOP/s | L3 GB/s | memory GB/s |\n|--:|--:|--:|--:|\n")
}

fn versions(table: &Table) -> String {
    let mut peers = Vec::new();
    for peer in table.peers() {
        let mut lines = table.lines.iter().filter(|line| line.peer == peer);
        let version = lines.next().map(|line| line.version.as_str()).unwrap_or_default();
        let rounds = table.lines.iter().filter(|line| line.peer == peer).map(|line| line.round);
        let rounds = rounds.max().map_or(0, |last| last + 1);
        peers.push(format!("{peer} {version} (rounds: {rounds})"));
    }
    format!("{}\n", peers.join(", "))
}

/// Rows under their head; nothing when there are none.
fn headed(rows: &str, head: &str) -> String {
    if rows.is_empty() { String::new() } else { format!("{head}{rows}") }
}

fn milliseconds(spread: Spread) -> String {
    let Spread { min, median, max } = spread;
    let [min, median, max] = [min, median, max].map(significant);
    format!("{median} [{min}, {max}]")
}

fn shown_ratio(Spread { min, median, max }: Spread) -> String {
    format!("{median:.2} [{min:.2}, {max:.2}]")
}

/// Three digits that count, or all before the point.
fn significant(number: f64) -> String {
    let digits = match number {
        _ if number < 1.0 => 3,
        _ if number < 10.0 => 2,
        _ if number < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::table::tests::line;

    fn ours(workload: &str, threads: u64, round: u64, ms: f64, more: &str) -> String {
        line(OURS, workload, threads, round, ms).replacen('{', &format!("{{{more},"), 1)
    }

    #[test]
    fn a_row_says_times_ratio_limit_and_bar() {
        let work = "\"gflop\":58.4,\"peak_rss_mb\":150,\"minor_faults_per_step\":0,\"allocations_per_step\":321";
        let text = ours("machine.fma", 2, 0, 1.0, "\"gflops\":400")
            + &ours("cifar_pool@64", 2, 0, 150.0, work)
            + &line("torch_eager", "cifar_pool@64", 2, 0, 300.0)
            + &line("torch_channels_last", "cifar_pool@64", 2, 0, 500.0)
            + &ours("cifar_pool@64", 2, 1, 160.0, work)
            + &line("torch_eager", "cifar_pool@64", 2, 1, 400.0);
        let report = report(&Table::read(&text));
        let row = "| cifar_pool@64 | 2 | 155 [150, 160] | 350 [300, 400] (eager) | \
                   0.45 [0.40, 0.50] | – | – | 377 GFLOP/s | 94 % of FMA | met: ≤ 0.50; aim ≤ 0.33 |";
        assert!(report.contains(row), "{report}");
        let row = "| cifar_pool@64 | 2 | 150 | – | – | 321 | – | 0 | aim met: ≤ 220, aim ≤ 160 |";
        assert!(report.contains(row), "{report}");
        assert!(report.contains("| 2 | 400.0 | – | – |"), "{report}");
        assert!(report.contains("torch_eager 1 (rounds: 2)"), "{report}");
        assert!(!report.contains("Burn ms"), "a peer that is not there has no column");
        assert!(!report.contains("times as fast"), "one number of threads does not scale");
    }

    #[test]
    fn inference_is_held_to_onnx_runtime_and_scaling_to_one_thread() {
        let text = line(OURS, "vgg16_infer@1", 1, 0, 60.0)
            + &line("torch_eager", "vgg16_infer@1", 1, 0, 60.0)
            + &line(ONNX_RUNTIME, "vgg16_infer@1", 1, 0, 100.0)
            + &line(OURS, "lenet28@64", 1, 0, 20.0)
            + &line(OURS, "lenet28@64", 2, 0, 11.0);
        let report = report(&Table::read(&text));
        let row = "| 100 [100, 100] | 0.60 [0.60, 0.60] | – | – | met: ≤ 0.80; aim ≤ 0.50 |";
        assert!(report.contains(row), "{report}");
        assert!(report.contains("| lenet28@64 | 1.82 [1.82, 1.82] | met |"), "{report}");
    }

    #[test]
    fn a_run_without_peers_has_times_and_no_verdicts() {
        let report = report(&Table::read(&line(OURS, "lenet28@64", 1, 0, 20.0)));
        let row = "| lenet28@64 | 1 | 20.0 [20.0, 20.0] | – | – | – | – | – | – | – |";
        assert!(report.contains(row), "{report}");
    }
}
