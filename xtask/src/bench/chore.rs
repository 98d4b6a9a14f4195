//! The chore itself: starts processes in rounds and writes down what they print.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use super::arguments::{Arguments, Results, USAGE};
use super::date;
use super::line::{Line, stamped};
use super::peers::{self, Found, Peer};
use super::plan::{Group, WORKLOADS, groups};
use super::report::report;
use super::table::Table;
use crate::{Chore, Error, console, json, release, workspace};

pub(crate) const CHORE: Chore = Chore {
    name: "bench",
    group: "Measure",
    usage: USAGE,
    about: "time our workloads, and with --peers those of other libraries in turns with ours",
    help,
    run,
};

fn help() -> String {
    format!(
        "\
Builds the release binary, times the workloads of `cenote bench` round after round, writes every line
to target/bench/DATE.jsonl, and prints tables in Markdown. The machine must have nothing else to do.

Usage: cargo xtask {USAGE}

  --peers          time PyTorch, ONNX Runtime, Burn and candle in turns with ours, where they are
                   installed (benches/peers/README.md), and judge the ratios by the bars
  --compile        also PyTorch's compiled mode, for two networks
  --rounds N       [default: 7]
  --threads N,...  [default: 1,2]
  --workload NAME  nets, ops, or the beginning of a name; may be given again [default: all]
  --quick          a glance: one round, short measurements
  --resume         go on with the newest file: what it holds is not measured again
  --report         print the tables of the newest file, measure nothing

Ctrl-C stops it; what was measured is kept for --resume and --report.
Who loses clearly to PyTorch in the first round is not run in the others. In the first round every
network has a process of its own, for its memory; later Python does all of them in one."
    )
}

fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    let args = Arguments::parse(args)?;
    let groups = groups(&args.workloads)?;
    let folder = workspace::target_dir()?.join("bench");
    if args.file == Results::Reported {
        let path = newest(&folder)?;
        console::say(&report(&Table::read(&workspace::read(&path)?)));
        return Ok(ExitCode::SUCCESS);
    }
    let Found { mut peers, missing } = if args.peers {
        peers::find(args.compile)
    } else {
        Found { peers: Vec::new(), missing: Vec::new() }
    };
    for peer in missing {
        console::complain(&format!("left out: {peer}"));
    }
    peers.insert(0, Peer::ours(release::build()?));
    let models = folder.join("onnx");
    let mut run = Run::open(&folder, &args, peers, models)?;
    run.export_models(&groups)?;
    run.measure(&args, &groups)?;
    console::say(&format!("\n{}\n{}", run.title, report(&run.table)));
    Ok(ExitCode::SUCCESS)
}

/// A run: its file and what is in it.
struct Run {
    peers: Vec<Peer>,
    models: PathBuf,
    file: File,
    table: Table,
    title: String,
}

impl Run {
    fn open(
        folder: &Path,
        args: &Arguments,
        peers: Vec<Peer>,
        models: PathBuf,
    ) -> Result<Self, Error> {
        create(folder)?;
        let date = date::now();
        let (path, held) = if args.file == Results::Resumed {
            let path = newest(folder)?;
            let held = workspace::read(&path)?;
            (path, held)
        } else {
            (folder.join(format!("{}.jsonl", date.replace(':', ""))), String::new())
        };
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let cannot_write = |source| Error::File { operation: "write", path: path.clone(), source };
        let mut file = opened.map_err(cannot_write)?;
        let title = format!("{date}, {}, commit {}", processor(), commit());
        let head = format!("{{\"run\":{}}}\n", json::quote(&title));
        // A line that Ctrl-C cut off must not swallow the next one.
        let break_line = if held.is_empty() || held.ends_with('\n') { "" } else { "\n" };
        file.write_all(format!("{break_line}{head}").as_bytes()).map_err(cannot_write)?;
        console::say(&format!("{title}\n{}", path.display()));
        Ok(Self { peers, models, file, table: Table::read(&held), title })
    }

    /// Writes the networks that ONNX Runtime loads, if it takes part.
    fn export_models(&self, groups: &[Group]) -> Result<(), Error> {
        let runtime = self.peers.iter().find(|peer| peer.name == peers::ONNX_RUNTIME);
        let Some(runtime) = runtime else { return Ok(()) };
        let workloads: Vec<&str> = groups.iter().flat_map(|group| runtime.able(group)).collect();
        if workloads.is_empty() {
            return Ok(());
        }
        create(&self.models)?;
        let mut command = Command::new(peers::python());
        command.arg(peers::script("onnx_export.py")).arg(&self.models).args(workloads);
        workspace::capture(command.env("PYTHONDONTWRITEBYTECODE", "1")).map(drop)
    }

    fn measure(&mut self, args: &Arguments, groups: &[Group]) -> Result<(), Error> {
        let once: f64 = groups
            .iter()
            .flat_map(|group| self.peers.iter().map(move |peer| (peer, group)))
            .filter(|(peer, group)| !peer.able(group).is_empty())
            .map(|(peer, group)| peer.start_seconds() + group.seconds())
            .sum();
        let passes = args.rounds as f64 * args.threads.len() as f64;
        console::say(&format!("about {:.0} minutes", (once * passes / 60.0).ceil()));
        let start = Instant::now();
        for round in 0..args.rounds {
            for (position, &threads) in args.threads.iter().enumerate() {
                for group in groups {
                    for peer in 0..self.peers.len() {
                        if self.peers[peer].starts_slowly() {
                            let group = group.for_slow_starter(groups, round);
                            self.cell(peer, &group, threads, round, args.quick)?;
                        } else {
                            self.cell(peer, group, threads, round, args.quick)?;
                        }
                    }
                }
                let done = round as f64 * args.threads.len() as f64 + position as f64 + 1.0;
                let minutes = start.elapsed().as_secs_f64() / 60.0;
                let left = minutes / done * (passes - done);
                console::complain(&format!(
                    "round {} of {}, {threads} threads: done after {minutes:.1} minutes, about \
                     {left:.0} left",
                    round + 1,
                    args.rounds
                ));
            }
        }
        Ok(())
    }

    /// Starts one process and keeps what it prints. A peer that fails is told of and left out.
    fn cell(
        &mut self,
        peer: usize,
        group: &Group,
        threads: u64,
        round: u64,
        quick: bool,
    ) -> Result<(), Error> {
        let peer = &self.peers[peer];
        let mut workloads = peer.able(group);
        workloads.retain(|workload| {
            let is_done = self.table.has(peer.name, workload, threads, round);
            let is_lost = round > 0 && self.table.is_hopeless(peer.name, workload, threads);
            !is_done && !is_lost
        });
        if workloads.is_empty() {
            return Ok(());
        }
        let budget = if quick { group.budget.quick() } else { group.budget };
        let mut command = peer.command(threads, &workloads, &self.models);
        command.env("PEER_BUDGET_S", budget.seconds.to_string());
        command.env("PEER_MIN_N", budget.min_runs.to_string());
        command.env("PEER_MIN_S", budget.min_seconds.to_string());
        let output = command.output().map_err(|error| workspace::cannot_start(&command, error))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or_default();
            let shown = workspace::shown(&command);
            console::complain(&format!("`{shown}` failed ({}): {last}", output.status));
        }
        let date = date::now();
        for printed in String::from_utf8_lossy(&output.stdout).lines() {
            let Some(text) = stamped(printed, round, &date) else { continue };
            let Some(line) = Line::parse(&text) else { continue };
            self.file.write_all(format!("{text}\n").as_bytes()).map_err(|source| Error::File {
                operation: "write",
                path: "target/bench".into(),
                source,
            })?;
            if WORKLOADS.contains(&line.workload.as_str()) {
                self.table.lines.push(line);
            }
        }
        Ok(())
    }
}

fn create(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::File {
        operation: "create",
        path: folder.to_path_buf(),
        source,
    })
}

/// The newest file of results: their names are dates.
fn newest(folder: &Path) -> Result<PathBuf, Error> {
    let cannot_list = |source| Error::File { operation: "list", path: folder.into(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_list)? {
        let path = entry.map_err(cannot_list)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    let none = || Error::Findings(vec![format!("no results in {}", folder.display())]);
    files.into_iter().max().ok_or_else(none)
}

/// The processor's name, where the system tells.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name"));
    let name = name.and_then(|name| name.split_once(':')).map_or("", |(_, name)| name.trim());
    if name.is_empty() { "unknown processor".to_owned() } else { name.to_owned() }
}

/// The commit that is measured, with a mark when files were changed since.
fn commit() -> String {
    let mut command = Command::new("git");
    command.args(["describe", "--always", "--dirty", "--abbrev=10"]);
    command.current_dir(workspace::root());
    let described = workspace::capture(&mut command).unwrap_or_default();
    if described.trim().is_empty() { "unknown".to_owned() } else { described.trim().to_owned() }
}
