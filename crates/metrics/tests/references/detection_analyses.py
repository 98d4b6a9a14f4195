#!/usr/bin/env python3
"""Writes data/detection_analyses.jsonl: random problems with what the published tools say about them.

    detection_analyses.py > data/detection_analyses.jsonl

Needs numpy, pycocotools, tidecv 1.0.1, netcal 1.4.0, ultralytics 8.4.190 (and torch, which the last two import).
The first line records the versions. Each further line is one problem:

- images [[id, width, height]], categories, gt [[image, category, x, y, w, h, crowd]], dt [[image, category, score, x, y, w, h]];
- tide: AP, dAP and counts of tidecv at two overlaps;
- lrp: the formulas of Oksuz et al. on the matches of pycocotools at 0.5, cut where the score changes, per category;
- f_beta: the largest F-beta and its threshold per category, by trying every score;
- d_ece: netcal's ECE(detection=True) of the detections that pycocotools does not ignore;
- confusion: ultralytics' ConfusionMatrix, and the rule it had before 8.4 (overlap first) in NumPy.
"""
import contextlib, importlib.metadata, io, json, math, os, random, sys, tempfile

import numpy as np
import torch
from netcal.metrics import ECE
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tidecv import TIDE, Data
from ultralytics.utils.metrics import ConfusionMatrix


def problem(seed):
    r = random.Random(seed)
    images = [[i + 1, r.choice([200, 320]), r.choice([160, 240])] for i in range(r.choice([1, 4, 9]))]
    categories = list(range(1, r.choice([1, 3, 5]) + 1))
    coarse = seed % 3 == 0  # scores with ties
    gt, dt, used = [], [], set()

    def score():
        if coarse:
            return r.randrange(1, 10) / 10
        while True:
            s = round(r.random(), 4)
            if s not in used:
                used.add(s)
                return s

    for image, width, height in images:
        for _ in range(r.randrange(0, 6)):
            w, h = round(r.uniform(15, 80), 1), round(r.uniform(15, 80), 1)
            box = [round(r.uniform(0, width - w), 1), round(r.uniform(0, height - h), 1), w, h]
            category, crowd = r.choice(categories), int(r.random() < 0.12)
            gt.append([image, category, *box, crowd])
            for _ in range(r.randrange(0, 4)):
                j = r.choice([0, 0.02, 0.08, 0.25, 0.6])
                b = [round(v + r.uniform(-1, 1) * j * s, 1) for v, s in zip(box, [w, h, w, h])]
                b[2], b[3] = max(b[2], 1.0), max(b[3], 1.0)
                said = category if r.random() < 0.75 else r.choice(categories + [categories[-1] + 1])
                dt.append([image, said, score(), *b])
        for _ in range(r.randrange(0, 4)):
            dt.append([image, r.choice(categories), score(), round(r.uniform(0, width - 20), 1),
                       round(r.uniform(0, height - 20), 1), round(r.uniform(5, 60), 1), round(r.uniform(5, 60), 1)])
    r.shuffle(dt)
    return images, categories, gt, dt


def tide(images, categories, gt, dt, pos):
    g, d = Data("gt", max_dets=100), Data("dt")
    for image, *_ in images:
        g.add_image(image, str(image))
    for c in categories:
        g.add_class(c, str(c))
    for image, c, x, y, w, h, crowd in gt:
        (g.add_ignore_region if crowd else g.add_ground_truth)(image, c, [x, y, w, h])
    for image, c, s, *box in dt:
        d.add_detection(image, c, s, box)
    t = TIDE(pos_threshold=pos, background_threshold=0.1, mode=TIDE.BOX)
    name = lambda e: e.short_name
    try:
        run = t.evaluate(g, d)
        return dict(pos=pos, ap=float(run.ap), main={name(k): float(v) for k, v in run.fix_main_errors().items()},
                    special={name(k): float(v) for k, v in run.fix_special_errors().items()},
                    counts={name(k): v for k, v in run.count_errors().items()})
    except ZeroDivisionError:  # mending left no class with anything in it
        return None


def matches(images, categories, gt, dt):
    """Per category [(score, state, overlap, image, detection)] of pycocotools at 0.5, best first, and the objects."""
    coco, res = COCO(), COCO()
    cats = [dict(id=c, name=str(c)) for c in categories]
    coco.dataset = dict(images=[dict(id=i, width=w, height=h) for i, w, h in images], categories=cats,
                        annotations=[dict(id=k + 1, image_id=i, category_id=c, bbox=b, area=b[2] * b[3], iscrowd=crowd)
                                     for k, (i, c, *b, crowd) in enumerate(gt)])
    res.dataset = dict(images=coco.dataset["images"], categories=cats,
                       annotations=[dict(id=k + 1, image_id=i, category_id=c, score=s, bbox=b, area=b[2] * b[3], iscrowd=0)
                                    for k, (i, c, s, *b) in enumerate(dt)])
    coco.createIndex(), res.createIndex()
    ev = COCOeval(coco, res, "bbox")
    ev.params.iouThrs = np.array([0.5])
    ev.params.areaRng, ev.params.areaRngLbl = [[0, 1e10]], ["all"]
    ev.evaluate()
    out = {c: ([], 0) for c in categories}
    for e in filter(None, ev.evalImgs):
        rows, n = out[e["category_id"]]
        for d, m, ig in zip(e["dtIds"], e["dtMatches"][0], e["dtIgnore"][0]):
            i, c, s, *b = dt[d - 1]
            iou = float(mask.iou([b], [gt[int(m) - 1][2:6]], [gt[int(m) - 1][6]])[0, 0]) if m else 0.0
            rows.append((s, "ignored" if ig else "hit" if m else "miss", iou, i, d - 1))
        out[e["category_id"]] = (rows, n + sum(1 for v in e["gtIgnore"] if not v))
    return {c: (sorted(rows, key=lambda x: -x[0]), n) for c, (rows, n) in out.items()}


def lrp(rows, n, tau=0.5):
    if n == 0:
        return None
    best = None
    for s in sorted({row[0] for row in rows}, reverse=True):
        kept = [row for row in rows if row[0] >= s]
        q = np.array([row[2] for row in kept if row[1] == "hit"])
        fp = sum(row[1] == "miss" for row in kept)
        if len(q) == 0:
            continue
        fn = n - len(q)
        value = (float(np.sum(1 - q)) / (1 - tau) + fp + fn) / (len(q) + fp + fn)
        if best is None or value < best[0] - 1e-13:
            best = [value, float(np.mean(1 - q)), fp / (len(q) + fp), fn / n, s]
    return best or [1.0, None, None, 1.0, None]


def f_beta(rows, n, beta):
    best = None
    for s in sorted({row[0] for row in rows}, reverse=True):
        tp = sum(row[1] == "hit" for row in rows if row[0] >= s)
        fp = sum(row[1] == "miss" for row in rows if row[0] >= s)
        if n == 0:
            return None
        whole = (1 + beta**2) * tp + beta**2 * (n - tp) + fp
        if whole and (best is None or (1 + beta**2) * tp / whole > best[0]):
            best = [(1 + beta**2) * tp / whole, s, tp, fp, n - tp]
    return best


def d_ece(images, dt, found, features, bins):
    size = {i: (w, h) for i, w, h in images}
    x, y = [], []
    for c in sorted(found):
        for s, state, _, i, d in found[c][0]:
            if state != "ignored":
                w, h = size[i]
                bx, by, bw, bh = dt[d][3:]
                row = dict(s=s, cx=(bx + bw / 2) / w, cy=(by + bh / 2) / h, w=bw / w, h=bh / h)
                x.append([min(max(row[f], 0.0), 1.0) for f in features])
                y.append(int(state == "hit"))
    if len(x) < 2:
        return None
    return dict(features=features, bins=bins, count=len(x),
                value=float(ECE(bins=bins, detection=True).measure(np.array(x), np.array(y))))


def corners(rows):
    return torch.tensor([[x, y, x + w, y + h] for x, y, w, h in rows], dtype=torch.float64).reshape(-1, 4)


def confusion(images, categories, gt, dt, before):
    """Rows: predicted, columns: true, as ultralytics has them; numbered from 0, one more class for phantoms."""
    k = len(categories) + 1
    m = ConfusionMatrix(names={i: str(i) for i in range(k)})
    m.matrix = np.zeros((k + 1, k + 1), dtype=int)
    m.matches = None
    for image, *_ in images:
        g = [r for r in gt if r[0] == image and not r[6]]
        d = [r for r in dt if r[0] == image]
        det = dict(cls=torch.tensor([r[1] - 1.0 for r in d]), conf=torch.tensor([r[2] for r in d], dtype=torch.float64),
                   bboxes=corners([r[3:] for r in d]))
        if not before:
            m.process_batch(det, dict(cls=torch.tensor([r[1] - 1.0 for r in g]), bboxes=corners([r[2:6] for r in g])))
            continue
        d = [r for r in d if r[2] > 0.25]
        iou = mask.iou([r[3:] for r in d], [r[2:6] for r in g], [0] * len(g)) if d and g else np.zeros((len(d), len(g)))
        pairs = sorted(((iou[i, j], i, j) for i in range(len(d)) for j in range(len(g)) if iou[i, j] > 0.45), reverse=True)
        first = {}
        for v, i, j in pairs:
            first.setdefault(i, (v, j))
        chosen = {}
        for i, (v, j) in sorted(first.items(), key=lambda e: -e[1][0]):
            chosen.setdefault(j, i)
        for j, r in enumerate(g):
            m.matrix[d[chosen[j]][1] - 1 if j in chosen else k, r[1] - 1] += 1
        for i, r in enumerate(d):
            if i not in chosen.values():
                m.matrix[r[1] - 1, k] += 1
    return m.matrix.astype(int).tolist()


def main():
    names = ["numpy", "pycocotools", "tidecv", "netcal", "ultralytics", "torch"]
    out = [dict(made_with={n: importlib.metadata.version(n) for n in names}, python=sys.version.split()[0])]
    for seed in range(1, 31):
        images, categories, gt, dt = problem(seed)
        if not dt:
            continue
        p = (images, categories, gt, dt)
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            found = matches(*p)
            plain = all(not r[6] for r in gt)
            line = dict(seed=seed, images=images, categories=categories, gt=gt, dt=dt,
                        tide=[tide(*p, pos) for pos in (0.5, 0.75)],
                        lrp={c: lrp(*v) for c, v in found.items()},
                        f_beta=[dict(beta=b, classes={c: f_beta(*v, b) for c, v in found.items()}) for b in (0.5, 1.0, 2.0)],
                        d_ece=[d_ece(images, dt, found, f, b) for f, b in ((["s"], 10), (["s", "cx", "cy"], 4), (["s", "w", "h"], 5))],
                        confusion=dict(score_first=confusion(*p, False), overlap_first=confusion(*p, True)) if plain else None)
        out.append(line)
    print("\n".join(json.dumps(line, separators=(",", ":")) for line in out))


main()
