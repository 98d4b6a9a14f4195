#!/usr/bin/env python3
"""Problems with the values that scikit-learn gives them.

  classification.py > classification.jsonl      the stored problems, always tested
  classification.py SEED COUNT > cases.jsonl    more of them, for a wider comparison

Each line is one problem; NaN and infinities are text, and `error` means that scikit-learn refused. The first line
of the stored file names the versions. Edit distances are by rapidfuzz.
"""
import json
import math
import random
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics as M
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")


def plain(value):
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(x) for x in value]
    if isinstance(value, (np.floating, float)):
        value = float(value)
        if math.isnan(value):
            return "nan"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return value
    if isinstance(value, np.integer):
        return int(value)
    return value


class Problem:
    def __init__(self, name, kind, labels, y_true, y_pred, y_score, weight):
        self.out = dict(name=name, kind=kind, labels=labels, y_true=y_true, y_pred=y_pred,
                        y_score=plain(np.asarray(y_score)), sample_weight=weight, expected=[])
        self.t, self.p, self.s = np.array(y_true), np.array(y_pred), np.array(y_score, dtype=float)
        self.w = None if weight is None else np.array(weight, dtype=float)

    def add(self, metric, args, call):
        entry = dict(metric=metric, args=args)
        try:
            entry["value"] = plain(call())
        except Exception as error:  # what scikit-learn refuses is part of the record
            entry["error"] = type(error).__name__
        self.out["expected"].append(entry)

    def label_scores(self, averages, subsets):
        for labels in subsets:
            for average in averages:
                for zero in (0.0, 1.0, "nan"):
                    for beta in ((1.0, 0.5, 2.0) if zero == 0.0 else (1.0,)):
                        args = dict(average=average, zero_division=zero, beta=beta, labels=labels)
                        self.add("precision_recall_fscore_support", args, lambda: M.precision_recall_fscore_support(
                            self.t, self.p, beta=beta, labels=labels, average=average, sample_weight=self.w,
                            zero_division=np.nan if zero == "nan" else zero))
                self.add("jaccard_score", dict(average=average, labels=labels), lambda: M.jaccard_score(
                    self.t, self.p, labels=labels, average=average, sample_weight=self.w, zero_division=0))

    def matrix_scores(self):
        labels = self.out["labels"]
        for normalize in (None, "true", "pred", "all"):
            self.add("confusion_matrix", dict(labels=labels, normalize=normalize), lambda: M.confusion_matrix(
                self.t, self.p, labels=labels, normalize=normalize, sample_weight=self.w))
        self.add("accuracy_score", {}, lambda: M.accuracy_score(self.t, self.p, sample_weight=self.w))
        self.add("hamming_loss", {}, lambda: M.hamming_loss(self.t, self.p, sample_weight=self.w))
        for adjusted in (False, True):
            self.add("balanced_accuracy_score", dict(adjusted=adjusted), lambda: M.balanced_accuracy_score(
                self.t, self.p, adjusted=adjusted, sample_weight=self.w))
        self.add("matthews_corrcoef", {}, lambda: M.matthews_corrcoef(self.t, self.p, sample_weight=self.w))
        for weights in (None, "linear", "quadratic"):
            for labels in (None, self.out["labels"][::-1]):
                self.add("cohen_kappa_score", dict(weights=weights, labels=labels), lambda: M.cohen_kappa_score(
                    self.t, self.p, weights=weights, labels=labels, sample_weight=self.w))
        self.add("specificity", {}, self.specificity)

    def specificity(self):
        mcm = M.multilabel_confusion_matrix(self.t, self.p, labels=self.out["labels"], sample_weight=self.w)
        return [float(m[0, 0] / m[0].sum()) if m[0].sum() > 1e-9 else "nan" for m in mcm]

    def quantile_bins(self, truth, score):
        """The reliability diagram of scikit-learn, which has no weights."""
        if self.w is not None:
            return
        for n in (4, 10):
            for strategy in ("quantile", "uniform"):
                self.add("calibration_curve", dict(n_bins=n, strategy=strategy),
                         lambda: calibration_curve(truth, score, n_bins=n, strategy=strategy))

    def binary_scores(self):
        t, s, w = self.t, self.s, self.w
        self.add("average_precision_score", {}, lambda: M.average_precision_score(t, s, sample_weight=w))
        self.add("roc_auc_score", {}, lambda: M.roc_auc_score(t, s, sample_weight=w))
        for max_fpr in (0.1, 0.5, 1.0):
            self.add("roc_auc_score", dict(max_fpr=max_fpr),
                     lambda: M.roc_auc_score(t, s, sample_weight=w, max_fpr=max_fpr))
        self.add("precision_recall_curve", {}, lambda: M.precision_recall_curve(t, s, pos_label=1, sample_weight=w))
        for drop in (True, False):
            self.add("roc_curve", dict(drop_intermediate=drop), lambda: M.roc_curve(
                t, s, pos_label=1, sample_weight=w, drop_intermediate=drop))
        self.add("det_curve", {}, lambda: M.det_curve(t, s, pos_label=1, sample_weight=w))
        if s.min() >= 0 and s.max() <= 1:
            self.add("brier_score_loss", {}, lambda: M.brier_score_loss(t, s, pos_label=1, sample_weight=w))
            self.add("log_loss", {}, lambda: M.log_loss(t, s, labels=[0, 1], sample_weight=w))
            self.quantile_bins(t, s)
        for beta in (0.5, 1.0, 2.0):
            self.add("best_f_beta", dict(beta=beta), lambda: self.best(beta))

    def best(self, beta):
        """Largest F-beta over the points of the curve."""
        if not (self.t[self.w != 0] if self.w is not None else self.t).any():
            return "nan"
        p, r, _ = M.precision_recall_curve(self.t, self.s, pos_label=1, sample_weight=self.w)
        below = beta * beta * p + r
        return float(np.max(np.where(below > 0, (1 + beta * beta) * p * r / np.where(below > 0, below, 1), 0)))

    def multiclass_scores(self):
        t, s, w, labels = self.t, self.s, self.w, self.out["labels"]
        for k in (1, 2, 3):
            self.add("top_k_accuracy_score", dict(k=k), lambda: M.top_k_accuracy_score(
                t, s, k=k, labels=labels, sample_weight=w))
        for how, averages in (("ovr", ("macro", "weighted", "micro")), ("ovo", ("macro", "weighted"))):
            for average in averages:
                self.add("roc_auc_score", dict(multi_class=how, average=average), lambda: M.roc_auc_score(
                    t, s, labels=labels, multi_class=how, average=average, sample_weight=w))
        one_hot = np.eye(len(labels), dtype=int)[t]
        for average in ("macro", "weighted", "micro", None):
            self.add("average_precision_score", dict(average=average), lambda: M.average_precision_score(
                one_hot, s, average=average, sample_weight=w))
        self.add("log_loss", {}, lambda: M.log_loss(t, s, labels=labels, sample_weight=w))
        self.add("brier_score_loss", {}, lambda: M.brier_score_loss(t, s, labels=labels, sample_weight=w))
        self.quantile_bins((s.argmax(axis=1) == t).astype(int), s.max(axis=1))

    def multilabel_scores(self):
        t, p, s, w = self.t, self.p, self.s, self.w
        self.add("multilabel_confusion_matrix", {}, lambda: M.multilabel_confusion_matrix(t, p, sample_weight=w))
        self.add("accuracy_score", {}, lambda: M.accuracy_score(t, p, sample_weight=w))
        self.add("hamming_loss", {}, lambda: M.hamming_loss(t, p, sample_weight=w))
        for average in ("macro", "micro", "weighted", "samples", None):
            for name, score in (("average_precision_score", M.average_precision_score),
                                ("roc_auc_score", M.roc_auc_score)):
                self.add(name, dict(average=average), lambda: score(t, s, average=average, sample_weight=w))
        for name in ("label_ranking_average_precision_score", "label_ranking_loss", "coverage_error"):
            self.add(name, {}, lambda: getattr(M, name)(t, s, sample_weight=w))


def weights(rng, n):
    kind = rng.choice(["none", "none", "real", "whole", "some"])
    if kind == "none":
        return None
    if kind == "real":
        return [round(rng.uniform(0.01, 1), 4) for _ in range(n)]
    if kind == "whole":
        return [float(rng.randint(0, 3)) for _ in range(n)]
    return [float(rng.random() < 0.7) for _ in range(n)]


def probabilities(rng, truth, labels, style):
    rows = []
    for label in truth:
        raw = [rng.random() + (0.8 if k == label else 0) for k in range(labels)]
        if style == "tied":
            # Sixteenths sum to one exactly, and so tie often.
            cuts = sorted(rng.randint(0, 16) for _ in range(labels - 1))
            row = [(b - a) / 16 for a, b in zip([0] + cuts, cuts + [16])]
        elif style == "sure":
            row = [1.0 if k == rng.choice([label, label, rng.randrange(labels)]) else 0.0 for k in range(labels)]
            row = row if sum(row) == 1 else [1.0] + [0.0] * (labels - 1)
        else:
            row = [x / sum(raw) for x in raw]
        rows.append(row)
    return rows


def problem(seed, kind, n):
    rng = random.Random(seed)
    style = rng.choice(["real", "tied", "tied", "sure"])
    one = rng.random() < 0.12  # only one class occurs
    if kind == "binary":
        truth = [1 if one and seed % 2 else 0 if one else int(rng.random() < rng.choice([0.1, 0.5, 0.9])) for _ in range(n)]
        score = [row[1] for row in probabilities(rng, truth, 2, style)]
        if rng.random() < 0.2:
            score = [round(8 * x - 4, 1) for x in score]
        said = [int(x > 0.5) for x in score]
        if rng.random() < 0.15:
            said = [rng.choice([0, 1])] * n
        made = Problem(f"sk-{seed}", kind, [0, 1], truth, said, score, weights(rng, n))
        made.label_scores(("binary", None, "macro", "micro", "weighted"), [None])
        made.matrix_scores()
        made.binary_scores()
    elif kind == "multiclass":
        count = rng.randint(3, 6)
        truth = [1 if one else rng.randrange(count) if rng.random() < 0.7 else 0 for _ in range(n)]
        score = probabilities(rng, truth, count, style)
        said = [max(range(count), key=row.__getitem__) for row in score]
        labels = list(range(count))
        made = Problem(f"sk-{seed}", kind, labels, truth, said, score, weights(rng, n))
        some = rng.sample(labels, rng.randint(1, count))
        made.label_scores((None, "macro", "micro", "weighted"), [None, labels, some])
        made.matrix_scores()
        made.multiclass_scores()
    else:
        count = rng.randint(2, 5)
        share = rng.choice([0.1, 0.4, 0.9])
        truth = [[0 if one else int(rng.random() < share) for _ in range(count)] for _ in range(n)]
        digits = rng.choice([1, 1, 15])
        score = [[round(0.6 * rng.random() + 0.4 * x, digits) for x in row] for row in truth]
        said = [[int(x > 0.5) for x in row] for row in score]
        made = Problem(f"sk-{seed}", kind, list(range(count)), truth, said, score, weights(rng, n))
        some = rng.sample(range(count), rng.randint(1, count))
        made.label_scores((None, "macro", "micro", "weighted", "samples"), [None, some])
        made.multilabel_scores()
    return made.out


def sequences(seed):
    import rapidfuzz.distance.Levenshtein as L
    rng = random.Random(seed)
    pairs = []
    for length in (0, 0, 1, 3, 8, 8, 20, 63, 64, 65, 130, 200):
        text = "".join(rng.choice("abcdeé字👍") for _ in range(length))
        read = "".join(rng.choice([c, c, c, c + rng.choice("abé"), "", rng.choice("xyz")]) for c in text)
        pairs += [[text, read, L.distance(text, read)]]
    pairs += [["same", "same", 0], ["", "added", L.distance("", "added")], ["gone", "", L.distance("gone", "")]]
    return dict(name="sequences", kind="sequence", pairs=pairs)


def main():
    kinds = ["binary", "multiclass", "multilabel"]
    if len(sys.argv) == 3:
        first, count = int(sys.argv[1]), int(sys.argv[2])
        for seed in range(first, first + count):
            n = random.Random(-seed).choice([1, 2, 3, 5, 9, 17, 40, 100])
            print(json.dumps(problem(seed, kinds[seed % 3], n)))
        return
    import rapidfuzz
    print(json.dumps(dict(name="versions", kind="versions", made_by="classification.py", python=sys.version.split()[0],
                          scikit_learn=sklearn.__version__, numpy=np.__version__, rapidfuzz=rapidfuzz.__version__)))
    for seed, n in enumerate([1, 2, 2, 7, 6, 5, 12, 9, 6, 30, 14, 8, 20, 11, 7, 9]):
        print(json.dumps(problem(seed, kinds[seed % 3], n), ensure_ascii=False, separators=(",", ":")))
    print(json.dumps(sequences(1), ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
