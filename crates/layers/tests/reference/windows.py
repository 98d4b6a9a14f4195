"""Layers that slide a window: `conv2d`, `max_pool`, `avg_pool`."""

import torch
from torch.nn import functional as F

from golden import array, arrays, eighths, pair, pairwise, stream

NONE = (0, 0)
ONE = (1, 1)


def passed(layer, x, params, forward, dy):
    """One layer's output and all its gradients under `dy`, drawn for the shape of the output."""
    x = x.requires_grad_()
    for param in params.values():
        param.requires_grad_()
    y = forward(x)
    dy = dy(y.shape)
    gradients = torch.autograd.grad(y, [x, *params.values()], dy)
    return {
        "layer": layer,
        "x": array(x),
        "params": arrays(params),
        "dy": array(dy),
        "y": array(y),
        "dx": array(gradients[0]),
        "dparams": arrays(dict(zip(params, gradients[1:]))),
    }


def span(kernel, dilation=ONE):
    return [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]


def conv2d():
    def fits(kernel, padding, dilation, size, **_):
        return all(s <= i + 2 * p for s, i, p in zip(span(kernel, dilation), size, padding))

    grid = pairwise(
        "conv2d",
        fits,
        kernel=[(1, 1), (3, 3), (2, 3), (3, 1), (1, 4)],
        stride=[(1, 1), (2, 2), (2, 1), (1, 3)],
        padding=[(0, 0), (1, 1), (2, 1)],
        dilation=[(1, 1), (2, 1), (1, 2)],
        channels=[(1, 3, 1), (3, 2, 1), (2, 4, 2), (3, 6, 3)],
        bias=[True, False],
        size=[(5, 6), (6, 4), (3, 7)],
        batch=[1, 2, 3],
    )
    grid = list(grid)
    # Wider than any vector register, with a rest in rows, columns and channels.
    wide = dict(kernel=(3, 3), padding=(1, 1), dilation=ONE, channels=(2, 17, 1), bias=True, size=(3, 19), batch=2)
    grid += [dict(wide, stride=(1, 1)), dict(wide, stride=(2, 2), channels=(2, 34, 2), batch=1)]
    for i, case in enumerate(grid):
        inputs, outputs, groups = case["channels"]
        random = stream(f"conv2d {i}")
        x = eighths(random, case["batch"], inputs, *case["size"])
        params = {"weight": eighths(random, outputs, inputs // groups, *case["kernel"])}
        if case["bias"]:
            params["bias"] = eighths(random, outputs)
        geometry = {key: case[key] for key in ("stride", "padding", "dilation")}
        layer = {"kind": "conv2d", "out_channels": outputs, "kernel_size": pair(case["kernel"])}
        layer |= {key: pair(value) for key, value in geometry.items()} | {"groups": groups, "bias": case["bias"]}

        def forward(x):
            return F.conv2d(x, params["weight"], params.get("bias"), **geometry, groups=groups)

        yield passed(layer, x, params, forward, lambda shape: eighths(random, *shape))


def distinct(random, shape):
    count = shape.numel()
    return torch.tensor(random.permutation(count) - count // 2).reshape(shape) / 8.0


def ties(random, shape):
    return eighths(random, *shape, low=-1, high=1)


def holes(value, share):
    """Small whole numbers with ties, a share of them replaced."""

    def draw(random, shape):
        x = torch.tensor(random.randint(-2, 3, size=tuple(shape)) / 1.0)
        return torch.where(torch.tensor(random.random_sample(tuple(shape)) < share), value, x)

    return draw


def no_and_low(random, shape):
    return torch.where(torch.tensor(random.random_sample(tuple(shape)) < 0.1), torch.nan, LOW(random, shape))


LOW = holes(-torch.inf, 0.6)
CONTENTS = {
    "distinct": distinct,
    "ties": ties,
    "nan": holes(torch.nan, 0.15),
    "minus_infinity": LOW,
    "infinity": holes(torch.inf, 0.3),
    "nan_and_minus_infinity": no_and_low,
}


def max_pool():
    def pool(x, kernel, stride, padding, dilation, ceil):
        return F.max_pool2d(x, kernel, stride, padding, dilation, ceil)

    def fits(size, content, batch, **window):
        reach = span(window["kernel"], window["dilation"])
        if any(2 * p > s or s > i + 2 * p for s, i, p in zip(reach, size, window["padding"])):
            return False
        # A dilated window can miss the input altogether; PyTorch's gradient is not defined there.
        return bool(pool(torch.zeros(1, 1, *size), **window).isfinite().all())

    grid = pairwise(
        "max_pool",
        fits,
        kernel=[(2, 2), (3, 3), (3, 2), (1, 3)],
        stride=[None, (1, 1), (2, 2), (2, 1), (1, 3)],
        padding=[(0, 0), (1, 1), (1, 0)],
        dilation=[(1, 1), (2, 1), (1, 2)],
        ceil=[False, True],
        content=list(CONTENTS),
        size=[(5, 7), (6, 4), (3, 8)],
        batch=[1, 2],
    )
    for i, case in enumerate(grid):
        random = stream(f"max_pool {i}")
        window = {key: case[key] for key in ("kernel", "stride", "padding", "dilation", "ceil")}
        layer = {"kind": "max_pool", "kernel_size": pair(case["kernel"])}
        if case["stride"]:
            layer["stride"] = pair(case["stride"])
        layer |= {"padding": pair(case["padding"]), "dilation": pair(case["dilation"]), "ceil_mode": case["ceil"]}
        x = CONTENTS[case["content"]](random, torch.Size([case["batch"], 2, *case["size"]]))

        def dy(shape):
            # No two are equal, so a gradient at the wrong cell cannot hide.
            return torch.tensor(1.0 + random.permutation(shape.numel())).reshape(shape)

        yield passed(layer, x, {}, lambda x: pool(x, **window), dy)


def avg_pool():
    def fits(kernel, padding, size, **_):
        return all(2 * p <= k <= i + 2 * p for k, i, p in zip(kernel, size, padding))

    grid = pairwise(
        "avg_pool",
        fits,
        kernel=[(2, 2), (3, 3), (3, 2), (2, 4)],
        stride=[None, (1, 1), (2, 2), (2, 1), (1, 3)],
        padding=[(0, 0), (1, 1), (1, 0), (0, 1)],
        ceil_mode=[False, True],
        count_include_pad=[True, False],
        divisor_override=[None, 1, 5],
        size=[(5, 7), (6, 4), (3, 8)],
        batch=[1, 2],
    )
    for i, case in enumerate(grid):
        random = stream(f"avg_pool {i}")
        layer = {"kind": "avg_pool", "kernel_size": pair(case["kernel"]), "padding": pair(case["padding"])}
        layer |= {key: case[key] for key in ("ceil_mode", "count_include_pad")}
        if case["stride"]:
            layer["stride"] = pair(case["stride"])
        if case["divisor_override"]:
            layer["divisor_override"] = case["divisor_override"]
        settings = [case[key] for key in ("stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")]
        x = eighths(random, case["batch"], 2, *case["size"])

        def forward(x):
            return F.avg_pool2d(x, case["kernel"], *settings)

        yield passed(layer, x, {}, forward, lambda shape: eighths(random, *shape))
