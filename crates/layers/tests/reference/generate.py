"""Computes with PyTorch, in double precision, what the tests in `tests/pytorch/` compare with.

Run as `python generate.py`; it needs `torch`, `torchvision` and `numpy` and rewrites the golden files beside it. Inputs come from
NumPy's frozen `RandomState`, seeded with the name of the file and the number of the case, so a new run changes
nothing and a new case changes no other.
"""

import torch

import detection
import layers
import sequences
import training
import windows
from golden import write

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

for name, cases in {
    "conv2d": windows.conv2d,
    "max_pool": windows.max_pool,
    "avg_pool": windows.avg_pool,
    "others": layers.others,
    "batch_norm": layers.batch_norm,
    "cross_entropy": layers.cross_entropy,
    "focal_loss": detection.focal,
    "giou_loss": detection.giou,
    "l1_loss": detection.l1,
    "recurrent": sequences.recurrent,
    "ctc": sequences.ctc,
    "optimizers": training.optimizers,
    "schedules": training.schedules,
    "training": training.training,
}.items():
    write(name, cases())
