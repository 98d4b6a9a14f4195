//! Where files of published sets are looked for.

use std::env;
use std::path::PathBuf;

use etcetera::BaseStrategy;

/// The directory that holds a folder for each published set: `CENOTE_DATA_DIR` where it is set and not empty, else
/// `cenote` in the user's cache directory.
///
/// `None` only where the user has no home.
pub fn data_dir() -> Option<PathBuf> {
    match env::var_os("CENOTE_DATA_DIR") {
        Some(dir) if !dir.is_empty() => Some(PathBuf::from(dir)),
        _ => {
            let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
            Some(strategy.cache_dir().join("cenote"))
        }
    }
}
