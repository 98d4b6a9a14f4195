#!/usr/bin/env python3
"""One evaluation by one Python peer, phases timed; prints one JSON line.  peer_eval.py PEER GT DT"""
import contextlib, io, json, os, resource, sys, time

t0 = time.perf_counter()
peer, gt_path, dt_path = sys.argv[1:4]
ph, stats = {}, None
_last = t0


def mark(name):
    global _last
    now = time.perf_counter()
    ph[name] = now - _last
    _last = now


sink = io.StringIO()
with contextlib.redirect_stdout(sink):
    if peer in ("pycocotools", "faster-coco-eval", "hotcoco", "ultrafast-pycocotools", "vernier-shim"):
        if peer == "pycocotools":
            from pycocotools.coco import COCO
            from pycocotools.cocoeval import COCOeval
        elif peer == "faster-coco-eval":
            from faster_coco_eval import COCO
            from faster_coco_eval import COCOeval_faster as COCOeval
        elif peer == "hotcoco":
            from hotcoco import COCO, COCOeval
        elif peer == "ultrafast-pycocotools":
            from ultrafast_pycocotools import COCO, COCOeval
        else:
            from pycocotools.coco import COCO
            from vernier import COCOeval
        mark("import")
        gt = COCO(gt_path)
        mark("load_gt")
        dt = gt.load_res(dt_path) if hasattr(gt, "load_res") and not hasattr(gt, "loadRes") else gt.loadRes(dt_path)
        mark("load_dt")
        ev = COCOeval(gt, dt, "bbox")
        ev.evaluate()
        mark("evaluate")
        ev.accumulate()
        mark("accumulate")
        ev.summarize()
        mark("summarize")
        stats = [float(v) for v in list(ev.stats)[:12]]
    elif peer == "vernier":
        from pathlib import Path
        from vernier.instance import Bbox, CocoDataset, Evaluator
        mark("import")
        gt = CocoDataset.from_json(Path(gt_path).read_bytes())
        mark("load_gt")
        dt = Path(dt_path).read_bytes()
        mark("load_dt")
        n = int(os.environ.get("RAYON_NUM_THREADS", os.cpu_count()))
        s = Evaluator(iou=Bbox(), parity_mode="strict").evaluate(gt, dt, num_threads=n)
        mark("evaluate")          # parses dt, evaluates, accumulates and summarizes in one call
        stats = [float(v) for v in s.stats]
    else:
        raise SystemExit("unknown peer " + peer)
print(json.dumps(dict(peer=peer, total=time.perf_counter() - t0, phases=ph, stats=stats,
                      peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))
