//! Flags that do not fit, and the help that says what would.

use crate::program::{Place, says};

#[test]
fn an_arm_that_does_not_exist_is_answered_with_the_nearest_and_all() {
    let place = Place::new();
    for words in [
        "train smoke --arm mxa --out net",
        "ablate smoke --arms none,mxa",
        "summary smoke --arm mxa",
    ] {
        let error = place.refuses(words, 2);
        says(&error, &["unknown arm `mxa`", "did you mean `max`?", "expected one of max, none"]);
    }
    assert!(!place.path("net").exists() && !place.path("runs").exists(), "nothing was begun");
}

#[test]
fn a_study_that_does_not_exist_is_answered_with_the_nearest_and_all() {
    let error = Place::new().refuses("ablate smok", 2);
    says(
        &error,
        &[
            "no study `smok`",
            "did you mean `smoke`?",
            "quick, smoke, full, claims, factorial, removal, lenet5",
        ],
    );
}

#[test]
fn numbers_that_cannot_be_counts_are_refused_with_the_flag_and_what_fits() {
    let place = Place::new();
    for (flag, wrong) in [
        ("--seeds", ["0", "-1", "99999999999999999999", "two"]),
        ("--epochs", ["0", "-3", "1.5", "1e3"]),
        ("--jobs", ["0", "-1", "1025", "99999999999"]),
        ("--threads", ["0", "-1", "100000", "many"]),
    ] {
        for wrong in wrong {
            let error = place.refuses(&format!("ablate smoke {flag} {wrong}"), 2);
            let got = format!("invalid value '{wrong}' for '{flag} <N>'");
            says(&error, &[&got, "expected a whole number"]);
        }
    }
    let error = place.refuses("train smoke --out net --seed -1", 2);
    says(&error, &["invalid value '-1' for '--seed <N>'", "from 0 to 18446744073709551615"]);
    assert!(!place.path("net").exists() && !place.path("runs").exists(), "nothing was begun");
}

#[test]
fn more_than_a_study_can_hold_is_refused_with_its_limit() {
    let place = Place::new();
    let error = place.refuses("ablate smoke --seeds 99999999999", 2);
    says(&error, &["seeds.count is 99999999999", "from 1 to 10000"]);
    let error = place.refuses("train smoke --out net --epochs 99999999999", 2);
    says(&error, &["training.epochs is 99999999999", "from 1 to 1000000"]);
}

#[test]
fn a_place_that_cannot_be_written_costs_no_training() {
    let place = Place::new();
    // Not a matter of permissions, which do not bind every user.
    place.write("file", "");
    let error = place.refuses("ablate smoke --out file/below", 1);
    says(&error, &["create the directory `file/below`"]);
    for out in ["file/net", "file/below/net"] {
        let error = place.refuses(&format!("train smoke --out {out}"), 1);
        says(&error, &[out, "its folder cannot be made"]);
    }
    std::fs::create_dir(place.path("folder")).expect("writable");
    let error = place.refuses("train smoke --out folder", 1);
    says(&error, &["checkpoint folder: cannot be written"]);
}

#[test]
fn words_that_are_no_command_are_refused_with_the_nearest() {
    let place = Place::new();
    let said = place.cenote("ablat");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    says(&said.err, &["unrecognized subcommand 'ablat'", "'ablate'"]);
    let said = place.cenote("list lyers");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    says(&said.err, &["'lyers'", "layers"]);
}

#[test]
fn help_names_every_option_of_its_command() {
    let place = Place::new();
    let all = place.succeeds("--help");
    says(
        &all,
        &[
            "ablate", "train", "evaluate", "predict", "report", "summary", "list", "bench",
            "metrics",
        ],
    );
    says(&all, &["Exit codes: 0 done", "130 interrupted"]);
    for (command, options) in [
        (
            "ablate",
            "[STUDY] --epochs --seeds --arms --out --jobs --threads --plan --json --quiet [default: quick]",
        ),
        ("train", "[STUDY] --epochs --arm --seed --out --resume --threads --json --quiet"),
        ("evaluate", "<CHECKPOINT> --json"),
        ("predict", "<CHECKPOINT> [IMAGES] --test --json PNG"),
        ("report", "<FOLDER> [SECOND] --from-records --json runs.jsonl"),
        ("summary", "[STUDY] --arm --json"),
        ("bench", "--workload --threads --budget --min-runs --min-seconds --json [default: all]"),
        (
            "metrics classification",
            "--input --task --positive --classes --labels --threshold --weights --undefined --average --beta \
             --top-k --bins --binning --plots --json label score_CLASS prediction_NAME",
        ),
        ("metrics sequence", "--input --items --json label prediction"),
        (
            "captcha segment",
            "<IMAGE> --length --draw --threshold --ink --median --opening --by --json",
        ),
        ("captcha split", "<IMAGES> --out --side --separator --threshold --json"),
        (
            "captcha train",
            "<IMAGES> --out --method --folds --fold --every-fold --length --separator --epochs --batch-size --arm \
             --seed --resume --threads --json --quiet ctc positions letters",
        ),
        ("captcha evaluate", "<CHECKPOINT> [IMAGES] --separator --json"),
        ("captcha read", "<CHECKPOINT> <IMAGES>... --json"),
        (
            "detect train",
            "[STUDY] --data --set --channels --input --arm --epochs --seed --out --resume --threads --json --quiet \
             [default: detect]",
        ),
        ("list", "[WHAT] --json studies layers datasets transforms optimizers schedules metrics"),
    ] {
        let help = place.succeeds(&format!("{command} --help"));
        let options: Vec<&str> = options.split_whitespace().collect();
        says(&help, &options);
    }
    assert_eq!(place.succeeds("--version"), concat!("cenote ", env!("CARGO_PKG_VERSION"), "\n"));
}
