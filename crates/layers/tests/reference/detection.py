"""The losses of a detector: focal loss as CenterNet publishes it, GIoU by torchvision, L1 by PyTorch."""

import torch
import torch.nn.functional as F
import torchvision

from golden import array, eighths, number, stream


def published_focal(logits, targets):
    """`_neg_loss` of https://github.com/xingyizhou/CenterNet (src/lib/models/losses.py), by logits."""
    found, missed = F.logsigmoid(logits), F.logsigmoid(-logits)
    prediction = torch.sigmoid(logits)
    positive, negative = targets.eq(1).double(), targets.lt(1).double()
    of_positive = (found * torch.pow(1 - prediction, 2) * positive).sum()
    of_negative = (missed * torch.pow(prediction, 2) * torch.pow(1 - targets, 4) * negative).sum()
    centres = positive.sum()
    return -of_negative if centres == 0 else -(of_positive + of_negative) / centres


def case(loss, inputs, **others):
    inputs = inputs.clone().requires_grad_()
    value = loss(inputs)
    (gradient,) = torch.autograd.grad(0.75 * value, inputs)
    return {**others, "inputs": array(inputs), "loss": number(value.item()), "scale": 0.75, "gradient": array(gradient)}


def focal():
    random = stream("focal")
    targets = [torch.tensor(random.randint(0, 9, size=(2, 3, 4, 5)) / 8.0), torch.zeros(1, 2, 3, 3)]
    for target in targets:
        logits = eighths(random, *target.shape, low=-40, high=40)
        yield case(lambda z: published_focal(z, target), logits, targets=array(target))


def boxes(random, count):
    """Boxes with all sides in other places, so that no slope is that of a tie."""
    corners = torch.tensor(random.permutation(64 * count)[: 4 * count].reshape(count, 2, 2) / 8.0)
    return torch.cat([corners.amin(1), corners.amax(1)], dim=1)


def giou():
    random = stream("giou")
    for count in [1, 12]:
        target, weights = boxes(random, count), torch.tensor(random.randint(1, 9, size=count) / 8.0)
        predicted = boxes(random, count) + 1 / 16
        def loss(b):
            each = torchvision.ops.generalized_box_iou_loss(b, target, reduction="none")
            return (weights * each).sum() / weights.sum()
        yield case(loss, predicted, targets=array(target), weights=weights.tolist())


def l1():
    random = stream("l1")
    target, weights = eighths(random, 7, 4), torch.tensor(random.randint(0, 9, size=7) / 8.0)
    def loss(y):
        return (weights[:, None] * F.l1_loss(y, target, reduction="none")).sum() / weights.sum()
    yield case(loss, eighths(random, 7, 4) + 1 / 16, targets=array(target), weights=weights.tolist())
