"""The measuring rules that every peer shares, and the line each prints."""

import json
import os
import statistics
import time

BUDGET_S = float(os.environ.get("PEER_BUDGET_S", "30"))
MIN_N = int(os.environ.get("PEER_MIN_N", "10"))
MIN_S = float(os.environ.get("PEER_MIN_S", "2"))
MOST_RUNS, FEWEST_RUNS = 400, 3
SLOW = 3  # budgets after which one run is enough


def measure(prepare, run, warm_up):
    """Milliseconds of run(prepare()), of which prepare is not timed, after a few runs to warm up."""
    start = time.perf_counter()
    for _ in range(warm_up):
        run(prepare())
        if time.perf_counter() - start > BUDGET_S / 2:
            break
    times, start = [], time.perf_counter()
    while True:
        prepared = prepare()
        before = time.perf_counter()
        result = run(prepared)
        times.append((time.perf_counter() - before) * 1e3)
        del prepared, result
        seconds = time.perf_counter() - start
        if (
            (len(times) >= MIN_N and seconds >= MIN_S)
            or len(times) >= MOST_RUNS
            or (seconds > BUDGET_S and len(times) >= FEWEST_RUNS)
            or seconds > SLOW * BUDGET_S
        ):
            return times


def peak_rss_mb():
    """The most memory that this process ever had in use, in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def report(peer, workload, threads, times, version, batch=None, **more):
    """Prints one line of JSON."""
    median = statistics.median(times)
    line = dict(peer=peer, workload=workload, threads=threads, ms_median=round(median, 4))
    line.update(ms_min=round(min(times), 4), ms_max=round(max(times), 4), n=len(times))
    line["images_per_s"] = round(batch / median * 1e3, 2) if batch else None
    line.update(peak_rss_mb=round(peak_rss_mb(), 1), version=version, **more)
    print(json.dumps(line), flush=True)
