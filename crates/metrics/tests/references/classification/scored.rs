//! Rankings, probabilities and calibration.

use cenote_metrics::{
    Average, BinaryScores, Binning, Calibration, Error, MulticlassScores, MultilabelScores,
    RocPoints, Undefined,
};
use serde_json::Value;

use super::Check;
use super::problem::Kind;
use crate::{array, number};

pub(super) fn check(check: &Check<'_>, stored: &Value) -> Option<usize> {
    match &check.problem.kind {
        Kind::Binary(_, scores) => binary(check, scores, stored),
        Kind::Multiclass(_, scores) => multiclass(check, scores, stored),
        Kind::Multilabel(_, scores) => multilabel(check, scores, stored),
    }
}

fn binary(check: &Check<'_>, scores: &BinaryScores, stored: &Value) -> Option<usize> {
    let ranked = scores.thresholds();
    Some(match check.metric {
        "average_precision_score" => check.score_or(ranked.average_precision(), 0.0, stored),
        "roc_auc_score" => match check.args["max_fpr"].as_f64() {
            None => check.score(ranked.roc_auc(), stored),
            Some(max) => check.score(fits(ranked.partial_roc_auc(max)), stored),
        },
        "precision_recall_curve" => {
            let Some(mut curve) = ranked.precision_recall_curve() else {
                // scikit-learn draws a recall of 1 where there is nothing to find.
                let recalls = array(&stored[1]).iter().map(number).collect::<Vec<_>>();
                let (last, rest) = recalls.split_last().expect("the end of the curve is stored");
                assert!(*last <= 0.0 && rest.iter().all(|&recall| recall >= 1.0));
                return Some(1);
            };
            curve.reverse();
            let precisions: Vec<f64> = curve.iter().map(|point| point.precision).collect();
            let recalls: Vec<f64> = curve.iter().map(|point| point.recall).collect();
            let thresholds: Vec<f64> = curve.iter().map(|point| point.threshold).collect();
            check.list(&precisions, &stored[0])
                + check.list(&recalls, &stored[1])
                + check.list(&thresholds[..thresholds.len() - 1], &stored[2])
        }
        "roc_curve" => {
            let dropped = check.args["drop_intermediate"] == true;
            let points = if dropped { RocPoints::Corners } else { RocPoints::All };
            let Some(curve) = ranked.roc_curve(points) else {
                let undefined = |list: &Value| array(list).iter().all(|value| value == "nan");
                assert!(undefined(&stored[0]) || undefined(&stored[1]), "{}", check.what());
                return Some(1);
            };
            let column = |of: fn(&cenote_metrics::RocPoint) -> f64| -> Vec<f64> {
                curve.iter().map(of).collect()
            };
            check.list(&column(|point| point.fpr), &stored[0])
                + check.list(&column(|point| point.tpr), &stored[1])
                + check.list(&column(|point| point.threshold), &stored[2])
        }
        "det_curve" => {
            let Some(curve) = ranked.det_curve() else {
                // It looks at labels without their weights, and divides by nothing.
                assert!(check.problem.weighted, "{}: {stored}", check.what());
                return Some(1);
            };
            let column = |of: fn(&cenote_metrics::DetPoint) -> f64| -> Vec<f64> {
                curve.iter().map(of).collect()
            };
            check.list(&column(|point| point.fpr), &stored[0])
                + check.list(&column(|point| point.fnr), &stored[1])
                + check.list(&column(|point| point.threshold), &stored[2])
        }
        "log_loss" => check.score(fits(scores.log_loss()), stored),
        "brier_score_loss" => check.score(fits(scores.brier()), stored),
        "best_f_beta" => {
            let best = fits(ranked.best_f_beta(number(&check.args["beta"])));
            check.score(best.map(|best| best.f_beta), stored)
        }
        "calibration_error_binary" | "calibration_curve" => calibration(
            check,
            &unweighted(check, |i| (scores_of(check)[i], truth(check, i))),
            stored,
        ),
        "calibration_error_top_label" => {
            let top = |i: usize| {
                let score = scores_of(check)[i];
                let (said, confidence) =
                    if score >= 0.5 { (true, score) } else { (false, 1.0 - score) };
                (confidence, said == truth(check, i))
            };
            calibration(check, &unweighted(check, top), stored)
        }
        _ => return None,
    })
}

fn multiclass(check: &Check<'_>, scores: &MulticlassScores, stored: &Value) -> Option<usize> {
    Some(match check.metric {
        "top_k_accuracy_score" => {
            let k = check.args["k"].as_u64().expect("a whole number is stored") as usize;
            check.score(scores.top_k(k), stored)
        }
        "roc_auc_score" => {
            let how = averaging(check);
            if check.args["multi_class"] == "ovo" {
                // scikit-learn has no weights here.
                return Some(check.score(alike(check, scores).roc_auc_ovo(how), stored));
            }
            let got = scores.roc_auc_ovr(how, Undefined::Propagate);
            // Without any weight scikit-learn has 0 for the weighted mean.
            let nothing = how == Average::Weighted && got.is_none() && *stored == 0.0;
            if nothing { 1 } else { check.score(got, stored) }
        }
        "average_precision_score" if check.args["average"].is_null() => {
            let each = array(stored).iter().enumerate().map(|(class, stored)| {
                let ranked = scores.one_vs_rest(class).thresholds();
                check.score_or(ranked.average_precision(), 0.0, stored)
            });
            each.sum()
        }
        "average_precision_score" => {
            check.score(scores.average_precision(averaging(check), Undefined::Zero), stored)
        }
        "log_loss" => check.score(fits(scores.log_loss()), stored),
        "brier_score_loss" => check.score(fits(scores.brier()), stored),
        "calibration_error_top_label" | "calibration_curve" => {
            calibration(check, &alike(check, scores).top_label(), stored)
        }
        _ => return None,
    })
}

fn multilabel(check: &Check<'_>, scores: &MultilabelScores, stored: &Value) -> Option<usize> {
    let per_label = |score: fn(&cenote_metrics::Thresholds) -> Option<f64>,
                     undefined: Undefined| {
        let each = array(stored).iter().enumerate().map(|(label, stored)| {
            let got = score(&scores.label(label).thresholds());
            check.score(got.or(undefined.value()), stored)
        });
        each.sum::<usize>()
    };
    Some(match check.metric {
        "average_precision_score" => match check.args["average"].as_str() {
            None => per_label(cenote_metrics::Thresholds::average_precision, Undefined::Zero),
            Some("samples") => {
                check.score(scores.average_precision_of_examples(Undefined::Zero), stored)
            }
            Some(_) => {
                check.score(scores.average_precision(averaging(check), Undefined::Zero), stored)
            }
        },
        "roc_auc_score" => match check.args["average"].as_str() {
            None => per_label(cenote_metrics::Thresholds::roc_auc, Undefined::Propagate),
            Some("samples") => {
                check.score(scores.roc_auc_of_examples(Undefined::Propagate), stored)
            }
            Some(_) => {
                let how = averaging(check);
                let got = scores.roc_auc(how, Undefined::Propagate);
                let nothing = how == Average::Weighted && got.is_none() && *stored == 0.0;
                if nothing { 1 } else { check.score(got, stored) }
            }
        },
        "label_ranking_average_precision_score" => {
            check.score(scores.label_ranking_average_precision(), stored)
        }
        "label_ranking_loss" => check.score(scores.label_ranking_loss(), stored),
        "coverage_error" => check.score(scores.coverage_error(), stored),
        _ => return None,
    })
}

/// Checks errors under a named convention, or the points of scikit-learn's diagram.
fn calibration(check: &Check<'_>, scores: &BinaryScores, stored: &Value) -> usize {
    let bins = check.args["n_bins"].as_u64().expect("a whole number is stored") as usize;
    let of = |binning| fits(scores.calibration(bins, binning)).expect("there are examples");
    if check.metric == "calibration_curve" {
        let binning = match check.args["strategy"].as_str() {
            Some("quantile") => Binning::EqualMass,
            _ => Binning::RightClosed,
        };
        let Calibration { bins, .. } = of(binning);
        let points: Vec<_> =
            bins.iter().filter_map(|bin| bin.accuracy.zip(bin.confidence)).collect();
        let (shares, means): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        return check.list(&shares, &stored[0]) + check.list(&means, &stored[1]);
    }
    let found = of(match check.args["bins"].as_str() {
        Some("right_closed") => Binning::RightClosed,
        Some("left_closed") => Binning::LeftClosed,
        Some("torchmetrics") => Binning::Torchmetrics,
        other => panic!("unknown bins {other:?}"),
    });
    check.score(Some(found.ece), &stored["ece"])
        + check.score(Some(found.mce), &stored["mce"])
        + check.score(Some(found.rms), &stored["rms"])
}

/// Stored calibration is of examples that all count the same.
fn unweighted(check: &Check<'_>, of: impl Fn(usize) -> (f64, bool)) -> BinaryScores {
    let mut scores = BinaryScores::new();
    for i in 0..check.problem.truths.len() {
        let (score, positive) = of(i);
        scores.push(positive, score, 1.0).expect("stored scores fit");
    }
    scores
}

/// The same examples, all counting the same.
fn alike(check: &Check<'_>, scores: &MulticlassScores) -> MulticlassScores {
    let mut alike = MulticlassScores::new(scores.classes());
    for (truth, row) in check.problem.truths.iter().zip(&check.problem.scores) {
        alike.push(truth[0], row, 1.0).expect("stored scores fit");
    }
    alike
}

fn scores_of(check: &Check<'_>) -> Vec<f64> {
    check.problem.scores.iter().map(|row| row[0]).collect()
}

fn truth(check: &Check<'_>, i: usize) -> bool {
    check.problem.truths[i][0] == 1
}

fn averaging(check: &Check<'_>) -> Average {
    match check.args["average"].as_str() {
        Some("macro") => Average::Macro,
        Some("micro") => Average::Micro,
        Some("weighted") => Average::Weighted,
        other => panic!("unknown average {other:?}"),
    }
}

fn fits<T>(score: Result<Option<T>, Error>) -> Option<T> {
    score.expect("stored probabilities and settings fit")
}
