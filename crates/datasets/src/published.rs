//! What is known of published files before they are there.

/// The files of a published set, and where they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedSet {
    /// Folder below the data directory.
    pub folder: &'static str,
    /// Terms under which the images are published.
    pub licence: &'static str,
    /// Where the files are, the publisher's own address first; each is followed by the name of a file.
    pub addresses: &'static [&'static str],
    /// The files.
    pub files: Vec<PublishedFile>,
}

/// A file as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFile {
    /// Its name, at its address and in the folder.
    pub name: &'static str,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: &'static str,
}
