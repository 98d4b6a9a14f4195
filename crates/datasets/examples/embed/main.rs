//! Writes the files that the crate embeds, from the full sets.
//!
//! ```text
//! cargo run --release -p cenote-datasets --example embed -- DATA_DIR [OUT_DIR]
//! ```
//!
//! `DATA_DIR` holds `fashion-mnist/` and `digits/`; `OUT_DIR` is the crate's `data/` unless given.
//! The lengths and checksums that it prints belong into `source/{fashion_mnist_10k,digits}.rs`.

#![expect(clippy::print_stdout, reason = "printing the constants is what this program is for")]

mod draw;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use cenote_datasets::sha256;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let full = arguments.next().ok_or("usage: embed DATA_DIR [OUT_DIR]")?;
    let out =
        arguments.next().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data"));
    for (name, idx) in draw::draw(&full)? {
        let path = out.join(&name);
        let bytes = idx.encode_gzip();
        fs::create_dir_all(path.parent().ok_or("every file is in a folder")?)?;
        fs::write(&path, &bytes)?;
        println!("{name} bytes: {} sha256: {}", bytes.len(), sha256(&bytes));
    }
    Ok(())
}
