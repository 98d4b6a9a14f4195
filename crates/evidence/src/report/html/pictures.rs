//! Pictures of the networks: what the numbers of the measures look like.

use std::fmt::Write;

use super::text::{code, plain};
use crate::picture::Shows;
use crate::{Picture, Record};

/// What is said above the pictures of a kind.
const SALIENCY: &str = "What of an image the answer hangs on, one row of tiles per arm: the image, then how much the logit of its label changes when a patch is covered (occlusion), its gradient, and Grad-CAM of the last maps. The brightest cell of each tile is the largest of that tile alone. Red is the outline of the object, where it is known. Raw gradients of max pools are sparse by construction, so the occlusion is what to compare.";
const FIELD: &str = "How much each pixel moves the middle of the last feature maps, over test images, before training and after: the effective receptive field.";
const FEATURES: &str = "The first feature maps of what goes into each slot and of what comes out of it, each stretched from its smallest to its largest value.";

/// Empty where no run left pictures.
pub(super) fn pictures(runs: &[Record]) -> String {
    let mut html = String::new();
    for shows in Shows::ALL {
        let of = |record: &Record| -> Vec<(String, u64, Picture)> {
            let pictures = record.pictures.iter().filter(|picture| picture.shows == shows);
            pictures.map(|picture| (record.arm.clone(), record.seed, picture.clone())).collect()
        };
        let mut all: Vec<(String, u64, Picture)> = runs.iter().flat_map(of).collect();
        if all.is_empty() {
            continue;
        }
        // Arms side by side, image by image.
        all.sort_by_key(|(_, _, picture)| picture.image);
        let (heading, reading) = match shows {
            Shows::Saliency => ("What the answer hangs on", SALIENCY),
            Shows::Field => ("How far the networks look", FIELD),
            Shows::Features => ("Feature maps around each slot", FEATURES),
        };
        let _ = write!(html, "<h3>{heading}</h3>\n<p class=\"note\">{reading}</p>\n");
        for group in all.chunk_by(|(.., a), (.., b)| a.image == b.image) {
            let sheets = sheets(group);
            let _ = match group[0].2.image {
                Some(image) if shows == Shows::Features => write!(
                    html,
                    "<details>\n<summary>Feature maps of image {image}</summary>\n{sheets}</details>\n"
                ),
                Some(image) => write!(html, "<p class=\"caption\">Image {image}</p>\n{sheets}"),
                None => write!(html, "{sheets}"),
            };
        }
    }
    html
}

/// The pictures of several arms beside each other, as far as there is room.
fn sheets(group: &[(String, u64, Picture)]) -> String {
    let mut html = "<div class=\"sheets\">\n".to_owned();
    for (arm, seed, picture) in group {
        let [width, height] = picture.png.size();
        let about = plain(&picture.about);
        let _ = writeln!(
            html,
            "<div class=\"sheet\"><p>{}, seed {seed}: {about}</p><img src=\"{}\" width=\"{width}\" height=\"{height}\" alt=\"{}: {about}\" /></div>",
            code(arm),
            picture.png.address(),
            plain(arm)
        );
    }
    html.push_str("</div>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::png;
    use crate::sample::record;

    fn seen(arm: &str, shows: Shows, image: Option<u32>) -> Record {
        let picture = Picture { shows, image, about: "an <about>".to_owned(), png: png(340, 100) };
        Record { pictures: vec![picture], ..record(arm, 1, 0.9) }
    }

    #[test]
    fn arms_stand_side_by_side_image_by_image() {
        let runs = [
            seen("max", Shows::Saliency, Some(1)),
            seen("max", Shows::Saliency, Some(2)),
            seen("none", Shows::Saliency, Some(1)),
            seen("none", Shows::Features, Some(1)),
        ];
        let html = pictures(&runs);
        assert_eq!(html.matches("<img ").count(), 4);
        let place = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
        assert!(place("Image 1") < place("<code>none</code>"));
        assert!(place("<code>none</code>") < place("Image 2"));
        assert!(place("Image 2") < place("<summary>Feature maps of image 1"));
        assert!(html.contains("alt=\"max: an &lt;about&gt;\"") && !html.contains("<about>"));
        assert_eq!(pictures(&[record("max", 1, 0.9)]), "");
    }
}
