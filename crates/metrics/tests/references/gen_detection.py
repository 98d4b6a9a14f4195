#!/usr/bin/env python3
"""Seeded random detection problems with the values of pycocotools and lvis-api, one JSON document a line.

  gen_detection.py --kind bbox|segm|keypoints|lvis --count N --seed S > cases.jsonl

The committed crates/metrics/tests/detection/data/*.jsonl were made with --seed 1 and --count 40 (bbox), 12 (segm), 8 (keypoints),
10 (lvis).  pycocotools 2.0.11, lvis 0.5.3, numpy 2.4.6, Python 3.11.  A folder of more cases is tested when
CENOTE_DETECTION_CASES names it.
"""
import argparse, contextlib, copy, hashlib, io, json, random, sys, types

import numpy as np
from pycocotools import mask as mask_utils
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def digest(array):
    array = np.ascontiguousarray(np.asarray(array, dtype="<f8"))
    return dict(shape=list(array.shape), sha256=hashlib.sha256(array.tobytes()).hexdigest())


def coco(gt, dt, iou_type, params):
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        g = COCO()
        g.dataset = copy.deepcopy(gt)
        g.createIndex()
        if dt:
            d = g.loadRes(copy.deepcopy(dt))
        else:
            d = COCO()
            d.dataset = dict(images=g.dataset["images"], categories=g.dataset["categories"], annotations=[])
            d.createIndex()
        ev = COCOeval(g, d, iou_type)
        for key, value in params.items():
            arrays = ("iouThrs", "recThrs", "kpt_oks_sigmas")
            setattr(ev.params, key, np.array(value, dtype=float) if key in arrays else copy.deepcopy(value))
        ev.evaluate()
        cells = [x and dict(image=float(x["image_id"]), category=float(x["category_id"]), area=x["aRng"],
                            dt=[int(i) for i in x["dtIds"]], matches=x["dtMatches"].astype(int).tolist(),
                            ignore=x["dtIgnore"].astype(int).tolist()) for x in ev.evalImgs]
        ev.accumulate()
        try:
            ev.summarize()
            stats = [float(x) for x in ev.stats]
        except IndexError:
            stats = None
    e = ev.eval
    return dict(stats=stats, precision=digest(e["precision"]), recall=digest(e["recall"]), scores=digest(e["scores"])), cells


def lvis(gt, dt, iou_type, max_dets):
    for name in ("cv2", "matplotlib", "matplotlib.pyplot", "matplotlib.collections", "matplotlib.patches"):
        sys.modules.setdefault(name, types.ModuleType(name))     # lvis draws with these; nothing is drawn here
    for name, item in (("collections", "PatchCollection"), ("patches", "Polygon")):
        setattr(sys.modules["matplotlib." + name], item, None)
    np.float = float                                             # gone from numpy, used by lvis 0.5.3
    import logging
    logging.disable(logging.CRITICAL)
    from lvis import LVIS, LVISEval, LVISResults
    g = LVIS.__new__(LVIS)
    g.logger = logging.getLogger("x")
    g.dataset = copy.deepcopy(gt)
    g._create_index()
    ev = LVISEval(g, LVISResults(g, copy.deepcopy(dt), max_dets=max_dets), iou_type)
    with np.errstate(all="ignore"):
        ev.run()
    return dict(results={k: float(v) for k, v in ev.results.items()},
                precision=digest(ev.eval["precision"]), recall=digest(ev.eval["recall"]))


def box(r, grid):
    q = (lambda v: float(round(v))) if grid else (lambda v: round(v, 2))
    size = r.choice([8, 20, 32, 60, 96, 140])
    return [q(r.uniform(0, 150)), q(r.uniform(0, 150)), q(size * r.uniform(.5, 1.6)) + 1, q(size * r.uniform(.5, 1.6)) + 1]


def jitter(r, b, grid):
    s = r.choice([0, .02, .05, .1, .2, .35])
    q = (lambda v: float(round(v))) if grid else (lambda v: round(v, 3))
    return [q(b[0] + r.gauss(0, s) * b[2]), q(b[1] + r.gauss(0, s) * b[3]), q(b[2] * (1 + r.gauss(0, s))), q(b[3] * (1 + r.gauss(0, s)))]


def blob(r, h, w):
    m = np.zeros((h, w), dtype=np.uint8, order="F")
    for _ in range(r.choice([0, 1, 1, 2, 3])):
        y, x = r.randrange(h), r.randrange(w)
        m[y:y + r.randrange(1, h + 1), x:x + r.randrange(1, w + 1)] = 1
    if r.random() < .3:
        m ^= (np.random.Generator(np.random.PCG64(r.randrange(1 << 30))).random((h, w)) < .05).astype(np.uint8)
    return m


def rle(m, r=None, uncompressed=False):
    e = mask_utils.encode(np.asfortranarray(m))
    if uncompressed:
        flat = m.flatten(order="F")
        counts, last, run = [], 0, 0
        for v in flat:
            if v != last:
                counts.append(run); run, last = 0, v
            run += 1
        counts.append(run)
        return dict(size=[int(x) for x in e["size"]], counts=counts)
    return dict(size=[int(x) for x in e["size"]], counts=e["counts"].decode())


def polygon(r, h, w):
    parts = []
    for _ in range(r.choice([1, 1, 2, 3])):
        n = r.choice([3, 3, 4, 5, 8])
        out = r.choice([0, 0, 3, 30])
        q = r.choice([lambda v: round(v, 2), lambda v: float(round(v)), lambda v: round(v * 2) / 2])
        part = []
        for _ in range(n):
            part += [q(r.uniform(-out, w + out)), q(r.uniform(-out, h + out))]
            if r.random() < .1:
                part += part[-2:]
        parts.append(part)
    if len(parts[0]) == 4:
        parts = [p for p in parts if len(p) == 4]
    return parts


def problem(r, kind):
    n_img, n_cat = r.randint(1, 7), r.randint(1, 4)
    grid = r.random() < .4
    float_ids, big = r.random() < .15, r.random() < .15
    ids = r.sample(range(1, 40), n_img) if not big else [r.randrange(10**9, 10**12) for _ in range(n_img)]
    cats = r.sample(range(0, 12), n_cat)
    f = (lambda i: float(i)) if float_ids else (lambda i: i)
    h, w = (r.randint(3, 40), r.randint(3, 40)) if kind == "segm" else (300, 300)
    images = [dict(id=i, width=w, height=h) for i in ids]
    anns, dts = [], []
    next_id = r.choice([0, 1, 1, 1, 500])
    dup, ties, crowd = r.random() < .15, r.random() < .4, r.choice([0, 0, .2, .5])
    score = lambda: r.choice([.1, .2, .5, .5, .9]) if ties else round(r.random(), r.choice([2, 6]))
    for i in ids:
        for _ in range(r.choice([0, 1, 2, 3, 6])):
            c = r.choice(cats)
            b = box(r, grid)
            a = dict(id=f(next_id) if r.random() < .5 else next_id, image_id=f(i), category_id=f(c) if r.random() < .5 else c, iscrowd=int(r.random() < crowd))
            next_id += 1
            if r.random() < .1:
                b[r.randrange(2, 4)] = r.choice([0., -5., 1e-9])
            if kind == "segm":
                m = blob(r, h, w)
                a["segmentation"] = polygon(r, h, w) if r.random() < .5 else rle(m, r, r.random() < .4)
                b = [1., 1., 3., 3.]
                a["area"] = float(r.choice([m.sum(), 1024, 1024.5, 9216, 5]))
            elif kind == "keypoints":
                vis = r.random() < .85
                k = []
                for _ in range(17):
                    v = r.choice([0, 1, 2, 2]) if vis else 0
                    k += [round(b[0] + r.random() * b[2], 1), round(b[1] + r.random() * b[3], 1), v] if v else [0, 0, 0]
                a.update(keypoints=k, num_keypoints=sum(1 for v in k[2::3] if v > 0))
                a["area"] = abs(b[2] * b[3]) * .6 + 1
            else:
                a["area"] = r.choice([b[2] * b[3], b[2] * b[3] * .7, 1024, 9216.0, 1e10, 2e10]) if r.random() < .3 else b[2] * b[3]
                if r.random() < .1:
                    a["ignore"] = r.choice([0, 1])
            a["bbox"] = b
            anns.append(a)
            for _ in range(r.choice([0, 1, 1, 2, 4])):
                d = dict(image_id=i, category_id=c if r.random() < .85 else r.choice(cats + [77]), score=score())
                if kind == "segm":
                    m2 = m.copy()
                    if r.random() < .7:
                        m2 ^= (blob(r, h, w) & blob(r, h, w))
                    d["segmentation"] = rle(m2)
                elif kind == "keypoints":
                    s = r.choice([.5, 2, 5, 20])
                    k = []
                    for x, y in zip(a["keypoints"][0::3], a["keypoints"][1::3]):
                        base = (x, y) if a["num_keypoints"] else (b[0] + r.uniform(-2, 3) * b[2], b[1] + r.uniform(-2, 3) * b[3])
                        k += [round(base[0] + r.gauss(0, s), 2), round(base[1] + r.gauss(0, s), 2), r.choice([0, 1, 2])]
                    d["keypoints"] = k
                else:
                    d["bbox"] = jitter(r, b, grid)
                dts.append(d)
    if dup and len(anns) > 1:
        for _ in range(r.choice([1, 1, 3])):
            anns[r.randrange(len(anns))]["id"] = anns[r.randrange(len(anns))]["id"]
    order = r.random()
    if order < .4:
        r.shuffle(dts)
    if r.random() < .3:
        r.shuffle(anns)
    listed = [dict(id=c, name="c%d" % c) for c in cats + ([99] if r.random() < .3 else [])]
    if r.random() < .2 and len(listed) > 1:
        listed.pop()
    r.shuffle(images)
    gt = dict(images=images, annotations=anns, categories=listed)
    params = {}
    if r.random() < .35:
        params["maxDets"] = r.choice([[1, 2, 3], [100, 10, 1], [3, 1, 2], [1, 10, 10], [5, 50, 500], [1, 10, 300], [2], [1, 100], [0, 1, 100], [100, 100, 100], [1, 5, 10, 100]]) if kind != "keypoints" else r.choice([[1], [20], [1, 20], [20, 3], [5, 20, 20]])
    if r.random() < .15:
        params["useCats"] = 0
    if r.random() < .2:
        params["catIds"] = r.choice([list(reversed(cats)), cats[:1] + cats[:1], cats + [55], [cats[-1]]])
    if r.random() < .2:
        params["imgIds"] = r.choice([list(reversed(ids)), ids[:2], ids + ids[:1], [ids[0]]])
    if r.random() < .2:
        params["iouThrs"] = r.choice([[.5], [.75, .5], [0., .3, 1.], [.5, .5, .75], [.9, .95, .99, 1.0, 1.5], [i / 40 for i in range(40)]])
    if r.random() < .2:
        params["recThrs"] = r.choice([[0., .1, .2, .3, .4, .5, .6, .7, .8, .9, 1.], [.5], [1., .5, 0.], [-.5, .3, 2., .2], [1 / 3, 2 / 3]])
    if r.random() < .15 and kind != "keypoints":
        params["areaRng"] = r.choice([[[0, 1e10], [0, 500], [500, 2000], [2000, 1e10]], [[0, 100], [100, 0], [0, 1e5], [50, 60]],
                                      [[0, 1e10], [0, 1e10], [0, 1024], [1024, 9216], [9216, 1e10]]])
    return gt, dts, params


def federated(r):
    gt, dt, _ = problem(r, "bbox")
    ids = [c["id"] for c in gt["categories"]]
    for c in gt["categories"]:
        c["frequency"] = r.choice("rcf")
    for i in gt["images"]:
        i["neg_category_ids"] = [c for c in ids if r.random() < .4]
        i["not_exhaustive_category_ids"] = [c for c in ids if r.random() < .2]
    for a in gt["annotations"]:
        if r.random() < .5:
            a.pop("iscrowd")
    return gt, dt, r.choice([300, 300, 3, 1, 5, -1])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--kind", required=True)
    ap.add_argument("--count", type=int, default=100)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    done, n = 0, 0
    while done < a.count:
        n += 1
        r = random.Random("%d/%s/%d" % (a.seed, a.kind, n))
        if a.kind == "lvis":
            gt, dt, most = federated(r)
            if not dt:
                continue
            case = dict(name="lvis-%d-%d" % (a.seed, n), iou_type="bbox", max_dets=most, gt=gt, dt=dt, expected=lvis(gt, dt, "bbox", most))
        else:
            gt, dt, params = problem(r, a.kind)
            try:
                expected, cells = coco(gt, dt, a.kind, params)
            except (ZeroDivisionError, KeyError):
                continue
            case = dict(name="%s-%d-%d" % (a.kind, a.seed, n), iou_type=a.kind, params=params, gt=gt, dt=dt, expected=expected)
            if a.kind == "bbox" and n % 10 == 0:
                case["cells"] = cells
        print(json.dumps(case, separators=(",", ":")))
        done += 1


main()
