#!/usr/bin/env python3
"""Prints torchmetrics' twelve numbers for a COCO problem, the constants of data_sets.rs.

    torchmetrics.py coco_val2014_100/gt.json coco_val2014_100/dt_bbox.json

Images are handed over in ascending order of their ids, which decides between equal scores. Made with torchmetrics 1.9.0,
torch 2.15.0 and pycocotools 2.0.11.
"""
import json, sys

import torch
from torchmetrics.detection import MeanAveragePrecision

truth, said = (json.load(open(path)) for path in sys.argv[1:])
boxes = lambda rows: torch.tensor([r["bbox"] for r in rows], dtype=torch.float64).reshape(-1, 4)
column = lambda rows, key, dtype: torch.tensor([r[key] for r in rows], dtype=dtype)
metric = MeanAveragePrecision(box_format="xywh", backend="pycocotools")
for image in sorted(truth["images"], key=lambda image: image["id"]):
    g = [a for a in truth["annotations"] if a["image_id"] == image["id"]]
    d = [a for a in said if a["image_id"] == image["id"]]
    metric.update(
        [dict(boxes=boxes(d), scores=column(d, "score", torch.float64), labels=column(d, "category_id", torch.int64))],
        [dict(boxes=boxes(g), labels=column(g, "category_id", torch.int64), iscrowd=column(g, "iscrowd", torch.int64),
              area=column(g, "area", torch.float64))])
for name, value in list(metric.compute().items())[:12]:
    print(name, float(value))
