"""Reads canvases and captchas as pycocotools reads them, and compares boxes, areas and masks with it.

    cenote data make canvases --out canvases --train 30 --test 5
    cenote data make synthetic_captcha --out captchas --train 30 --test 8
    pip install numpy==2.4.6 pillow==13.0.0 pycocotools==2.0.11
    python canvases.py canvases captchas
"""

import json
import pathlib
import sys

import numpy as np
from PIL import Image
from pycocotools import mask
from pycocotools.coco import COCO

canvases, captchas = map(pathlib.Path, sys.argv[1:3])
objects = 0
for part in ["train", "test"]:
    truth = COCO(canvases / "annotations" / f"{part}.json")
    for entry in truth.dataset["annotations"]:
        inside = truth.annToMask(entry)
        assert list(mask.toBbox(truth.annToRLE(entry))) == entry["bbox"], entry
        assert inside.sum() == entry["area"], entry
        file = truth.loadImgs(entry["image_id"])[0]["file_name"]
        assert np.asarray(Image.open(canvases / "images" / part / file)).shape[:2] == inside.shape
        objects += 1
letters = 0
for image in json.loads((captchas / "letters.json").read_text())["images"]:
    assert Image.open(captchas / image["file"]).size[::-1] == tuple(image["letters"][0]["mask"]["size"])
    assert "".join(letter["character"] for letter in image["letters"]) == image["text"]
    for letter in image["letters"]:
        x, y, width, height = mask.toBbox(letter["mask"])
        assert [x, y, x + width, y + height] == letter["box"], letter
        letters += 1
print(objects, "objects and", letters, "letters are as pycocotools sees them")
