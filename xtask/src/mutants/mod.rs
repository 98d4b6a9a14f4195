//! `cargo xtask mutants`: plants faults in the operators, one at a time, and counts what the tests find.
//!
//! A test that cannot fail says nothing. Faults come from two places: `faults.txt` lists expressions of
//! the operators with what they are broken into, and every gradient that any operation sends back to
//! any of its inputs is scaled by 1.01.
//!
//! All faults are compiled into one copy of the tree, each behind a number that an environment
//! variable selects, so that the tests are built once and not once for each fault. The working tree is
//! only read.

mod copy;
mod faults;
mod trial;

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{Chore, Error, console, workspace};

use faults::Fault;
use trial::{Outcome, Suite};

pub(crate) const CHORE: Chore = Chore {
    name: "mutants",
    group: "Check the tree",
    usage: "mutants [--f64] [PART...]",
    about: "plant faults in the operators and count what the tests find",
    help,
    run,
};

/// The list, compiled in, so that a slip in it is seen by the tests of xtask.
const LIST: &str = include_str!("faults.txt");

fn help() -> String {
    "\
Copies the tree, plants every fault of xtask/src/mutants/faults.txt and one in every gradient,
builds the tests of tensor, autograd and layers once, and runs them with one fault at a time.
Fails if a fault lives. The working tree is only read; copy and builds are below target/mutants.

Usage: cargo xtask mutants [--f64] [PART...]

  --f64  build in double precision, where gradients are compared with differences to 1e-7
  PART   only faults whose file or name holds one of these words"
        .to_owned()
}

fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    let words: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let double = words.iter().any(|word| word == "--f64");
    let parts: Vec<&String> = words.iter().filter(|word| *word != "--f64").collect();
    if let Some(flag) = parts.iter().find(|part| part.starts_with('-')) {
        let got = format!("the flag {flag}");
        return Err(Error::Usage { chore: CHORE.name, got, usage: CHORE.usage });
    }
    let listed = faults::parse(LIST).map_err(Error::Findings)?;
    let folder = workspace::target_dir()?.join("mutants");
    let tree = folder.join("tree");
    copy::copy(&workspace::root(), &tree)?;
    plant(&listed, &tree)?;
    let suite = Suite::build(&tree, &folder, double)?;
    let clean = suite.run("none")?;
    if let Outcome::Caught(by) = clean {
        return Err(Error::Findings(vec![format!("without a fault, {by} fails already")]));
    }
    let mut all: Vec<(String, String)> =
        listed.iter().enumerate().map(|(i, fault)| (i.to_string(), fault.to_string())).collect();
    for gradient in gradients(&suite, &folder)? {
        all.push((format!("gradient {gradient}"), format!("the gradient {gradient} times 1.01")));
    }
    all.retain(|(_, fault)| parts.is_empty() || parts.iter().any(|part| fault.contains(*part)));
    let mut lived = Vec::new();
    for (number, (selector, fault)) in all.iter().enumerate() {
        let outcome = suite.run(selector)?;
        console::say(&format!("{:4}/{} {outcome}: {fault}", number + 1, all.len()));
        if matches!(outcome, Outcome::Lives) {
            lived.push(format!("lives: {fault}"));
        }
    }
    console::say(&format!("{} of {} faults were caught", all.len() - lived.len(), all.len()));
    if lived.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Error::Findings(lived)) }
}

/// Puts every fault behind its number, and the switch into the crates that hold any.
fn plant(listed: &[Fault], tree: &Path) -> Result<(), Error> {
    let files: BTreeSet<&str> = listed.iter().map(|fault| fault.file.as_str()).collect();
    let mut findings = Vec::new();
    for file in &files {
        let path = tree.join(file);
        let mut text = workspace::read(&path)?;
        for (number, fault) in listed.iter().enumerate().filter(|(_, fault)| fault.file == *file) {
            match fault.planted(&text, number) {
                Ok(planted) => text = planted,
                Err(finding) => findings.push(finding),
            }
        }
        write(&path, &text)?;
    }
    if !findings.is_empty() {
        return Err(Error::Findings(findings));
    }
    let tape = tree.join("crates/autograd/src/tape.rs");
    write(&tape, &faults::in_tape(&workspace::read(&tape)?)?)?;
    for name in ["autograd", "layers", "tensor"] {
        let source = tree.join("crates").join(name).join("src");
        let root = source.join("lib.rs");
        let text = workspace::read(&root)?;
        write(&root, &format!("{}{text}\nmod planted;\n", include_str!("root.txt")))?;
        let switch = include_str!("planted.txt");
        let scaling = if name == "autograd" { include_str!("scaled.txt") } else { "" };
        write(&source.join("planted.rs"), &format!("{switch}{scaling}"))?;
    }
    Ok(())
}

/// The gradients that the tests compute, as the tape names them.
fn gradients(suite: &Suite, folder: &Path) -> Result<BTreeSet<String>, Error> {
    let log: PathBuf = folder.join("gradients.txt");
    let _no_log_of_before = fs::remove_file(&log);
    suite.log_gradients(&log)?;
    Ok(workspace::read(&log)?.lines().map(str::to_owned).collect())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let cannot = |source| Error::File { operation: "write", path: path.to_path_buf(), source };
    fs::write(path, text).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_fault_stands_once_in_its_file() {
        let listed = faults::parse(LIST).expect("the list has its form");
        assert!(listed.len() >= 60, "{} faults", listed.len());
        for (number, fault) in listed.iter().enumerate() {
            let text =
                workspace::read(&workspace::root().join(&fault.file)).expect("a source file");
            if let Err(finding) = fault.planted(&text, number) {
                panic!("{finding}");
            }
        }
    }

    #[test]
    fn every_operator_file_has_a_fault() {
        let listed = faults::parse(LIST).expect("the list has its form");
        let folder = workspace::root().join("crates/layers/src/pool");
        let mut without = Vec::new();
        for entry in fs::read_dir(folder).expect("the folder of operators") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            let file = format!("crates/layers/src/pool/{name}");
            let text = workspace::read(&workspace::root().join(&file)).expect("a source file");
            let is_operator = text.contains("const KIND: Kind<dyn LayerSpec>");
            if is_operator && !listed.iter().any(|fault| fault.file == file) {
                without.push(name);
            }
        }
        // What does nothing has nothing to break.
        without.retain(|name| name != "identity.rs");
        assert!(without.is_empty(), "no fault in {without:?}");
    }
}
