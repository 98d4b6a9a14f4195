//! Starts the program and holds what it said.

use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

/// The study that most tests run or alter: two arms, two seeds, two epochs on digits.
pub(crate) const SMOKE: &str = include_str!("../../../../docs/experiments/smoke/experiment.toml");

/// Where a test works: an empty folder, so that nothing is found or left beside it.
pub(crate) struct Place(TempDir);

/// What a call of the program left: its exit code and both streams.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).expect("the folder of the test is writable");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    /// Writes the smoke study with pieces of its text replaced, as `name`.
    pub(crate) fn study(&self, name: &str, changes: &[(&str, &str)]) {
        self.write(name, altered(SMOKE, changes));
    }

    /// The program with these words, to be started in this place.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(program());
        command.args(words.split_whitespace()).current_dir(self.0.path());
        // Data that the user has fetched are not there.
        command.env("XDG_CACHE_HOME", self.path("cache"));
        command.env_remove("CENOTE_DATA_DIR").timeout(Duration::from_mins(2));
        command
    }

    /// What the program says to these words.
    pub(crate) fn cenote(&self, words: &str) -> Said {
        Said::of(&mut self.command(words))
    }

    /// What it prints when it succeeds.
    pub(crate) fn succeeds(&self, words: &str) -> String {
        let said = self.cenote(words);
        assert_eq!(said.code, Some(0), "cenote {words}: {said:?}");
        said.out
    }

    /// The JSON document it prints when it succeeds, with the schema that it names.
    pub(crate) fn json(&self, words: &str, schema: &str) -> Value {
        let out = self.succeeds(words);
        let value: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"));
        assert_eq!(value["schema"], schema, "cenote {words}");
        value
    }

    /// The error, in one paragraph, with which it refuses these words.
    pub(crate) fn refuses(&self, words: &str, code: i32) -> String {
        self.cenote(words).refusal(words, code)
    }
}

impl Said {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The error of a refusal: the documented code, nothing on stdout, one paragraph, no panic.
    pub(crate) fn refusal(self, words: &str, code: i32) -> String {
        assert_eq!(self.code, Some(code), "cenote {words}: {self:?}");
        assert_eq!(self.out, "", "cenote {words} prints no result");
        assert!(!self.err.contains("panicked"), "cenote {words}: {}", self.err);
        // Whoever misuses a flag is pointed to the help in a paragraph after the error.
        let error = self.err.split("\n\nFor more information, try '--help'.").next();
        let error = error.unwrap_or_default().trim_end();
        assert!(error.starts_with("error: "), "cenote {words}: {error}");
        assert!(!error.contains("\n\n"), "cenote {words}: more than a paragraph: {error}");
        error.to_owned()
    }
}

/// The path of the program.
pub(crate) fn program() -> &'static Path {
    cargo_bin!("cenote")
}

/// A text with pieces replaced, each of which it must hold.
pub(crate) fn altered(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is in the text");
        text.replacen(from, to, 1)
    })
}

/// Asserts that a message holds each of these pieces.
pub(crate) fn says(message: &str, pieces: &[&str]) {
    for piece in pieces {
        assert!(message.contains(piece), "no `{piece}` in: {message}");
    }
}
