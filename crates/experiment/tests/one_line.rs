//! The quick study on other data: only the line that names them is another.

use std::env;
use std::path::{Path, PathBuf};

use cenote_experiment::{Fit, Plan, STUDIES, Stop, Study, evaluate};
use cenote_tensor::Seed;
use image::{Rgb, RgbImage};

/// The line of the quick study that names its data.
const LINE: &str = "dataset  = { kind = \"fashion_mnist_10k\" }";

/// A set below the folder of full sets, or `None` and a word about it.
#[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
fn set(below: &str) -> Option<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = env::var_os("CENOTE_DATA_DIR").map_or(beside, PathBuf::from).join(below);
    if !path.exists() {
        eprintln!("SKIPPED: {} is not there; set CENOTE_DATA_DIR", path.display());
        return None;
    }
    Some(path.display().to_string())
}

/// Plans the quick study with this line in place of its own, trains its arms `max` and `none-flatten` for one epoch on 6
/// images of each class, and judges them by a few test images. The flags of `cenote ablate` make it as small.
fn runs(line: &str, shape: [usize; 3], classes: usize) {
    let quick = STUDIES.iter().find(|study| study.name == "quick").expect("it comes along").text;
    assert_eq!(quick.matches(LINE).count(), 1, "the quick study names its data in one line");
    let mut study = Study::parse("quick", &quick.replace(LINE, line)).expect("valid");
    study.keep_arms(&["none-flatten".to_owned()]).expect("an arm of it");
    study.training.epochs = 1;
    study.training.per_class = Some(6);
    let plan = Plan::new(study).expect("the study fits");
    assert_eq!((plan.data.train.shape(), plan.data.classes.len()), (shape, classes));
    let few: Vec<usize> = (0..plan.data.test.len().min(20)).collect();
    let test = plan.data.test.subset(&few);
    for name in ["max", "none-flatten"] {
        let arm = plan.arms.iter().find(|arm| arm.name == name).expect("it was kept");
        let mut fit = Fit::start(&arm.model, &plan.data, &plan.recipe, Seed(1));
        let point = fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
        assert!(point.train_loss.is_finite());
        let judged = evaluate(&arm.model, &fit.params, &test, &plan.data.normalization);
        assert_eq!(judged.expect("fits").confusion.total(), few.len() as u64);
    }
}

#[test]
fn the_quick_study_runs_on_mnist_when_one_line_is_another() {
    let Some(dir) = set("mnist") else { return };
    runs(&format!("dataset = {{ kind = 'mnist', dir = '{dir}' }}"), [1, 28, 28], 10);
}

#[test]
fn the_quick_study_runs_on_a_part_of_cifar10_when_one_line_is_another() {
    let Some(file) = set("cifar10/cifar-10-binary-20k.tar.gz") else { return };
    runs(&format!("dataset = {{ kind = 'cifar10', file = '{file}' }}"), [3, 32, 32], 10);
}

#[test]
fn the_quick_study_runs_on_a_folder_of_images_when_one_line_is_another() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    for (class, colour) in [("blue", [0, 0, 200]), ("green", [0, 200, 0]), ("red", [200, 0, 0])] {
        std::fs::create_dir(folder.path().join(class)).expect("writable");
        for image in 0..10_u8 {
            let pixels = RgbImage::from_fn(40, 30, |x, y| {
                Rgb(colour.map(|c: u8| c.saturating_add(image * 3 + (x * y % 20) as u8)))
            });
            pixels.save(folder.path().join(format!("{class}/{image}.png"))).expect("writable");
        }
    }
    let dir = folder.path().display();
    let line = format!("dataset = {{ kind = 'image_folder', dir = '{dir}', size = [28, 32] }}");
    runs(&line, [3, 28, 32], 3);
}
