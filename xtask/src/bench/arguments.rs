//! The flags of the chore.

use std::ffi::OsString;

use crate::Error;

/// What was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arguments {
    pub(super) peers: bool,
    pub(super) compile: bool,
    pub(super) quick: bool,
    pub(super) file: Results,
    pub(super) rounds: u64,
    pub(super) threads: Vec<u64>,
    pub(super) workloads: Vec<String>,
}

/// Which file of results is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Results {
    /// A new one.
    New,
    /// The newest, to go on with.
    Resumed,
    /// The newest, as it is.
    Reported,
}

pub(super) const USAGE: &str =
    "bench [--peers] [--rounds N] [--threads N,...] [--workload NAME]...";

impl Arguments {
    pub(super) fn parse(args: &[OsString]) -> Result<Self, Error> {
        let mut this = Self {
            peers: false,
            compile: false,
            quick: false,
            file: Results::New,
            rounds: 0,
            threads: Vec::new(),
            workloads: Vec::new(),
        };
        let mut words = args.iter().map(|arg| arg.to_string_lossy().into_owned());
        while let Some(word) = words.next() {
            let (flag, mut value) = match word.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (word.clone(), None),
            };
            let got = |got: String| Error::Usage { chore: "bench", got, usage: USAGE };
            let mut value = || {
                let value = value.take().or_else(|| words.next());
                value.ok_or_else(|| got(format!("`{flag}` without a value")))
            };
            let count = |text: &str| {
                let count = text.parse().ok().filter(|count| (1..=1024).contains(count));
                count.ok_or_else(|| got(format!("`{text}` where a count was expected")))
            };
            match flag.as_str() {
                "--rounds" => this.rounds = count(&value()?)?,
                "--threads" => {
                    this.threads = value()?.split(',').map(count).collect::<Result<_, _>>()?;
                }
                "--workload" => this.workloads.extend(value()?.split(',').map(str::to_owned)),
                _ => match word.as_str() {
                    "--peers" => this.peers = true,
                    "--compile" => this.compile = true,
                    "--quick" => this.quick = true,
                    "--resume" => this.file = Results::Resumed,
                    "--report" => this.file = Results::Reported,
                    _ => return Err(got(format!("`{word}`"))),
                },
            }
        }
        if this.rounds == 0 {
            this.rounds = if this.quick { 1 } else { 7 };
        }
        if this.threads.is_empty() {
            this.threads = vec![1, 2];
        }
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Arguments, Error> {
        let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn values_follow_a_flag_or_an_equals_sign() {
        let apart = parse("--peers --rounds 3 --threads 1,4 --workload a,b --workload c");
        let joined = parse("--workload=a --workload=b,c --threads=1,4 --rounds=3 --peers");
        let expected = Arguments {
            peers: true,
            compile: false,
            quick: false,
            file: Results::New,
            rounds: 3,
            threads: vec![1, 4],
            workloads: ["a", "b", "c"].map(str::to_owned).to_vec(),
        };
        assert_eq!(apart.expect("valid"), expected);
        assert_eq!(joined.expect("valid"), expected);
    }

    #[test]
    fn seven_rounds_at_one_and_two_threads_unless_said_otherwise() {
        let usual = parse("").expect("valid");
        assert_eq!((usual.rounds, usual.threads), (7, vec![1, 2]));
        assert_eq!(parse("--quick").expect("valid").rounds, 1);
        assert_eq!(parse("--quick --rounds 2").expect("valid").rounds, 2);
        assert_eq!(parse("--resume").expect("valid").file, Results::Resumed);
    }

    #[test]
    fn what_is_no_flag_or_no_count_is_a_usage_error() {
        for text in ["--peer", "ops", "--rounds", "--rounds 0", "--threads 1,x", "--quick=1"] {
            assert_eq!(parse(text).expect_err(text).exit_code(), 2, "{text}");
        }
    }
}
