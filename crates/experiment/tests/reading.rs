//! Tasks that read texts, from a study to records: they train, and what does not fit is refused before.

use cenote_evidence::EndedBy;
use cenote_experiment::{Error, Fit, Plan, STUDIES, Stop, Study};
use cenote_tensor::Seed;

/// A study that comes along, of so few small images that it trains in a second.
fn small(name: &str, changes: &[(&str, &str)]) -> Result<Plan, Error> {
    let named = STUDIES.iter().find(|study| study.name == name).expect("it comes along");
    let style = "length = [4, 6], train = 1000, test = 500";
    let style = if named.text.contains(style) {
        style
    } else {
        "length = [4, 6], train = 4000, test = 1000"
    };
    let few = "alphabet = '2bmx', length = [2, 3], size = [16, 48], train = 24, test = 8";
    let text = named.text.replacen(style, few, 1);
    // Letters are small as they are.
    let text = text.replacen("method = \"ctc\"", "method = \"ctc\", size = [16, 48]", 1);
    let text = text.replacen("positions = 6", "positions = 6, size = [16, 48]", 1);
    let text = changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is in {name}");
        text.replacen(from, to, 1)
    });
    Plan::new(Study::parse(name, &text)?)
}

#[test]
fn every_method_learns_and_trains_to_the_same_bits_on_any_number_of_threads() {
    for name in ["captcha", "captcha-positions", "captcha-letters"] {
        let plan = small(name, &[]).expect("fits");
        let digest = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a few threads").install(|| {
                let mut fit = Fit::start(&plan.arms[0].model, &plan.data, &plan.recipe, Seed(2));
                let mut epoch = || fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
                let first = epoch();
                let last = (0..3).map(|_| epoch()).last().expect("three more");
                assert!(last.train_loss < first.train_loss, "{name}: {first:?} {last:?}");
                fit.params.digest()
            })
        };
        assert_eq!(digest(1), digest(3), "{name}");
    }
}

#[test]
fn every_arm_of_the_studies_of_readers_fits_and_what_it_needs_is_foreseen() {
    for name in ["captcha", "captcha-positions", "captcha-letters"] {
        let plan = small(name, &[]).expect("fits");
        assert_eq!(plan.arms.len(), plan.study.arms.iter().count(), "{name}");
        let peaks = plan.peaks().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(peaks.iter().all(|&peak| peak > 0), "{name}");
    }
}

#[test]
fn what_cannot_say_every_text_is_refused_before_training() {
    let refusal = |name, changes: &[_]| small(name, changes).expect_err(name).to_string();
    let positions = refusal("captcha-positions", &[("positions = 6", "positions = 2")]);
    assert!(positions.contains("has 2 positions, task.positions; the longest text"), "{positions}");
    let narrow = [("size = [16, 48] }", "size = [40, 8] }")];
    let steps = refusal("captcha", &narrow);
    assert!(steps.contains("ends in 2 steps; a text of synthetic_captcha needs"), "{steps}");
    let method = [("method = \"ctc\"", "method = \"guess\"")];
    assert!(refusal("captcha", &method).contains("unknown variant `guess`"));
    let metric = [("metric = \"exact_match\"", "metric = \"accuracy\"")];
    let metric = refusal("captcha", &metric);
    assert!(metric.contains("expected one of exact_match, character_accuracy"), "{metric}");
}

#[test]
fn every_method_ends_at_a_target_of_texts_held_out() {
    for (name, metric) in [
        ("captcha", "exact_match"),
        ("captcha-positions", "exact_match"),
        ("captcha-letters", "accuracy"),
    ] {
        let target = format!("validation = 6\nselect = 'best'\ntarget = {{ {metric} = 0.0 }}");
        let training = format!("[training]\n{target}");
        let plan = small(name, &[("[training]", &training)]).expect("fits");
        let mut fit = Fit::start(&plan.arms[0].model, &plan.data, &plan.arms[0].recipe, Seed(2));
        let point = fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
        let curve = [fit.judged(point, &[]).expect("fits")];
        assert!(curve[0].validation.is_some_and(|share| (0.0..=1.0).contains(&share)), "{name}");
        assert_eq!(fit.ended(&curve), Some(EndedBy::Target), "{name}");
    }
}
