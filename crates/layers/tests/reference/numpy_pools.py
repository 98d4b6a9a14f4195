"""Operators that PyTorch does not have, transcribed from their formulas into NumPy.

Forward passes are loops over windows in double precision, written from the papers' formulas and not from our code.
Their gradients are central differences, whose error is some 1e-10 of the values.
"""

import numpy

from golden import stream
from packed import Pack, distinct, eighths, grid, settings

STEP = 1e-5
SIZES = [(5, 7), (6, 4), (3, 8), (1, 9)]
BATCHES = [0, 1, 2]


def output_size(size, kernel, stride, padding, ceil):
    """PyTorch's rule: a window may hang over the end if it starts in the image or the padding before it."""
    room = size + 2 * padding - kernel
    count = (-(-room // stride) if ceil else room // stride) + 1
    return count - 1 if ceil and (count - 1) * stride >= size + padding else count


def windows(size, kernel, stride, padding, ceil):
    """For each output: rows and columns of its cells, their places in the window, and its area with padding."""
    counts = [output_size(*axis, ceil) for axis in zip(size, kernel, stride, padding)]
    starts = [[i * s - p for i in range(count)] for count, s, p in zip(counts, stride, padding)]
    for top in starts[0]:
        for left in starts[1]:
            cells = [
                (top + u, left + v, u * kernel[1] + v)
                for u in range(kernel[0])
                for v in range(kernel[1])
                if 0 <= top + u < size[0] and 0 <= left + v < size[1]
            ]
            ends = [min(at + k, n + p) for at, k, n, p in zip((top, left), kernel, size, padding)]
            yield cells, (ends[0] - top) * (ends[1] - left), counts


def pooled(formula, window):
    """The forward pass of a formula over windows `(N, C, cells)`; parameters come by their names."""

    def forward(x, **params):
        outputs, counts = [], None
        for cells, area, counts in windows(x.shape[2:], *window):
            rows, columns, places = (list(part) for part in zip(*cells))
            outputs.append(formula(x[:, :, rows, columns], places=places, area=area, **params))
        return numpy.stack(outputs, axis=-1).reshape(*x.shape[:2], *counts)

    return forward


def difference(loss, x):
    """The gradient of a number by central differences, value by value."""
    gradient = numpy.zeros_like(x)
    for at in numpy.ndindex(x.shape):
        moved = []
        for by in (STEP, -STEP):
            nudged = x.copy()
            nudged[at] += by
            moved.append(loss(nudged))
        gradient[at] = (moved[0] - moved[1]) / (2 * STEP)
    return gradient


def plane_differences(forward, x, dy, params):
    """The gradient of maps of which each depends on its own alone: the same cell of all is moved at once."""
    gradient = numpy.zeros_like(x)
    for row, column in numpy.ndindex(x.shape[2:]):
        moved = []
        for by in (STEP, -STEP):
            nudged = x.copy()
            nudged[:, :, row, column] += by
            y = forward(nudged, **params)
            moved.append((y * dy).sum(axis=(2, 3)))
        gradient[:, :, row, column] = (moved[0] - moved[1]) / (2 * STEP)
    return gradient


def record(pack, layer, forward, x, random, params=None, apart=True, at=None, **more):
    """Adds a case: output, and gradients by differences, of what `forward` says. `apart`: maps do not mix.

    `at` makes of the input what `forward` is around it, where that takes a choice that does not move.
    """
    params = params or {}
    y = forward(x, **params)
    forward = at(x) if at else forward
    dy = distinct(random, *y.shape) / 4.0 if y.size else numpy.zeros(y.shape)

    def weighted(**moved):
        return (forward(**({"x": x} | params | moved)) * dy).sum()

    if apart:
        dx = plane_differences(forward, x, dy, params)
    else:
        dx = difference(lambda x: weighted(x=x), x)
    dparams = {name: difference(lambda value: weighted(**{name: value}), params[name]) for name in params}
    pack.add(layer, x, dy, y, dx, params=params, dparams=dparams, **more)


def spread(random, *shape):
    """Values of both signs that are at least 1/8 apart, and never 0, so that no difference meets a kink."""
    return distinct(random, *shape) / 2.0


def positive(random, *shape):
    values = distinct(random, *shape) / 2.0
    return values - values.min(initial=0.0) + 0.125


def sliding(name, kind, formula, params=lambda **_: {}, extra=lambda **_: {}, draw=spread, mode="both", **factors):
    """Cases of a formula over windows; `params` draws them, `formula` gets a case's factors by keyword."""
    pack = Pack(name)

    def fits(kernel, size, padding, **_):
        return all(2 * p <= k <= i + 2 * p for k, i, p in zip(kernel, size, padding))

    factors = {
        "kernel": [(2, 2), (3, 3), (3, 2), (1, 4)],
        "stride": [None, (1, 1), (2, 1), (4, 5)],
        "padding": [(0, 0), (1, 1), (1, 0)],
        "ceil": [False, True],
        "size": SIZES,
        "batch": BATCHES,
    } | factors
    windows_of = ("kernel", "stride", "padding", "ceil", "size", "batch")
    for i, case in enumerate(grid(name, fits, **factors)):
        random = stream(f"{name} {i}")
        x = draw(random, case["batch"], 2, *case["size"])
        window = (case["kernel"], case["stride"] or case["kernel"], case["padding"], case["ceil"])
        own = {key: value for key, value in case.items() if key not in windows_of}
        area = case["kernel"][0] * case["kernel"][1]
        drawn = params(random=random, area=area, **own)
        layer = {"kind": kind} | settings(
            kernel_size=case["kernel"], stride=case["stride"], padding=case["padding"], ceil_mode=case["ceil"]
        )
        layer |= settings(**extra(**own))

        def of_case(x, **kwargs):
            return formula(x, **own, **kwargs)

        record(pack, layer, pooled(of_case, window), x, random, drawn, mode=mode)
    return pack


def logistic(x):
    return 1.0 / (1.0 + numpy.exp(-x))


def per_channel(param):
    """A parameter of shape (1 or C, P) beside windows (N, C, cells)."""
    return param[None]


def mean(x, area, include):
    return x.sum(axis=-1) / (area if include else x.shape[-1])


def mixed(x, logit, area, include, **_):
    a = logistic(per_channel(logit))[..., 0]
    return a * x.max(axis=-1) + (1 - a) * mean(x, area, include)


def gated(x, mask, places, area, include, **_):
    a = logistic((per_channel(mask)[..., places] * x).sum(axis=-1))
    return a * x.max(axis=-1) + (1 - a) * mean(x, area, include)


def tree(x, leaves, gates, places, levels, **_):
    count = 2 ** (levels - 1)
    split = lambda rows, n: rows.reshape(rows.shape[0], n, -1)[:, :, places]  # noqa: E731
    filters = numpy.concatenate([split(gates, count - 1), split(leaves, count)], axis=1)
    sums = [(filters[None, :, node] * x).sum(axis=-1) for node in range(2 * count - 1)]

    def value(node):
        if node >= count:
            return sums[node - 1]
        share = logistic(sums[node - 1])
        return share * value(2 * node) + (1 - share) * value(2 * node + 1)

    return value(1)


def lp(x, p, scale, **_):
    total = (abs(x) ** p).sum(axis=-1)
    return (total / x.shape[-1] if scale == "mean" else total) ** (1 / p)


def gem(x, eps, log_p, **_):
    p = numpy.exp(per_channel(log_p))
    return (numpy.maximum(x, eps) ** p).mean(axis=-1) ** (1 / p[..., 0])


def log_sum_exp(x, log_r, **_):
    r = numpy.exp(per_channel(log_r))
    top = x.max(axis=-1)
    return top + numpy.log(numpy.exp(r * (x - top[..., None])).mean(axis=-1)) / r[..., 0]


def soft(x, **_):
    weights = numpy.exp(x - x.max(axis=-1, keepdims=True))
    return (weights * x).sum(axis=-1) / weights.sum(axis=-1)


def expected(x, **_):
    """Stochastic pooling in use, for values that are not negative."""
    return (x * x).sum(axis=-1) / x.sum(axis=-1)


def windowed():
    """All operators whose output is a formula of the cells of a window."""
    per = ["layer", "channel"]

    def rows(per):
        return 2 if per == "channel" else 1

    def drawn(name, scale=8.0):
        return lambda random, area, per, **_: {name: eighths(random, rows(per), 1, low=1, high=16) / scale}

    counting = {"include": [True, False]}
    include = lambda include, per, **_: {"count_include_pad": include, "per": per}  # noqa: E731
    yield sliding("mixed_pools", "mixed_pool", mixed, drawn("logit"), include, per=per, **counting)
    masks = lambda random, area, per, **_: {"mask": eighths(random, rows(per), area) / 8.0}  # noqa: E731
    yield sliding("gated_pools", "gated_pool", gated, masks, include, per=per, **counting)

    def trees(random, area, per, levels):
        count = 2 ** (levels - 1)
        shape = lambda nodes: (rows(per), nodes * area)  # noqa: E731
        return {
            "leaves": eighths(random, *shape(count)) / 8.0,
            "gates": eighths(random, *shape(count - 1)) / 8.0,
        }

    both = lambda per, levels: {"per": per, "levels": levels}  # noqa: E731
    yield sliding("tree_pools", "tree_pool", tree, trees, both, per=per, levels=[2, 3])
    norm = lambda p, scale: {"p": p, "scale": scale}  # noqa: E731
    yield sliding("norm_pools", "lp_pool", lp, extra=norm, p=[1.0, 2.0, 3.0, 4.5], scale=["sum", "mean"])
    powers = lambda eps, per: {"eps": eps, "per": per}  # noqa: E731
    yield sliding("gem_pools", "gem_pool", gem, drawn("log_p"), powers, per=per, eps=[1e-6, 0.7])
    learned = lambda per: {"learned": True, "per": per}  # noqa: E731
    yield sliding("log_sum_exp_pools", "log_sum_exp_pool", log_sum_exp, drawn("log_r"), learned, per=per)
    yield sliding("soft_pools", "soft_pool", soft)


def ordinal(x, logits, places, **_):
    """Ranks that a window at the edge does not fill leave their share to the others."""
    weights = numpy.exp(per_channel(logits))[..., : x.shape[-1]]
    ranked = -numpy.sort(-x, axis=-1)
    return (weights * ranked).sum(axis=-1) / weights.sum(axis=-1)


def rank(x, top, **_):
    return -numpy.sort(-x, axis=-1)[..., :top].mean(axis=-1)


def median(x, **_):
    return numpy.median(x, axis=-1)


def subsample(x, gain, bias, squash, **_):
    z = gain[..., 0] * x.mean(axis=-1) + bias[..., 0]
    return {"tanh": numpy.tanh, "sigmoid": logistic, "none": lambda z: z}[squash](z)


def detail_preserving(x, log_alpha, log_lambda, places, symmetric, guide, eps, filter=None, **_):
    if guide == "learned":
        middle = (filter[None][..., places] * x).sum(axis=-1, keepdims=True)
    else:
        middle = x.mean(axis=-1, keepdims=True)
    detail = x - middle if symmetric else numpy.maximum(x - middle, 0.0)
    weights = numpy.exp(log_alpha)[None] + numpy.sqrt(detail**2 + eps**2) ** numpy.exp(log_lambda)[None]
    return (weights * x).sum(axis=-1) / weights.sum(axis=-1)


def local_importance(window):
    """The weights come from a 1x1 convolution that is normalised over each plane."""

    def forward(x, weight, gamma, beta):
        g = numpy.einsum("oc,nchw->nohw", weight[:, :, 0, 0], x)
        centred = g - g.mean(axis=(2, 3), keepdims=True)
        scaled = centred / numpy.sqrt((centred**2).mean(axis=(2, 3), keepdims=True) + 1e-5)
        h = gamma[:, None, None] * scaled + beta[:, None, None]
        importance = numpy.exp(12.0 * logistic(h))
        total = pooled(lambda x, **_: x.sum(axis=-1), window)
        return total(importance * x) / total(importance)

    return forward


def ranked():
    """Operators that look at the order of the cells, and others with settings of their own."""
    per = ["layer", "channel"]
    draw = lambda random, area, per, **_: {"logits": eighths(random, 2 if per == "channel" else 1, area) / 4}  # noqa: E731
    yield sliding("ordinal_pools", "ordinal_pool", ordinal, draw, lambda per: {"per": per}, per=per)
    tops = lambda top: {"top": top}  # noqa: E731
    yield sliding("rank_pools", "rank_pool", rank, extra=tops, top=[1, 2, 3], kernel=[(2, 2), (3, 3), (3, 2), (1, 4)])
    yield sliding("median_pools", "median_pool", median)

    def affine(random, **_):
        return {"gain": eighths(random, 2, 1) / 4, "bias": eighths(random, 2, 1) / 4}

    squashes = ["tanh", "sigmoid", "none"]
    yield sliding("subsamples", "subsample", subsample, affine, lambda squash: {"squash": squash}, squash=squashes)

    def details(random, area, guide, **_):
        drawn = {"log_alpha": eighths(random, 2, 1) / 4, "log_lambda": eighths(random, 2, 1, high=8) / 4}
        if guide == "learned":
            drawn["filter"] = (1.0 + eighths(random, 2, area) / 8) / area
            drawn["filter"] = numpy.round(drawn["filter"] * 256) / 256
        return drawn

    yield sliding(
        "detail_preserving_pools",
        "detail_preserving_pool",
        detail_preserving,
        details,
        lambda symmetric, guide, eps: {"symmetric": symmetric, "guide": guide, "eps": eps},
        symmetric=[True, False],
        guide=["mean", "learned"],
        eps=[0.25, 0.5],
    )
    yield sliding("random_pools", "random_pool", lambda x, **_: x.mean(axis=-1), mode="eval")
    yield sliding("stochastic_pools", "stochastic_pool", expected, draw=positive, mode="eval")


def polyphase(x, stride, norm, like=None):
    """The strongest phase of every image, sides that do not divide going on at the other end.

    Which phase that is, is seen in the images `like` where these are others.
    """
    like = x if like is None else like
    rows, columns = stride
    n, channels, high, wide = x.shape
    counts = -(-high // rows), -(-wide // columns)

    def phases(image):
        wrapped = image[:, numpy.arange(counts[0] * rows) % high][..., numpy.arange(counts[1] * columns) % wide]
        return [wrapped[:, u::rows, v::columns] for u in range(rows) for v in range(columns)]

    measures = {"l1": lambda p: abs(p).sum(), "l2": lambda p: (p**2).sum(), "max": lambda p: abs(p).max()}
    y = numpy.zeros((n, channels, *counts))
    for i in range(n):
        strengths = [measures[norm](phase) for phase in phases(like[i])]
        y[i] = phases(x[i])[strengths.index(max(strengths))]
    return y


def expected_rows(x, kernel, stride):
    """S3Pool in use: the mean of a maximum around every cell."""
    high, wide = x.shape[2:]
    largest = numpy.empty_like(x)
    for row, column in numpy.ndindex(high, wide):
        top, left = row - (kernel[0] - 1) // 2, column - (kernel[1] - 1) // 2
        cells = x[:, :, max(top, 0) : top + kernel[0], max(left, 0) : left + kernel[1]]
        largest[:, :, row, column] = cells.max(axis=(2, 3))
    rows, columns = high // stride[0], wide // stride[1]
    cut = largest[:, :, : rows * stride[0], : columns * stride[1]]
    return cut.reshape(*x.shape[:2], rows, stride[0], columns, stride[1]).mean(axis=(3, 5))


def low_frequencies(size, output, hamming):
    """The matrix from a spectrum of `size` to one of `output`, the frequency at the fold shared by both signs."""
    matrix = numpy.zeros((output, size))
    for frequency in range(-(output // 2), output // 2 + 1):
        weight = 0.54 + 0.46 * numpy.cos(2 * numpy.pi * frequency / output) if hamming else 1.0
        if output % 2 == 0 and abs(frequency) == output // 2:
            weight /= 2
        matrix[frequency % output, frequency % size] += weight
    return matrix


def spectral(x, output, hamming=False):
    """Crops the spectrum of every plane, as a plain discrete Fourier transform writes it."""
    high, wide = x.shape[2:]
    rows = low_frequencies(high, output[0], hamming)
    columns = low_frequencies(wide, output[1], hamming)
    spectrum = numpy.einsum("ah,nchw,bw->ncab", rows, numpy.fft.fft2(x), columns)
    y = numpy.fft.ifft2(spectrum)
    assert abs(y.imag).max(initial=0.0) < 1e-9, "the shared frequencies make it real"
    return y.real * (output[0] * output[1]) / (high * wide)


def fractional(x, overlapping, kernel, output):
    """In use every draw is one half."""

    def spans(size, count, k):
        last = size - k if overlapping else size
        step = last / max(count - 1 if overlapping else count, 1)
        starts = [int((i + 0.5) * step) - int(0.5 * step) for i in range(count)]
        if overlapping:
            starts[-1] = last
            return [(start, start + k) for start in starts]
        return list(zip(starts, starts[1:] + [size]))

    rows, columns = (spans(*axis) for axis in zip(x.shape[2:], output, kernel))
    y = [[x[:, :, a:b, c:d].max(axis=(2, 3)) for c, d in columns] for a, b in rows]
    return numpy.moveaxis(numpy.array(y), (0, 1), (2, 3))


def whole():
    """Operators that look at a whole map, or at more than one."""
    sizes = [(5, 7), (6, 4), (4, 9), (8, 6)]

    def cases(
        name, kind, forward, table, fits=lambda **_: True, exact=False, mode="both", apart=True, at=None, **factors
    ):
        pack = Pack(name)
        for i, case in enumerate(grid(name, fits, size=sizes, batch=BATCHES, channels=[1, 2], **factors)):
            random = stream(f"{name} {i}")
            x = spread(random, case["batch"], case["channels"], *case["size"])
            layer = {"kind": kind} | table(case)
            around = at and (lambda x, case=case: at(x, case))
            record(pack, layer, lambda x: forward(x, case), x, random, apart=apart, exact=exact, mode=mode, at=around)
        return pack

    strides = [(1, 1), (2, 2), (3, 2), (1, 2)]
    yield cases(
        "aps_pools",
        "aps_pool",
        lambda x, case: polyphase(x, case["stride"], case["norm"]),
        lambda case: {"norm": case["norm"]} | settings(stride=case["stride"]),
        # Magnitudes may be equal, so that any step would change the phase.
        at=lambda x, case: lambda moved: polyphase(moved, case["stride"], case["norm"], like=x),
        stride=strides,
        norm=["l1", "l2", "max"],
    )
    yield cases(
        "s3_pools",
        "s3_pool",
        lambda x, case: expected_rows(x, case["kernel"], case["stride"]),
        lambda case: settings(kernel_size=case["kernel"], stride=case["stride"], grid_size=case["grid"]),
        fits=lambda stride, grid, size, **_: all(
            g % s == 0 and i >= s for s, g, i in zip(stride, grid, size)
        ),
        mode="eval",
        kernel=[(2, 2), (3, 3), (1, 2)],
        stride=[(1, 1), (2, 2), (1, 2)],
        grid=[(2, 2), (4, 4), (2, 4)],
    )
    outputs = [(2, 2), (3, 4), (4, 3), (1, 1), (5, 2)]
    yield cases(
        "spectral_pools",
        "spectral_pool",
        lambda x, case: spectral(x, case["output"]),
        lambda case: settings(output_size=case["output"]),
        fits=lambda output, size, **_: all(o < i for o, i in zip(output, size)),
        output=outputs,
    )
    yield cases(
        "flc_pools",
        "flc_pool",
        lambda x, case: spectral(x, [-(-i // 2) for i in x.shape[2:]], case["window"] == "hamming"),
        lambda case: {"window": case["window"]},
        window=["none", "hamming"],
        more=[0, 1],
    )
    yield cases(
        "fractional_layers",
        "fractional_max_pool",
        lambda x, case: fractional(x, case["overlapping"], case["kernel"], case["output"]),
        lambda case: {"overlapping": case["overlapping"]}
        | settings(kernel_size=case["kernel"], output_size=case["output"]),
        fits=lambda output, size, kernel, overlapping, **_: all(
            o + (k if overlapping else 1) - 1 <= i for o, i, k in zip(output, size, kernel)
        ),
        mode="eval",
        overlapping=[True, False],
        kernel=[(2, 2), (3, 1)],
        output=[(2, 3), (3, 4), (1, 1)],
    )

    pack = Pack("lip_pools")
    fits = lambda kernel, size, padding, **_: all(2 * p <= k <= i + 2 * p for k, i, p in zip(kernel, size, padding))  # noqa: E731
    for i, case in enumerate(
        grid(
            "lip_pools",
            fits,
            kernel=[(2, 2), (3, 3), (3, 2)],
            stride=[None, (1, 1), (2, 1)],
            padding=[(0, 0), (1, 1)],
            ceil=[False, True],
            size=[(4, 3), (3, 5)],
            batch=BATCHES,
        )
    ):
        random = stream(f"lip_pools {i}")
        x = spread(random, case["batch"], 2, *case["size"])
        params = {"weight": eighths(random, 2, 2, 1, 1), "gamma": eighths(random, 2) / 8, "beta": eighths(random, 2) / 8}
        window = (case["kernel"], case["stride"] or case["kernel"], case["padding"], case["ceil"])
        layer = {"kind": "lip_pool"} | settings(
            kernel_size=case["kernel"], stride=case["stride"], padding=case["padding"], ceil_mode=case["ceil"]
        )
        record(pack, layer, local_importance(window), x, random, params, apart=False)
    yield pack


def packs():
    yield from windowed()
    yield from ranked()
    yield from whole()
