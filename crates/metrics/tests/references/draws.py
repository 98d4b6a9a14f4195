#!/usr/bin/env python3
"""Prints what the unit tests of detection/bootstrap hold as constants, from implementations of other people.

draws      ChaCha8 written down from RFC 8439 (8 rounds, 64-bit counter and stream), and Lemire's bounded numbers
intervals  SciPy's percentile and BCa of stored replicates
"""
import struct

import numpy as np
import scipy
from scipy._lib._array_api import array_namespace
from scipy.stats import _resampling


def block(key, counter, stream):
    rot = lambda v, n: ((v << n) | (v >> (32 - n))) & 0xFFFFFFFF
    s = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + struct.unpack("<4I", struct.pack("<QQ", counter, stream)))
    x = s[:]

    def quarter(a, b, c, d):
        for p, q, r, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & 0xFFFFFFFF
            x[r] = rot(x[r] ^ x[p], n)

    for _ in range(4):
        for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(*q)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(x, s)))


def words(seed, replicate):
    key, counter = struct.pack("<Q", seed) + bytes(24), 0
    while True:
        yield from struct.unpack("<8Q", block(key, counter, replicate))
        counter += 1


def multiplicities(seed, replicate, n):
    counts, source, unfair = [0] * n, words(seed, replicate), (2**64) % n
    for _ in range(n):
        while True:
            wide = next(source) * n
            if wide % 2**64 >= unfair:
                counts[wide >> 64] += 1
                break
    return counts


print("multiplicities(7, 3, 12)", multiplicities(7, 3, 12))
print("multiplicities(2**40 + 5, 9, 12)", multiplicities(2**40 + 5, 9, 12))
source = words(7, 3)
print("coins(7, 3, 12)", [next(source) & 1 for _ in range(12)])

data = np.array([1.0, 2.0, 2.5, 4.0, 4.5, 7.0, 9.0, 15.0])
rng = np.random.default_rng(5)
replicates = np.array([round(float(rng.choice(data, 8).mean()), 4) for _ in range(40)])
print("scipy", scipy.__version__, "numpy", np.__version__)
print("replicates", replicates.tolist())
print("estimate", data.mean(), "parts", [(data.sum() - v) / 7 for v in data])
print("percentile 90 %", np.percentile(replicates, [5, 95]).tolist())
alpha = _resampling._bca_interval((data,), lambda x, axis: np.mean(x, axis=axis), -1, 0.05, replicates, None, xp=array_namespace(data))[:2]
print("bca 90 %", [float(np.percentile(replicates, 100 * float(a))) for a in alpha])
print("standard error", replicates.std(ddof=1))
