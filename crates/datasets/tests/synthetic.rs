//! Sets that are drawn, seen from outside: the same by seed, true in every pixel, within their limits.

use cenote_datasets::{
    Composition, DETECTION_KINDS, Dataset, DetectionSet, KINDS, Split, TEXT_KINDS, TextSet, sha256,
};
use rayon::ThreadPoolBuilder;

const SHAPES: &str = "kind = 'shapes_on_clutter'\ntrain = 48\ntest = 16\nseed = 3";
const FASHION: &str = "kind = 'cluttered_fashion_mnist'\ntrain = 60\ntest = 20\nseed = 3";
const CANVASES: &str = "kind = 'canvases'\ntrain = 24\ntest = 8\nseed = 3";
const CAPTCHAS: &str = "kind = 'synthetic_captcha'\ntrain = 48\ntest = 16\nseed = 3";

fn classes(table: &str) -> Result<Dataset, String> {
    let table = table.parse().expect("the table of a test is TOML");
    let source = cenote_spec::parse(&[KINDS], table).map_err(|error| error.to_string())?;
    assert!(source.is_drawn());
    source.load().map_err(|error| error.to_string())
}

fn boxes(table: &str) -> Result<DetectionSet, String> {
    let table = table.parse().expect("the table of a test is TOML");
    let source =
        cenote_spec::parse(&[DETECTION_KINDS], table).map_err(|error| error.to_string())?;
    assert!(source.is_drawn());
    source.load().map_err(|error| error.to_string())
}

fn texts(table: &str) -> Result<TextSet, String> {
    let table = table.parse().expect("the table of a test is TOML");
    let source = cenote_spec::parse(&[TEXT_KINDS], table).map_err(|error| error.to_string())?;
    assert!(source.is_drawn());
    source.load().map_err(|error| error.to_string())
}

/// How every image of a set of any kind was put together, the training part first.
fn compositions(table: &str) -> Vec<Composition> {
    let of = |split: &Split| -> Vec<Composition> {
        let drawn =
            |index| split.images().composition(index).expect("it is drawn").expect("it is drawn");
        (0..split.len()).map(drawn).collect()
    };
    if table.contains("canvases") {
        let set = boxes(table).expect("it loads");
        let all = set.train.iter().chain(&set.test);
        all.map(|scene| scene.picture.composition().expect("it is drawn").expect("it is drawn"))
            .collect()
    } else if table.contains("captcha") {
        let set = texts(table).expect("it loads");
        let all = set.train.iter().chain(&set.test);
        all.map(|image| image.picture.composition().expect("it is drawn").expect("it is drawn"))
            .collect()
    } else {
        let set = classes(table).expect("it loads");
        [of(&set.train), of(&set.test)].concat()
    }
}

/// A digest of all images, classes and masks.
fn digest(table: &str) -> String {
    let mut bytes = Vec::new();
    for drawn in compositions(table) {
        bytes.extend(drawn.image());
        for object in drawn.objects() {
            bytes.push(object.class as u8);
            bytes.extend(object.mask.bytes());
        }
    }
    sha256(&bytes)
}

#[test]
fn a_seed_gives_the_same_bytes_for_ever_whatever_the_number_of_threads() {
    // A change here changes every set that anybody has drawn.
    let golden = [
        (SHAPES, "8c8ff1726a27a2fe34973e8f09106ae807e6c43dde0453aefa3dbb5b76ca9af9"),
        (FASHION, "195308736beb2a453b02a279e0cb843b904a49bcd4288be6fd8397190c4cdee2"),
        (CANVASES, "daef6596d93128c3f4041b8ecd34b6e9cebb9a74ba273a8a64e45b0cc383baff"),
        (CAPTCHAS, "40680a69e6db85c2c129ccf86cd923adb97a6c78c5efb846f1a902ed848d1a02"),
    ];
    let found = golden.map(|(table, _)| {
        let with = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| digest(table))
        };
        let one = with(1);
        assert!([2, 8].into_iter().all(|threads| with(threads) == one), "{table}");
        assert_ne!(one, digest(&table.replace("seed = 3", "seed = 4")), "{table}");
        one
    });
    assert_eq!(found.each_ref().map(String::as_str), golden.map(|(_, digest)| digest));
}

#[test]
fn an_example_is_the_same_in_a_larger_set() {
    let larger = |table: &str| {
        table
            .replace("train = 48", "train = 50")
            .replace("train = 24", "train = 26")
            .replace("train = 60", "train = 70")
    };
    for table in [SHAPES, FASHION, CANVASES, CAPTCHAS] {
        let (small, large) = (compositions(table), compositions(&larger(table)));
        for (a, b) in small.iter().zip(&large).take(24) {
            assert_eq!(a.image(), b.image(), "{table}");
        }
    }
}

#[test]
fn images_in_memory_are_those_that_are_drawn_again() {
    for table in [SHAPES, FASHION] {
        let set = classes(table).unwrap();
        let part = set.test.subset(&[7, 0, 7]);
        for (index, original) in [7, 0, 7].into_iter().enumerate() {
            let drawn = part.images().composition(index).expect("it is drawn").unwrap();
            assert_eq!(drawn.image(), set.test.images().image(original));
            assert_eq!(drawn.objects()[0].class, part.labels()[index]);
        }
    }
    let digits = "kind = 'digits'".parse().expect("TOML");
    let digits = cenote_spec::parse(&[KINDS], digits).unwrap();
    assert!(!digits.is_drawn());
    assert!(digits.load().unwrap().train.images().composition(0).is_none());
}

#[test]
fn masks_are_what_hides_the_background() {
    for table in [SHAPES, FASHION, CANVASES, CAPTCHAS] {
        for drawn in compositions(table) {
            let [channels, rows, columns] = drawn.shape();
            let area = rows * columns;
            // Over black and over white: what covers at least half of a pixel lets less than half of either through.
            let (black, white) = (vec![0; channels * area], vec![255; channels * area]);
            let (dark, light) = (drawn.over(&black).unwrap(), drawn.over(&white).unwrap());
            let through = |at: usize| light[at] - dark[at];
            let mask = drawn.mask();
            let image = drawn.image();
            let mut seen = 0;
            for (at, &inside) in mask.pixels().iter().enumerate() {
                if inside {
                    assert!(through(at) <= 127, "{table}: {} at {at}", through(at));
                    seen += 1;
                } else if through(at) == 255 {
                    assert_eq!(image[at], drawn.background()[at], "{table}");
                } else if table == SHAPES || table == FASHION {
                    // The edge of the object; where there are more, edges lie over each other.
                    assert!(through(at) >= 128, "{table}");
                }
            }
            assert!(seen > 0 && seen < area * 9 / 10, "{table}: {seen} of {area}");
            // Masks of objects are parts of it and share no pixel.
            let parts: usize = drawn.objects().iter().map(|object| object.mask.area()).sum();
            assert_eq!(parts, mask.area());
        }
    }
}

#[test]
fn objects_stay_where_they_are_when_clutter_and_background_change() {
    for (table, changes) in [
        (SHAPES, &["clutter = 0.0", "clutter = 1.0", "background = 'texture'"][..]),
        (FASHION, &["clutter = 0.0", "clutter = 0.9"]),
        (CANVASES, &["clutter = 0.5", "background = 'noise'"]),
    ] {
        let before = compositions(table);
        for change in changes {
            let after = compositions(&format!("{table}\n{change}"));
            for (a, b) in before.iter().zip(&after) {
                assert_eq!(a.objects(), b.objects(), "{change}");
                assert_ne!(a.background(), b.background(), "{change}");
                assert_eq!(a.over(b.background()).unwrap(), b.image(), "{change}");
            }
        }
    }
}

#[test]
fn more_clutter_keeps_the_clutter_that_there_was() {
    let with = |clutter: &str| {
        let grounds = compositions(&format!("{SHAPES}\nbackground = 'flat'\nclutter = {clutter}"));
        grounds.iter().flat_map(|drawn| drawn.background().to_vec()).collect::<Vec<u8>>()
    };
    let (none, some, more) = (with("0.0"), with("0.2"), with("0.4"));
    let cluttered: Vec<usize> = (0..none.len()).filter(|&at| none[at] != some[at]).collect();
    assert!(cluttered.len() > none.len() / 30, "{} of {}", cluttered.len(), none.len());
    // Some of it is hidden by fragments that are laid over it later.
    let kept = cluttered.iter().filter(|&&at| some[at] == more[at]).count();
    assert!(kept > cluttered.len() * 2 / 3, "{kept} of {}", cluttered.len());
}

#[test]
fn classes_are_balanced() {
    let shapes = classes(&SHAPES.replace("train = 48", "train = 50")).unwrap();
    assert_eq!(shapes.test.class_counts(), [2; 8]);
    assert_eq!(shapes.train.class_counts(), [7, 7, 6, 6, 6, 6, 6, 6]);
    let fashion = classes(FASHION).unwrap();
    assert_eq!(
        (fashion.train.class_counts(), fashion.test.class_counts()),
        (vec![6; 10], vec![2; 10])
    );
}

#[test]
fn boxes_are_the_tightest_around_what_is_seen() {
    let set = boxes(&format!("{CANVASES}\nobjects = [2, 8]\noverlap = 0.5")).unwrap();
    let mut counts = [0; 9];
    for scene in set.train.iter().chain(&set.test) {
        let drawn = scene.picture.composition().expect("it is drawn").unwrap();
        let objects = drawn.objects();
        let seen: Vec<_> = objects.iter().filter(|object| object.mask.area() > 0).collect();
        assert_eq!(seen.len(), scene.objects.len());
        counts[seen.len()] += 1;
        for (object, boxed) in seen.iter().zip(&scene.objects) {
            let [_, _, columns] = drawn.shape();
            let [x1, y1, x2, y2] = boxed.corners.map(|side| side as usize);
            let inside = |row: usize, column: usize| object.mask.pixels()[row * columns + column];
            let within = (y1..y2).flat_map(|row| (x1..x2).map(move |column| (row, column)));
            let area = within.filter(|&(row, column)| inside(row, column)).count();
            assert_eq!((area, object.class), (object.mask.area(), boxed.class));
            assert!((x1..x2).any(|x| inside(y1, x)) && (x1..x2).any(|x| inside(y2 - 1, x)));
            assert!((y1..y2).any(|y| inside(y, x1)) && (y1..y2).any(|y| inside(y, x2 - 1)));
        }
    }
    assert!(
        counts[..2] == [0, 0] && counts[2..].iter().filter(|count| **count > 0).count() > 4,
        "{counts:?}"
    );
}

#[test]
fn boxes_overlap_no_more_than_allowed() {
    let set =
        boxes(&format!("{CANVASES}\nobjects = [4, 8]\noverlap = 0.0\nsize = [192, 160]")).unwrap();
    for scene in &set.train {
        assert!(scene.objects.len() >= 4);
        for (at, a) in scene.objects.iter().enumerate() {
            for b in &scene.objects[at + 1..] {
                let [a, b] = [a.corners, b.corners];
                assert!(
                    a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3],
                    "{a:?} {b:?}"
                );
            }
        }
    }
}

#[test]
fn canvases_take_objects_of_any_set() {
    let digits =
        boxes(&format!("{CANVASES}\nfrom = {{ kind = 'digits' }}\nscale = [2.0, 3.0]")).unwrap();
    assert_eq!(digits.classes.len(), 10);
    let drawn = digits.train[0].picture.composition().expect("it is drawn").unwrap();
    assert!(drawn.image().iter().any(|&value| value > 200), "values up to 16 are stretched");
    let shapes = "from = { kind = 'shapes_on_clutter', channels = 'rgb', train = 9, test = 9 }";
    let shapes = boxes(&format!("{CANVASES}\n{shapes}")).unwrap();
    assert_eq!(shapes.train[0].picture.composition().expect("it is drawn").unwrap().shape()[0], 3);
}

#[test]
fn nothing_of_the_test_part_is_in_the_training_part() {
    let whole = classes_of_fashion();
    // Where an item stands is known without clutter: the 28x28 pixels that hold it.
    let plain =
        classes("kind = 'cluttered_fashion_mnist'\nclutter = 0.0\nposition = 0.0\nsize = 32")
            .unwrap();
    for (part, items, others) in
        [(&plain.train, &whole.train, &whole.test), (&plain.test, &whole.test, &whole.train)]
    {
        let known: std::collections::HashSet<&[u8]> = items.images().pixels().chunks(784).collect();
        let foreign: std::collections::HashSet<&[u8]> =
            others.images().pixels().chunks(784).collect();
        let mut seen = std::collections::HashSet::new();
        for index in 0..part.len() {
            let image = part.images().image(index);
            let item: Vec<u8> =
                (2..30).flat_map(|row| &image[row * 32 + 2..row * 32 + 30]).copied().collect();
            assert!(known.contains(&item[..]) && !foreign.contains(&item[..]), "{index}");
            seen.insert(item);
        }
        assert!(seen.len() > part.len() * 99 / 100, "every item is used");
    }
}

fn classes_of_fashion() -> Dataset {
    let table = "kind = 'fashion_mnist_10k'".parse().expect("TOML");
    cenote_spec::parse(&[KINDS], table).expect("listed").load().expect("it loads")
}

#[test]
fn patches_are_of_the_part_they_lie_in() {
    // Pieces as large as an item are whole items, of which those that nothing lies over can be looked up.
    let few = FASHION.replace("train = 60", "train = 24");
    let set = classes(&format!("{few}\nclutter = 0.05\npatch = 28\nsize = 128")).unwrap();
    let whole = classes_of_fashion();
    let find = |part: &Split, of: &Split| {
        let mut found = 0;
        for index in 0..part.len() {
            let drawn = part.images().composition(index).expect("it is drawn").unwrap();
            let ground = drawn.background();
            for item in of.images().pixels().chunks(784) {
                let first = item.iter().position(|&value| value > 0).expect("no item is empty");
                let hit = |at: &usize| {
                    let (row, column) = (at / 128, at % 128);
                    let (y, x) = (first / 28, first % 28);
                    row >= y
                        && column >= x
                        && row - y + 28 <= 128
                        && column - x + 28 <= 128
                        && item[first] == ground[*at]
                        && (0..28).all(|line| {
                            let from = (row - y + line) * 128 + column - x;
                            ground[from..from + 28] == item[line * 28..line * 28 + 28]
                        })
                };
                let lit = (0..128 * 128).find(|&at| ground[at] > 0);
                found += usize::from(lit.is_some_and(|at| hit(&at)));
            }
        }
        found
    };
    assert!(find(&set.train, &whole.train) > 15, "most lie free");
    assert_eq!(find(&set.train, &whole.test), 0);
    assert!(find(&set.test, &whole.test) > 10);
    assert_eq!(find(&set.test, &whole.train), 0);
}

#[test]
fn letters_are_in_their_order_and_every_style_shows_them() {
    for style in ["clean", "spaced", "rotated", "struck", "noisy", "touching", "mixed"] {
        let set = texts(&format!("{CAPTCHAS}\nstyle = '{style}'\nlength = [3, 6]")).unwrap();
        assert_eq!(set.alphabet.len(), 31);
        let mut lengths = std::collections::BTreeSet::new();
        for image in set.train.iter().chain(&set.test) {
            let drawn = image.picture.composition().expect("it is drawn").unwrap();
            let objects = drawn.objects();
            let read: String = objects.iter().map(|letter| set.alphabet[letter.class]).collect();
            assert_eq!(read, image.text, "{style}");
            lengths.insert(read.len());
            let boxes: Vec<_> =
                objects.iter().map(|letter| letter.mask.bounds().expect("it is seen")).collect();
            assert!(
                boxes.windows(2).all(|pair| pair[0][0] < pair[1][0] && pair[0][2] < pair[1][2]),
                "{style}: {boxes:?}"
            );
            let free = boxes.windows(2).filter(|pair| pair[0][2] < pair[1][0]).count();
            match style {
                "touching" => assert!(free <= boxes.len() / 2, "{style}: {boxes:?}"),
                "clean" | "spaced" => assert_eq!(free, boxes.len() - 1, "{style}: {boxes:?}"),
                _ => {}
            }
        }
        assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }
}

#[test]
fn settings_out_of_range_are_refused_with_what_would_fit() {
    let refusal = |table: String| {
        let error = if table.contains("canvases") {
            boxes(&table).err()
        } else if table.contains("captcha") {
            texts(&table).err()
        } else {
            classes(&table).err()
        };
        error.unwrap_or_else(|| panic!("not refused: {table}"))
    };
    for (kind, settings) in [
        (
            "shapes_on_clutter",
            &[
                "size = 15",
                "size = 257",
                "train = 0",
                "test = 1000001",
                "scale = [0.6, 0.3]",
                "scale = [0.0, 0.5]",
                "scale = [0.5, 1.1]",
                "scale = [nan, 0.5]",
                "position = -0.1",
                "position = nan",
                "contrast = 0.0",
                "clutter = 1.01",
                "clutter = inf",
                "max_degrees = 181.0",
                "classes = []",
                "classes = ['star']",
                "classes = ['star', 'star']",
                "classes = ['star', 'moon']",
                "classes = ['a', 'b']",
                "background = 'sky'",
                "channels = 'cmyk'",
                "train = 1000000\nsize = 256",
                "seed = -1",
            ][..],
        ),
        (
            "cluttered_fashion_mnist",
            &[
                "size = 31",
                "size = 300",
                "patch = 3",
                "patch = 29",
                "clutter = 2.0",
                "train = 0",
                "train = -1",
            ],
        ),
        (
            "canvases",
            &[
                "size = [31, 64]",
                "size = [64, 513]",
                "objects = [0, 3]",
                "objects = [4, 3]",
                "objects = [1, 33]",
                "scale = [0.1, 1.0]",
                "scale = [1.0, 9.0]",
                "overlap = 0.6",
                "patch = 3",
                "patch = 33",
                "objects = [8, 8]\nsize = [64, 64]",
                "scale = [4.0, 8.0]",
                "from = { kind = 'moon' }",
                "from = {}",
            ],
        ),
        (
            "synthetic_captcha",
            &[
                "style = 'curly'",
                "alphabet = ''",
                "alphabet = 'a'",
                "alphabet = 'aab'",
                "alphabet = 'aé'",
                "alphabet = 'a_'",
                "length = [0, 3]",
                "length = [3, 2]",
                "length = [1, 13]",
                "size = [15, 100]",
                "size = [48, 30]",
                "size = [600, 600]",
            ],
        ),
    ] {
        for setting in settings {
            let error = refusal(format!("kind = '{kind}'\n{setting}"));
            assert!(error.contains("expected") || error.contains("unknown"), "{setting}: {error}");
        }
    }
    let error = refusal("kind = 'canvases'\nobjects = [8, 8]\nsize = [64, 64]".to_owned());
    assert!(
        error.starts_with("canvases: objects is 8 or more of up to 42x42 on 64x64; expected"),
        "{error}"
    );
}
