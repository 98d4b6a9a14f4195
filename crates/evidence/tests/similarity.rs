//! Linear centred kernel alignment against NumPy, which `reference/similarity.py` asked.

use cenote_evidence::Gram;
use serde_json::Value;

/// The Gram matrix of activations, an image a row.
fn gram(activations: &Value) -> Gram {
    let image = |image: &Value| -> Vec<f64> {
        let values = image.as_array().expect("an image a row");
        values.iter().map(|value| value.as_f64().expect("a number")).collect()
    };
    let rows: Vec<Vec<f64>> = activations.as_array().expect("images").iter().map(image).collect();
    let products: Vec<f64> = rows
        .iter()
        .enumerate()
        .flat_map(|(nth, one)| {
            let product = |other: &Vec<f64>| one.iter().zip(other).map(|(a, b)| a * b).sum();
            rows[nth + 1..].iter().map(product).collect::<Vec<f64>>()
        })
        .collect();
    Gram::of(rows.len(), &products).expect("enough images")
}

#[test]
fn the_alignment_of_two_layers_is_that_of_the_unbiased_estimator() {
    let reference: Value =
        serde_json::from_str(include_str!("reference/similarity.json")).expect("JSON");
    let cases = reference["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let (x, y) = (gram(&case["x"]), gram(&case["y"]));
        for (got, expected) in [(x.cka(&y), &case["cka"]), (x.cka(&x), &case["itself"])] {
            let (got, expected) = (got.expect("they vary"), expected.as_f64().expect("a number"));
            // Products are kept with 16 bits.
            assert!((got - expected).abs() < 5e-5, "{got} is not {expected}");
        }
        assert_eq!(x.cka(&y), y.cka(&x));
    }
}
