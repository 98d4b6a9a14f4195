"""Writes reference.json: the statistics of cenote-evidence as SciPy computes them.

Run in an environment with NumPy and SciPy:  python generate.py > reference.json
"""

import json
import sys

import numpy as np
import scipy
from scipy import stats

# Differences of accuracies on 2,000 images, in points: ties and zeros as they really occur.
CASES = {
    "small": [0.4, 0.1, 0.25, -0.05, 0.3],
    "ties": [0.05, 0.0, -0.05, 0.1, 0.1, 0.05, 0.2, -0.1],
    "ten": [0.35, -0.2, 0.55, 0.1, 0.45, -0.05, 0.3, 0.6, 0.15, 0.25],
    "skewed": [0.05, 0.1, 0.1, 0.15, 0.2, 0.2, 0.3, 0.45, 0.8, 2.4],
    "twelve": [-1.2, -0.4, -0.9, -1.6, -0.7, 0.1, -0.5, -1.1, -0.8, -0.3, -1.0, -0.65],
}
MARGIN = 0.5


def flip_p(values, alternative):
    """Exact sign-flip p; one observation per pair, so `samples` flips each sign."""
    result = stats.permutation_test(
        (np.asarray(values),),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        alternative=alternative,
        n_resamples=np.inf,
        vectorized=True,
    )
    return float(result.pvalue)


def t_interval(values, level):
    n = len(values)
    half = stats.t.ppf((1 + level) / 2, n - 1) * np.std(values, ddof=1) / np.sqrt(n)
    return [float(np.mean(values) - half), float(np.mean(values) + half)]


def bca(values, level):
    ci = stats.bootstrap(
        (np.asarray(values),),
        np.mean,
        confidence_level=level,
        n_resamples=200_000,
        method="BCa",
        random_state=np.random.default_rng(7),
        batch=10_000,
    ).confidence_interval
    return [float(ci.low), float(ci.high)]


def case(values):
    x = np.asarray(values)
    y = np.cumsum(x)
    return {
        "values": values,
        "sd": float(np.std(x, ddof=1)),
        "median": float(np.median(x)),
        "correlation_with_cumulative_sum": float(stats.pearsonr(x, y)[0]),
        "t95": t_interval(x, 0.95),
        "t99": t_interval(x, 0.99),
        "bca95": bca(values, 0.95),
        "flip_two_sided": flip_p(x, "two-sided"),
        "flip_above_minus_margin": flip_p(x + MARGIN, "greater"),
        "flip_below_margin": flip_p(x - MARGIN, "less"),
    }


def holm(p):
    """statsmodels' `multipletests(p, method="holm")`, written out."""
    order = np.argsort(p, kind="stable")
    m = len(p)
    adjusted = np.minimum(np.maximum.accumulate((m - np.arange(m)) * np.asarray(p)[order]), 1)
    out = np.empty(m)
    out[order] = adjusted
    return out.tolist()


def seeds(n, mean, sd, margin, family):
    """The formula of the protocol, before the floor of the exact test."""
    spread = sd * np.sqrt((n - 1) / stats.chi2.ppf(0.2, n - 1))
    z, z_one = stats.norm.ppf(1 - 0.05 / family / 2), stats.norm.ppf(1 - 0.05 / family)
    differ = ((z + stats.norm.ppf(0.8)) * spread / abs(mean)) ** 2 + z**2 / 2
    within = ((z_one + stats.norm.ppf(0.9)) * spread / (margin - abs(mean))) ** 2 + z_one**2 / 2
    return {
        "n": n, "mean": mean, "sd": sd, "margin": margin, "family": family,
        "total": int(min(np.ceil(differ), np.ceil(within))),
    }


P = [0.004, 0.03, 0.011, 0.2, 0.011, 0.0005]

json.dump(
    {
        "origin": "crates/evidence/tests/reference/generate.py",
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__},
        "margin": MARGIN,
        "cases": {name: case(values) for name, values in CASES.items()},
        "holm": {"p": P, "adjusted": holm(P)},
        "seeds": [
            seeds(6, 0.1, 0.3, 0.5, 1),
            seeds(10, 0.3, 0.4, 0.5, 5),
            seeds(8, 0.02, 0.5, 0.3, 3),
            seeds(12, 0.28, 0.6, 0.3, 6),
        ],
    },
    sys.stdout,
    indent=1,
)
print()
