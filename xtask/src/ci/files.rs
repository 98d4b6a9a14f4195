//! Rules about source files that no compiler knows: size, names, leftovers, the shape of a folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Depth, Outcome, Step, When};
use crate::{Error, workspace};

pub(super) const STEP: Step = Step {
    name: "files",
    about: "sizes, names and leftovers of source files",
    when: When::Always,
    run,
};

const MOST_LINES: usize = 600;

/// Names that say nothing about what is inside.
const VAGUE: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "prelude"];

/// What may not stand in a source file, and what to do about it. Each mark is in two halves so
/// that this file obeys its own rule.
const LEFTOVERS: [(&str, &str); 8] = [
    (concat!("TO", "DO"), "fix it or open an issue"),
    (concat!("FIX", "ME"), "fix it or open an issue"),
    (concat!("todo", "!("), "finish it"),
    (concat!("unimplemented", "!("), "finish it"),
    (concat!("dbg", "!("), "remove it"),
    (concat!("#[ign", "ore"), "a test runs or goes"),
    (concat!("```ign", "ore"), "an example runs or is ```text"),
    (concat!("[all", "ow("), "use #[expect(…, reason = \"…\")]"),
];

fn run(_: Depth) -> Result<Outcome, Error> {
    let root = workspace::root();
    let mut paths = Vec::new();
    collect(&root, &mut paths)?;
    paths.sort_unstable();
    let mut findings = Vec::new();
    let mut lines = 0;
    for path in &paths {
        let text = workspace::read(path)?;
        lines += text.lines().count();
        let short = path.strip_prefix(&root).unwrap_or(path);
        findings.extend(check(short, &text));
        if path.file_name().is_some_and(|name| name == "mod.rs") && siblings(path, &paths) == 0 {
            findings.push(format!(
                "{}: a folder with nothing beside mod.rs is one file",
                short.display()
            ));
        }
    }
    if findings.is_empty() {
        Ok(Outcome::Passed(format!("{} files, {lines} lines", paths.len())))
    } else {
        Err(Error::Findings(findings))
    }
}

/// Adds every `.rs` file below `folder`, leaving out hidden folders and what cargo built.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Error> {
    let cannot_list =
        |source| Error::File { operation: "list", path: folder.to_path_buf(), source };
    for entry in fs::read_dir(folder).map_err(cannot_list)? {
        let path = entry.map_err(cannot_list)?.path();
        let is_hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            let is_built = path.join("CACHEDIR.TAG").is_file();
            if !is_hidden && !is_built {
                collect(&path, into)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// How many other source files lie in or below the folder of `path`.
fn siblings(path: &Path, paths: &[PathBuf]) -> usize {
    let folder = path.parent().unwrap_or(path);
    paths.iter().filter(|other| *other != path && other.starts_with(folder)).count()
}

/// Everything wrong with one file, as `path:line: what` or `path: what`.
fn check(path: &Path, text: &str) -> Vec<String> {
    let shown = path.display();
    let mut findings = Vec::new();
    for part in path.iter().map(Path::new) {
        let stem = part.file_stem().unwrap_or_default().to_string_lossy();
        if VAGUE.contains(&stem.as_ref()) {
            findings.push(format!("{shown}: `{stem}` says nothing; name it for its one idea"));
        }
    }
    let count = text.lines().count();
    if count > MOST_LINES {
        findings.push(format!("{shown}: {count} lines; {MOST_LINES} is the most"));
    }
    let is_source = path.iter().any(|part| part == "src");
    if is_source && !text.starts_with("//!") {
        findings.push(format!("{shown}: does not open with a module doc (`//!`)"));
    }
    for (number, line) in text.lines().enumerate() {
        let mut found = |what: String| findings.push(format!("{shown}:{}: {what}", number + 1));
        for (mark, advice) in LEFTOVERS {
            if line.contains(mark) {
                found(format!("`{mark}`: {advice}"));
            }
        }
        let code = line.trim_start();
        if code.starts_with("pub mod ") {
            found("modules are private; re-export by name".to_owned());
        }
        if code.starts_with("pub use ") && code.contains("::*") {
            found("re-export by name, not by `*`".to_owned());
        }
        if is_source && code.starts_with("pub use cenote_") {
            found("a crate does not re-export another crate's items".to_owned());
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(Path::new(path), text)
    }

    #[test]
    fn the_line_after_the_last_allowed_one_is_found() {
        let text = "//! Doc.\n".repeat(MOST_LINES);
        assert_eq!(findings("src/a.rs", &text), [""; 0]);
        let longer = text + "//! Doc.\n";
        assert_eq!(findings("src/a.rs", &longer), ["src/a.rs: 601 lines; 600 is the most"]);
    }

    #[test]
    fn every_leftover_is_found_with_its_line() {
        for (mark, advice) in LEFTOVERS {
            let text = format!("//! Doc.\n// {mark}\n");
            assert_eq!(findings("src/a.rs", &text), [format!("src/a.rs:2: `{mark}`: {advice}")]);
        }
    }

    #[test]
    fn vague_names_are_found_as_file_and_as_folder() {
        for path in ["src/utils.rs", "src/common/a.rs", "tests/helpers/mod.rs"] {
            assert_eq!(findings(path, "//! Doc.\n").len(), 1, "{path}");
        }
        assert_eq!(findings("src/utility_curve.rs", "//! Doc.\n"), [""; 0]);
    }

    #[test]
    fn open_modules_and_starred_or_foreign_re_exports_are_found() {
        for line in ["pub mod pool;", "    pub use pool::*;", "pub use cenote_tensor::Tensor;"] {
            assert_eq!(findings("src/lib.rs", &format!("//! Doc.\n{line}\n")).len(), 1, "{line}");
        }
        let fine = "//! Doc.\nmod pool;\npub use pool::Pool;\npub(crate) mod tape;\n";
        assert_eq!(findings("src/lib.rs", fine), [""; 0]);
    }

    #[test]
    fn a_source_file_opens_with_its_doc() {
        assert_eq!(findings("src/a.rs", "use std::fmt;\n").len(), 1);
        assert_eq!(findings("tests/a.rs", "use std::fmt;\n"), [""; 0]);
    }

    #[test]
    fn a_folder_counts_what_lies_below_it() {
        let paths = ["src/pool/mod.rs", "src/pool/max.rs", "src/lib.rs"].map(PathBuf::from);
        assert_eq!(siblings(&paths[0], &paths), 1);
        assert_eq!(siblings(&paths[0], &paths[..1]), 0);
    }
}
