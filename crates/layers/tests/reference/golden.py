"""How cases are drawn and written: inputs are short decimals, outputs are rounded to 11 significant digits."""

import itertools
import json
import math
import pathlib
import zlib

import numpy
import torch

MADE_BY = (
    "python generate.py: torch on the CPU in float64, one thread; inputs are short decimals,"
    " all else is rounded to 11 significant digits"
)


def stream(name):
    """The random numbers that belong to a name. `RandomState` is frozen: it draws the same in every NumPy."""
    return numpy.random.RandomState(zlib.crc32(name.encode()))


def eighths(random, *shape, low=-24, high=24):
    """Multiples of 1/8, which single precision holds exactly, as do most sums of their products."""
    return torch.tensor(random.randint(low, high + 1, size=shape) / 8.0)


def pairwise(name, fits, **factors):
    """Some of all combinations, such that any two settings that fit together meet at least once."""
    combinations = list(itertools.product(*factors.values()))
    stream(name).shuffle(combinations)
    seen = set()
    for values in combinations:
        case = dict(zip(factors, values))
        pairs = set(itertools.combinations(case.items(), 2))
        if not pairs <= seen and fits(**case):
            seen |= pairs
            yield case


def pair(both):
    """A setting for rows and columns, as one number where they agree."""
    return both[0] if both[0] == both[1] else list(both)


def number(value):
    """A number of JSON, or the name of one that JSON does not have."""
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "inf", "-inf": "-inf"}[str(value)]
    rounded = float(f"{value:.11g}")
    return int(rounded) if rounded == int(rounded) else rounded


def array(tensor):
    """A tensor as its shape and its values in row-major order."""
    values = tensor.detach().contiguous().flatten().tolist()
    return {"shape": list(tensor.shape), "values": [number(value) for value in values]}


def arrays(tensors):
    return {name: array(tensor) for name, tensor in tensors.items()}


def write(name, cases):
    """Writes the cases of one file, a line for each so that a change can be reviewed."""
    origin = {"torch": torch.__version__, "numpy": numpy.__version__, "made_by": MADE_BY}
    head = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in origin.items())
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = pathlib.Path(__file__).with_name(f"{name}.json")
    path.write_text(f'{{\n{head}"cases": [\n{lines}\n]\n}}\n')
