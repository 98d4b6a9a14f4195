//! Thresholds, filters and components against scikit-image and SciPy; see `segmentation.py`.

use std::collections::BTreeMap;

use cenote_datasets::{Plane, labels, median, opening, otsu, sauvola};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    made_by: String,
    numpy: String,
    scipy: String,
    skimage: String,
    cases: Vec<Case>,
}

/// One image and what becomes of it, for each side of a square.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rows: usize,
    columns: usize,
    grey: Vec<u8>,
    /// Missing where all pixels have one value.
    otsu: Option<u8>,
    sauvola: BTreeMap<String, Vec<f64>>,
    median: BTreeMap<String, Vec<u8>>,
    /// Of pixels up to 128, which are the ink of `labels` too.
    opening: BTreeMap<String, Vec<u8>>,
    labels: Vec<usize>,
}

fn side(text: &str) -> usize {
    text.parse().expect("a side is a number")
}

#[test]
fn thresholds_filters_and_components_are_those_of_scikit_image_and_scipy() {
    let golden: Golden =
        serde_json::from_str(include_str!("segmentation.json")).expect("segmentation.py wrote it");
    let Golden { made_by, numpy, scipy, skimage, cases } = golden;
    assert!([made_by, numpy, scipy, skimage].iter().all(|origin| !origin.is_empty()));
    assert!(cases.iter().any(|case| case.otsu.is_some() && !case.sauvola.is_empty()));
    for case in cases {
        let Case { rows, columns, grey, .. } = case;
        let grey = Plane::new(rows, columns, grey).expect("pixels fill the image");
        let what = format!("{rows}x{columns}");
        if let Some(expected) = case.otsu {
            assert_eq!(otsu(&grey), expected, "{what}: otsu");
        }
        for (text, expected) in &case.sauvola {
            let found = sauvola(&grey, side(text), 0.2);
            for (found, expected) in found.values().iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-5,
                    "{what}: sauvola {text}: {found} {expected}"
                );
            }
        }
        for (text, expected) in &case.median {
            assert_eq!(median(&grey, side(text)).values(), expected, "{what}: median {text}");
        }
        let ink = grey.map(|value| value <= 128);
        for (text, expected) in &case.opening {
            let found = opening(&ink, side(text)).map(u8::from);
            assert_eq!(found.values(), expected, "{what}: opening {text}");
        }
        assert_eq!(labels(&ink).values(), case.labels, "{what}: labels");
    }
}
