//! PyTorch's pools in a process of its own, which runs a turn when it is told to.

use std::env;
use std::io::{BufRead, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// `peers/torch_pools.py`, started on maps of one shape.
pub struct Torch {
    child: Child,
    asked: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    version: String,
}

impl Torch {
    /// Starts it with as many threads.
    ///
    /// # Panics
    /// When it does not start: the message of Python says why.
    pub fn start(threads: usize, shape: [usize; 4]) -> Self {
        let python = env::var_os("CENOTE_PEER_PYTHON").unwrap_or_else(|| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/torch_pools.py");
        let mut child = Command::new(python)
            .arg(script)
            .args(["--threads", &threads.to_string()])
            .args(shape.map(|side| side.to_string()))
            .env("OMP_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts; CENOTE_PEER_PYTHON names another one");
        let asked = child.stdin.take().expect("a pipe was asked for");
        let mut answers =
            BufReader::new(child.stdout.take().expect("a pipe was asked for")).lines();
        let version = next(&mut answers).as_str().expect("first its version").to_owned();
        Self { child, asked, answers, version }
    }

    /// The version of PyTorch.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The numbers in the output of an operator, and the seconds of the forward and the backward passes
    /// of some steps; `None` for an operator that it does not know.
    ///
    /// # Panics
    /// When the process has ended.
    pub fn turn(&mut self, operator: &str) -> Option<(usize, [Vec<f64>; 2])> {
        writeln!(self.asked, "{operator}").expect("PyTorch still runs");
        let answer = next(&mut self.answers);
        let outputs = answer.get("outputs")?.as_u64()? as usize;
        let steps = answer.get("passes")?.as_array()?;
        let passes =
            [0, 1].map(|pass| steps.iter().filter_map(|step| step[pass].as_f64()).collect());
        Some((outputs, passes))
    }
}

/// The next answer.
fn next(answers: &mut Lines<BufReader<ChildStdout>>) -> serde_json::Value {
    let line = answers.next().expect("PyTorch answers; if it said why not, it is above");
    serde_json::from_str(&line.expect("text")).expect("a line of JSON")
}

impl Drop for Torch {
    fn drop(&mut self) {
        // It only measures: nothing is lost, and nobody is left to be told.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
