//! The benchmarks that corruptions come from, and how studies name a corruption at a severity.

use cenote_spec::{Error as SpecError, Kind, nearest, parse};
use toml::Table;

use super::{CORRUPTIONS, Corruption, EXTRA_CORRUPTIONS, MNIST_CORRUPTIONS};

/// A published list of corruptions.
pub struct Benchmark {
    /// The name that stands for all of them.
    pub name: &'static str,
    /// Half a sentence about it, with its source.
    pub about: &'static str,
    /// What stands before the names of its corruptions in a study.
    pub prefix: &'static str,
    /// Its corruptions.
    pub kinds: &'static [Kind<dyn Corruption>],
    /// Its severities; none where each corruption has one level.
    pub severities: &'static [u8],
}

/// Every benchmark; a corruption of the first two is named as it is, one of the last as `mnist_c/NAME`.
pub const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "cifar10_c",
        about: "14 of the 15 corruptions of CIFAR-10-C (Hendrycks and Dietterich 2019)",
        prefix: "",
        kinds: CORRUPTIONS,
        severities: &[1, 2, 3, 4, 5],
    },
    Benchmark {
        name: "cifar10_c_extra",
        about: "3 of the 4 that were published beside them, to tune by",
        prefix: "",
        kinds: EXTRA_CORRUPTIONS,
        severities: &[1, 2, 3, 4, 5],
    },
    Benchmark {
        name: "mnist_c",
        about: "14 of the 15 corruptions of MNIST-C (Mu and Gilmer 2019), for grey images",
        prefix: "mnist_c/",
        kinds: MNIST_CORRUPTIONS,
        severities: &[],
    },
];

/// A corruption at a severity.
#[derive(Debug)]
pub struct Damage {
    /// The corruption as studies name it.
    pub name: String,
    /// How strong it is, where it has more than one level.
    pub severity: Option<u8>,
    /// What damages.
    pub corruption: Box<dyn Corruption>,
}

impl Benchmark {
    /// The benchmark of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(name: &str) -> Result<&'static Self, SpecError> {
        BENCHMARKS.iter().find(|benchmark| benchmark.name == name).ok_or_else(|| {
            let names = || BENCHMARKS.iter().map(|benchmark| benchmark.name);
            SpecError::UnknownKind {
                name: name.to_owned(),
                expected: names().collect(),
                nearest: nearest(name, names()),
            }
        })
    }

    /// The benchmark that a corruption of this name belongs to.
    pub fn of(corruption: &str) -> Option<&'static Self> {
        BENCHMARKS.iter().find(|benchmark| benchmark.names().any(|name| name == corruption))
    }

    /// Its corruptions as studies name them.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.kinds.iter().map(|kind| format!("{}{}", self.prefix, kind.name))
    }
}

impl Damage {
    /// The corruption of this name: one of CIFAR-10-C, which needs a severity, or `mnist_c/NAME`, which has none.
    ///
    /// ```
    /// use cenote_datasets::Damage;
    ///
    /// let fog = Damage::named("fog", Some(3))?;
    /// assert_eq!(fog.corruption.constants().unwrap().1, "[0.75, 2.5]");
    /// assert!(Damage::named("mnist_c/fog", None).is_ok());
    /// assert!(Damage::named("mnist_c/fog", Some(3)).is_err());
    /// # Ok::<(), cenote_spec::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such corruption, or it has no such severity.
    pub fn named(name: &str, severity: Option<u8>) -> Result<Self, SpecError> {
        if let (Some(at), Some(kind)) = (severity, Self::of_one_level(name)) {
            let message = format!("severity is {at}; expected none, for it has one level");
            return Err(SpecError::Params { kind, message });
        }
        let mut table = Table::new();
        table.extend(severity.map(|severity| ("severity".to_owned(), i64::from(severity).into())));
        let mut of = |kind: &str, kinds: &[&'static [Kind<dyn Corruption>]]| {
            table.insert("kind".to_owned(), kind.into());
            parse(kinds, std::mem::take(&mut table))
        };
        let corruption = match name.strip_prefix("mnist_c/") {
            Some(kind) => of(kind, &[MNIST_CORRUPTIONS]),
            None => of(name, &[CORRUPTIONS, EXTRA_CORRUPTIONS]),
        };
        Ok(Self { name: name.to_owned(), severity, corruption: corruption? })
    }

    /// The kind that this names, where it has one level.
    fn of_one_level(name: &str) -> Option<&'static str> {
        let benchmark = Benchmark::of(name).filter(|benchmark| benchmark.severities.is_empty())?;
        let mut named = benchmark.kinds.iter().zip(benchmark.names());
        named.find(|(_, known)| known == name).map(|(kind, _)| kind.name)
    }

    /// The corruption of this name at each of these severities, or at all it has.
    ///
    /// # Errors
    ///
    /// As [`Damage::named`].
    pub fn at(name: &str, severities: Option<&[u8]>) -> Result<Vec<Self>, SpecError> {
        let all = Benchmark::of(name).map_or(&[][..], |benchmark| benchmark.severities);
        match severities.unwrap_or(all) {
            [] => Ok(vec![Self::named(name, None)?]),
            severities => severities.iter().map(|&at| Self::named(name, Some(at))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_benchmark_is_found_at_each_of_its_severities_and_at_no_other() {
        for benchmark in BENCHMARKS {
            for name in benchmark.names() {
                let found = |severity| Damage::named(&name, severity).is_ok();
                let levels = [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), Some(6)];
                let fit: Vec<u8> = levels.into_iter().filter(|&at| found(at)).flatten().collect();
                assert_eq!(fit, benchmark.severities, "{name}");
                assert_eq!(found(None), benchmark.severities.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_and_a_severity_too_many_with_the_reason() {
        let error = Damage::named("mnist_c/shaer", None).unwrap_err().to_string();
        assert!(error.contains("did you mean `shear`?"), "{error}");
        let error = Damage::named("mnist_c/shear", Some(2)).unwrap_err().to_string();
        assert_eq!(error, "shear: severity is 2; expected none, for it has one level");
        let error = Benchmark::named("cifar_c").err().expect("misspelt").to_string();
        assert!(error.contains("did you mean `cifar10_c`?"), "{error}");
    }
}
