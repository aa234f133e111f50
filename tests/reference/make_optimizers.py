"""Makes optimizers.safetensors: where PyTorch's optimizers are after 1, 10 and 200 steps on one problem.

The loss is sum(c (w - t)^2) / 2 + sum(cos(3 w)), float64; its gradient is c (w - t) - 3 sin(3 w).
"""

import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
generator = torch.Generator().manual_seed(0)
start = torch.randn(24, generator=generator, dtype=torch.float64)
target = torch.randn(24, generator=generator, dtype=torch.float64)
curvature = torch.rand(24, generator=generator, dtype=torch.float64) * 3 + 0.1
tensors = {"start": start, "target": target, "curvature": curvature}

optim = torch.optim
cases = {
    "sgd": lambda p: optim.SGD(p, lr=0.01),
    "sgd momentum": lambda p: optim.SGD(p, lr=0.01, momentum=0.9),
    "sgd dampening": lambda p: optim.SGD(p, lr=0.01, momentum=0.9, dampening=0.3),
    "sgd nesterov": lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "sgd decay": lambda p: optim.SGD(p, lr=0.01, momentum=0.5, weight_decay=0.1),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "adam decay": lambda p: optim.Adam(p, lr=0.02, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.01),
    "adamw decay": lambda p: optim.AdamW(p, lr=0.02, weight_decay=0.2),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01),
    "rmsprop momentum": lambda p: optim.RMSprop(p, lr=0.001, alpha=0.9, momentum=0.8, weight_decay=0.05),
}
for name, make in cases.items():
    for late in [False, True]:
        w = start.clone()
        optimizer = make([w])
        for step in range(1, 201):
            w.grad = None if late and step <= 5 else curvature * (w - target) - 3 * torch.sin(3 * w)
            optimizer.step()
            if step in (1, 10, 200):
                tensors[f"{name}{' late' if late else ''} {step}"] = w.clone()
save_file(tensors, folder / "optimizers.safetensors")
