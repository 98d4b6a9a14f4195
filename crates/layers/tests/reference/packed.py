"""Packed golden files: one flat tensor of single precision and a list of cases that says how to cut it.

A file holds the values of all its cases one after the other, for each case in this order: input, every parameter,
the gradient from above, output, gradient of the input, and the gradient of every trained parameter. Inputs are short
decimals, which single precision holds exactly; all else was computed in double precision and is rounded once.
"""

import itertools
import json
import pathlib

import numpy

from golden import pair, pairwise, stream

LEAST = 40


def grid(name, fits, least=LEAST, **factors):
    """Pairwise combinations of settings, topped up with others until there are enough cases."""
    cases = list(pairwise(name, fits, **factors))
    others = [dict(zip(factors, values)) for values in itertools.product(*factors.values())]
    stream(f"{name}, topped up").shuffle(others)
    for case in others:
        if len(cases) >= least:
            break
        if case not in cases and fits(**case):
            cases.append(case)
    assert len(cases) >= least, f"{name}: {len(cases)} cases"
    return cases


def eighths(random, *shape, low=-24, high=24):
    """Multiples of 1/8."""
    return random.randint(low, high + 1, size=shape) / 8.0


def distinct(random, *shape):
    """Multiples of 1/8 of which no two are equal, so that a value at the wrong place cannot hide."""
    count = int(numpy.prod(shape))
    return (random.permutation(count) - count // 2 + 0.5).reshape(shape) / 4.0


def settings(**given):
    """A table of settings: pairs as one number where they agree, and nothing that is not given."""
    return {
        key: pair(value) if isinstance(value, tuple) else value for key, value in given.items() if value is not None
    }


class Pack:
    """The cases of one file, as they are made."""

    def __init__(self, name):
        self.name, self.cases, self.values = name, [], []

    def add(self, layer, x, dy, y, dx, params=None, dparams=None, exact=False, mode="both", **more):
        """One pass of a layer; `more` is whatever else the test of this file wants to know."""
        params, dparams = params or {}, dparams or {}
        case = {"layer": layer, "mode": mode, "exact": exact, "x": list(x.shape), "y": list(y.shape)}
        if params:
            case["params"] = [[name, list(value.shape)] for name, value in params.items()]
            case["dparams"] = list(dparams)
        self.cases.append(case | more)
        assert dy.shape == y.shape and dx.shape == x.shape, (layer, dy.shape, y.shape, dx.shape, x.shape)
        for part in [x, *params.values(), dy, y, dx, *dparams.values()]:
            self.values.append(numpy.asarray(part, dtype=numpy.float32).ravel())

    def write(self, origin):
        """Writes `NAME.safetensors` beside this file."""
        assert len(self.cases) >= LEAST, f"{self.name}: {len(self.cases)} cases"
        metadata = origin | {"cases": json.dumps(self.cases, separators=(",", ":"))}
        path = pathlib.Path(__file__).with_name(f"{self.name}.safetensors")
        values = numpy.concatenate(self.values).astype("<f4").tobytes()
        # A safetensors file: the length of a header, the header, the values.
        tensor = {"dtype": "F32", "shape": [len(values) // 4], "data_offsets": [0, len(values)]}
        header = json.dumps({"__metadata__": metadata, "values": tensor}).encode()
        header += b" " * (-len(header) % 8)
        path.write_bytes(len(header).to_bytes(8, "little") + header + values)
        print(f"{path.name}: {len(self.cases)} cases, {path.stat().st_size} bytes")
