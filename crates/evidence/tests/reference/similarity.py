"""Writes similarity.json: linear centred kernel alignment with the unbiased estimator, as NumPy computes it from its definition.

Run in an environment with NumPy:

    python similarity.py > similarity.json

The estimator is written as in Song et al. (2012), JMLR 13:1393, equation 4, with traces and sums of matrices; the tests take the
products that are centred first. Activations of a case are rounded, so that both read the same numbers.
"""

import json
import sys

import numpy as np


def hsic(k, l):
    """HSIC_1(K, L): unbiased, with diagonals left out."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    trace = np.trace(k @ l)
    sums = (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
    both = 2 / (n - 2) * (one @ k @ l @ one)
    return (trace + sums - both) / (n * (n - 3))


def cka(x, y):
    k, l = x @ x.T, y @ y.T
    return float(hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l)))


def case(random, images, widths, shared, offset):
    """Activations of two layers that have a share in common."""
    common = random.normal(size=(images, 3))
    layer = lambda width: np.round(
        shared * common @ random.normal(size=(3, width)) + random.normal(size=(images, width)) + offset, 3
    )
    x, y = layer(widths[0]), layer(widths[1])
    return {"x": x.tolist(), "y": y.tolist(), "cka": cka(x, y), "itself": cka(x, x)}


random = np.random.default_rng(20)
json.dump(
    {
        "origin": "crates/evidence/tests/reference/similarity.py",
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__},
        "cases": [
            case(random, 8, (2, 5), 0.5, 0.0),
            case(random, 16, (4, 4), 2.0, 0.0),
            case(random, 24, (3, 12), 0.0, 0.0),
            case(random, 20, (6, 30), 1.0, 25.0),
            case(random, 40, (10, 2), 0.7, -3.0),
        ],
    },
    sys.stdout,
)
print()
