//! The licences and origins of everything the workspace builds with.
//!
//! The allow-list is `.deny.toml`'s, so this check and cargo-deny's cannot disagree about it. Ours
//! needs nothing but cargo; cargo-deny also looks at other platforms and at banned crates.

use super::{Depth, Outcome, Step, When, expression};
use crate::{
    Error,
    manifest::{entries, strings},
    workspace,
};

pub(super) const STEP: Step = Step {
    name: "licences",
    about: "every dependency has an allowed licence and comes from crates.io",
    when: When::Always,
    run,
};

pub(super) const ADVISORIES: Step = Step {
    name: "advisories",
    about: "no known advisory without a reason in .deny.toml; needs cargo-deny and a network",
    when: When::Full,
    run: |_| {
        if !workspace::is_installed("cargo-deny") {
            return Ok(Outcome::Skipped(WITHOUT_DENY.to_owned()));
        }
        workspace::run(workspace::cargo().args(["deny", "check", "advisories"]))?;
        Ok(Outcome::Passed(String::new()))
    },
};

const WITHOUT_DENY: &str = "cargo-deny is not installed; cargo install cargo-deny --locked";

/// Every package that this platform builds, tests or benches with, one `name version|licence` each.
const TREE: &str = "tree --workspace --locked --edges normal,build,dev \
                    --prefix none --no-dedupe --format {p}|{l}";

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn run(_: Depth) -> Result<Outcome, Error> {
    let root = workspace::root();
    let allowed = allowed(&workspace::read(&root.join(".deny.toml"))?);
    let mut command = workspace::cargo();
    command.args(TREE.split(' '));
    let tree = workspace::capture(&mut command)?;
    let mut packages: Vec<&str> = tree.lines().filter(|line| line.contains('|')).collect();
    packages.sort_unstable();
    packages.dedup();

    let mut findings: Vec<String> =
        packages.iter().filter_map(|line| check_licence(line, &allowed)).collect();
    findings.extend(check_sources(&workspace::read(&root.join("Cargo.lock"))?));
    if !findings.is_empty() {
        return Err(Error::Findings(findings));
    }
    let what = format!("{} packages", packages.len());
    if !workspace::is_installed("cargo-deny") {
        return Ok(Outcome::Passed(format!("{what}; without cargo-deny, this platform only")));
    }
    workspace::run(workspace::cargo().args(["deny", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Passed(format!("{what}; cargo-deny agrees")))
}

/// The `allow` list of the `[licenses]` section.
fn allowed(settings: &str) -> Vec<String> {
    entries(settings)
        .iter()
        .filter(|entry| entry.section == "licenses" && entry.key == "allow")
        .flat_map(|entry| strings(&entry.value))
        .map(str::to_owned)
        .collect()
}

/// What is wrong with one `name version|expression` line, if anything is.
fn check_licence(line: &str, allowed: &[String]) -> Option<String> {
    let (package, expression) = line.split_once('|')?;
    match expression::is_satisfied(expression, allowed) {
        Some(true) => None,
        Some(false) => Some(format!(
            "{package}: `{expression}` is not satisfied by the allow-list of .deny.toml"
        )),
        None => Some(format!("{package}: cannot read `{expression}` as a licence expression")),
    }
}

/// The packages of a lock file that come from neither this workspace nor crates.io.
fn check_sources(lock: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut name = String::new();
    for entry in entries(lock).iter().filter(|entry| entry.section == "package") {
        let value = strings(&entry.value).first().copied().unwrap_or_default();
        match entry.key.as_str() {
            "name" => value.clone_into(&mut name),
            "source" if value != CRATES_IO => {
                findings.push(format!("{name}: comes from `{value}`, not from crates.io"));
            }
            _ => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allow_list_is_read_from_its_section_only() {
        let text = "[licenses]\nallow = [\n \"MIT\",\n \"Zlib\", # short\n]\n[x]\nallow = [\"no\"]";
        assert_eq!(allowed(text), ["MIT", "Zlib"]);
    }

    #[test]
    fn a_licence_off_the_list_or_missing_is_found() {
        let allowed = ["MIT".to_owned()];
        assert_eq!(check_licence("good v1.0.0|MIT OR Zlib", &allowed), None);
        assert_eq!(
            check_licence("bad v1.0.0|GPL-3.0", &allowed).as_deref(),
            Some("bad v1.0.0: `GPL-3.0` is not satisfied by the allow-list of .deny.toml")
        );
        assert_eq!(
            check_licence("none v1.0.0|", &allowed).as_deref(),
            Some("none v1.0.0: cannot read `` as a licence expression")
        );
    }

    #[test]
    fn a_git_source_is_found_and_a_member_without_source_is_not() {
        let lock = format!(
            "[[package]]\nname = \"cenote-spec\"\n\n[[package]]\nname = \"a\"\nsource = \
             \"{CRATES_IO}\"\n\n[[package]]\nname = \"b\"\nsource = \"git+https://x.org/b\"\n"
        );
        assert_eq!(
            check_sources(&lock),
            ["b: comes from `git+https://x.org/b`, not from crates.io"]
        );
    }
}
