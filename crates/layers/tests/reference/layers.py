"""Layers without a window, batch normalisation over several steps, and the loss."""

import torch
from torch.nn import functional as F

from golden import array, arrays, eighths, number, pair, stream
from windows import passed


def others():
    cases = []

    def add(layer, x, forward, **params):
        random = stream(f"others {len(cases)}")
        cases.append(passed(layer, x, params, forward, lambda shape: eighths(random, *shape)))

    random = stream("others")
    for stride in [(1, 1), (2, 2), (3, 2), (2, 5), (9, 9)]:
        for size in [(5, 7), (6, 4)]:
            x = eighths(random, 2, 2, *size)
            add({"kind": "decimate", "stride": pair(stride)}, x, lambda x: x[..., :: stride[0], :: stride[1]])
    for shape in [(1, 3, 5, 7), (3, 2, 4, 3), (2, 4, 1, 1)]:
        add({"kind": "global_avg_pool"}, eighths(random, *shape), lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1))
        add({"kind": "flatten"}, eighths(random, *shape), lambda x: x.flatten(1))
        add({"kind": "tanh"}, eighths(random, *shape), torch.tanh)
    for batch, inputs, outputs in [(1, 1, 1), (3, 5, 4), (2, 19, 3), (5, 3, 18)]:
        x, w, b = eighths(random, batch, inputs), eighths(random, outputs, inputs), eighths(random, outputs)
        add({"kind": "dense", "out_features": outputs}, x, lambda x: F.linear(x, w, b), weight=w, bias=b)
        x, v = eighths(random, batch, inputs), eighths(random, outputs, inputs)
        add({"kind": "dense", "out_features": outputs, "bias": False}, x, lambda x: F.linear(x, v), weight=v)
    edges = [torch.nan, torch.inf, -torch.inf, 0.0, -0.0, 2.0**-10, -(2.0**-10), 2.5, -2.5, 20.0, -20.0]
    for kind, function in [("relu", torch.relu), ("tanh", torch.tanh)]:
        add({"kind": kind}, torch.tensor([edges]), function)
        add({"kind": kind}, eighths(random, 2, 3, 3, 5, low=-4, high=4), function)
    return cases


def batch_norm():
    """Four steps of training, each with its own input, and one pass of evaluation after them."""
    for i, (shape, momentum, epsilon, offset) in enumerate(
        [
            ((2, 3, 3, 5), None, None, 0.0),
            ((5, 2, 4, 3), 0.25, 1e-3, 7.0),
            ((3, 2, 1, 4), 1.0, None, -5.0),
            ((6, 4), None, 0.5, 3.0),
        ]
    ):
        random = stream(f"batch_norm {i}")
        layer = {"kind": "batch_norm"}
        if momentum:
            layer["momentum"] = momentum
        if epsilon:
            layer["epsilon"] = epsilon
        channels = shape[1]
        module = (torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d)(
            channels, momentum=momentum or 0.1, eps=epsilon or 1e-5
        )
        gamma, beta = eighths(random, channels, low=4), eighths(random, channels)
        mean, variance = eighths(random, channels), eighths(random, channels, low=4)
        params = {"gamma": gamma, "beta": beta, "running_mean": mean, "running_variance": variance}
        names = {"gamma": "weight", "beta": "bias", "running_mean": "running_mean", "running_variance": "running_var"}
        module.load_state_dict({names[name]: value for name, value in params.items()}, strict=False)
        case = {"layer": layer, "params": arrays(params), "steps": []}
        for step in range(5):
            module.train(step < 4)
            x = (eighths(random, *shape) + offset).requires_grad_()
            y, dy = module(x), eighths(random, *shape)
            gradients = torch.autograd.grad(y, [x, module.weight, module.bias], dy)
            passes = {"x": x, "dy": dy, "y": y, "dx": gradients[0]}
            running = {"running_mean": module.running_mean, "running_variance": module.running_var}
            case["steps"].append(
                {"mode": "train" if step < 4 else "eval"}
                | arrays(passes)
                | {"dparams": arrays({"gamma": gradients[1], "beta": gradients[2]}), "running": arrays(running)}
            )
        yield case


def cross_entropy():
    """The loss is scaled before the backward pass, so that its own gradient is not 1."""
    random = stream("cross_entropy")
    huge = torch.tensor([[1e4, 0.0, -1e4], [80.0, 81.0, 79.5], [-1e4, -1e4, -1e4], [3e4, 3e4, 0.0]])
    batches = [(eighths(random, n, k), random.randint(0, k, n)) for n, k in [(1, 2), (5, 4), (3, 10)]]
    batches += [(huge, labels) for labels in ([0, 1, 2, 0], [1, 2, 0, 1], [2, 0, 1, 2])]
    # Right by far: nearly all of the loss is below single precision's step at 1.
    batches += [(torch.tensor([[12.0, 0.0, 1.0], [0.0, 14.0, 0.5]]), [0, 1])]
    for logits, labels in batches:
        logits = logits.clone().requires_grad_()
        loss = F.cross_entropy(logits, torch.tensor(labels))
        (gradient,) = torch.autograd.grad(0.75 * loss, logits)
        yield {
            "logits": array(logits),
            "labels": [int(label) for label in labels],
            "loss": number(loss.item()),
            "scale": 0.75,
            "dlogits": array(gradient),
        }
