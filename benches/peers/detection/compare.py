#!/usr/bin/env python3
"""Whole processes from files to printed numbers, in turns: compare.py GT DT --cenote BINARY [--rust BINARY] [--python INTERPRETER]

Every round runs everybody once; CPU time and peak memory are the operating system's account of the child.  Prints medians
and the range, and the ratio of CPU times to cenote's within each round.  Fails when two disagree in any of the twelve numbers.
"""
import argparse, json, os, statistics, subprocess, sys, tempfile, time

here = os.path.dirname(os.path.abspath(__file__))
ap = argparse.ArgumentParser()
ap.add_argument("gt")
ap.add_argument("dt")
ap.add_argument("--cenote", required=True)
ap.add_argument("--rust", help="built from rust/")
ap.add_argument("--python", help="has hotcoco, vernier and ultrafast-pycocotools")
ap.add_argument("--slow", action="store_true", help="pycocotools and faster-coco-eval too")
ap.add_argument("--only", help="names, with commas between; cenote always runs")
ap.add_argument("--rounds", type=int, default=5)
a = ap.parse_args()

peers = {"cenote": [a.cenote, "metrics", "detection", "--gt", a.gt, "--dt", a.dt, "--json"]}
peers["cenote, one thread"] = peers["cenote"] + ["--threads", "1"]
if a.rust:
    for name in ("vernier", "hotcoco"):
        peers[name + "-rs"] = [a.rust, name, a.gt, a.dt]
if a.python:
    for name in ("ultrafast-pycocotools", "hotcoco", "vernier") + (("faster-coco-eval", "pycocotools") if a.slow else ()):
        peers[name] = [a.python, os.path.join(here, "peer_eval.py"), name, a.gt, a.dt]

if a.only:
    peers = {name: command for name, command in peers.items() if name in ["cenote"] + a.only.split(",")}
runs = {name: [] for name in peers}
stats = {}
for _ in range(a.rounds):
    for name, command in peers.items():
        with tempfile.TemporaryFile("w+") as out:
            start = time.perf_counter()
            child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                sys.exit("%s failed with %d" % (name, child.returncode))
            out.seek(0)
            stats[name] = json.loads(out.read().strip().splitlines()[-1])["stats"]
        runs[name].append((usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024))

print("| process | CPU s | x cenote | wall s | peak MiB |\n|---|--:|--:|--:|--:|")
for name, rows in runs.items():
    cpu, wall, peak = zip(*rows)
    ratio = [row[0] / ours[0] for row, ours in zip(rows, runs["cenote"])]
    show = lambda v, f: "%s [%s, %s]" % tuple(f % x for x in (statistics.median(v), min(v), max(v)))
    print("| %s | %s | %s | %s | %.0f |" % (name, show(cpu, "%.2f"), show(ratio, "%.2f"), show(wall, "%.2f"), statistics.median(peak)))
for name, numbers in stats.items():
    if numbers != stats["cenote"]:
        sys.exit("%s: %s, cenote: %s" % (name, numbers, stats["cenote"]))
print("\nall print the same twelve numbers, to the bit")
