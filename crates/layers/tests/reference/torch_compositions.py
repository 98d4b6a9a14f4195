"""Operators that are a few PyTorch calls put together, with PyTorch's gradients."""

import numpy
import torch
import torchvision
from torch.nn import functional as F

from golden import stream
from packed import Pack, distinct, eighths, grid, settings
from torch_pools import BATCHES, CONTENTS, SIZES, passed

MODES = {"zeros": "constant", "reflect": "reflect", "circular": "circular"}


def padded(x, rows, columns, mode, value=0.0):
    """Cells before and behind rows and columns."""
    if mode == "constant":
        return F.pad(x, (*columns, *rows), value=value)
    return F.pad(x, (*columns, *rows), mode=mode)


def around(kernel):
    """What a window around every cell needs before and behind: one more behind where it is even."""
    return [((k - 1) // 2, k // 2) for k in kernel]


def blurred(x, taps, stride, mode):
    row = numpy.array([1.0])
    for _ in range(taps - 1):
        row = numpy.convolve(row, [0.5, 0.5])
    channels = x.shape[1]
    weight = torch.tensor(numpy.outer(row, row)).expand(channels, 1, taps, taps)
    border = ((taps - 1) // 2, taps // 2)
    return F.conv2d(padded(x, border, border, MODES[mode]), weight, stride=stride, groups=channels)


def reaches(taps, mode, size, smaller=(0, 0)):
    """Whether the map can fill the border of a blur."""
    most = taps // 2
    needed = {"zeros": 0, "reflect": most + 1, "circular": most}[mode]
    return all(side - less >= max(needed, 1) for side, less in zip(size, smaller))


def blurs():
    blur, most = Pack("blur_pools"), Pack("max_blur_pools")
    shared = {
        "taps": [2, 3, 4, 5, 7],
        "stride": [(1, 1), (2, 2), (2, 3)],
        "mode": list(MODES),
        "size": [(5, 7), (6, 4), (8, 9)],
        "batch": BATCHES,
    }

    def layer(kind, case, **more):
        given = settings(stride=case["stride"], **more)
        return {"kind": kind, "filter_size": case["taps"], "padding_mode": case["mode"]} | given

    fits = lambda taps, mode, size, **_: reaches(taps, mode, size)  # noqa: E731
    for i, case in enumerate(grid("blur_pool", fits, **shared)):
        random = stream(f"blur_pool {i}")
        x = distinct(random, case["batch"], 2, *case["size"])
        arrays, _ = passed(lambda x: blurred(x, case["taps"], case["stride"], case["mode"]), x, random)
        blur.add(layer("blur_pool", case), x, **arrays)

    def smaller_fits(kernel, taps, mode, size, **_):
        less = (0, 0) if mode == "circular" else [k - 1 for k in kernel]
        return reaches(taps, mode, size, less)

    for i, case in enumerate(
        grid("max_blur_pool", smaller_fits, kernel=[(2, 2), (3, 3), (1, 2)], content=["distinct", "ties"], **shared)
    ):
        random = stream(f"max_blur_pool {i}")
        x = CONTENTS[case["content"]](random, case["batch"], 2, *case["size"])

        def forward(x):
            if case["mode"] == "circular":
                # The window goes on behind the end.
                x = padded(x, (0, case["kernel"][0] - 1), (0, case["kernel"][1] - 1), "circular")
            return blurred(F.max_pool2d(x, case["kernel"], 1), case["taps"], case["stride"], case["mode"])

        arrays, _ = passed(forward, x, random)
        most.add(layer("max_blur_pool", case, kernel_size=case["kernel"]), x, **arrays)
    return [blur, most]


def learned(name, kind, forward, fits, layer, channels=2, outputs=3, inputs=lambda _: 2, **factors):
    """A convolution with something before or behind it."""
    pack = Pack(name)
    factors = {
        "kernel": [(1, 1), (3, 3), (2, 3)],
        "padding": [None, (0, 0), (1, 1)],
        "bias": [True, False],
        "batch": BATCHES,
    } | factors
    for i, case in enumerate(grid(name, fits, **factors)):
        random = stream(f"{name} {i}")
        x = eighths(random, case["batch"], channels, *case["size"])
        params = {"weight": eighths(random, outputs, inputs(case), *case["kernel"])}
        if case["bias"]:
            params["bias"] = eighths(random, outputs)
        border = case["padding"] or tuple(k // 2 for k in case["kernel"])
        arrays, gradients = passed(lambda x, **params: forward(x, case, border, **params), x, random, params)
        table = {"kind": kind, "out_channels": outputs, "bias": case["bias"]}
        table |= settings(kernel_size=case["kernel"], padding=case["padding"]) | layer(case)
        pack.add(table, x, **arrays, params=params, dparams=gradients)
    return pack


def learned_packs():
    def strided(x, case, border, weight, bias=None):
        return F.conv2d(x, weight, bias, case["stride"], border)

    yield learned(
        "strided_convs",
        "strided_conv",
        strided,
        lambda size, kernel, padding, **_: all(k <= i for k, i in zip(kernel, size)),
        lambda case: settings(stride=case["stride"]),
        stride=[(2, 2), (1, 3), (3, 2)],
        size=[(5, 7), (6, 4), (3, 8)],
    )

    def dealt(x, case, border, weight, bias=None):
        rows, columns = case["block"]
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // rows, rows, w // columns, columns).permute(0, 1, 3, 5, 2, 4)
        return F.conv2d(blocks.reshape(n, c * rows * columns, h // rows, w // columns), weight, bias, 1, border)

    def fits(size, block, kernel, padding, **_):
        cells = [side // step for side, step in zip(size, block)]
        border = padding or [k // 2 for k in kernel]
        whole = all(side % step == 0 for side, step in zip(size, block))
        return whole and all(k <= i + 2 * p for k, i, p in zip(kernel, cells, border))

    yield learned(
        "space_to_depth_convs",
        "space_to_depth_conv",
        dealt,
        fits,
        lambda case: settings(block_size=case["block"]),
        inputs=lambda case: 2 * case["block"][0] * case["block"][1],
        block=[(2, 2), (1, 2), (3, 3)],
        size=[(6, 4), (6, 9), (4, 10)],
    )

    def blur(x, case, border, weight, bias=None):
        if case["mode"] == "circular":
            x = padded(x, *([p, p] for p in border), "circular")
            border = 0
        y = F.relu(F.conv2d(x, weight, bias, 1, border))
        return blurred(y, case["taps"], case["stride"], case["mode"])

    def blur_fits(size, kernel, padding, taps, mode, **_):
        border = padding or [k // 2 for k in kernel]
        left = [i + 2 * p - k + 1 for i, k, p in zip(size, kernel, border)]
        wraps = mode != "circular" or all(p <= i for p, i in zip(border, size))
        return wraps and all(side > 0 for side in left) and reaches(taps, mode, left)

    yield learned(
        "conv_blurs",
        "conv_blur",
        blur,
        blur_fits,
        lambda case: {"filter_size": case["taps"], "padding_mode": case["mode"]} | settings(stride=case["stride"]),
        taps=[2, 3, 4],
        mode=list(MODES),
        stride=[(2, 2), (1, 2)],
        size=[(6, 7), (5, 8)],
    )


def attention():
    pack = Pack("attention_pools")
    for i, case in enumerate(
        grid(
            "attention_pool",
            lambda **_: True,
            hidden=[1, 3, 4],
            gated=[False, True],
            channels=[1, 3],
            size=[(3, 5), (4, 2), (1, 1)],
            batch=BATCHES,
        )
    ):
        random = stream(f"attention_pool {i}")
        x = eighths(random, case["batch"], case["channels"], *case["size"])
        hide = (case["hidden"], case["channels"], 1, 1)
        params = {"score": eighths(random, 1, case["hidden"], 1, 1) / 4, "hide": eighths(random, *hide) / 4}
        if case["gated"]:
            params["gate"] = eighths(random, *hide) / 4

        def forward(x, score, hide, gate=None):
            hidden = torch.tanh(F.conv2d(x, hide))
            if gate is not None:
                hidden = hidden * torch.sigmoid(F.conv2d(x, gate))
            weights = F.conv2d(hidden, score).flatten(2).softmax(dim=2)
            return (weights * x.flatten(2)).sum(dim=2)

        arrays, gradients = passed(forward, x, random, params)
        layer = {"kind": "attention_pool", "hidden_features": case["hidden"], "gated": case["gated"]}
        pack.add(layer, x, **arrays, params=params, dparams=gradients)
    return pack


def same_size():
    """Windows around every cell, in which only cells of the map count."""
    pack = Pack("same_pools")
    kernels = [(1, 1), (2, 2), (3, 3), (2, 3), (4, 1)]

    def largest(x, kernel):
        return F.max_pool2d(padded(x, *around(kernel), "constant", -torch.inf), kernel, 1)

    def average(x, kernel):
        ones = padded(torch.ones_like(x), *around(kernel), "constant")
        sums = F.avg_pool2d(padded(x, *around(kernel), "constant"), kernel, 1)
        return sums / F.avg_pool2d(ones, kernel, 1)

    for kind, forward, exact, contents in [
        ("same_max_pool", largest, True, ["distinct", "ties", "nan", "infinity"]),
        ("same_avg_pool", average, False, ["distinct", "ties"]),
    ]:
        factors = {"kernel": kernels, "content": contents, "size": SIZES, "batch": BATCHES}
        for i, case in enumerate(grid(kind, lambda **_: True, **factors)):
            random = stream(f"{kind} {i}")
            x = CONTENTS[case["content"]](random, case["batch"], 2, *case["size"])
            arrays, _ = passed(lambda x: forward(x, case["kernel"]), x, random)
            pack.add({"kind": kind} | settings(kernel_size=case["kernel"]), x, **arrays, exact=exact)
    return pack


def pyramids():
    pack = Pack("spatial_pyramid_pools")
    levels = [(1,), (1, 2), (1, 2, 4), (4, 2, 1), (3,), (5, 1)]
    for i, case in enumerate(
        grid("pyramid", lambda **_: True, levels=levels, content=list(CONTENTS), size=SIZES, batch=BATCHES)
    ):
        random = stream(f"pyramid {i}")
        x = CONTENTS[case["content"]](random, case["batch"], 2, *case["size"])

        def forward(x):
            return torch.cat([F.adaptive_max_pool2d(x, level).flatten(1) for level in case["levels"]], dim=1)

        arrays, _ = passed(forward, x, random)
        pack.add({"kind": "spatial_pyramid_pool", "levels": list(case["levels"])}, x, **arrays, exact=True)
    return pack


def nothing():
    """Layers that stand for a removed pool: alone, two of them do nothing and one decimates."""
    pack = Pack("removed_pools")
    cases = [("identity", [None]), ("dilate", [(1, 1), (2, 2), (2, 3)]), ("raise_stride", [(1, 1), (2, 2), (3, 2)])]
    for kind, steps in cases:
        factors = {"step": steps, "content": list(CONTENTS), "size": SIZES, "batch": BATCHES}
        for i, case in enumerate(grid(kind, lambda **_: True, **factors)):
            random = stream(f"{kind} {i}")
            x = CONTENTS[case["content"]](random, case["batch"], 2, *case["size"])
            rows, columns = case["step"] if kind == "raise_stride" else (1, 1)
            arrays, _ = passed(lambda x: x[..., ::rows, ::columns] * 1.0, x, random)
            key = {"dilate": "factor", "raise_stride": "stride"}.get(kind, "none")
            pack.add({"kind": kind} | settings(**{key: case["step"]}), x, **arrays, exact=True)
    return pack


def unpooled():
    """A max pool and its inverse in one layer, for windows that do not overlap."""
    pack = Pack("max_unpool_layers")

    def fits(kernel, stride, size, padding, **_):
        within = all(2 * p <= k <= i + 2 * p for k, i, p in zip(kernel, size, padding))
        return within and all(k <= s for k, s in zip(kernel, stride or kernel))

    for i, case in enumerate(
        grid(
            "max_unpool_layer",
            fits,
            kernel=[(2, 2), (3, 3), (1, 4), (3, 2)],
            stride=[None, (3, 3), (4, 5)],
            padding=[(0, 0), (1, 0)],
            content=["distinct", "ties"],
            size=SIZES,
            batch=BATCHES,
        )
    ):
        random = stream(f"max_unpool_layer {i}")
        x = CONTENTS[case["content"]](random, case["batch"], 2, *case["size"])
        window = (case["kernel"], case["stride"], case["padding"])

        def forward(x):
            pooled, places = F.max_pool2d(x, *window, return_indices=True)
            return F.max_unpool2d(pooled, places, *window, output_size=case["size"])

        arrays, _ = passed(forward, x, random)
        table = settings(kernel_size=case["kernel"], stride=case["stride"], padding=case["padding"])
        pack.add({"kind": "max_unpool"} | table, x, **arrays, exact=True)
    return pack


def boxes_in_a_table():
    """Layers over regions of interest: the same boxes for every image, their grids as channels."""
    packs = []
    for kind, factors in [
        ("roi_pool", {"ratio": [None], "aligned": [None]}),
        ("roi_align", {"ratio": [1, 2, 3], "aligned": [False, True]}),
    ]:
        pack = Pack(f"{kind}_layers")
        factors |= {"output": [(1, 1), (2, 2), (3, 2)], "scale": [1.0, 0.5], "count": [1, 3]}
        factors |= {"size": [(5, 7), (8, 6)], "batch": BATCHES}
        for i, case in enumerate(grid(f"{kind} layer", lambda **_: True, **factors)):
            random = stream(f"{kind} layer {i}")
            x = distinct(random, case["batch"], 2, *case["size"])
            rows, columns = (side / case["scale"] for side in case["size"])
            corners = [eighths(random, case["count"], low=-8, high=int(8 * most)) for most in (columns, rows)]
            sides = [eighths(random, case["count"], low=0, high=int(8 * most)) for most in (columns, rows)]
            boxes = numpy.stack([*corners, corners[0] + sides[0], corners[1] + sides[1]], axis=1)
            given = [torch.tensor(boxes)] * case["batch"]

            def forward(x):
                if not len(x):
                    return x.sum() + torch.zeros(0, case["count"] * 2, *case["output"])
                if kind == "roi_pool":
                    y = torchvision.ops.roi_pool(x, given, case["output"], case["scale"])
                else:
                    y = torchvision.ops.roi_align(
                        x, given, case["output"], case["scale"], case["ratio"], case["aligned"]
                    )
                return y.reshape(len(x), case["count"] * 2, *case["output"])

            arrays, _ = passed(forward, x, random)
            table = settings(output_size=case["output"], sampling_ratio=case["ratio"], aligned=case["aligned"])
            table |= {"kind": kind, "boxes": boxes.tolist(), "spatial_scale": case["scale"]}
            pack.add(table, x, **arrays, exact=kind == "roi_pool")
        packs.append(pack)
    return packs


def packs():
    yield from blurs()
    yield from learned_packs()
    yield from [attention(), same_size(), pyramids(), nothing(), unpooled(), *boxes_in_a_table()]
