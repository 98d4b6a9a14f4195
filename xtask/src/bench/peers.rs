//! Who takes part, and how each is started.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::plan::Group;
use crate::workspace;

/// What the names of PyTorch's modes begin with.
pub(super) const PYTORCH: &str = "torch_";
pub(super) const ONNX_RUNTIME: &str = "onnxruntime";
pub(super) const OURS: &str = "cenote";

/// Something that prints lines of measurements.
#[derive(Debug)]
pub(super) struct Peer {
    /// As it calls itself in its lines.
    pub(super) name: &'static str,
    kind: Kind,
    program: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ours,
    /// The mode is the name without its beginning.
    PyTorch,
    OnnxRuntime,
    Burn,
    Candle,
}

/// Networks that are compiled, which takes a minute each.
const COMPILED: [&str; 2] = ["lenet28@64", "cifar_pool@64"];

/// Who was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) peers: Vec<Peer>,
    /// Who was not, and what would help.
    pub(super) missing: Vec<String>,
}

impl Peer {
    pub(super) fn ours(program: PathBuf) -> Self {
        Self { name: OURS, kind: Kind::Ours, program }
    }

    /// Which of these it can do.
    pub(super) fn able(&self, group: &Group) -> Vec<&'static str> {
        let able = |workload: &&str| match self.kind {
            Kind::Ours => true,
            _ if workload.starts_with("machine") => false,
            Kind::PyTorch if self.name == "torch_compile" => COMPILED.contains(workload),
            Kind::PyTorch => true,
            Kind::OnnxRuntime => workload.contains("_infer@"),
            // They know their own list of operators, and not how to leave some out.
            Kind::Burn | Kind::Candle => !workload.starts_with("op."),
        };
        group.workloads.iter().copied().filter(able).collect()
    }

    /// Starts it on these workloads.
    pub(super) fn command(&self, threads: u64, workloads: &[&str], models: &Path) -> Command {
        let mut command = Command::new(&self.program);
        let number = threads.to_string();
        match self.kind {
            Kind::Ours => {
                command.args(["bench", "--json", "--threads", &number]);
                command.args(["--workload", &workloads.join(",")]);
            }
            Kind::PyTorch => {
                let mode = self.name.trim_start_matches(PYTORCH);
                command.arg(script("torch_peer.py"));
                command.args(["--mode", mode, "--threads", &number]).args(workloads);
            }
            Kind::OnnxRuntime => {
                command.arg(script("onnxruntime_peer.py"));
                command.args(["--threads", &number, "--models"]).arg(models).args(workloads);
            }
            Kind::Burn => {
                command.args(["flex", &number]).args(workloads);
            }
            Kind::Candle => {
                command.arg(&number).args(workloads);
            }
        }
        for variable in
            ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "MATMUL_NUM_THREADS"]
        {
            command.env(variable, &number);
        }
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
        command
    }

    /// Whether that is so long that it counts beside the measurements.
    pub(super) fn starts_slowly(&self) -> bool {
        self.start_seconds() >= 1.0
    }

    /// Seconds that it takes before it measures anything, about.
    pub(super) fn start_seconds(&self) -> f64 {
        match self.kind {
            Kind::PyTorch => 3.0,
            Kind::OnnxRuntime => 1.0,
            _ => 0.2,
        }
    }
}

/// The script of this name in `benches/peers`.
pub(super) fn script(name: &str) -> PathBuf {
    workspace::root().join("benches/peers").join(name)
}

/// The interpreter that peers in Python are started with.
pub(super) fn python() -> PathBuf {
    match env::var_os("CENOTE_PEER_PYTHON") {
        Some(python) => python.into(),
        None => folder().join("venv/bin/python"),
    }
}

fn folder() -> PathBuf {
    env::var_os("PEERS_DIR").map_or_else(|| env::temp_dir().join("peers"), PathBuf::from)
}

/// Looks for the peers.
pub(super) fn find(compile: bool) -> Found {
    let python = python();
    let mut found = Found { peers: Vec::new(), missing: Vec::new() };
    let mut modes = vec!["torch_eager", "torch_channels_last"];
    if compile {
        modes.push("torch_compile");
    }
    if imports(&python, "torch") {
        found.peers.extend(modes.into_iter().map(|name| Peer {
            name,
            kind: Kind::PyTorch,
            program: python.clone(),
        }));
    } else {
        found.missing.push(format!("PyTorch: `{}` cannot import torch", python.display()));
    }
    if imports(&python, "onnxruntime") && imports(&python, "onnx") {
        let program = python.clone();
        found.peers.push(Peer { name: ONNX_RUNTIME, kind: Kind::OnnxRuntime, program });
    } else {
        let python = python.display();
        found.missing.push(format!("ONNX Runtime: `{python}` cannot import onnxruntime and onnx"));
    }
    for (title, name, kind, path) in [
        ("Burn", "burn_flex", Kind::Burn, "target/burn/release/burn_bench"),
        ("candle", "candle", Kind::Candle, "target/candle/release/candle_bench"),
    ] {
        let program = folder().join(path);
        if program.is_file() {
            found.peers.push(Peer { name, kind, program });
        } else {
            found.missing.push(format!("{title}: no `{}`", program.display()));
        }
    }
    found
}

/// Whether an interpreter finds a module, without loading it.
fn imports(python: &Path, module: &str) -> bool {
    let question = format!(
        "import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
    );
    let mut command = Command::new(python);
    command.args(["-c", &question]).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan::groups;

    fn peer(name: &'static str, kind: Kind) -> Peer {
        Peer { name, kind, program: PathBuf::from("program") }
    }

    #[test]
    fn a_peer_is_asked_for_nothing_that_it_cannot_do() {
        let groups = groups(&[]).expect("all of them");
        let able = |peer: &Peer| groups.iter().flat_map(|group| peer.able(group)).count();
        let all: usize = groups.iter().map(|group| group.workloads.len()).sum();
        assert_eq!(able(&peer(OURS, Kind::Ours)), all);
        assert_eq!(able(&peer(ONNX_RUNTIME, Kind::OnnxRuntime)), 5);
        assert_eq!(able(&peer("torch_compile", Kind::PyTorch)), COMPILED.len());
        assert_eq!(able(&peer("torch_eager", Kind::PyTorch)), all - 5, "all but the machine");
    }

    #[test]
    fn a_command_says_threads_and_workloads() {
        let mode = peer("torch_channels_last", Kind::PyTorch);
        let command = mode.command(2, &["lenet28@1", "op.gemm_1024.fwd"], Path::new("models"));
        let shown = workspace::shown(&command);
        let expected = "--mode channels_last --threads 2 lenet28@1 op.gemm_1024.fwd";
        assert!(shown.ends_with(expected), "{shown}");
        let ours = peer(OURS, Kind::Ours).command(1, &["a", "b"], Path::new(""));
        assert_eq!(workspace::shown(&ours), "program bench --json --threads 1 --workload a,b");
    }
}
