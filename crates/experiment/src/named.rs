//! The studies that come with the program, and how a study is found.

use std::path::{Path, PathBuf};

use cenote_spec::nearest;

use crate::{Error, Study};

/// A study that is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// The name that selects it.
    pub name: &'static str,
    /// Its `experiment.toml`.
    pub text: &'static str,
}

macro_rules! named {
    ($name:literal) => {
        Named {
            name: $name,
            text: include_str!(concat!("../../../docs/experiments/", $name, "/experiment.toml")),
        }
    };
}

/// The studies that come with the program; the first is what runs when none is named.
pub const STUDIES: &[Named] = &[
    named!("quick"),
    named!("smoke"),
    named!("full"),
    named!("claims"),
    named!("factorial"),
    named!("removal"),
    named!("lenet5"),
    named!("keras"),
    named!("all-cnn-a"),
    named!("all-cnn-b"),
    named!("all-cnn-c"),
    named!("vgg"),
    named!("resnet"),
    named!("detect"),
    named!("captcha"),
    named!("captcha-positions"),
    named!("captcha-letters"),
];

#[cfg(test)]
pub(crate) fn quick() -> Named {
    STUDIES[0]
}

#[cfg(test)]
pub(crate) fn smoke() -> Named {
    STUDIES[1]
}

/// Finds a study: a file, a folder that holds `experiment.toml`, a name of [`STUDIES`], or a folder
/// under `docs/experiments`.
///
/// # Errors
/// When nothing of this name is found, or what is found is not a study.
pub fn find(name: &str) -> Result<Study, Error> {
    let path = Path::new(name);
    if path.is_file() {
        return read(path);
    }
    let folders = [path.to_owned(), Path::new("docs/experiments").join(path)];
    let files = folders.map(|folder| folder.join("experiment.toml"));
    // A plain name means the study that comes with the program, wherever one stands.
    if let Some(named) = STUDIES.iter().find(|named| named.name == name) {
        return Study::parse(named.name, named.text);
    }
    if let Some(file) = files.iter().find(|file| file.is_file()) {
        return read(file);
    }
    let known: Vec<String> = STUDIES.iter().map(|named| named.name.to_owned()).collect();
    let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(Error::UnknownStudy { name: name.to_owned(), known, nearest })
}

fn read(file: &Path) -> Result<Study, Error> {
    let failed = |source| Error::Read { path: PathBuf::from(file), source };
    let text = std::fs::read_to_string(file).map_err(failed)?;
    let stem = match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("experiment") | None => {
            file.parent().and_then(Path::file_name).and_then(|n| n.to_str())
        }
        stem => stem,
    };
    Study::parse(stem.unwrap_or("study"), &text).map_err(|error| match error {
        Error::Parse { message, .. } => Error::Parse { study: file.display().to_string(), message },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_study_that_comes_with_the_program_is_valid_and_fits_its_data() {
        for named in STUDIES {
            let study = Study::parse(named.name, named.text).expect(named.name);
            assert_eq!(study.name, named.name);
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        assert_eq!(
            find("qick").expect_err("misspelt").to_string(),
            "no study `qick`; did you mean `quick`? expected a file, a folder with experiment.toml, \
             or one of quick, smoke, full, claims, factorial, removal, lenet5, keras, all-cnn-a, all-cnn-b, \
             all-cnn-c, vgg, resnet, detect, captcha, captcha-positions, captcha-letters"
        );
    }
}
