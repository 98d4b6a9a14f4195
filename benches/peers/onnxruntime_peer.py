#!/usr/bin/env python3
"""ONNX Runtime on the CPU, forward only: prints one line of JSON per workload.

  onnxruntime_peer.py --threads N --models DIR NETWORK_infer@BATCH...

DIR holds what onnx_export.py wrote.
"""

import argparse
import os

import numpy
import onnxruntime
from measure import measure, report

arguments = argparse.ArgumentParser()
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--models", required=True)
arguments.add_argument("workloads", nargs="+")
arguments = arguments.parse_args()

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = arguments.threads
for workload in arguments.workloads:
    path = os.path.join(arguments.models, workload + ".onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    shape = session.get_inputs()[0].shape
    x = numpy.random.default_rng(0).standard_normal(shape).astype(numpy.float32)
    times = measure(lambda: None, lambda _: session.run(None, {"x": x}), 6)
    version = onnxruntime.__version__
    report("onnxruntime", workload, arguments.threads, times, version, shape[0])
