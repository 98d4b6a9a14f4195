#!/usr/bin/env python3
"""Writes networks with random weights, as they are used after training, as ONNX files.

  onnx_export.py DIR NETWORK_infer@BATCH...

Built with onnx.helper, so that PyTorch is not needed. A file that is there already is left alone.
"""

import os
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Nodes and weights in the order in which they were added; `x` is the input."""

    def __init__(self):
        self.nodes, self.weights = [], []
        self.random = numpy.random.default_rng(0)

    def weight(self, *shape, positive=False):
        name = f"w{len(self.weights)}"
        scale = (2 / max(1, int(numpy.prod(shape[1:])))) ** 0.5
        values = self.random.standard_normal(shape, dtype=numpy.float32) * numpy.float32(scale)
        if positive:
            values = numpy.abs(values) + numpy.float32(0.5)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind, *inputs, **settings):
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **settings))
        return output

    def conv(self, x, inputs, outputs, kernel, bias=True):
        weights = [self.weight(outputs, inputs, kernel, kernel)]
        if bias:
            weights.append(self.weight(outputs))
        pads = [kernel // 2] * 4
        return self.node("Conv", x, *weights, kernel_shape=[kernel] * 2, pads=pads)

    def batch_norm(self, x, channels):
        moments = [self.weight(channels) for _ in range(3)]
        return self.node("BatchNormalization", x, *moments, self.weight(channels, positive=True))

    def relu(self, x):
        return self.node("Relu", x)

    def max_pool(self, x):
        return self.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])

    def dense(self, x, inputs, outputs):
        weights = self.weight(outputs, inputs), self.weight(outputs)
        return self.node("Gemm", x, *weights, transB=1)


def lenet28(graph):
    x = "x"
    for inputs, outputs in ((1, 32), (32, 64)):
        x = graph.max_pool(graph.relu(graph.conv(x, inputs, outputs, 5)))
    x = graph.relu(graph.dense(graph.node("Flatten", x), 3136, 128))
    return graph.dense(x, 128, 10)


def cifar_pool(graph):
    x, inputs = "x", 3
    for layer, outputs in enumerate((64, 64, 128, 128, 256, 256)):
        x = graph.conv(x, inputs, outputs, 3, bias=False)
        x = graph.relu(graph.batch_norm(x, outputs))
        if layer in (1, 3):
            x = graph.max_pool(x)
        inputs = outputs
    return graph.dense(graph.node("Flatten", graph.node("GlobalAveragePool", x)), 256, 10)


def vgg16(graph):
    x, inputs = "x", 3
    for outputs, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            x, inputs = graph.relu(graph.conv(x, inputs, outputs, 3)), outputs
        x = graph.max_pool(x)
    x = graph.relu(graph.dense(graph.node("Flatten", x), 25088, 4096))
    return graph.dense(graph.relu(graph.dense(x, 4096, 4096)), 4096, 1000)


NETWORKS = {
    "lenet28": (lenet28, (1, 28, 28), 10),
    "cifar_pool": (cifar_pool, (3, 32, 32), 10),
    "vgg16": (vgg16, (3, 224, 224), 1000),
}


def export(workload, path):
    name, batch = workload.split("@")
    build, image, classes = NETWORKS[name.removesuffix("_infer")]
    graph = Graph()
    graph.nodes.append(helper.make_node("Identity", [build(graph)], ["y"]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [int(batch), *image])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [int(batch), classes])
    built = helper.make_graph(graph.nodes, name, [x], [y], graph.weights)
    model = helper.make_model(built, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path + ".part")
    os.replace(path + ".part", path)


folder, *workloads = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
for workload in workloads:
    path = os.path.join(folder, workload + ".onnx")
    if not os.path.exists(path):
        export(workload, path)
