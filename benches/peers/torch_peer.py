#!/usr/bin/env python3
"""PyTorch on the CPU: prints one line of JSON per workload.

  torch_peer.py --mode eager|channels_last|compile --threads N WORKLOAD...

WORKLOAD is a name that `cenote bench` knows: NETWORK@BATCH (a training step), NETWORK_infer@BATCH,
op.OPERATOR.fwd or op.OPERATOR.bwd (the backward call alone). The peak of memory is the process's,
so give one workload where it matters; `import torch` alone takes base_rss_mb of it.
"""

import argparse
import os

from measure import measure, peak_rss_mb, report

arguments = argparse.ArgumentParser()
arguments.add_argument("--mode", default="eager", choices=["eager", "channels_last", "compile"])
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("workloads", nargs="+")
arguments = arguments.parse_args()
os.environ.setdefault("OMP_NUM_THREADS", str(arguments.threads))

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
BASE_RSS_MB = round(peak_rss_mb(), 1)
CHANNELS_LAST = arguments.mode == "channels_last"
FORMAT = torch.channels_last if CHANNELS_LAST else torch.contiguous_format
PEER = "torch_" + arguments.mode


def compiled(function):
    return torch.compile(function) if arguments.mode == "compile" else function


class LeNet28(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.dense1 = nn.Linear(3136, 128)
        self.dense2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.dense2(F.relu(self.dense1(x.flatten(1))))


def cifar(kind):
    def block(inputs, outputs, stride=1):
        conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

    pool = [nn.MaxPool2d(2)] if kind == "pool" else []
    stride = 2 if kind == "strided" else 1
    layers = block(3, 64) + block(64, 64, stride) + pool
    layers += block(64, 128) + block(128, 128, stride) + pool
    layers += block(128, 256) + block(256, 256)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def vgg16():
    layers, inputs = [], 3
    for outputs, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000))


def network(name):
    """The network, the shape of an image, the number of classes."""
    if name == "lenet28":
        return LeNet28(), (1, 28, 28), 10
    if name == "vgg16":
        return vgg16(), (3, 224, 224), 1000
    return cifar(name.removeprefix("cifar_")), (3, 32, 32), 10


def time_network(workload):
    name, batch = workload.split("@")
    batch = int(batch)
    model, shape, classes = network(name.removesuffix("_infer"))
    model = model.to(memory_format=FORMAT)
    x = torch.randn(batch, *shape).to(memory_format=FORMAT)
    labels = torch.randint(0, classes, (batch,))
    forward = compiled(model)
    if name.endswith("_infer"):
        model.eval()
        with torch.inference_mode():
            times = measure(lambda: None, lambda _: forward(x), 6)
    else:
        model.train()
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)

        def step(_):
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(forward(x), labels)
            loss.backward()
            optimizer.step()
            return loss.item()

        times = measure(lambda: None, step, 4)
    version = torch.__version__
    report(PEER, workload, arguments.threads, times, version, batch, base_rss_mb=BASE_RSS_MB)


def leaf(*shape):
    tensor = torch.randn(*shape)
    return (tensor.to(memory_format=FORMAT) if len(shape) == 4 else tensor).requires_grad_()


def convolution(batch, inputs, outputs, size, kernel, groups=1):
    def forward(x, w):
        return F.conv2d(x, w, None, 1, kernel // 2, 1, groups)

    return forward, [leaf(batch, inputs, size, size), leaf(outputs, inputs // groups, kernel, kernel)]


def batch_norm(shape, rectify):
    mean, variance = torch.zeros(shape[1]), torch.ones(shape[1])

    def forward(x, gamma, beta):
        y = F.batch_norm(x, mean, variance, gamma, beta, True, 0.1, 1e-5)
        return F.relu(y) if rectify else y

    gamma, beta = torch.ones(shape[1]).requires_grad_(), torch.zeros(shape[1]).requires_grad_()
    return forward, [leaf(*shape), gamma, beta]


SMALL, HUGE = (64, 64, 32, 32), (1, 16, 3000, 2000)
OPERATORS = {
    "conv3x3_64_64_n64_32x32": lambda: convolution(64, 64, 64, 32, 3),
    "conv3x3_256_256_n64_8x8": lambda: convolution(64, 256, 256, 8, 3),
    "conv1x1_256_64_n64_16x16": lambda: convolution(64, 256, 64, 16, 1),
    "dwconv3x3_128_n64_16x16": lambda: convolution(64, 128, 128, 16, 3, 128),
    "relu_64x64x32x32": lambda: (F.relu, [leaf(*SMALL)]),
    "batchnorm_64x64x32x32": lambda: batch_norm(SMALL, rectify=False),
    "batchnorm_relu_64x64x32x32": lambda: batch_norm(SMALL, rectify=True),
    "gemm_1024": lambda: (torch.matmul, [leaf(1024, 1024), leaf(1024, 1024)]),
}
for shape in (SMALL, HUGE):
    tag = "x".join(map(str, shape))
    OPERATORS |= {
        f"maxpool2x2s2_{tag}": lambda s=shape: (lambda x: F.max_pool2d(x, 2), [leaf(*s)]),
        f"maxpool3x3s2p1_{tag}": lambda s=shape: (lambda x: F.max_pool2d(x, 3, 2, 1), [leaf(*s)]),
        f"avgpool2x2s2_{tag}": lambda s=shape: (lambda x: F.avg_pool2d(x, 2), [leaf(*s)]),
    }


def time_operator(workload):
    _, name, direction = workload.split(".")
    function, inputs = OPERATORS[name]()
    forward = compiled(function)
    if direction == "fwd":
        with torch.no_grad():
            times = measure(lambda: None, lambda _: forward(*inputs), 3)
    else:
        dy = torch.randn_like(forward(*inputs).detach())

        def backward(y):
            return torch.autograd.grad(y, inputs, dy)

        times = measure(lambda: forward(*inputs), backward, 3)
    report(PEER, workload, arguments.threads, times, torch.__version__)


for workload in arguments.workloads:
    (time_operator if workload.startswith("op.") else time_network)(workload)
