"""Recurrent layers, dense layers on sequences, and connectionist temporal classification."""

import torch
from torch.nn import functional as F

from golden import array, eighths, number, stream
from windows import passed


def recurrent():
    """`torch.nn.LSTM` and `torch.nn.GRU`, run on parameters that the case gives, and linear layers on every step."""
    cases = []
    for kind, module, gates in [("lstm", torch.nn.LSTM, 4), ("gru", torch.nn.GRU, 3)]:
        for batch, steps, inputs, hidden, both in [
            (1, 1, 1, 1, False),
            (2, 3, 2, 3, True),
            (3, 4, 5, 2, False),
            (1, 5, 3, 4, True),
            (2, 2, 10, 9, True),
        ]:
            random = stream(f"{kind} {len(cases)}")
            shapes = {
                "weight_ih": (gates * hidden, inputs),
                "weight_hh": (gates * hidden, hidden),
                "bias_ih": (gates * hidden,),
                "bias_hh": (gates * hidden,),
            }
            if both:
                shapes |= {f"{name}_reverse": shape for name, shape in shapes.items()}
            params = {name: eighths(random, *shape, low=-8, high=8) for name, shape in shapes.items()}
            layer = module(inputs, hidden, batch_first=True, bidirectional=both)
            names = {name.replace("ih", "ih_l0").replace("hh", "hh_l0"): name for name in shapes}
            assert list(names) == [name for name, _ in layer.named_parameters()]

            def forward(x):
                values = {theirs: params[ours] for theirs, ours in names.items()}
                return torch.func.functional_call(layer, values, (x,))[0]

            spec = {"kind": kind, "hidden_size": hidden, "bidirectional": both}
            x = eighths(random, batch, steps, inputs, low=-12, high=12)
            cases.append(passed(spec, x, params, forward, lambda shape: eighths(random, *shape)))
    for batch, steps, inputs, outputs in [(1, 1, 2, 3), (3, 4, 5, 2)]:
        random = stream(f"dense {len(cases)}")
        x, w, b = eighths(random, batch, steps, inputs), eighths(random, outputs, inputs), eighths(random, outputs)
        spec = {"kind": "dense", "out_features": outputs}
        params = {"weight": w, "bias": b}
        cases.append(passed(spec, x, params, lambda x: F.linear(x, w, b), lambda shape: eighths(random, *shape)))
    return cases


def ctc():
    """`ctc_loss` with the mean that it takes, of texts that fit, are empty, repeat themselves or are too long."""
    for steps, classes, texts in [
        (1, 2, [[1]]),
        (4, 3, [[1, 2], [2, 2], []]),
        (5, 4, [[3, 1, 2], [1], [2, 2, 2]]),
        (12, 6, [[5, 5, 1, 2, 2], [4, 3, 2, 1]]),
        (3, 3, [[1, 1, 2], [2, 1]]),
    ]:
        random = stream(f"ctc {steps} {classes}")
        logits = eighths(random, len(texts), steps, classes).requires_grad_()
        for zero in [False, True]:
            loss = F.ctc_loss(
                logits.log_softmax(2).transpose(0, 1),
                torch.tensor([label for text in texts for label in text]),
                torch.full((len(texts),), steps),
                torch.tensor([len(text) for text in texts]),
                reduction="mean",
                zero_infinity=zero,
            )
            if loss.isinf():
                # PyTorch's own gradient is NaN throughout; what the other texts get is in the case that counts zero.
                yield {"logits": array(logits), "texts": texts, "zero": zero, "loss": number(loss.item())}
                continue
            (gradient,) = torch.autograd.grad(0.75 * loss, logits)
            yield {
                "logits": array(logits),
                "texts": texts,
                "zero": zero,
                "loss": number(loss.item()),
                "dlogits": array(gradient),
            }
