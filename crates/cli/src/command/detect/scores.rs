//! A detector judged by scenes: what was found, the scores, and how fast.

use std::time::Instant;

use cenote_datasets::{Scene, Split};
use cenote_experiment::{Finder, found_objects, ground_truth, judge};
use cenote_metrics::{Detections, GroundTruth, Matches, Summary};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::screen;

/// What a detector did with scenes.
pub(super) struct Judged {
    pub(super) truth: GroundTruth,
    pub(super) detections: Detections,
    matches: Matches,
    summary: Summary,
    images: usize,
    seconds: f64,
}

impl Judged {
    /// Looks for objects in all images of a split, which are of these scenes, and compares.
    pub(super) fn new(finder: &Finder, split: &Split, scenes: &[Scene]) -> Result<Self, Failure> {
        let begun = Instant::now();
        let found = finder.search(split, scenes)?;
        let seconds = begun.elapsed().as_secs_f64();
        let refused = |error: cenote_metrics::Error| Failure::Data(error.to_string());
        let detections = found_objects(&found).map_err(refused)?;
        let truth = ground_truth(scenes, finder.classes());
        let matches = judge(&truth, &detections).map_err(refused)?;
        let summary = matches.summary().map_err(refused)?;
        Ok(Self { truth, detections, matches, summary, images: found.len(), seconds })
    }

    fn per_second(&self) -> f64 {
        self.images as f64 / self.seconds.max(1e-9)
    }

    /// The scores in words, those of each class too.
    pub(super) fn words(&self) -> String {
        let mut rows = vec![
            ["class", "AP", "AP50", "AP75", "AR", "objects", "found"].map(str::to_owned).to_vec(),
        ];
        let classes = self.truth.categories.iter().zip(self.matches.class_table());
        for (k, (category, row)) in classes.enumerate() {
            let scores = row.unwrap_or_default();
            let shown = scores.iter().map(|s| s.map_or("–".to_owned(), |s| format!("{s:.3}")));
            let class = self.matches.class(k);
            let counts = [class.positives(0).to_string(), class.len().to_string()];
            let name = std::iter::once(category.name.clone());
            rows.push(name.chain(shown).chain(counts).collect());
        }
        format!(
            "{}\n{}\n{} images in {:.2} s: {:.1} images a second\n",
            self.summary,
            screen::table(&rows),
            self.images,
            self.seconds,
            self.per_second()
        )
    }

    /// The scores by name, as a document has them.
    pub(super) fn document(&self) -> Map<String, Value> {
        let scores = self.summary.lines.iter().map(|line| (line.name.clone(), json!(line.value)));
        let classes = self.truth.categories.iter().zip(self.matches.class_table()).enumerate();
        let classes = classes.map(|(k, (category, row))| {
            let [ap, ap50, ap75, ar] = row.unwrap_or_default();
            let class = self.matches.class(k);
            json!({
                "class": category.name, "AP": ap, "AP50": ap50, "AP75": ap75, "AR": ar,
                "objects": class.positives(0), "found": class.len(),
            })
        });
        let mut document = Map::new();
        document.insert("stats".to_owned(), json!(self.summary.stats()));
        document.insert("scores".to_owned(), Value::Object(scores.collect()));
        document.insert("classes".to_owned(), classes.collect());
        document.insert("images".to_owned(), json!(self.images));
        document.insert("seconds".to_owned(), json!(self.seconds));
        document.insert("images_per_second".to_owned(), json!(self.per_second()));
        document
    }
}

/// What is there, as annotations of COCO.
pub(super) fn annotations(truth: &GroundTruth) -> String {
    let whole = |id: cenote_metrics::Id| id.whole();
    let images = truth.images.iter().map(|image| {
        json!({
            "id": whole(image.id), "width": image.width, "height": image.height,
            "file_name": image.file_name,
        })
    });
    let categories = truth
        .categories
        .iter()
        .map(|category| json!({ "id": whole(category.id), "name": category.name }));
    let objects = truth.objects.iter().map(|object| {
        json!({
            "id": whole(object.id), "image_id": whole(object.image), "bbox": object.bbox,
            "category_id": whole(object.category), "area": object.area,
            "iscrowd": u8::from(object.crowd),
        })
    });
    let document = json!({
        "images": images.collect::<Vec<_>>(), "categories": categories.collect::<Vec<_>>(),
        "annotations": objects.collect::<Vec<_>>(),
    });
    format!("{document}\n")
}
