#!/usr/bin/env python3
"""Seeded generator of a COCO-val2017-sized detection problem (boxes, and RLE-free polygons).

Writes gt.json and dt.json into --out (default: detection-bench).
Nothing it writes is meant to be committed: run it again instead (same seed -> same bytes with one version of numpy).

  --images 5000 --cats 80 --gts 36781 --dets 500000 --seed 20171 --crowd 0.012
"""
import argparse, json, os
import numpy as np

ap = argparse.ArgumentParser()
ap.add_argument("--out", default="detection-bench")
ap.add_argument("--images", type=int, default=5000)
ap.add_argument("--cats", type=int, default=80)
ap.add_argument("--gts", type=int, default=36781)
ap.add_argument("--dets", type=int, default=500000)
ap.add_argument("--crowd", type=float, default=0.012)
ap.add_argument("--seed", type=int, default=20171)
a = ap.parse_args()
rng = np.random.Generator(np.random.PCG64(a.seed))

# COCO-like ids: gaps in category ids, six-digit image ids, large annotation ids
cat_ids = np.sort(rng.choice(np.arange(1, a.cats + a.cats // 8 + 1), a.cats, replace=False))
img_ids = np.sort(rng.choice(np.arange(100, 600000), a.images, replace=False))
W = rng.choice([640, 640, 640, 500, 480, 427, 612], a.images)
H = rng.choice([480, 426, 427, 640, 375, 333], a.images)

# category frequencies: Zipf-like; objects per image: geometric-ish with 1 % empty images
freq = 1.0 / np.arange(1, a.cats + 1) ** 0.9
freq /= freq.sum()
per = rng.geometric(1.0 / (a.gts / a.images), a.images).astype(float)
per[rng.random(a.images) < 0.01] = 0
per = np.floor(per * a.gts / per.sum()).astype(int)
short = a.gts - per.sum()
per[rng.integers(0, a.images, abs(short))] += 0
idx = rng.choice(np.nonzero(per)[0], short) if short > 0 else np.array([], int)
np.add.at(per, idx, 1)
g_img = np.repeat(np.arange(a.images), per)
n = len(g_img)
g_cat = rng.choice(a.cats, n, p=freq)
size = np.exp(rng.normal(np.log(62), 0.95, n))            # sqrt(area): small, medium and large all present
asp = np.exp(rng.normal(0, 0.45, n))
gw = np.clip(size * asp, 2, W[g_img] - 1)
gh = np.clip(size / asp, 2, H[g_img] - 1)
gx = rng.random(n) * (W[g_img] - gw)
gy = rng.random(n) * (H[g_img] - gh)
gb = np.round(np.stack([gx, gy, gw, gh], 1), 2)
fill = rng.uniform(0.45, 0.95, n)                          # mask area is smaller than box area
crowd = (rng.random(n) < a.crowd).astype(int)
g_id = rng.permutation(np.arange(1, 4 * n))[:n] + 900_000_000_000

anns = [dict(id=int(g_id[i]), image_id=int(img_ids[g_img[i]]), category_id=int(cat_ids[g_cat[i]]),
             bbox=[float(v) for v in gb[i]], area=round(float(gb[i, 2] * gb[i, 3] * fill[i]), 4),
             iscrowd=int(crowd[i])) for i in range(n)]
gt = dict(info=dict(description="synthetic, seed %d" % a.seed), licenses=[],
          images=[dict(id=int(img_ids[i]), width=int(W[i]), height=int(H[i]), file_name="%012d.jpg" % img_ids[i])
                  for i in range(a.images)],
          annotations=anns,
          categories=[dict(id=int(c), name="c%02d" % k, supercategory="s") for k, c in enumerate(cat_ids)])

# detections: for each gt 0..3 jittered copies (some with a wrong class), the rest background boxes
m = a.dets
k1 = min(int(1.9 * n), m // 3)
src = rng.integers(0, n, k1)
src = np.concatenate([np.nonzero(rng.random(n) < 0.82)[0], src])[:k1 + n]
j = rng.gamma(1.3, 0.06, len(src))[:, None]
box = gb[src].copy()
box[:, :2] += rng.normal(0, 1, (len(src), 2)) * j * box[:, 2:]
box[:, 2:] *= np.exp(rng.normal(0, 1, (len(src), 2)) * j)
cat = g_cat[src].copy()
wrong = rng.random(len(src)) < 0.12
cat[wrong] = rng.choice(a.cats, wrong.sum(), p=freq)
sc = np.clip(rng.beta(2.2, 1.4, len(src)) - 1.2 * j[:, 0], 0.001, 0.999)
img = g_img[src]
nb = m - len(src)
bi = rng.integers(0, a.images, nb)
bs = np.exp(rng.normal(np.log(45), 1.0, nb))
ba = np.exp(rng.normal(0, 0.5, nb))
bw = np.clip(bs * ba, 1, W[bi] - 1)
bh = np.clip(bs / ba, 1, H[bi] - 1)
bb = np.stack([rng.random(nb) * (W[bi] - bw), rng.random(nb) * (H[bi] - bh), bw, bh], 1)
img = np.concatenate([img, bi])
cat = np.concatenate([cat, rng.choice(a.cats, nb, p=freq)])
box = np.concatenate([box, bb])
sc = np.concatenate([sc, np.clip(rng.beta(0.6, 7.0, nb), 0.001, 0.999)])
order = np.lexsort((rng.random(m), img))                  # grouped by image, as detectors write them
img, cat, box, sc = img[order], cat[order], np.round(box[order], 2), np.round(sc[order], 4)
dt = [dict(image_id=int(img_ids[img[i]]), category_id=int(cat_ids[cat[i]]),
           bbox=[float(v) for v in box[i]], score=float(sc[i])) for i in range(m)]
os.makedirs(a.out, exist_ok=True)
json.dump(gt, open(os.path.join(a.out, "gt.json"), "w"))
json.dump(dt, open(os.path.join(a.out, "dt.json"), "w"))
print("images", a.images, "gts", n, "crowd", int(crowd.sum()), "dets", m,
      "max dets/img", int(np.bincount(img).max()), "max dets/img/cat", int(np.bincount(img * a.cats + cat).max()))
