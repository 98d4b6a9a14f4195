#!/usr/bin/env python3
"""Overlaps and suppressions of torchvision.ops on float64 boxes, soft-NMS by the pseudo code of its paper, and polygons by
pycocotools, as one JSON document: gen_boxes.py > ../detection/data/boxes.json

Made with torch 2.15, torchvision 0.29.2, pycocotools 2.0.11, numpy 2.4.6, Python 3.11.  eps is 0, where torchvision has 1e-7 by default.
"""
import json, math, random

import torch
from pycocotools import mask as mask_utils
from torchvision import ops

r = random.Random(5)


def boxes(n, grid):
    out = []
    for _ in range(n):
        x, y, w, h = r.uniform(0, 40), r.uniform(0, 40), r.uniform(1, 25), r.uniform(1, 25)
        b = [x, y, x + w, y + h]
        out.append([float(round(v)) for v in b[:2]] + [float(round(b[0]) + math.ceil(w)), float(round(b[1]) + math.ceil(h))] if grid else b)
    return out


def soft_nms(b, s, method, nt, sigma, lowest):
    left, taken = list(range(len(b))), []
    s = list(s)
    while True:
        left = [i for i in left if s[i] >= lowest]
        if not left:
            return taken
        m = max(left, key=lambda i: s[i])
        left.remove(m)
        taken.append([m, s[m]])
        iou = ops.box_iou(torch.tensor([b[m]], dtype=torch.float64), torch.tensor(b, dtype=torch.float64))[0]
        for i in left:
            o = float(iou[i])
            s[i] *= (1 - o if o > nt else 1.) if method == "linear" else math.exp(-(o * o) / sigma)


doc = dict(overlaps=[], nms=[], soft_nms=[], polygons=[])
for grid in (False, True):
    a, b = boxes(8, grid), boxes(8, grid)
    ta, tb = torch.tensor(a, dtype=torch.float64), torch.tensor(b, dtype=torch.float64)
    doc["overlaps"].append(dict(a=a, b=b, iou=ops.box_iou(ta, tb).tolist(), giou=ops.generalized_box_iou(ta, tb).tolist(),
                                diou=ops.distance_box_iou(ta, tb, eps=0.).tolist(), ciou=ops.complete_box_iou(ta, tb, eps=0.).tolist()))
for n, ties in ((1, 0), (12, 0), (40, 0), (40, 1)):
    b = boxes(n, bool(ties))
    s = [r.choice([.1, .5, .9]) if ties else r.random() for _ in range(n)]
    c = [r.randrange(3) for _ in range(n)]
    t = torch.tensor
    args = t(b, dtype=torch.float64), t(s, dtype=torch.float64)
    doc["nms"].append(dict(boxes=b, scores=s, classes=c, threshold=.3, kept=ops.nms(*args, .3).tolist(),
                           per_class=ops.batched_nms(*args, t(c), .3).tolist()))
    if not ties:
        doc["soft_nms"].append(dict(boxes=b, scores=s, linear=soft_nms(b, s, "linear", .3, 0, .001), gaussian=soft_nms(b, s, "gaussian", 0, .5, .001)))
for _ in range(60):
    h, w = r.randint(1, 30), r.randint(1, 30)
    parts = []
    for _ in range(r.choice([1, 1, 2, 4])):
        out = r.choice([0, 2, 40])
        p = [round(r.uniform(-out, (w, h)[i % 2] + out), r.choice([0, 1, 3])) for i in range(2 * r.choice([3, 4, 6, 12]))]
        parts.append([float(v) for v in p])
    e = mask_utils.merge(mask_utils.frPyObjects(parts, h, w))
    doc["polygons"].append(dict(parts=parts, size=[h, w], counts=e["counts"].decode(), area=int(mask_utils.area(e)), bbox=mask_utils.toBbox(e).tolist()))
print(json.dumps(doc, separators=(",", ":")))
