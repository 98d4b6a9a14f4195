//! What a reader, a table and the law tests want to know of an entry beyond its name.

/// The facts about an entry: for `cenote list`, for the tables of the documentation, and for the laws, which check
/// as many of them as can be checked.
#[derive(Clone, Copy, Debug)]
pub struct Notes {
    /// What comes out, in one line of plain text.
    pub formula: &'static str,
    /// What it takes to compute, and what is kept for the backward pass.
    pub cost: &'static str,
    /// Who proposed it, when, and where to read it.
    pub reference: &'static str,
    /// Whether training draws random numbers.
    pub random: Random,
    /// Every key that its table may have, `kind` apart.
    pub settings: &'static [Setting],
}

/// One key of an entry's table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The key.
    pub name: &'static str,
    /// What leaving the key out means, in TOML or in words; empty where the key must be given.
    pub default: &'static str,
    /// What the value says.
    pub about: &'static str,
    /// Values worth trying, each as TOML. The laws draw from them, so two that do not go together are welcome:
    /// what refuses them must do so with an error.
    pub values: &'static [&'static str],
}

/// Whether an entry draws random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Random {
    /// Never.
    No,
    /// In training, whatever the input.
    Free,
    /// In training, with odds that the input decides: another input may be treated another way, so that no
    /// derivative exists where the draw changes.
    ByInput,
}

impl Random {
    /// The answer in a word or two.
    pub const fn words(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Free => "in training",
            Self::ByInput => "in training, by the input",
        }
    }
}
