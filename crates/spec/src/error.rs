//! What can be wrong with a table that should name a kind.

/// Why a table could not be turned into a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The table has no `kind` key.
    #[error("the table has no `kind`; expected kind = one of {}", expected.join(", "))]
    MissingKind {
        /// The kinds that would fit.
        expected: Vec<&'static str>,
    },
    /// The `kind` key holds something other than a string.
    #[error("`kind` is {got}; expected a string, one of {}", expected.join(", "))]
    KindNotAString {
        /// The TOML type that was found, such as `integer`.
        got: &'static str,
        /// The kinds that would fit.
        expected: Vec<&'static str>,
    },
    /// No list has a kind of this name.
    #[error("unknown kind `{name}`;{} expected one of {}", hint(*nearest), expected.join(", "))]
    UnknownKind {
        /// The name that was asked for.
        name: String,
        /// The kinds that would fit.
        expected: Vec<&'static str>,
        /// The kind that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The kind is known, but the other keys of its table do not fit it.
    #[error("{kind}: {message}")]
    Params {
        /// The kind that the table names.
        kind: &'static str,
        /// What does not fit, and what would.
        message: String,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" did you mean `{name}`?")).unwrap_or_default()
}
