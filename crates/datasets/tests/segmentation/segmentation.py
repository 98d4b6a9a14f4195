"""Computes with scikit-image and SciPy what `crates/datasets/tests/segmentation/main.rs` compares with.

Run as `python segmentation.py`; it needs `scikit-image` and `scipy` and rewrites `segmentation.json` beside it. Images
come from NumPy's frozen `RandomState`: blobs and strokes on paper that is lighter on one side, and plain noise.
"""

import json
import pathlib

import numpy
import scipy
import skimage
from scipy import ndimage
from skimage.filters import threshold_otsu, threshold_sauvola


def image(random, rows, columns, strokes):
    """Dark strokes on a slope of light, blurred now and then, with noise."""
    paper = numpy.linspace(170, 250, columns)[None, :] + numpy.zeros((rows, 1))
    ink = numpy.zeros((rows, columns))
    for _ in range(strokes):
        top, left = random.randint(0, rows), random.randint(0, columns)
        ink[top : top + random.randint(1, 6), left : left + random.randint(1, 9)] = 1
    noisy = paper * (1 - 0.8 * ink) + random.normal(0, 6, (rows, columns))
    return numpy.clip(noisy, 0, 255).astype(numpy.uint8)


cases = []
for number, (rows, columns, strokes) in enumerate([(1, 1, 0), (1, 9, 1), (7, 5, 1), (16, 23, 6), (21, 40, 14)]):
    random = numpy.random.RandomState(number)
    grey = image(random, rows, columns, strokes)
    ink = grey <= 128
    case = {"rows": rows, "columns": columns, "grey": grey.flatten().tolist()}
    if grey.min() < grey.max():
        case["otsu"] = int(threshold_otsu(grey))
    case["sauvola"] = {
        str(side): [round(float(value), 6) for value in threshold_sauvola(grey, window_size=side, k=0.2).flatten()]
        for side in [3, 7]
        if side // 2 < min(rows, columns)
    }
    case["median"] = {
        str(side): ndimage.median_filter(grey, size=side, mode="nearest").flatten().tolist() for side in [3, 5]
    }
    case["opening"] = {
        str(side): ndimage.binary_opening(ink, numpy.ones((side, side))).flatten().astype(int).tolist()
        for side in [3, 5]
    }
    case["labels"] = ndimage.label(ink, numpy.ones((3, 3)))[0].flatten().tolist()
    cases.append(case)

origin = {
    "made_by": "python segmentation.py",
    "numpy": numpy.__version__,
    "scipy": scipy.__version__,
    "skimage": skimage.__version__,
}
head = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in origin.items())
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
pathlib.Path(__file__).with_name("segmentation.json").write_text(f'{{\n{head}"cases": [\n{lines}\n]\n}}\n')
