//! Where and by what a run was made.

use std::fs;
use std::path::Path;

use cenote_evidence::Environment;
use cenote_tensor::instruction_set;

/// Fingerprint of the source code that decides a result.
pub const CODE: &str = env!("CENOTE_CODE");

/// Describes this program and machine, for runs on `threads` threads with `jobs` of them at a time.
pub(crate) fn describe(threads: usize, jobs: usize) -> Environment {
    Environment {
        cenote: env!("CARGO_PKG_VERSION").to_owned(),
        code: CODE.to_owned(),
        cpu: format!("{} ({})", cpu(), instruction_set()),
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        threads: threads as u32,
        jobs: jobs as u32,
        command: command(std::env::args_os().map(|word| word.to_string_lossy().into_owned())),
    }
}

/// The words that started a program, to be said again: the program by its name, and what a shell
/// would take apart in quotes.
fn command(words: impl Iterator<Item = String>) -> String {
    let said = words.enumerate().map(|(i, word)| {
        let name = Path::new(&word).file_name().filter(|_| i == 0);
        quoted(&name.map_or(word.clone(), |name| name.to_string_lossy().into_owned()))
    });
    said.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The processor's own name where the system tells it; the vectors in use decide the last bits.
fn cpu() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_said_again() {
        let words = ["/home/me/bin/cenote", "ablate", "my study", "--out", "it's"];
        let said = command(words.into_iter().map(str::to_owned));
        assert_eq!(said, r"cenote ablate 'my study' --out 'it'\''s'");
    }
}
