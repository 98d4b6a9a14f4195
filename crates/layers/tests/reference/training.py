"""What moves parameters: optimisers, schedules, and ten steps of a whole network."""

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW
from torch.optim import lr_scheduler as schedulers

from golden import array, arrays, eighths, number, stream


def optimizers():
    """Twenty steps on given gradients; the rate changes from step to step, as under a schedule."""
    makers = {"sgd": SGD, "adam": Adam, "adamw": AdamW}
    for name, rate, settings in [
        ("sgd", 0.1, {}),
        ("sgd", 0.1, {"weight_decay": 0.125}),
        ("sgd", 0.05, {"momentum": 0.9}),
        ("sgd", 0.05, {"momentum": 0.9, "weight_decay": 0.01}),
        ("sgd", 0.05, {"momentum": 0.75, "nesterov": True}),
        ("sgd", 0.05, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
        ("adam", 0.01, {}),
        ("adam", 0.1, {"betas": [0.8, 0.95], "epsilon": 0.001, "weight_decay": 0.1}),
        ("adamw", 0.01, {"weight_decay": 0.0}),
        ("adamw", 0.1, {"weight_decay": 0.1}),
        ("adamw", 0.1, {"betas": [0.8, 0.95], "epsilon": 0.001, "weight_decay": 0.5}),
    ]:
        random = stream("optimizers")
        params = {"weight": eighths(random, 2, 3), "bias": eighths(random, 2)}
        case = {"optimizer": {"kind": name} | settings, "initial": arrays(params), "steps": []}
        params = {key: nn.Parameter(value.clone()) for key, value in params.items()}
        given = {{"epsilon": "eps"}.get(key, key): value for key, value in settings.items()}
        optimizer = makers[name](params.values(), lr=rate, **given)
        for step in range(20):
            optimizer.param_groups[0]["lr"] = now = rate * (1.0 if step < 10 else 0.5)
            for param in params.values():
                # One value's gradient is always 0, another's is near Adam's ε.
                param.grad = eighths(random, *param.shape)
                param.grad.view(-1)[0] = 0.0
                param.grad.view(-1)[1] *= 1e-6
            gradients = arrays({key: param.grad for key, param in params.items()})
            optimizer.step()
            case["steps"].append({"rate": number(now), "gradients": gradients, "params": arrays(params)})
        yield case


def schedules():
    """The share of the base rate that each step uses.

    Entry `k` is what `get_last_lr` answers after `k` calls of `scheduler.step`, so it is the rate of the step that is
    done after `k` others. PyTorch's step schedule is asked once an epoch, all others once a step.
    """
    per_epoch, base = 4, 0.5

    def trace(make, epochs, calls_per_epoch=per_epoch):
        optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=base)
        scheduler, factors = make(optimizer), []
        for _ in range(epochs * calls_per_epoch):
            factors += [number(scheduler.get_last_lr()[0] / base)] * (per_epoch // calls_per_epoch)
            optimizer.step()
            scheduler.step()
        return factors

    for epochs, final in [(1, 0.0), (5, 0.0), (3, 0.25)]:
        make = lambda o: schedulers.CosineAnnealingLR(o, epochs * per_epoch, eta_min=final * base)  # noqa: E731
        yield {
            "schedule": {"kind": "cosine", "final_factor": final},
            "steps_per_epoch": per_epoch,
            "epochs": epochs,
            "factors": trace(make, epochs),
        }
    for epochs, every, factor in [(7, 1, 0.5), (7, 3, 0.25), (5, 2, 0.1), (2, 9, 0.5)]:
        make = lambda o: schedulers.StepLR(o, every, gamma=factor)  # noqa: E731
        yield {
            "schedule": {"kind": "step", "every_epochs": every, "factor": factor},
            "steps_per_epoch": per_epoch,
            "epochs": epochs,
            "factors": trace(make, epochs, calls_per_epoch=1),
        }
    # A warm-up of w steps is PyTorch's linear schedule from 1/w over w − 1 steps, then the other from its start.
    for epochs, warmup in [(4, 1), (5, 2)]:
        w, steps = warmup * per_epoch, epochs * per_epoch

        def make(optimizer):
            rise = schedulers.LinearLR(optimizer, start_factor=1 / w, end_factor=1.0, total_iters=w - 1)
            fall = schedulers.CosineAnnealingLR(optimizer, steps - w)
            return schedulers.SequentialLR(optimizer, [rise, fall], milestones=[w])

        yield {
            "schedule": {"kind": "cosine", "warmup_epochs": warmup},
            "steps_per_epoch": per_epoch,
            "epochs": epochs,
            "factors": trace(make, epochs),
        }


def training():
    """Ten steps on ten batches, then the logits of an eleventh in evaluation."""
    random = stream("training")
    conv1, norm = nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3)
    conv2, dense = nn.Conv2d(3, 4, (3, 2)), nn.Linear(4 * 2 * 2, 3)
    network = nn.Sequential(
        conv1, norm, nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1), conv2, nn.ReLU(), nn.Flatten(), dense
    )
    # In the order in which our model lists them; the two names differ for batch norm alone.
    params = {
        "conv2d1.weight": conv1.weight,
        "conv2d1.bias": conv1.bias,
        "batch_norm1.gamma": norm.weight,
        "batch_norm1.beta": norm.bias,
        "batch_norm1.running_mean": norm.running_mean,
        "batch_norm1.running_variance": norm.running_var,
        "conv2d2.weight": conv2.weight,
        "conv2d2.bias": conv2.bias,
        "dense1.weight": dense.weight,
        "dense1.bias": dense.bias,
    }
    with torch.no_grad():
        for name, param in params.items():
            if name.endswith(("weight", "bias")):
                param.copy_(eighths(random, *param.shape, low=-6, high=6))
    settings = {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}
    case = {
        "model": [
            {"kind": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1},
            {"kind": "batch_norm"},
            {"kind": "relu"},
            {"kind": "max_pool", "kernel_size": 3, "stride": 2, "padding": 1},
            {"kind": "conv2d", "out_channels": 4, "kernel_size": [3, 2]},
            {"kind": "relu"},
            {"kind": "flatten"},
            {"kind": "dense", "out_features": 3},
        ],
        "optimizer": {"kind": "sgd"} | settings,
        "rate": 0.02,
        "initial": arrays(params),
        "steps": [],
    }
    optimizer = SGD(network.parameters(), lr=case["rate"], **settings)
    for _ in range(10):
        x, labels = eighths(random, 8, 1, 7, 6, low=-16, high=16), random.randint(0, 3, 8)
        loss = nn.functional.cross_entropy(network(x), torch.tensor(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step = {"x": array(x), "labels": [int(label) for label in labels], "loss": number(loss.item())}
        case["steps"].append(step | {"params": arrays(params)})
    x = eighths(random, 3, 1, 7, 6)
    yield case | {"x": array(x), "logits": array(network.eval()(x))}
