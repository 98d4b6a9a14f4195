//! Which crate may import which: the map of `docs/architecture.md` as a table, and its check.
//!
//! A `[dev-dependencies]` edge is free, since a test may look at anything. A new edge in the table
//! is a design change and needs a decision note.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Depth, Outcome, Step, When};
use crate::{
    Error,
    manifest::{Entry, entries, strings},
    workspace,
};

pub(super) const STEP: Step = Step {
    name: "edges",
    about: "imports between crates follow the map; every crate takes the workspace's lints",
    when: When::Always,
    run,
};

/// Every crate of the workspace and the crates of ours it may import, from the bottom up.
const CRATES: &[(&str, &[&str])] = &[
    ("tensor", &[]),
    ("spec", &[]),
    ("metrics", &[]),
    ("evidence", &[]),
    ("fetch", &[]),
    ("autograd", &["tensor"]),
    ("datasets", &["metrics", "spec", "tensor"]),
    ("layers", &["autograd", "tensor", "spec"]),
    ("experiment", &["autograd", "datasets", "evidence", "layers", "metrics", "spec", "tensor"]),
    (
        "cli",
        &[
            "autograd",
            "datasets",
            "evidence",
            "experiment",
            "fetch",
            "layers",
            "metrics",
            "spec",
            "tensor",
        ],
    ),
];

/// What may stand beside `crates/`: benches, which may import anything and which nobody imports, and
/// xtask, which imports nothing.
const OUTSIDE: [&str; 2] = ["benches", "xtask"];

fn run(_: Depth) -> Result<Outcome, Error> {
    let root = workspace::root();
    let mut findings = Vec::new();
    let mut edges = 0;
    let names = folders(&root.join("crates"))?;
    for name in &names {
        let path = format!("crates/{name}/Cargo.toml");
        let manifest = entries(&workspace::read(&root.join(&path))?);
        edges += imports(&manifest).len();
        findings.extend(check_crate(name, &manifest).into_iter().map(in_file(&path)));
    }
    for (name, _) in CRATES {
        if !names.iter().any(|found| found == name) {
            findings.push(format!("crates/{name}: on the map but not on disk"));
        }
    }
    for name in OUTSIDE {
        let path = format!("{name}/Cargo.toml");
        let manifest = entries(&workspace::read(&root.join(&path))?);
        findings.extend(check_outside(name, &manifest).into_iter().map(in_file(&path)));
    }
    if findings.is_empty() {
        Ok(Outcome::Passed(format!("{} crates, {edges} edges", names.len() + OUTSIDE.len())))
    } else {
        Err(Error::Findings(findings))
    }
}

fn in_file(path: &str) -> impl Fn(String) -> String {
    move |finding| format!("{path}: {finding}")
}

/// What is wrong with the manifest of `crates/NAME`.
fn check_crate(name: &str, manifest: &[Entry]) -> Vec<String> {
    let mut findings = check_lints(manifest);
    let package = manifest.iter().find(|entry| entry.section == "package" && entry.key == "name");
    let expected = format!("cenote-{name}");
    if package.is_none_or(|entry| strings(&entry.value) != [expected.as_str()]) {
        findings.push(format!("the package is not named `{expected}`"));
    }
    let Some((_, allowed)) = CRATES.iter().find(|(known, _)| *known == name) else {
        findings.push(format!("`{name}` is not on the map (xtask/src/ci/edges.rs)"));
        return findings;
    };
    for import in imports(manifest) {
        if !allowed.contains(&import.as_str()) {
            let fits = match allowed {
                [] => "nothing of ours".to_owned(),
                some => format!("only {}", some.join(", ")),
            };
            findings.push(format!("imports `{import}`; the map allows {fits}"));
        }
    }
    findings
}

fn check_outside(name: &str, manifest: &[Entry]) -> Vec<String> {
    let mut findings = check_lints(manifest);
    if name == "xtask" {
        let imports = manifest.iter().filter(|entry| dependency(entry).is_some());
        findings.extend(
            imports.map(|entry| {
                format!("`{}` under [{}]; xtask has nothing", entry.key, entry.section)
            }),
        );
    }
    findings
}

fn check_lints(manifest: &[Entry]) -> Vec<String> {
    let inherits = |entry: &Entry| {
        (entry.section == "lints" && entry.key == "workspace" && entry.value == "true")
            || (entry.key == "lints.workspace" && entry.value == "true")
    };
    if manifest.iter().any(inherits) {
        Vec::new()
    } else {
        vec!["has no `[lints] workspace = true`, which is not inherited silently".to_owned()]
    }
}

/// Our crates that a manifest imports outside its tests, without their `cenote-`.
fn imports(manifest: &[Entry]) -> Vec<String> {
    let mut found: Vec<String> = manifest
        .iter()
        .filter_map(|entry| {
            let (kind, name) = dependency(entry)?;
            (kind != "dev-dependencies").then(|| renamed(entry).unwrap_or(name))
        })
        .filter_map(|package| match package.strip_prefix("cenote-") {
            Some(name) => Some(name.to_owned()),
            None => OUTSIDE.contains(&package).then(|| package.to_owned()),
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The kind of dependency table an entry stands in and the dependency it speaks of.
///
/// Reads `[dependencies] NAME = …`, `NAME.workspace = …`, `[dependencies.NAME]` and the same under
/// `[target.….]`.
fn dependency(entry: &Entry) -> Option<(&'static str, &str)> {
    const KINDS: [&str; 3] = ["dev-dependencies", "build-dependencies", "dependencies"];
    let is_under = |section: &str, kind: &str| {
        section == kind
            || section
                .strip_suffix(kind)
                .is_some_and(|before| before.starts_with("target.") && before.ends_with('.'))
    };
    KINDS.into_iter().find_map(|kind| {
        if is_under(&entry.section, kind) {
            return Some((kind, entry.key.split('.').next().unwrap_or(&entry.key)));
        }
        let (section, name) = entry.section.rsplit_once('.')?;
        is_under(section, kind).then_some((kind, name))
    })
}

/// The package behind `package = "…"`, be it a line of its own or inside braces.
fn renamed(entry: &Entry) -> Option<&str> {
    if entry.key == "package" || entry.key.ends_with(".package") {
        return strings(&entry.value).first().copied();
    }
    let (_, after) = entry.value.strip_prefix('{')?.split_once("package")?;
    strings(after).first().copied()
}

fn folders(parent: &Path) -> Result<Vec<String>, Error> {
    let cannot_list =
        |source| Error::File { operation: "list", path: PathBuf::from(parent), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(parent).map_err(cannot_list)? {
        let path = entry.map_err(cannot_list)?.path();
        if path.join("Cargo.toml").is_file()
            && let Some(name) = path.file_name()
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, rest: &str) -> Vec<Entry> {
        let head = format!("[package]\nname = \"cenote-{name}\"\n[lints]\nworkspace = true\n");
        entries(&(head + rest))
    }

    #[test]
    fn an_edge_that_the_map_lacks_is_found_however_it_is_written() {
        for text in [
            "[dependencies]\ncenote-tensor.workspace = true",
            "[dependencies]\ncenote-tensor = { path = \"../tensor\" }",
            "[dependencies]\nplain = { path = \"../tensor\", package = \"cenote-tensor\" }",
            "[dependencies.cenote-tensor]\nworkspace = true",
            "[dependencies.plain]\npath = \"../tensor\"\npackage = \"cenote-tensor\"",
            "[build-dependencies]\ncenote-tensor.workspace = true",
            "[target.'cfg(unix)'.dependencies]\ncenote-tensor.workspace = true",
        ] {
            assert_eq!(
                check_crate("evidence", &manifest("evidence", text)),
                ["imports `tensor`; the map allows nothing of ours"],
                "{text}"
            );
        }
    }

    #[test]
    fn edges_of_the_map_dev_edges_and_other_people_s_crates_pass() {
        let text = "[dependencies]\ncenote-tensor.workspace = true\nrayon.workspace = true\n\
                    [dev-dependencies]\ncenote-layers.workspace = true";
        assert_eq!(check_crate("autograd", &manifest("autograd", text)), [""; 0]);
    }

    #[test]
    fn a_crate_off_the_map_or_misnamed_or_without_lints_is_found() {
        assert_eq!(
            check_crate("magic", &manifest("magic", "")),
            ["`magic` is not on the map (xtask/src/ci/edges.rs)"]
        );
        assert_eq!(
            check_crate("spec", &manifest("sepc", "")),
            ["the package is not named `cenote-spec`"]
        );
        let bare = entries("[package]\nname = \"cenote-spec\"");
        assert_eq!(check_crate("spec", &bare).len(), 1);
    }

    #[test]
    fn xtask_may_have_no_dependency_and_benches_may_have_any() {
        let dev = manifest("x", "[dev-dependencies]\nproptest.workspace = true");
        assert_eq!(check_outside("benches", &dev), [""; 0]);
        let plain = manifest("x", "[dependencies]\ncriterion.workspace = true");
        assert_eq!(check_outside("benches", &plain), [""; 0]);
        assert_eq!(
            check_outside("xtask", &dev),
            ["`proptest.workspace` under [dev-dependencies]; xtask has nothing"]
        );
    }

    #[test]
    fn the_map_only_points_down() {
        for (rank, (name, allowed)) in CRATES.iter().enumerate() {
            for import in *allowed {
                let at = CRATES.iter().position(|(below, _)| below == import);
                assert!(at.is_some_and(|at| at < rank), "{name} points at {import}");
            }
        }
    }
}
