"""Computes what the tests `operators` and `functions` in `tests/pytorch/` compare with, and writes it to packed files beside this one.

Run as `python generate_packed.py`; it needs `torch`, `torchvision` and `numpy`. Draws come from
streams named after file and case, as in `generate.py`.
"""

import itertools
import sys

import numpy
import torch
import torchvision

import numpy_pools
import torch_compositions
import torch_pools

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

ORIGIN = {
    "torch": torch.__version__,
    "torchvision": torchvision.__version__,
    "numpy": numpy.__version__,
    "made_by": "python generate_packed.py: float64 on the CPU, one thread, rounded to float32 when written",
}

# Names of files, to make some of them again; all without.
wanted = sys.argv[1:]

for pack in itertools.chain(torch_pools.packs(), torch_compositions.packs(), numpy_pools.packs()):
    if not wanted or pack.name in wanted:
        pack.write(ORIGIN)
