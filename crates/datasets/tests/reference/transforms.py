"""Computes `transforms.idx.gz`: what torchvision makes of one image by kernels that transforms here have too.

Run as `python transforms.py` with torch 2.15.0, torchvision 0.29.2, numpy 2.4.6 (CPU). Values are computed in float64 and
rounded to bytes at the end, halves to the even one.

The file holds `(N, 3, 9, 12)` bytes: the image, then the changes in the order of `CHANGES`.
"""
import gzip
import pathlib
import struct

import numpy as np
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

NEAREST, BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR
rows, columns = np.mgrid[0:9, 0:12]
image = np.stack([rows * 23 + columns * 5, (rows * columns * 7) % 256, 255 - columns * 19 - rows], axis=0)
image = torch.from_numpy(image.astype(np.uint8))
x = image.to(torch.float64) / 255


def affine(angle, shift, scale, shear, interpolation):
    # torchvision counts angles clockwise here.
    return F.affine(x, -angle, shift, scale, [shear, 0.0], interpolation)


CHANGES = [
    F.hflip(x),
    F.vflip(x),
    F.rotate(x, 17.0, BILINEAR),
    F.rotate(x, -70.0, BILINEAR),
    F.rotate(x, 33.0, NEAREST),
    affine(0.0, [0, 0], 1.3, 0.0, BILINEAR),
    affine(0.0, [0, 0], 0.6, 0.0, NEAREST),
    affine(-25.0, [2, -1], 0.8, 0.0, BILINEAR),
    affine(25.0, [-3, 2], 1.1, 12.0, BILINEAR),
    F.adjust_brightness(x, 0.6),
    F.adjust_brightness(x, 1.7),
    F.adjust_contrast(x, 0.5),
    F.adjust_contrast(x, 1.6),
    F.adjust_saturation(x, 0.3),
    F.adjust_saturation(x, 1.8),
    F.adjust_hue(x, 0.2),
    F.adjust_hue(x, -0.45),
    F.erase(x, 2, 3, 4, 5, torch.tensor(77 / 255, dtype=torch.float64)),
    F.crop(F.pad(x, [3], padding_mode="constant"), 1, 5, 9, 12),
    F.crop(F.pad(x, [3], padding_mode="reflect"), 1, 5, 9, 12),
    F.crop(F.pad(x, [3], padding_mode="edge"), 6, 0, 9, 12),
]
stack = torch.stack([image, *((change * 255).round().clamp(0, 255).to(torch.uint8) for change in CHANGES)]).numpy()
idx = struct.pack(">HBB4I", 0, 8, 4, *stack.shape) + stack.tobytes()
path = pathlib.Path(__file__).with_suffix(".idx.gz")
path.write_bytes(gzip.compress(idx, mtime=0))
print(path.name, stack.shape, path.stat().st_size, "bytes")
