"""Times a training step of PyTorch: train_step_torch.py WIDTHS BATCH adam|sgd THREADS [SECONDS] [--compile]."""
import json
import sys

import torch
from torch import nn

from clock import median


def main():
    compiled = "--compile" in sys.argv
    words = [word for word in sys.argv[1:] if word != "--compile"]
    widths = [int(width) for width in words[0].split("-")]
    batch, optimizer, threads = int(words[1]), words[2], int(words[3])
    seconds = float(words[4]) if len(words) > 4 else 1.0
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    layers = []
    for i in range(len(widths) - 1):
        layers += ([nn.ReLU()] if i else []) + [nn.Linear(widths[i], widths[i + 1])]
    network = nn.Sequential(*layers)
    regression = widths[-1] == 1
    x = torch.randn(batch, widths[0])
    y = torch.randn(batch, 1) if regression else torch.arange(batch) % widths[-1]
    loss_of = nn.functional.mse_loss if regression else nn.functional.cross_entropy
    best = None
    for setting in ({"fused": True}, {"foreach": True}):
        make = ((lambda p: torch.optim.Adam(p, lr=1e-3, **setting)) if optimizer == "adam" else
                (lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9, **setting)))
        steps = make(network.parameters())

        def loss(x, y):
            return loss_of(network(x), y)

        forward = torch.compile(loss) if compiled else loss

        def step():
            steps.zero_grad()
            forward(x, y).backward()
            steps.step()

        taken = median(step, seconds / 2)
        best = taken if best is None else min(best, taken)
    print(json.dumps({"microseconds": best, "torch": torch.__version__}))


main()
