"""Writes reference.json: the statistics of cenote-evidence as others compute them.

Run in an environment with NumPy, SciPy, statsmodels and rliable (the library of Agarwal et al. 2021):

    python generate.py > reference.json
"""

import json
import sys
from importlib.metadata import version

import numpy as np
import scipy
from rliable import library, metrics
from scipy import integrate, optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

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


def signed_rank(values):
    """Every way to sign the ranks, zeros by Pratt."""
    x = np.asarray(values)
    all_signs = stats.PermutationMethod(n_resamples=np.inf)
    result = stats.wilcoxon(x, zero_method="pratt", method=all_signs)
    plain = {}
    if len(set(np.abs(x))) == len(x) and 0 not in x:
        plain["p_of_tables"] = float(stats.wilcoxon(x, method="exact").pvalue)
    return {"values": values, "p": float(result.pvalue), **plain}


def normal_signed_rank(values):
    """Many differences: SciPy's normal approximation, without a correction for continuity."""
    result = stats.wilcoxon(values, zero_method="pratt", method="asymptotic", correction=False)
    return {"values": values, "p": float(result.pvalue)}


def percentiles(draws):
    return [float(q) for q in np.percentile(draws, [2.5, 97.5])]


def effect(pairs):
    """d_z, Hedges' correction, and A as rliable's probability of improvement of one task."""
    x, y = np.asarray(pairs, dtype=float).T
    d, n = x - y, len(x)
    rng = np.random.default_rng(3)
    kept = rng.integers(0, n, size=(100_000, n))
    wins = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    draws = np.array([wins[np.ix_(rows, rows)].mean() for rows in kept])
    return {
        "pairs": pairs,
        "d": float(d.mean() / d.std(ddof=1)),
        "hedges": float(d.mean() / d.std(ddof=1) * (1 - 3 / (4 * (n - 1) - 1))),
        "improvement": float(metrics.probability_of_improvement(x[:, None], y[:, None])),
        "cliff": float(np.sign(x[:, None] - y[None, :]).mean()),
        "interval": percentiles(draws),
    }


def several(tasks, others):
    """IQM, probability of improvement and performance profile over tasks: rliable's own functions."""
    scores, against = np.asarray(tasks).T, np.asarray(others).T  # runs x tasks
    np.random.seed(5)
    _, iqm = library.get_interval_estimates(
        {"a": scores}, lambda s: np.array([metrics.aggregate_iqm(s)]), reps=50_000
    )
    at = [0.2, 0.4, 0.5, 0.6, 0.8]
    profile, bands = library.create_performance_profile({"a": scores}, np.array(at), reps=20_000)
    return {
        "tasks": tasks,
        "others": others,
        "iqm": float(metrics.aggregate_iqm(scores)),
        "iqm_interval": [float(v) for v in iqm["a"][:, 0]],
        "improvement": float(metrics.probability_of_improvement(scores, against)),
        "at": at,
        "profile": [float(v) for v in profile["a"]],
        "profile_low": [float(v) for v in bands["a"][0]],
        "profile_high": [float(v) for v in bands["a"][1]],
    }


def cost_ratio(pairs):
    """Geometric mean of ratios, and Student's interval of their logarithms."""
    x, y = np.asarray(pairs).T
    low, high = t_interval(np.log(x / y), 0.95)
    return {
        "pairs": pairs,
        "ratio": float(stats.gmean(x / y)),
        "interval": [float(np.exp(low)), float(np.exp(high))],
    }


def crossed(rows):
    """Mean squares by their definitions, and the bootstrap of both margins (Owen 2007)."""
    d = np.asarray(rows, dtype=float)
    s, m = d.shape
    mean, by_seed, by_image = d.mean(), d.mean(axis=1), d.mean(axis=0)
    rest = d - by_seed[:, None] - by_image[None, :] + mean
    ms_seed = m * ((by_seed - mean) ** 2).sum() / (s - 1)
    ms_image = s * ((by_image - mean) ** 2).sum() / (m - 1)
    ms_rest = (rest**2).sum() / ((s - 1) * (m - 1))
    seed, image = max((ms_seed - ms_rest) / m, 0), max((ms_image - ms_rest) / s, 0)
    variance = seed / s + image / m + ms_rest / (s * m)
    rng = np.random.default_rng(4)
    draws = [
        d[np.ix_(rng.integers(0, s, s), rng.integers(0, m, m))].mean() for _ in range(20_000)
    ]
    return {
        "rows": rows,
        "mean": float(mean),
        "seed_sd": float(np.sqrt(seed)),
        "image_sd": float(np.sqrt(image)),
        "rest_sd": float(np.sqrt(ms_rest)),
        "error": float(np.sqrt(variance)),
        "bootstrap_error": float(np.std(draws)),
        "disagreement": float(np.abs(d).mean()),
    }


def looks(seeds, alpha):
    """Critical values of Lan and DeMets: given the second look, the first and third are independent."""
    t = np.asarray(seeds) / seeds[-1]
    spent = 2 - 2 * stats.norm.cdf(stats.norm.ppf(1 - alpha / 2) / np.sqrt(t))
    c = [float(stats.norm.isf(spent[0]))]

    def second(x):
        r = np.sqrt(t[0] / t[1])
        below = lambda z: stats.norm.pdf(z) * stats.norm.cdf((c[0] - r * z) / np.sqrt(1 - r * r))
        return integrate.quad(below, x, 12, epsabs=1e-14, epsrel=1e-12)[0]

    def third(x):
        r, q = np.sqrt(t[0] / t[1]), np.sqrt(t[1] / t[2])
        inside = lambda z: (
            stats.norm.pdf(z)
            * stats.norm.cdf((c[0] - r * z) / np.sqrt(1 - r * r))
            * stats.norm.sf((x - q * z) / np.sqrt(1 - q * q))
        )
        return integrate.quad(inside, -10, c[1], epsabs=1e-14, epsrel=1e-12, limit=200)[0]

    for k, crossing in zip(range(1, len(t)), (second, third)):
        gap = lambda x: crossing(x) - (spent[k] - spent[k - 1])
        c.append(float(optimize.brentq(gap, 0, 9, xtol=1e-13)))
    return {"seeds": seeds, "alpha": alpha, "levels": [float(stats.norm.sf(x)) for x in c]}


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


RANKS = [
    [1.0, -2.0, 3.5, 4.0, -0.5],
    [0.0, 0.0, 0.3, 0.1, 0.2, -0.1],
    [0.5, 0.5, -0.5, 1.0, 1.0, 1.5, -1.0, 2.0],
    [0.35, -0.2, 0.55, 0.1, 0.45, -0.05, 0.3, 0.6, 0.15, 0.25],
    [-1.2, -0.4, -0.9, -1.6, -0.7, 0.1, -0.5, -1.1, -0.8, -0.3, -1.0, -0.65],
    [3.0, 0.0, -1.0, 1.0, 2.0, 2.0, -2.0, 0.0, 1.0, 4.0, 1.0],
]
MANY = [float((37 * i) % 401 - 170) for i in range(260)]
PAIRS = [
    [[0.871, 0.865], [0.868, 0.866], [0.880, 0.871], [0.866, 0.866], [0.874, 0.869], [0.869, 0.872]],
    [[0.80, 0.82], [0.81, 0.83], [0.79, 0.83], [0.82, 0.82], [0.80, 0.81], [0.78, 0.84], [0.83, 0.82], [0.80, 0.85]],
]
random = np.random.default_rng(1)
TASKS = np.round(random.normal([0.4, 0.5, 0.7], 0.12, size=(9, 3)), 3).T.tolist()
OTHERS = np.round(random.normal([0.35, 0.5, 0.65], 0.12, size=(9, 3)), 3).T.tolist()
ROWS = (
    (random.random((6, 60)) < 0.12 + 0.25 * (np.arange(60) % 5 == 0)).astype(int)
    - (random.random((6, 60)) < 0.06 + 0.04 * np.arange(6)[:, None] / 6).astype(int)
).tolist()
COSTS = [[12.4, 2.1], [12.9, 2.0], [11.8, 2.2], [13.0, 2.1], [12.1, 1.9]]
DISCORDANT = [[3, 9], [40, 61], [0, 7], [150, 96], [5, 5]]

P = [0.004, 0.03, 0.011, 0.2, 0.011, 0.0005]

json.dump(
    {
        "origin": "crates/evidence/tests/reference/generate.py",
        "versions": {
            "python": sys.version.split()[0],
            **{name: version(name) for name in ("numpy", "scipy", "statsmodels", "rliable")},
        },
        "margin": MARGIN,
        "cases": {name: case(values) for name, values in CASES.items()},
        "holm": {"p": P, "adjusted": multipletests(P, method="holm")[1].tolist()},
        "signed_rank": [signed_rank(values) for values in RANKS],
        "normal_signed_rank": normal_signed_rank(MANY),
        "effect": [effect(pairs) for pairs in PAIRS],
        "several": several(TASKS, OTHERS),
        "cost_ratio": cost_ratio(COSTS),
        "crossed": crossed(ROWS),
        "mcnemar": [
            {"b": b, "c": c, "p": float(mcnemar([[9, b], [c, 9]], exact=True).pvalue)}
            for b, c in DISCORDANT
        ],
        "looks": [
            looks(seeds, alpha)
            for seeds in ([8, 14, 20], [10, 20, 30], [12, 16, 20], [9, 10], [15, 22, 30])
            for alpha in (0.025, 0.05, 0.005, 0.01)
        ],
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
