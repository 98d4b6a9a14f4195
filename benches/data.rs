//! Whether training ever waits for data: what the quickest study network takes against what batches can be made, how
//! decoding a folder of JPEG files scales with workers, and what a folder of 100,000 files takes in time and memory.
//!
//! Throughput is in images. Lines behind each family compare: how many times over one thread feeds the quickest network that
//! trains on one thread (the aim is 20), how much faster several workers decode, how far the memory of the process grew.

use std::time::{Duration, Instant};

use cenote_benches::{criterion, in_pool};
use cenote_datasets::{
    Augmentation, Batches, Benchmark, Damage, Dataset, Idx, Images, KINDS, Normalization, Origin,
    Split, corrupted,
};
use cenote_experiment::{Data, Fit, Plan, STUDIES, Stop, Study};
use cenote_layers::{Model, ModelSpec};
use cenote_tensor::Seed;
use criterion::{Criterion, Throughput};

const COUNT: usize = 960;
const BATCH: usize = 32;
/// What a study of small photographs usually does to its images.
const USUAL: &str = "[[augment]]
    kind = 'pad_and_crop'
    padding = 4
    [[augment]]
    kind = 'horizontal_flip'
    [[augment]]
    kind = 'brightness'
    max_change = 0.2";

/// Images of this shape with ten classes and no pattern.
fn noise(shape: [usize; 3]) -> Split {
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let pixels = (0..COUNT * shape.iter().product::<usize>()).map(|_| byte()).collect();
    let images = Images::new(shape, pixels).expect("whole images");
    Split::new(images, (0..COUNT).map(|index| index % 10).collect()).expect("a label each")
}

fn data(shape: [usize; 3]) -> Data {
    let split = noise(shape);
    let origin = Origin { name: "noise".to_owned(), licence: "none", source: "here" };
    let classes = (0..10).map(|class| class.to_string()).collect();
    let set = Dataset::new(origin, classes, split.clone(), split).expect("parts fit");
    let normalization = Normalization::of(&set.train).expect("in memory");
    let Dataset { name, classes, train, test, checksum, .. } = set;
    Data {
        classes,
        name,
        checksum,
        train,
        validation: None,
        test,
        normalization,
        pool: None,
        folds: None,
        truth: None,
    }
}

/// The networks of the quick study for images of this shape, by arm.
fn networks(plan: &Plan, data: &Data) -> Vec<(String, Model)> {
    let fitted = plan.arms.iter().map(|arm| {
        let spec = ModelSpec::parse(arm.model.tables().to_vec()).expect("it was parsed before");
        (arm.name.clone(), spec.fit(data.train.shape().into()).expect("small images fit"))
    });
    fitted.collect()
}

fn augmentation() -> Augmentation {
    let mut table: toml::Table = USUAL.parse().expect("the bench's text is TOML");
    let Some(toml::Value::Array(list)) = table.remove("augment") else { unreachable!("a list") };
    let tables = list.into_iter().filter_map(|table| table.as_table().cloned()).collect();
    Augmentation::parse(tables).expect("listed transforms")
}

/// One pass over the images: read, changed, batched, scaled.
fn pass(data: &Data, augmentation: &Augmentation, epoch: usize) -> usize {
    let mut order = Seed(1).stream("order");
    let batches = Batches::shuffled(&data.train, &data.normalization, BATCH, &mut order);
    let batches = batches.and_then(|batches| batches.augmented(augmentation, Seed(1), epoch));
    batches.expect("they fit").map(|batch| batch.expect("in memory").labels.len()).sum()
}

fn small_images(c: &mut Criterion) {
    let quick =
        STUDIES.iter().find(|study| study.name == "quick").expect("it comes with the program");
    let study = Study::parse(quick.name, quick.text).expect("valid");
    let plan = Plan::new(study).expect("its data come with the program");
    let augmentation = augmentation();
    let mut lines = Vec::new();
    for shape in [[1, 28, 28], [3, 32, 32]] {
        let [channels, side, _] = shape;
        let data = data(shape);
        let idx =
            Idx::new([vec![COUNT], shape.to_vec()].concat(), data.train.images().pixels().to_vec());
        let file = idx.expect("whole images").encode();
        let mut group = c.benchmark_group(format!("data/{channels}x{side}x{side}"));
        group.throughput(Throughput::Elements(COUNT as u64));
        group.bench_function("decode", |b| b.iter(|| Idx::decode("bench", &file)));
        group.bench_function("batch", |b| b.iter(|| pass(&data, &Augmentation::default(), 0)));
        group.bench_function("augment_and_batch", |b| b.iter(|| pass(&data, &augmentation, 0)));
        group.sample_size(10);
        let mut quickest = Duration::MAX;
        for (arm, model) in networks(&plan, &data) {
            let mut fit = Fit::start(&model, &data, &plan.recipe, Seed(1));
            group.bench_function(format!("train/{arm}"), |b| {
                b.iter(|| fit.epoch(&Stop::default(), |_, _| ()).expect("noise does not diverge"));
            });
            quickest = quickest.min(best(|| {
                fit.epoch(&Stop::default(), |_, _| ()).expect("noise does not diverge");
            }));
        }
        group.finish();
        let made = best(|| {
            Idx::decode("bench", &file).expect("it was encoded above");
            pass(&data, &augmentation, 1);
        });
        let rate = |time: Duration| COUNT as f64 / time.as_secs_f64();
        lines.push(format!(
            "{channels}x{side}x{side}: decoded, changed and batched {:.0} images/s; the quickest network trains on {:.0}: {:.1} times",
            rate(made), rate(quickest), rate(made) / rate(quickest),
        ));
    }
    say(&lines);
}

/// The least time of several, or of one where benches are only tried: what the machine can do when nothing disturbs it.
fn best(mut work: impl FnMut()) -> Duration {
    let times = if std::env::args().any(|word| word == "--test") { 1 } else { 7 };
    let times = (0..times).map(|_| {
        let clock = Instant::now();
        work();
        clock.elapsed()
    });
    times.min().expect("there is one")
}

fn jpeg_folder(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let class = folder.path().join("all");
    std::fs::create_dir(&class).expect("the folder is ours");
    let files: u32 = 256;
    for file in 0..files {
        let image = image::RgbImage::from_fn(160, 120, |x, y| {
            image::Rgb([(x + file) as u8, (y * 2) as u8, (x * y / 64 + file) as u8])
        });
        image.save(class.join(format!("{file}.jpg"))).expect("the folder is ours");
    }
    let mut table: toml::Table =
        "kind = 'image_folder'\nsize = [64, 64]\nkeep = 'files'\ntest_share = 0.01"
            .parse()
            .expect("the bench's text is TOML");
    table.insert("dir".to_owned(), folder.path().display().to_string().into());
    let set = cenote_spec::parse(&[KINDS], table)
        .expect("a listed source")
        .load()
        .expect("written above");
    let normalization = Normalization::of(&set.train).expect("written above");
    let mut group = c.benchmark_group("data/jpeg_160x120_to_64x64");
    group.throughput(Throughput::Elements(set.train.len() as u64)).sample_size(10);
    let pass = |workers: usize| {
        let batches = Batches::sequential(&set.train, &normalization, BATCH).expect("they fit");
        let loader = batches.prefetched(workers).expect("a few threads");
        loader.map(|batch| batch.expect("written above").labels.len()).sum::<usize>()
    };
    let mut lines = Vec::new();
    let one = best(|| assert_eq!(pass(1), set.train.len()));
    for workers in [0, 1, 2, 4, 8] {
        group.bench_function(format!("{workers}_workers"), |b| b.iter(|| pass(workers)));
        let time = best(|| assert_eq!(pass(workers), set.train.len()));
        let rate = set.train.len() as f64 / time.as_secs_f64();
        let times = one.as_secs_f64() / time.as_secs_f64();
        lines.push(format!("JPEG, {workers} workers: {rate:.0} images/s, {times:.2} times one"));
    }
    group.finish();
    say(&lines);
}

/// What it costs to damage test images as `[robustness]` asks, one thread.
fn corruptions() {
    let mut lines = Vec::new();
    for shape in [[1, 28, 28], [3, 32, 32]] {
        let [channels, side, _] = shape;
        let split = noise(shape);
        let all = Benchmark::named("cifar10_c").expect("it is listed");
        let mut slowest = (Duration::ZERO, String::new());
        let mut whole = Duration::ZERO;
        for name in all.names() {
            for damage in Damage::at(&name, None).expect("they are its own") {
                let time = best(|| {
                    corrupted(&split, &*damage.corruption, Seed(0)).expect("they fit");
                });
                whole += time;
                slowest = slowest.max((time, name.clone()));
            }
        }
        lines.push(format!(
            "{channels}x{side}x{side}: cifar10_c takes {:.2} ms an image for all its 70 levels; slowest {}, {:.0} images/s",
            whole.as_secs_f64() * 1e3 / COUNT as f64,
            slowest.1,
            COUNT as f64 / slowest.0.as_secs_f64(),
        ));
    }
    say(&lines);
}

/// One pass over a folder of 100,000 small JPEG files, which are few files under many names.
fn large_folder() {
    let few = std::env::args().any(|word| word == "--test");
    let (files, names): (u32, u32) = if few { (10, 2) } else { (100, 1_000) };
    let folder = tempfile::tempdir().expect("a folder for the bench");
    for file in 0..files {
        let class = folder.path().join(format!("class{}", file % 10));
        std::fs::create_dir_all(&class).expect("the folder is ours");
        let image = image::RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb([(x * 3 + file) as u8, (y * 2) as u8, (x * y / 16 + file) as u8])
        });
        let first = class.join(format!("{file}-0.jpg"));
        image.save(&first).expect("the folder is ours");
        for name in 1..names {
            std::fs::hard_link(&first, class.join(format!("{file}-{name}.jpg"))).expect("as above");
        }
    }
    let mut table: toml::Table =
        "kind = 'image_folder'\ntest_share = 0.1".parse().expect("the bench's text is TOML");
    table.insert("dir".to_owned(), folder.path().display().to_string().into());
    let before = high_water();
    let grown = || match (before, high_water()) {
        (Some(before), Some(now)) => format!("{:.1} MB", (now - before) as f64 / 1e6),
        _ => "by an unknown size".to_owned(),
    };
    let clock = Instant::now();
    let source = cenote_spec::parse(&[KINDS], table).expect("a listed source");
    let set = source.load().expect("written above");
    let normalization = Normalization::of(&set.train).expect("written above");
    let mut lines = vec![format!(
        "{} files: loaded and scaling measured in {:.2} s, memory grew by {}; decoded they are {:.0} MB",
        set.train.len() + set.test.len(),
        clock.elapsed().as_secs_f64(),
        grown(),
        ((set.train.len() + set.test.len()) * set.train.shape().iter().product::<usize>()) as f64
            / 1e6,
    )];
    let clock = Instant::now();
    let mut order = Seed(1).stream("order");
    let batches = Batches::shuffled(&set.train, &normalization, BATCH, &mut order);
    let loader = batches.expect("they fit").prefetched(2).expect("a few threads");
    let seen: usize = loader.map(|batch| batch.expect("written above").labels.len()).sum();
    let seconds = clock.elapsed().as_secs_f64();
    lines.push(format!(
        "{seen} of them decoded in batches by 2 workers: {:.0} images/s, memory grew by {} in all",
        seen as f64 / seconds,
        grown(),
    ));
    say(&lines);
}

/// The most memory that the process ever had, in bytes, where the system tells it.
fn high_water() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]
fn say(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}

fn main() {
    in_pool(|| {
        let mut c = criterion();
        // First, while the process has had little memory.
        large_folder();
        small_images(&mut c);
        jpeg_folder(&mut c);
        corruptions();
        c.final_summary();
    });
}
