"""Writes counts.json: what published counters say of three networks, for one image in use.

    pip install torch fvcore ptflops calflops transformers accelerate
    python generate.py
"""

import importlib.metadata
import json
import logging
from pathlib import Path

import torch
from calflops import calculate_flops
from fvcore.nn import FlopCountAnalysis
from ptflops import get_model_complexity_info
from torch import nn

logging.disable(logging.WARNING)

NETWORKS = {
    # The network of fvcore's documentation, whose convolutions and dense layers add up to 274,656.
    "lenet": ((1, 32, 32), nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(576, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))),
    "batch_norm": ((3, 32, 32), nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(32, 32, 3, padding=1, groups=4), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))),
    "strided": ((1, 28, 28), nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2, padding=2), nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, 10, bias=False))),
}


def counts(shape, network):
    network.eval()
    x = torch.zeros(1, *shape)
    fvcore = FlopCountAnalysis(network, x).unsupported_ops_warnings(False).total()
    ptflops, _ = get_model_complexity_info(
        network, shape, as_strings=False, print_per_layer_stat=False, backend="pytorch", verbose=False)
    flops, macs, _ = calculate_flops(
        network, input_shape=(1, *shape), output_as_string=False, print_results=False, print_detailed=False)
    return {"fvcore": fvcore, "ptflops": ptflops, "calflops": flops, "calflops_macs": macs}


packages = ("torch", "fvcore", "ptflops", "calflops")
document = {
    "versions": {package: importlib.metadata.version(package) for package in packages},
    "counts": {name: counts(*network) for name, network in NETWORKS.items()},
}
Path(__file__).with_name("counts.json").write_text(json.dumps(document, indent=2) + "\n")
print(json.dumps(document, indent=2))
