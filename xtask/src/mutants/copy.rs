//! A copy of what git knows of the tree.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Error, workspace};

/// Makes `to` hold the files of `from` that git tracks or would track, and no others. Files that are
/// the same stay as they are, so that what was built from them stays fresh.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let mut git = Command::new("git");
    git.current_dir(from);
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let listed = workspace::capture(&mut git)?;
    let known: BTreeSet<PathBuf> =
        listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    for name in &known {
        let (source, target) = (from.join(name), to.join(name));
        // What is deleted but not yet committed is still listed.
        let Ok(bytes) = fs::read(&source) else { continue };
        if fs::read(&target).is_ok_and(|old| old == bytes) {
            continue;
        }
        let folder = target.parent().unwrap_or(to);
        let cannot = |source| Error::File { operation: "copy to", path: target.clone(), source };
        fs::create_dir_all(folder).map_err(cannot)?;
        fs::write(&target, bytes).map_err(cannot)?;
    }
    remove_others(to, to, &known)
}

/// Removes files that are not known, such as those of an earlier state.
fn remove_others(root: &Path, folder: &Path, known: &BTreeSet<PathBuf>) -> Result<(), Error> {
    let cannot = |operation, path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::File { operation, path, source }
    };
    for entry in fs::read_dir(folder).map_err(cannot("list", folder))? {
        let path = entry.map_err(cannot("list", folder))?.path();
        if path.is_dir() {
            remove_others(root, &path, known)?;
        } else if path.strip_prefix(root).is_ok_and(|name| !known.contains(name)) {
            fs::remove_file(&path).map_err(cannot("remove", &path))?;
        }
    }
    Ok(())
}
