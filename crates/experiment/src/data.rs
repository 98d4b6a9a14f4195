//! The data of a study, and the part of them that each run sees.

use std::borrow::Cow;

use cenote_datasets::{Dataset, Folds, Images, Normalization, Split};
use cenote_evidence::grouped;
use cenote_tensor::{Seed, Tensor};

use crate::{Error, SplitBy, Study, Training};

/// The data of one run, ready to train on.
#[derive(Clone, Debug)]
pub struct Data {
    /// What the labels stand for.
    pub classes: Vec<String>,
    /// Name for reports.
    pub name: String,
    /// Digest of everything in it.
    pub checksum: String,
    /// Images that are trained on.
    pub train: Split,
    /// Images held out of training; empty when none are asked for.
    pub validation: Option<Split>,
    /// Images that judge.
    pub test: Split,
    /// Scaling, from the training images alone.
    pub normalization: Normalization,
    /// All images that could be trained on, where arms are trained on different numbers of them.
    pub pool: Option<Split>,
    /// The folds of the training part, of which every seed holds out its own.
    pub folds: Option<Folds>,
    /// The labels of the training images before some were made wrong; none where none were.
    pub truth: Option<Vec<usize>>,
}

impl Data {
    /// Loads the data of a study as its first seed sees them.
    ///
    /// Validation images are a part of the training part that is the same for every arm and seed, or the fold of the seed;
    /// [`Data::of_seed`] gives that of another. They are drawn before those that are trained on, so the number of these does
    /// not change them.
    ///
    /// # Errors
    /// When the data are missing or damaged, there are too few to hold any out, or their groups are not known.
    pub fn load(study: &Study) -> Result<Self, Error> {
        let loaded = study.task.load(&study.name, &study.dataset)?;
        let Dataset { name, classes, train, test, checksum, .. } = loaded;
        let Training { validation, folds, split_by, .. } = study.training;
        let groups = match (split_by, train.groups()) {
            (SplitBy::Class, _) => None,
            (SplitBy::Group, Some(groups)) => Some(groups),
            (SplitBy::Group, None) => return Err(study.no_groups(&name)),
        };
        let stream = |part: &str| Seed(0).stream(&format!("split/{part}"));
        let held_out = match (validation, groups) {
            (0, _) => None,
            (count, None) => Some(train.hold_out(count, &mut stream("validation"))?),
            (count, Some(groups)) => {
                Some(train.hold_out_groups(count, groups, &mut stream("validation"))?)
            }
        };
        let folds = match (folds, groups) {
            (None, _) => None,
            (Some(count), None) => Some(train.folds(count, &mut stream("folds"))?),
            (Some(count), Some(groups)) => {
                Some(train.group_folds(count, groups, &mut stream("folds"))?)
            }
        };
        let (train, validation) = match (held_out, &folds) {
            (Some((rest, held)), _) => (rest, Some(held)),
            (None, Some(folds)) => part(folds, study.seeds.first),
            (None, None) => (train, None),
        };
        let normalization = Normalization { mean: Vec::new(), deviation: Vec::new() };
        let (truth, pool) = (None, study.arms_vary("per_class").then(|| train.clone()));
        let data = Self {
            classes,
            name,
            checksum,
            train,
            validation,
            test,
            normalization,
            pool,
            folds,
            truth,
        };
        data.trained_on(&study.training)
    }

    /// The data as the run of a seed sees them that is trained so: with folds, the fold `seed mod folds` is its validation
    /// part.
    ///
    /// All arms of a seed see the same but for how many images of each class they are trained on, so their differences are
    /// paired by fold too. The fewer images are a part of the more.
    ///
    /// # Errors
    /// When a class has fewer images left than are asked for, or an image stays in its file and cannot be decoded.
    pub fn of_seed(&self, training: &Training, seed: u64) -> Result<Cow<'_, Self>, Error> {
        let (train, validation) = match (&self.folds, &self.pool) {
            (Some(folds), _) => part(folds, seed),
            (None, Some(pool)) => (pool.clone(), self.validation.clone()),
            (None, None) => return Ok(Cow::Borrowed(self)),
        };
        let data = Self { train, validation, ..self.clone() };
        Ok(Cow::Owned(data.trained_on(training)?))
    }

    /// The same with made-up images of a shape in place of those that are trained on, and the first of them to be judged by.
    ///
    /// # Errors
    /// When so many images cannot be had.
    pub(crate) fn made_up(
        &self,
        shape: [usize; 3],
        count: usize,
        judged: usize,
    ) -> Result<Self, Error> {
        let values = count * shape.iter().product::<usize>();
        let pixels = (0..values).map(|i| (i * 7919 % 251) as u8).collect();
        let train = self.train.imitated(Images::new(shape, pixels)?);
        let test = train.subset(&(0..judged).collect::<Vec<_>>());
        Ok(Self { train, test, validation: None, ..self.clone() })
    }

    /// Keeps the training images that are asked for, makes the labels wrong that are, and measures the scaling of pixels.
    fn trained_on(mut self, training: &Training) -> Result<Self, Error> {
        if let Some(count) = training.per_class {
            self.train = self.train.per_class(count, &mut Seed(0).stream("split/per_class"))?;
        }
        if training.label_noise > 0.0 {
            let truth = self.train.labels().to_vec();
            let labels = made_wrong(&truth, self.classes.len(), training.label_noise);
            self.train = Split::new(self.train.images().clone(), labels)?;
            self.truth = Some(truth);
        }
        self.normalization = Normalization::of(&self.train)?;
        Ok(self)
    }

    /// The training images whose label was made wrong.
    pub(crate) fn mislabelled(&self) -> Vec<usize> {
        let Some(truth) = &self.truth else { return Vec::new() };
        let labels = self.train.labels();
        (0..labels.len()).filter(|&nth| labels[nth] != truth[nth]).collect()
    }

    /// How the training part is divided, in words; `None` where nothing is held out.
    pub(crate) fn division(&self, by: SplitBy) -> Option<String> {
        let validation = self.validation.as_ref()?.len() as u64;
        let how = match by {
            SplitBy::Class => "every class in proportion",
            SplitBy::Group => "whole groups, classes as even as these allow",
        };
        Some(match &self.folds {
            None => format!("{} held out of the training part, {how}", grouped(validation)),
            Some(folds) => {
                let count = folds.len();
                let sizes = || (0..count).map(|nth| folds.size(nth) as u64);
                let (least, most) = (sizes().min().unwrap_or(0), sizes().max().unwrap_or(0));
                let range = match (grouped(least), grouped(most)) {
                    (least, most) if least == most => least,
                    (least, most) => format!("{least} to {most}"),
                };
                format!(
                    "{count} folds of the training part, {how}; seed s holds out fold s mod {count} of {range} images"
                )
            }
        })
    }
}

/// Labels of which a share, to the nearest image, is another than it was, any other with equal odds; of one class, none.
fn made_wrong(truth: &[usize], classes: usize, share: f64) -> Vec<usize> {
    if classes < 2 {
        return truth.to_vec();
    }
    let drawn =
        |what: &str| Tensor::shares([truth.len()], &mut Seed(0).stream(&format!("labels/{what}")));
    let (which, other) = (drawn("which"), drawn("other"));
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_by(|&a, &b| which.as_slice()[a].total_cmp(&which.as_slice()[b]));
    let mut labels = truth.to_vec();
    for &image in &order[..(share * truth.len() as f64).round() as usize] {
        let step = (f64::from(other.as_slice()[image]) * (classes - 1) as f64) as usize;
        labels[image] = (truth[image] + 1 + step.min(classes - 2)) % classes;
    }
    labels
}

/// What is left when the fold of a seed is held out, and that fold.
fn part(folds: &Folds, seed: u64) -> (Split, Option<Split>) {
    let (rest, held) = folds.part((seed % folds.len() as u64) as usize);
    (rest, Some(held))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Plan;
    use crate::named::smoke;

    fn plan(lines: &str) -> Result<Plan, Error> {
        let text = smoke().text.replacen("[questions]", &format!("{lines}\n[questions]"), 1);
        Plan::new(Study::parse("smoke", &text)?)
    }

    #[test]
    fn every_seed_holds_out_its_fold_and_scales_by_the_rest() {
        let plan = plan("folds = 3").expect("fits");
        let all = plan.data.folds.as_ref().expect("they were asked for");
        for seed in 1..=6 {
            let data = plan.data_of(0, seed).expect("in memory");
            let (rest, held) = all.part((seed % 3) as usize);
            assert_eq!((&data.train, data.validation.as_ref()), (&rest, Some(&held)));
            assert_eq!(data.normalization, Normalization::of(&rest).expect("in memory"));
            assert_eq!(data.test, plan.data.test, "the test part is never divided");
        }
        assert_eq!(plan.data.train, plan.data_of(0, 1).expect("in memory").train);
        assert_ne!(
            plan.data_of(0, 1).expect("in memory").normalization,
            plan.data_of(0, 2).expect("in memory").normalization
        );
        let note = plan.design().dataset;
        assert_eq!(
            note.division.expect("it is divided"),
            "3 folds of the training part, every class in proportion; seed s holds out fold s mod 3 of 449 images"
        );
    }

    #[test]
    fn a_share_of_labels_is_made_wrong_and_nothing_else_changes() {
        let (clean, noisy) = (plan("").expect("fits"), plan("label_noise = 0.2").expect("fits"));
        let (train, truth) =
            (&noisy.data.train, noisy.data.truth.as_ref().expect("some are wrong"));
        assert_eq!(
            (&truth[..], train.images()),
            (clean.data.train.labels(), clean.data.train.images())
        );
        assert_eq!(noisy.data.test, clean.data.test);
        let wrong = noisy.data.mislabelled();
        assert_eq!(wrong.len(), (0.2 * train.len() as f64).round() as usize);
        let steps: BTreeSet<usize> =
            wrong.iter().map(|&nth| (10 + train.labels()[nth] - truth[nth]) % 10).collect();
        assert_eq!(steps, (1..10).collect(), "every other class comes up");
        assert!(clean.data.mislabelled().is_empty());
        assert_ne!(noisy.cells[0].id, clean.cells[0].id);
        let json = serde_json::to_value(&clean.study.training).expect("plain data");
        assert!(json.get("label_noise").is_none(), "{json}");
        let error = plan("label_noise = 1.0").expect_err("nothing would be right").to_string();
        assert!(
            error.contains("training.label_noise is 1; expected at least 0 and below 1"),
            "{error}"
        );
        assert_eq!(made_wrong(&[0, 0], 1, 0.5), [0, 0]);
    }

    #[test]
    fn few_images_of_each_class_are_drawn_from_what_the_fold_leaves() {
        let plan = plan("folds = 3\nper_class = 20").expect("fits");
        for seed in [1, 2] {
            let data = plan.data_of(0, seed).expect("enough of each");
            assert_eq!(data.train.class_counts(), [20; 10]);
            let pixels = |split: &Split| -> BTreeSet<Vec<u8>> {
                (0..split.len()).map(|index| split.images().image(index).to_vec()).collect()
            };
            let held = data.validation.as_ref().expect("a fold");
            assert!(pixels(&data.train).is_disjoint(&pixels(held)));
        }
    }

    #[test]
    fn arms_may_be_trained_on_different_numbers_of_images_of_which_the_fewer_are_a_part() {
        let with = |lines: &str, few: usize| {
            let arms = format!(
                "[arms.none.training]\nper_class = {few}\n\n[arms.none.down1]\nkind = 'identity'\n"
            );
            let text =
                smoke().text.replacen("none = { down1 = { kind = \"identity\" } }", &arms, 1);
            let text = text.replacen("[questions]", &format!("{lines}\n[questions]"), 1);
            Plan::new(Study::parse("smoke", &text)?)
        };
        let pixels = |split: &Split| -> BTreeSet<Vec<u8>> {
            (0..split.len()).map(|index| split.images().image(index).to_vec()).collect()
        };
        for lines in ["", "per_class = 50", "validation = 100", "folds = 3\nper_class = 50"] {
            let plan = with(lines, 20).expect(lines);
            for seed in [1, 2] {
                let [more, fewer] = [0, 1].map(|arm| plan.data_of(arm, seed).expect("enough"));
                assert_eq!(fewer.train.class_counts(), [20; 10], "{lines}");
                assert!(more.train.len() >= 500, "{lines}");
                assert!(pixels(&fewer.train).is_subset(&pixels(&more.train)), "{lines}");
                assert_eq!((&fewer.validation, &fewer.test), (&more.validation, &more.test));
            }
            assert_eq!((plan.arms[1].images, plan.steps(1)), (200, 14));
            assert_eq!(plan.arms[0].images, plan.data.train.len());
        }
        let (plain, few) = (plan("").expect("fits"), with("", 20).expect("fits"));
        assert_eq!(plain.cells[0], few.cells[0]);
        assert_ne!(plain.cells[1].id, few.cells[1].id);
        let error = with("", 5_000).expect_err("digits has fewer").to_string();
        assert!(error.contains("examples per class") && error.contains("at most"), "{error}");
    }

    #[test]
    fn folds_change_the_cells_and_nothing_of_studies_without_them() {
        let (with, without) = (plan("folds = 3").expect("fits"), plan("").expect("fits"));
        assert_ne!(with.cells[0].id, without.cells[0].id);
        let json = serde_json::to_string(&without.study).expect("plain data");
        assert!(!json.contains("folds") && !json.contains("split_by"), "{json}");
        assert_eq!(without.design().dataset.division, None);
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        let refusal = |lines: &str| plan(lines).expect_err(lines).to_string();
        assert_eq!(
            refusal("folds = 3\nvalidation = 100"),
            "study smoke: training.folds is 3; expected no folds beside training.validation, which holds out images of its own"
        );
        assert!(refusal("folds = 1").contains("folds is 1; expected"), "{}", refusal("folds = 1"));
        assert_eq!(
            refusal("folds = 3\nsplit_by = 'group'"),
            "study smoke: training.split_by is group; expected class, since digits knows no groups; \
             an image_folder has them in the column `group` of its file of labels"
        );
        assert!(refusal("split_by = 'group'").contains("expected folds or validation beside it"));
    }

    #[test]
    fn groups_that_a_source_knows_stay_whole_in_every_fold() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let rows = (0..48_u8).map(|i| {
            let image =
                image::GrayImage::from_fn(8, 8, |x, y| image::Luma([i * 4 + (x * y) as u8]));
            image.save(folder.path().join(format!("{i}.png"))).expect("writable");
            let part = if i < 36 { "train" } else { "test" };
            format!("{i}.png,{},{part},{}\n", i % 2, i / 4)
        });
        let lines = format!("file,label,split,group\n{}", rows.collect::<String>());
        std::fs::write(folder.path().join("labels.csv"), lines).expect("writable");
        let data = format!(
            "dataset  = {{ kind = 'image_folder', dir = '{}', labels = 'labels.csv', channels = 'grey' }}",
            folder.path().display()
        );
        let text = smoke().text.replacen("dataset  = { kind = \"digits\" }", &data, 1);
        let text = text.replacen("out_features = 10", "out_features = 2", 1);
        let text = text.replacen("[questions]", "folds = 3\nsplit_by = 'group'\n[questions]", 1);
        let plan = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
        let mut held_out = BTreeSet::new();
        for seed in 0..3 {
            let data = plan.data_of(0, seed).expect("in memory");
            let groups = |split: &Split| -> BTreeSet<usize> {
                split.groups().expect("known").iter().copied().collect()
            };
            let held = groups(data.validation.as_ref().expect("a fold"));
            assert!(held.is_disjoint(&groups(&data.train)));
            held_out.extend(held);
        }
        assert_eq!(held_out.len(), 9, "every group of the training part, once");
        assert!(plan.design().dataset.division.expect("divided").contains("whole groups"));
    }
}
