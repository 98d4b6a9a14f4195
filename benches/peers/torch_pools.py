#!/usr/bin/env python3
"""Pools as somebody would write them with PyTorch, for `cargo bench -p cenote-benches --bench pool_kinds -- --torch`.

  torch_pools.py --threads N N C H W

reads the name of an operator of cenote from every line, with the settings of its example, runs a few training steps of
it alone, and answers with one line of JSON: the numbers of its output and the seconds of every forward and backward
pass, or null for an operator that is not here. Where PyTorch has the operator that is what runs; elsewhere it is the
shortest composition of its calls that does the same work. At the border it may give another number (cells outside count as
zeros where they should not count), and so may the highest frequency that a band limit keeps.
"""

import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F

try:
    from torchvision import ops
except ImportError:
    ops = None

STEPS = 6
arguments = argparse.ArgumentParser()
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("shape", type=int, nargs=4)
arguments = arguments.parse_args()
torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
BATCH, CHANNELS, ROWS, COLUMNS = arguments.shape
OVERLAPPING = {"kernel_size": 3, "stride": 2, "padding": 1}


def leaf(*shape, scale=0.1):
    return (scale * torch.randn(*shape)).requires_grad_()


def largest(x):
    return F.max_pool2d(x, **OVERLAPPING)


def average(x):
    return F.avg_pool2d(x, **OVERLAPPING)


def cells(x, kernel=3, stride=2, padding=1):
    """The cells of every window: (N, C, K, windows)."""
    return F.unfold(x, kernel, 1, padding, stride).unflatten(1, (CHANNELS, kernel * kernel))


def maps(y):
    """Windows as rows and columns."""
    return y.unflatten(-1, (ROWS // 2, COLUMNS // 2))


def each_channel(x, filters, stride=2, padding=1):
    return F.conv2d(x, filters.expand(CHANNELS, 1, -1, -1), None, stride, padding, groups=CHANNELS)


def binomial(taps):
    row = torch.ones(1)
    for _ in range(taps - 1):
        row = F.conv1d(row.view(1, 1, -1), torch.tensor([[[0.5, 0.5]]]), padding=1).flatten()
    return torch.outer(row, row)[None, None]


def blurred(x, taps):
    border = ((taps - 1) // 2, taps // 2)
    weight = binomial(taps).expand(x.shape[1], 1, -1, -1)
    return F.conv2d(F.pad(x, (*border, *border), "reflect"), weight, None, 2, groups=x.shape[1])


def around(x, value):
    """What windows of 2x3 around every cell need."""
    return F.pad(x, (1, 1, 0, 1), value=value)


def same_average(x):
    counts = F.avg_pool2d(around(torch.ones_like(x[:1, :1]), 0), (2, 3), 1)
    return F.avg_pool2d(around(x, 0), (2, 3), 1) / counts


def gated(x, mask):
    gate = torch.sigmoid(each_channel(x, mask))
    return gate * largest(x) + (1 - gate) * average(x)


def tree(x, leaves, gates):
    gate = torch.sigmoid(each_channel(x, gates))
    return gate * each_channel(x, leaves[:1]) + (1 - gate) * each_channel(x, leaves[1:])


def mixed(x, logit):
    share = torch.sigmoid(logit)[:, None, None]
    return share * largest(x) + (1 - share) * average(x)


def log_sum_exp(x, log_r):
    r = log_r.exp()[:, None, None]
    return average((r * x).exp()).log() / r


def soft(x, weights):
    return average(weights * x) / average(weights)


def importance(x, weight, gamma, beta):
    h = F.instance_norm(F.conv2d(x, weight), weight=gamma, bias=beta)
    return soft(x, (12 * torch.sigmoid(h)).exp())


def stochastic(x):
    windows = cells(x, 2, 2, 0).transpose(2, 3)
    odds = windows.detach().clamp(min=1e-12)
    return maps(windows.gather(3, torch.multinomial(odds.flatten(0, 2), 1).view(*odds.shape[:3], 1))[..., 0])


def drawn(x):
    windows = cells(x)
    places = torch.randint(9, (BATCH, CHANNELS, 1, windows.shape[-1]))
    return maps(windows.gather(2, places)[:, :, 0])


def ordinal(x, logits):
    ranked = cells(x).sort(dim=2, descending=True).values
    return maps((logits.softmax(1)[:, :, None] * ranked).sum(2))


def detail_preserving(x, log_alpha, log_lambda):
    windows = cells(x)
    alpha, exponent = (log.exp()[:, None, None] for log in (log_alpha, log_lambda))
    differences = windows - windows.mean(2, keepdim=True)
    weights = alpha + (differences.square() + 1e-6) ** (exponent / 2)
    return maps((weights * windows).sum(2) / weights.sum(2))


def phases(x):
    """One of four phases for each image."""
    dealt = F.pixel_unshuffle(x, 2).unflatten(1, (CHANNELS, 4))
    strongest = dealt.detach().square().sum((1, 3, 4)).argmax(1)
    return dealt[torch.arange(BATCH), :, strongest]


def s3(x):
    rows, columns = (
        torch.rand(side // 4, 4).topk(2, 1).indices.sort(1).values.add(4 * torch.arange(side // 4)[:, None]).flatten()
        for side in (ROWS, COLUMNS)
    )
    return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=-torch.inf), 2, 1)[:, :, rows][:, :, :, columns]


def low_frequencies(x):
    spectrum = torch.fft.rfft2(x, norm="forward")
    kept = torch.cat([spectrum[:, :, : ROWS // 4], spectrum[:, :, -(ROWS // 4) :]], 2)[..., : COLUMNS // 4 + 1]
    return torch.fft.irfft2(kept, s=(ROWS // 2, COLUMNS // 2), norm="forward")


def pyramid(x):
    return torch.cat([F.adaptive_max_pool2d(x, level).flatten(1) for level in (1, 2, 3)], 1)


def attention(x, score, hide, gate):
    hidden = torch.tanh(F.conv2d(x, hide)) * torch.sigmoid(F.conv2d(x, gate))
    weights = F.conv2d(hidden, score).flatten(2).softmax(2)
    return (weights * x.flatten(2)).sum(2)


def unpooled(x):
    y, places = F.max_pool2d(x, 2, (2, 1), return_indices=True)
    return F.max_unpool2d(y, places, 2, (2, 1), output_size=x.shape)


def boxes():
    box = torch.tensor([[0, 0, 4, 3], [1.2, 0.7, 3.6, 2.2]])
    images = torch.arange(BATCH).repeat_interleave(2)[:, None]
    return torch.cat([images, box.repeat(BATCH, 1)], 1)


C = CHANNELS
# What is computed, and the parameters that it has beside the input.
OPERATORS = {
    "max_pool": (largest, []),
    "avg_pool": (lambda x: F.avg_pool2d(x, **OVERLAPPING, count_include_pad=False), []),
    "decimate": (lambda x: x[..., ::2, ::3].contiguous(), []),
    "raise_stride": (lambda x: x[..., ::2, ::2].contiguous(), []),
    "global_avg_pool": (lambda x: F.adaptive_avg_pool2d(x, 1), []),
    "global_max_pool": (lambda x: F.adaptive_max_pool2d(x, 1), []),
    "adaptive_avg_pool": (lambda x: F.adaptive_avg_pool2d(x, (3, 4)), []),
    "adaptive_max_pool": (lambda x: F.adaptive_max_pool2d(x, (3, 4)), []),
    "max_avg_pool": (lambda x: (largest(x) + average(x)) / 2, []),
    "mixed_pool": (mixed, [leaf(C)]),
    "gated_pool": (gated, [leaf(1, 1, 3, 3)]),
    "tree_pool": (tree, [leaf(2, 1, 3, 3), leaf(1, 1, 3, 3)]),
    "lp_pool": (lambda x: (9 * average(x.abs() ** 3)) ** (1 / 3), []),
    "gem_pool": (lambda x, p: average(x.clamp(min=1e-6) ** p) ** (1 / p), [torch.tensor([3.0]).requires_grad_()]),
    "log_sum_exp_pool": (log_sum_exp, [leaf(C)]),
    "soft_pool": (lambda x: soft(x, x.exp()), []),
    "lip_pool": (importance, [leaf(C, C, 1, 1), leaf(C), leaf(C)]),
    "stochastic_pool": (stochastic, []),
    "random_pool": (drawn, []),
    "ordinal_pool": (ordinal, [leaf(C, 9)]),
    "median_pool": (lambda x: maps(cells(x).median(2).values), []),
    "rank_pool": (lambda x: maps(cells(x).topk(3, 2).values.mean(2)), []),
    "subsample": (
        lambda x, gain, bias: torch.tanh(average(x) * gain + bias),
        [leaf(C, 1, 1), leaf(C, 1, 1)],
    ),
    "detail_preserving_pool": (detail_preserving, [leaf(C), leaf(C)]),
    "same_max_pool": (lambda x: F.max_pool2d(around(x, -torch.inf), (2, 3), 1), []),
    "same_avg_pool": (same_average, []),
    "blur_pool": (lambda x: blurred(x, 4), []),
    "max_blur_pool": (lambda x: blurred(F.max_pool2d(x, 2, 1), 3), []),
    "conv_blur": (lambda x, w, b: blurred(F.relu(F.conv2d(x, w, b, 1, 1)), 3), [leaf(4, C, 3, 3), leaf(4)]),
    "space_to_depth": (lambda x: F.pixel_unshuffle(x, 2), []),
    "space_to_depth_conv": (
        lambda x, w, b: F.conv2d(F.pixel_unshuffle(x, 2), w, b, 1, 1),
        [leaf(4, 4 * C, 3, 3), leaf(4)],
    ),
    "aps_pool": (phases, []),
    "fractional_max_pool": (lambda x: F.fractional_max_pool2d(x, 2, output_ratio=(0.6, 0.6)), []),
    "s3_pool": (s3, []),
    "spectral_pool": (low_frequencies, []),
    "flc_pool": (low_frequencies, []),
    "spatial_pyramid_pool": (pyramid, []),
    "attention_pool": (attention, [leaf(1, 4, 1, 1), leaf(4, C, 1, 1), leaf(4, C, 1, 1)]),
    "strided_conv": (lambda x, w, b: F.conv2d(x, w, b, 2, 1), [leaf(C, C, 3, 3), leaf(C)]),
    "max_unpool": (unpooled, []),
}
if ops is not None:
    OPERATORS |= {
        "roi_pool": (lambda x, b=boxes(): ops.roi_pool(x, b, (2, 3)), []),
        "roi_align": (lambda x, b=boxes(): ops.roi_align(x, b, (2, 3), sampling_ratio=2), []),
    }
X = leaf(*arguments.shape, scale=1.0)


def turn(function, params):
    """Numbers of the output, and seconds of the passes of every step but the first."""
    passes = []
    for _ in range(STEPS):
        start = time.perf_counter()
        y = function(X, *params)
        middle = time.perf_counter()
        # The gradient that a later layer would give.
        dy = torch.ones_like(y)
        begin = time.perf_counter()
        torch.autograd.grad(y, [X, *params], dy)
        passes.append([middle - start, time.perf_counter() - begin])
    return {"outputs": y.numel(), "passes": passes[1:]}


print(json.dumps(torch.__version__), flush=True)
for line in sys.stdin:
    operator = OPERATORS.get(line.strip())
    print(json.dumps(operator and turn(*operator)), flush=True)
