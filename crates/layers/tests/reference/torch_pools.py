"""Operators that PyTorch or torchvision has: what they make of a grid of settings, and their own gradients."""

import numpy
import torch
import torchvision
from torch.nn import functional as F

from golden import stream
from packed import Pack, distinct, eighths, grid, settings

SIZES = [(5, 7), (6, 4), (3, 8), (1, 9)]
BATCHES = [0, 1, 2]


def tie(random, *shape):
    return eighths(random, *shape, low=-1, high=1)


def sprinkled(value, share):
    """Small whole numbers with ties, a share of them replaced."""

    def draw(random, *shape):
        x = random.randint(-2, 3, size=shape) / 1.0
        return numpy.where(random.random_sample(shape) < share, value, x)

    return draw


CONTENTS = {
    "distinct": distinct,
    "ties": tie,
    "nan": sprinkled(numpy.nan, 0.1),
    "infinity": sprinkled(numpy.inf, 0.2),
    "minus_infinity": sprinkled(-numpy.inf, 0.4),
}


def passed(forward, x, random, params=None):
    """Output and gradients of a PyTorch function under distinct gradients from above."""
    x = torch.tensor(x, requires_grad=True)
    params = {name: torch.tensor(value, requires_grad=True) for name, value in (params or {}).items()}
    y = forward(x, **params)
    dy = torch.tensor(distinct(random, *y.shape))
    gradients = torch.autograd.grad(y, [x, *params.values()], dy)
    arrays = [part.detach().numpy() for part in (dy, y, *gradients)]
    return dict(zip(("dy", "y", "dx"), arrays)), dict(zip(params, arrays[3:]))


def windows_fit(kernel, size, padding=(0, 0), dilation=(1, 1), **_):
    span = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    return all(2 * p <= s <= i + 2 * p for s, i, p in zip(span, size, padding))


def sliding(name, kind, forward, exact, contents, extra=lambda **_: {}, fits=windows_fit, **factors):
    """A pool with windows: kernel larger than stride and the reverse, ceil mode, asymmetric sizes, empty batches."""
    pack = Pack(name)
    factors = {
        "kernel": [(2, 2), (3, 3), (3, 2), (1, 4)],
        "stride": [None, (1, 1), (2, 2), (2, 1), (4, 5)],
        "ceil": [False, True],
        "content": contents,
        "size": SIZES,
        "batch": BATCHES,
    } | factors
    for i, case in enumerate(grid(name, fits, **factors)):
        random = stream(f"{name} {i}")
        x = CONTENTS[case["content"]](random, case["batch"], 2, *case["size"])
        layer = settings(kernel_size=case["kernel"], stride=case["stride"], ceil_mode=case["ceil"])
        layer = {"kind": kind} | layer | settings(**extra(**case))
        for part in ("padding", "dilation"):
            if part in case:
                layer |= settings(**{part: case[part]})
        arrays, _ = passed(lambda x: forward(x, case), x, random)
        pack.add(layer, x, **arrays, exact=exact)
    return pack


def max_pool():
    def forward(x, case):
        return F.max_pool2d(x, case["kernel"], case["stride"], case["padding"], case["dilation"], case["ceil"])

    def fits(kernel, size, padding, dilation, stride, ceil, **case):
        if not windows_fit(kernel, size, padding, dilation):
            return False
        # A dilated window can miss the input altogether; PyTorch's gradient is not defined there.
        y = F.max_pool2d(torch.zeros(1, 1, *size), kernel, stride, padding, dilation, ceil)
        return bool(y.isfinite().all())

    more = {"padding": [(0, 0), (1, 1), (1, 0)], "dilation": [(1, 1), (2, 1), (1, 2)]}
    return sliding("max_pools", "max_pool", forward, True, list(CONTENTS), fits=fits, **more)


def avg_pool():
    def forward(x, case):
        rule = (case["include"], case["divisor"])
        return F.avg_pool2d(x, case["kernel"], case["stride"], case["padding"], case["ceil"], *rule)

    return sliding(
        "avg_pools",
        "avg_pool",
        forward,
        False,
        ["distinct", "ties"],
        lambda include, divisor, **_: {"count_include_pad": include, "divisor_override": divisor},
        padding=[(0, 0), (1, 1), (1, 0), (0, 1)],
        include=[True, False],
        divisor=[None, 1, 5],
    )


def lp_pool():
    """`LPPool2d` takes powers as they are, so that odd ones want values that are not negative."""
    CONTENTS["positive"] = lambda random, *shape: eighths(random, *shape, low=1, high=24)
    return sliding(
        "lp_pools",
        "lp_pool",
        lambda x, case: F.lp_pool2d(x, case["p"], case["kernel"], case["stride"], case["ceil"]),
        False,
        ["positive"],
        lambda p, **_: {"p": p, "scale": "torch"},
        p=[1.0, 2.0, 3.0, 4.5],
    )


def max_avg_pool():
    def forward(x, case):
        window = (case["kernel"], case["stride"], case["padding"])
        largest = F.max_pool2d(x, *window, ceil_mode=case["ceil"])
        return largest + F.avg_pool2d(x, *window, case["ceil"], case["include"])

    return sliding(
        "max_avg_pools",
        "max_avg_pool",
        forward,
        False,
        ["distinct", "ties"],
        lambda include, **_: {"count_include_pad": include},
        padding=[(0, 0), (1, 1), (1, 0)],
        include=[True, False],
    )


def adaptive():
    packs = []
    for name, forward, exact, contents in [
        ("adaptive_avg_pool", F.adaptive_avg_pool2d, False, ["distinct", "ties"]),
        ("adaptive_max_pool", F.adaptive_max_pool2d, True, list(CONTENTS)),
    ]:
        pack = Pack(f"{name}s")
        outputs = [(1, 1), (2, 2), (3, 4), (1, 5), (7, 2), (9, 11), (5, 7)]
        for i, case in enumerate(
            grid(name, lambda **_: True, output=outputs, content=contents, size=SIZES, batch=BATCHES, channels=[1, 3])
        ):
            random = stream(f"{name} {i}")
            x = CONTENTS[case["content"]](random, case["batch"], case["channels"], *case["size"])
            arrays, _ = passed(lambda x: forward(x, case["output"]), x, random)
            pack.add({"kind": name} | settings(output_size=case["output"]), x, **arrays, exact=exact)
        packs.append(pack)
    return packs


def whole_maps():
    """Global pools, decimation and space to depth: what has no window to speak of."""
    pack = Pack("whole_maps")
    sizes, channels = [(5, 7), (6, 4), (1, 9), (1, 1), (8, 3)], [1, 3]

    def add(kind, name, forward, exact, contents, **factors):
        factors = {"content": contents, "size": sizes, "batch": BATCHES, "channels": channels} | factors
        for i, case in enumerate(grid(name, lambda **_: True, **factors)):
            random = stream(f"{name} {i}")
            size = case["size"]
            if "block" in case:
                size = tuple(side * block for side, block in zip(size, case["block"]))
            x = CONTENTS[case["content"]](random, case["batch"], case["channels"], *size)
            layer = {"kind": kind} | settings(stride=case.get("stride"), block_size=case.get("block"))
            arrays, _ = passed(lambda x: forward(x, case), x, random)
            pack.add(layer, x, **arrays, exact=exact)

    def unshuffled(x, case):
        rows, columns = case["block"]
        # PyTorch refuses the gradient of an empty batch.
        if rows == columns and len(x):
            return F.pixel_unshuffle(x, rows)
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // rows, rows, w // columns, columns)
        return blocks.permute(0, 1, 3, 5, 2, 4).reshape(n, c * rows * columns, h // rows, w // columns)

    def global_max(x, _):
        return F.adaptive_max_pool2d(x, 1).flatten(1)

    def global_avg(x, _):
        return F.adaptive_avg_pool2d(x, 1).flatten(1)

    def decimate(x, case):
        return x[..., :: case["stride"][0], :: case["stride"][1]]

    add("global_max_pool", "global_max_pool", global_max, True, list(CONTENTS))
    add("global_avg_pool", "global_avg_pool", global_avg, False, ["distinct", "ties"])
    add("decimate", "decimate", decimate, True, list(CONTENTS), stride=[(1, 1), (2, 2), (3, 2), (2, 5), (9, 9)])
    add("space_to_depth", "pixel_unshuffle", unshuffled, True, list(CONTENTS), block=[(1, 1), (2, 2), (3, 3), (1, 2)])
    return pack


def convolutions():
    """Convolutions in the place of a pool: circular, strided, dilated."""
    pack = Pack("convolutions")

    def fits(kernel, size, padding, dilation, mode, **_):
        span = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
        if mode != "zeros" and any(p > i - (mode == "reflect") for p, i in zip(padding, size)):
            return False
        return all(s <= i + 2 * p for s, i, p in zip(span, size, padding))

    for i, case in enumerate(
        grid(
            "convolutions",
            fits,
            kernel=[(1, 1), (3, 3), (2, 3), (4, 1)],
            stride=[(1, 1), (2, 2), (2, 3)],
            padding=[(0, 0), (1, 1), (2, 1)],
            dilation=[(1, 1), (2, 2), (1, 2)],
            mode=["zeros", "circular", "reflect"],
            bias=[True, False],
            size=[(5, 7), (6, 4), (3, 8)],
            batch=BATCHES,
        )
    ):
        random = stream(f"convolutions {i}")
        channels, outputs = 2, 3
        x = eighths(random, case["batch"], channels, *case["size"])
        module = torch.nn.Conv2d(
            channels,
            outputs,
            case["kernel"],
            case["stride"],
            case["padding"],
            case["dilation"],
            bias=case["bias"],
            padding_mode=case["mode"],
        )
        params = {"weight": eighths(random, *module.weight.shape)}
        if case["bias"]:
            params["bias"] = eighths(random, outputs)

        def forward(x, weight, bias=None):
            return torch.func.functional_call(module, {"weight": weight} | ({} if bias is None else {"bias": bias}), x)

        arrays, gradients = passed(forward, x, random, params)
        layer = {"kind": "conv2d", "out_channels": outputs, "padding_mode": case["mode"], "bias": case["bias"]}
        layer |= settings(
            kernel_size=case["kernel"], stride=case["stride"], padding=case["padding"], dilation=case["dilation"]
        )
        pack.add(layer, x, **arrays, params=params, dparams=gradients)
    return pack


def fractional_max_pool():
    """With given samples: one number for columns and one for rows, for each map."""
    pack = Pack("fractional_max_pools")

    def fits(kernel, size, output, **_):
        return all(o + k - 1 <= i for o, k, i in zip(output, kernel, size))

    for i, case in enumerate(
        grid(
            "fractional_max_pool",
            fits,
            kernel=[(2, 2), (3, 2), (1, 1), (1, 3)],
            output=[(1, 1), (2, 3), (3, 4), (5, 2), (4, 6)],
            size=[(6, 8), (9, 7), (7, 12)],
            batch=BATCHES,
            content=list(CONTENTS),
        )
    ):
        random = stream(f"fractional_max_pool {i}")
        x = CONTENTS[case["content"]](random, case["batch"], 2, *case["size"])
        # Of 1/64, which single precision holds: both sides put the windows at the same cells.
        samples = random.randint(0, 64, size=(case["batch"], 2, 2)) / 64.0
        given = torch.tensor(samples)
        arrays, _ = passed(
            lambda x: F.fractional_max_pool2d(x, case["kernel"], output_size=case["output"], _random_samples=given),
            x,
            random,
        )
        layer = {"kind": "fractional_max_pool"} | settings(kernel_size=case["kernel"], output_size=case["output"])
        pack.add(layer, x, **arrays, exact=True, samples=samples.ravel().tolist())
    return pack


def max_unpool():
    pack = Pack("max_unpools")

    def fits(kernel, stride, **case):
        # Windows that overlap would put several values at one cell, where PyTorch leaves open which stays.
        return windows_fit(kernel, **case) and all(k <= s for k, s in zip(kernel, stride))

    for i, case in enumerate(
        grid(
            "max_unpool",
            fits,
            kernel=[(2, 2), (3, 3), (1, 4), (3, 2)],
            stride=[(2, 2), (3, 3), (3, 4), (4, 5)],
            padding=[(0, 0), (1, 0)],
            size=[(5, 7), (6, 4), (9, 8), (3, 11)],
            batch=BATCHES,
            content=["distinct", "ties"],
        )
    ):
        random = stream(f"max_unpool {i}")
        image = torch.tensor(CONTENTS[case["content"]](random, case["batch"], 2, *case["size"]))
        window = (case["kernel"], case["stride"], case["padding"])
        pooled, indices = F.max_pool2d(image, *window, return_indices=True)
        x = eighths(random, *pooled.shape)
        arrays, _ = passed(lambda x: F.max_unpool2d(x, indices, *window, output_size=case["size"]), x, random)
        layer = settings(kernel_size=case["kernel"], stride=case["stride"], padding=case["padding"])
        pack.add(layer, x, **arrays, exact=True, indices=indices.flatten().tolist(), size=list(case["size"]))
    return pack


def regions_of_interest():
    packs = []
    for name, factors in [
        ("roi_pool", {"ratio": [None], "aligned": [None]}),
        ("roi_align", {"ratio": [-1, 1, 2], "aligned": [False, True]}),
    ]:
        pack = Pack(f"{name}s")
        for i, case in enumerate(
            grid(
                name,
                lambda **_: True,
                output=[(1, 1), (2, 2), (3, 2), (2, 5)],
                scale=[1.0, 0.5, 0.25],
                size=[(5, 7), (6, 4), (8, 11)],
                batch=[1, 2],
                boxes=[0, 1, 4],
                **factors,
            )
        ):
            random = stream(f"{name} {i}")
            x = distinct(random, case["batch"], 2, *case["size"])
            rows, columns = (side / case["scale"] for side in case["size"])
            # Boxes of eighths, some of which leave the map or have no area.
            corners = [eighths(random, case["boxes"], high=int(8 * most), low=-8) for most in (columns, rows)]
            sides = [eighths(random, case["boxes"], low=0, high=int(8 * most)) for most in (columns, rows)]
            image = random.randint(0, case["batch"], size=case["boxes"]) * 1.0
            left, top = corners
            boxes = numpy.stack([image, left, top, left + sides[0], top + sides[1]], axis=1)
            given = torch.tensor(boxes)
            if name == "roi_pool":
                forward = lambda x: torchvision.ops.roi_pool(x, given, case["output"], case["scale"])  # noqa: E731
            else:
                forward = lambda x: torchvision.ops.roi_align(  # noqa: E731
                    x, given, case["output"], case["scale"], case["ratio"], case["aligned"]
                )
            arrays, _ = passed(forward, x, random)
            pack.add(
                {},
                x,
                **arrays,
                exact=name == "roi_pool",
                boxes=boxes.ravel().tolist(),
                output_size=list(case["output"]),
                scale=case["scale"],
                sampling_ratio=case["ratio"],
                aligned=case["aligned"],
            )
        packs.append(pack)
    return packs


def packs():
    yield from [max_pool(), avg_pool(), lp_pool(), max_avg_pool(), *adaptive(), whole_maps(), convolutions()]
    yield from [fractional_max_pool(), max_unpool(), *regions_of_interest()]
