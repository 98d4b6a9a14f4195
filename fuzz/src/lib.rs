//! What each fuzz target does with its bytes. The ordinary tests do the same with the corpora.

mod predictions;
mod sequence;

pub use predictions::predictions;
pub use sequence::sequence;
