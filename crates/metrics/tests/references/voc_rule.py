#!/usr/bin/env python3
"""Writes data/voc_rule.jsonl: small problems and what the rule of Pascal VOC says, written down a second time in NumPy.

    voc_rule.py > data/voc_rule.jsonl

After the development kit's VOCevaldet.m and VOCap.m and py-faster-rcnn's voc_eval.py; equal to neither line by line.
"""
import json, random

import numpy as np


def overlap(boxes, box, extra):
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    side = np.maximum(high - low + extra, 0)
    shared = side.prod(1)
    area = lambda b: (b[..., 2:] - b[..., :2] + extra).prod(-1)
    whole = area(boxes) + area(np.array(box)) - shared
    return np.divide(shared, whole, out=np.zeros(len(boxes)), where=shared > 0)


def judge(truth, said, threshold, extra, above):
    found, tp, fp = set(), [], []
    for image, _, *box in sorted(said, key=lambda row: -row[1]):
        rows = [k for k, row in enumerate(truth) if row[0] == image]
        kind = "fp"
        if rows:
            iou = overlap(np.array([truth[k][1:5] for k in rows], dtype=float), box, extra)
            best = int(iou.argmax())
            if iou[best] > threshold or (not above and iou[best] == threshold):
                k = rows[best]
                kind = "none" if truth[k][5] else "fp" if k in found else "tp"
                found.add(k)
        tp.append(kind == "tp"), fp.append(kind == "fp")
    return np.cumsum(tp), np.cumsum(fp)


def precisions(truth, said, *rule):
    n = sum(not row[5] for row in truth)
    tp, fp = judge(truth, said, *rule)
    if not n:
        return None, None, None
    recall = tp / n
    precision = tp / np.maximum(tp + fp, np.finfo(float).eps)
    at = lambda grid: float(np.mean([precision[recall >= r].max(initial=0) for r in grid]))
    edges = np.unique(np.concatenate([[0.0], recall]))
    area = sum((b - a) * precision[recall >= b].max() for a, b in zip(edges, edges[1:]))
    return at(np.arange(0, 1.1, 0.1)), at([t / 10 for t in range(11)]), float(area)


for seed in range(1, 9):
    r = random.Random(seed)
    box = lambda: (lambda x, y: [x, y, x + r.randrange(0, 30), y + r.randrange(0, 30)])(r.randrange(1, 60), r.randrange(1, 60))
    truth = [[r.randrange(3), *box(), int(r.random() < 0.2)] for _ in range(r.randrange(0, 12))]
    said = []
    for _ in range(r.randrange(0, 30)):
        image, b = r.randrange(3), box()
        if truth and r.random() < 0.7:
            image, *b = r.choice(truth)[:5]
            b = [v + r.choice([0, 0, 0, 1, -1, 4]) for v in b]
            b = [min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3])]
        said.append([image, r.randrange(1, 20) / 20, *b])
    results = [dict(threshold=t, extra=e, above=a, ap=precisions(truth, said, t, e, a))
               for t in (0.3, 0.5) for e in (0, 1) for a in (False, True)]
    print(json.dumps(dict(seed=seed, truth=truth, said=said, results=results), separators=(",", ":")))
