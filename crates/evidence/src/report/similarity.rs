//! The section on how alike the layers of networks are.

use super::markdown::{cell, plots, table};
use super::measures::{plain, signed};
use crate::analysis::{Analysis, ArmSimilarity, LayerSimilarity};
use crate::number::or_dash;
use crate::stats::Interval;

/// A table and two plots, or nothing where no run says what its layers make of images.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    let similarity = analysis.similarity.as_ref()?;
    let mut text = format!("## Similarity of layers\n\n{}\n\n", reading(similarity.images));
    table(&mut text, &HEADS, &matched(analysis), |(arm, layer)| {
        let (one, other) = (cell(&arm.arm), cell(&arm.against));
        let first = [format!("`{one}` − `{other}`"), format!("`{}`", cell(&layer.layer))];
        first.into_iter().chain(numbers(layer)).collect()
    });
    Some(text + "\n" + &plots(analysis, &["similarity", "similarity-within"]))
}

/// The columns of the table.
pub(super) const HEADS: [&str; 9] = [
    "arm against partner",
    "layer",
    "pairs",
    "same seed",
    "95 % interval",
    "other seeds",
    "two seeds of one arm",
    "beyond seeds",
    "95 % interval",
];

/// How table and plots are to be read.
pub(super) fn reading(images: usize) -> String {
    format!(
        "Linear centred kernel alignment (Kornblith et al. 2019; unbiased estimator of Song et al. 2012) of what layers make of {images} test images, the same for every run: 1 is alike but for a rotation and a scale, 0 is unrelated. Two networks of one arm that differ in their seed are not alike either, so what an arm changes is beyond seeds: how alike two seeds of one arm are, mean of both arms, minus how alike networks of the two arms with other seeds are. Networks with the same seed have the same start where their layers are the same. The first interval is Student's, the second a jackknife over seeds, both unadjusted: they decide nothing, and the article does not say which layers would be alike."
    )
}

/// Every layer that an arm and its partner have.
pub(super) fn matched(analysis: &Analysis) -> Vec<(&ArmSimilarity, &LayerSimilarity)> {
    let arms = analysis.similarity.iter().flat_map(|similarity| &similarity.arms);
    arms.flat_map(|arm| arm.matched.iter().map(move |layer| (arm, layer))).collect()
}

/// The columns after the first two.
pub(super) fn numbers(layer: &LayerSimilarity) -> [String; 7] {
    let between = |show: fn(f64) -> String| {
        move |Interval { low, high }| format!("[{}, {}]", show(low), show(high))
    };
    [
        layer.pairs.to_string(),
        or_dash(layer.same_seed, plain),
        or_dash(layer.interval, between(plain)),
        or_dash(layer.other_seeds, plain),
        or_dash(layer.two_seeds, plain),
        or_dash(layer.beyond_seeds, signed),
        or_dash(layer.beyond_interval, between(signed)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::Analysis;
    use crate::report::html::html;
    use crate::report::markdown;
    use crate::sample::{alike, design, records};

    #[test]
    fn the_section_has_a_line_for_every_layer_that_both_arms_have() {
        let analysis = Analysis::of(&design(), &alike()).unwrap();
        let text = markdown(&analysis);
        for line in [
            "of what layers make of 12 test images",
            "| `none` − `max` | `down1` | 3 | ",
            "![How alike the layers of arms and their partners are](similarity.svg)",
            "the similarity of layers decides nothing",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("similarity of layers (CKA)"), "{text}");
        let page = html(&analysis, &alike());
        for part in
            ["<h2 id=\"similarity\">", "id=\"similarity-within-narrow-title\"", ">beyond seeds"]
        {
            assert!(page.contains(part), "{part}\n{page}");
        }
        let without = Analysis::of(&design(), &records()).unwrap();
        assert!(!markdown(&without).contains("Similarity of layers"));
    }
}
