//! Turns a table with a `kind` key into a value, from one list of kinds.
//!
//! Everything that a study file names (a layer, a dataset, an optimiser step) is an entry of a list of [`Kind`]s.
//! The same list parses the file, fills `cenote list` and feeds the law tests, so an entry is known everywhere
//! the moment it is listed.
//!
//! ```
//! use cenote_spec::{Kind, params, parse};
//!
//! trait Shape { fn area(&self) -> f64; }
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Square { side: f64 }
//! impl Shape for Square { fn area(&self) -> f64 { self.side * self.side } }
//!
//! const KINDS: &[Kind<dyn Shape>] = &[Kind {
//!     name: "square",
//!     about: "four equal sides",
//!     example: "side = 2.0",
//!     notes: None,
//!     parse: |table| Ok(Box::new(params::<Square>("square", table)?)),
//! }];
//!
//! let table = "kind = 'square'\nside = 3.0".parse()?;
//! assert_eq!(parse(&[KINDS], table)?.area(), 9.0);
//!
//! let table = "kind = 'sqare'\nside = 3.0".parse()?;
//! let error = parse(&[KINDS], table).err().expect("the kind is misspelt");
//! assert_eq!(error.to_string(), "unknown kind `sqare`; did you mean `square`? expected one of square");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It does not know what any kind does, reads no files, and keeps no registry: a list is a constant that its
//! crate exports, and whoever needs several lists passes them side by side.

mod error;
mod kind;
mod nearest;
mod notes;

pub use error::Error;
pub use kind::{Kind, params, parse};
pub use nearest::nearest;
pub use notes::{Notes, Random, Setting};
