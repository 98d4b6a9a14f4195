"""Computes `corruptions.idx.gz`: what corruptions without random parts make of one image.

The formulas of Hendrycks and Dietterich (arXiv:1903.12261) and of Mu and Gilmer (arXiv:1906.02337) with the libraries
that they used, none of it ours. Run as `python corruptions.py` with

    numpy 2.4.6, scipy 1.17.1, scikit-image 0.26.0, opencv-python-headless 5.0.0.93, Pillow 13.0.0

The file holds `(N, 3, 20, 20)` bytes: the image, then severities 1 to 5 of each corruption in the order of `NAMES`, then
MNIST-C's `scale` of each channel by itself, then a smooth image and severities 1 to 5 of its `jpeg`, of colours and of each
channel by itself. (In a rough one, coefficients between two steps go either way by how libjpeg rounds.)
"""
import gzip
import io
import pathlib
import struct

import cv2
import numpy as np
from PIL import Image
from scipy.ndimage import zoom
from skimage import color, transform
from skimage.filters import gaussian

SIDE = 20
NAMES = ["defocus_blur", "gaussian_blur", "zoom_blur", "brightness", "saturate", "contrast", "pixelate"]

rows, columns = np.mgrid[0:SIDE, 0:SIDE]
rng = np.random.default_rng(7)
image = np.stack(
    [
        120 + 90 * np.sin(columns * 0.5) * np.cos(rows * 0.3),
        (rows * columns * 3) % 256,
        np.where((rows - 9) ** 2 + (columns - 12) ** 2 < 30, 240, 25),
    ],
    axis=-1,
)
image = np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)


def disk(radius, alias_blur):
    reach = np.arange(-8, 9)
    x, y = np.meshgrid(reach, reach)
    kernel = np.array(x**2 + y**2 <= radius**2, dtype=np.float32)
    return cv2.GaussianBlur(kernel / kernel.sum(), ksize=(3, 3), sigmaX=alias_blur)


def clipped_zoom(x, factor):
    part = int(np.ceil(SIDE / factor))
    top = (SIDE - part) // 2
    x = zoom(x[top : top + part, top : top + part], (factor, factor, 1), order=1)
    trim = (x.shape[0] - SIDE) // 2
    return x[trim : trim + SIDE, trim : trim + SIDE]


def hsv(x, change):
    x = color.rgb2hsv(x)
    change(x)
    return color.hsv2rgb(x)


def corrupt(name, severity):
    x = image / 255.0
    if name == "defocus_blur":
        radius, blur = [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)][severity]
        x = np.stack([cv2.filter2D(x[..., c], -1, disk(radius, blur)) for c in range(3)], axis=-1)
    elif name == "gaussian_blur":
        x = gaussian(x, sigma=[0.4, 0.6, 0.7, 0.8, 1][severity], channel_axis=-1)
    elif name == "zoom_blur":
        factors = 1 + np.arange(0, [6, 11, 16, 21, 26][severity]) * 0.01
        x = (x + sum(clipped_zoom(x, factor) for factor in factors)) / (len(factors) + 1)
    elif name == "brightness":
        def change(x):
            x[..., 2] = np.clip(x[..., 2] + [0.05, 0.1, 0.15, 0.2, 0.3][severity], 0, 1)
        x = hsv(x, change)
    elif name == "saturate":
        factor, more = [(0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)][severity]
        def change(x):
            x[..., 1] = np.clip(x[..., 1] * factor + more, 0, 1)
        x = hsv(x, change)
    elif name == "contrast":
        mean = x.mean(axis=(0, 1), keepdims=True)
        x = (x - mean) * [0.75, 0.5, 0.4, 0.3, 0.15][severity] + mean
    elif name == "pixelate":
        small = int(SIDE * [0.95, 0.9, 0.85, 0.75, 0.65][severity])
        y = Image.fromarray(image).resize((small, small), Image.Resampling.BOX)
        return np.array(y.resize((SIDE, SIDE), Image.Resampling.BOX))
    return np.uint8(np.clip(x, 0, 1) * 255)


def shrink(x):
    scale = transform.AffineTransform(scale=(1 / 0.7, 1 / 0.7))
    move = (SIDE - 1) / 2 * (1 - scale.params[0, 0])
    scale = transform.AffineTransform(scale=(1 / 0.7, 1 / 0.7), translation=[move, move])
    return np.uint8(np.clip(transform.warp(x / 255.0, inverse_map=scale), 0, 1) * 255)


outputs = [image]
outputs += [corrupt(name, severity) for name in NAMES for severity in range(5)]
outputs.append(np.stack([shrink(image[..., c]) for c in range(3)], axis=-1))


def jpeg(x, quality):
    file = io.BytesIO()
    Image.fromarray(x).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


smooth = np.stack(
    [
        120 + 90 * np.sin(columns * 0.25) * np.cos(rows * 0.2),
        128 + 100 * np.cos(columns * 0.15 + rows * 0.2),
        128 + 80 * np.sin(rows * 0.3),
    ],
    axis=-1,
).astype(np.uint8)
outputs.append(smooth)
for quality in [80, 65, 58, 50, 40]:
    outputs.append(jpeg(smooth, quality))
    outputs.append(np.stack([jpeg(np.ascontiguousarray(smooth[..., c]), quality) for c in range(3)], axis=-1))
stack = np.stack(outputs).transpose(0, 3, 1, 2)
idx = struct.pack(">HBB4I", 0, 8, 4, *stack.shape) + stack.tobytes()
path = pathlib.Path(__file__).with_suffix(".idx.gz")
path.write_bytes(gzip.compress(idx, mtime=0))
print(path.name, stack.shape, path.stat().st_size, "bytes")
