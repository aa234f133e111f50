"""Makes optimizers.safetensors: where PyTorch's optimizers are after 1, 10 and 200 steps on one problem, and the rates
of its schedules.

The loss is sum(c (w - t)^2) / 2 + sum(cos(3 w)), float64; its gradient is c (w - t) - 3 sin(3 w).
"""

import pathlib

import torch
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)  # of NAdam's product of momenta, too
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
    "nadam": lambda p: optim.NAdam(p, lr=0.003),
    "nadam decay": lambda p: optim.NAdam(p, lr=0.003, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, momentum_decay=0.01),
    "nadam decoupled": lambda p: optim.NAdam(p, lr=0.002, weight_decay=0.2, decoupled_weight_decay=True),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.05),
    "adagrad decay": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.01, weight_decay=0.1, initial_accumulator_value=0.2),
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
torch.set_default_dtype(torch.float32)


def group(values, **options):
    return {"params": [torch.nn.Parameter(values.clone())], **options}


optimizer = optim.Adam([group(start[:12], lr=0.01), group(start[12:], lr=0.03, betas=(0.7, 0.9), weight_decay=0.1)])
for step in range(1, 201):
    for part, t, c in zip(optimizer.param_groups, target.split(12), curvature.split(12)):
        w = part["params"][0]
        w.grad = c * (w.detach() - t) - 3 * torch.sin(3 * w.detach())
    optimizer.step()
    if step in (20, 200):
        tensors[f"adam groups {step}"] = torch.cat([part["params"][0].detach() for part in optimizer.param_groups])

scheduler = optim.lr_scheduler
schedules = {
    "step": lambda o: scheduler.StepLR(o, step_size=30, gamma=0.7),
    "multi_step": lambda o: scheduler.MultiStepLR(o, milestones=[20, 90, 150], gamma=0.5),
    "exponential": lambda o: scheduler.ExponentialLR(o, gamma=0.98),
    "linear": lambda o: scheduler.LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=40),
    "cosine": lambda o: scheduler.CosineAnnealingLR(o, T_max=200, eta_min=0.001),
    "restarts": lambda o: scheduler.CosineAnnealingWarmRestarts(o, T_0=25, T_mult=2, eta_min=0.001),
    "restarts alike": lambda o: scheduler.CosineAnnealingWarmRestarts(o, T_0=30),
    "one_cycle": lambda o: scheduler.OneCycleLR(o, max_lr=[0.02, 0.05], total_steps=201, cycle_momentum=False),
    "sequential": lambda o: scheduler.SequentialLR(
        o, [scheduler.LinearLR(o, 0.1, 1.0, total_iters=20), scheduler.CosineAnnealingLR(o, T_max=100),
            scheduler.ExponentialLR(o, gamma=0.95)], milestones=[20, 120]),
    "chained": lambda o: scheduler.ChainedScheduler(
        [scheduler.LinearLR(o, 0.2, 1.0, total_iters=50), scheduler.ExponentialLR(o, gamma=0.99)]),
}
for name, make in schedules.items():
    optimizer = optim.SGD([group(start[:1], lr=0.02), group(start[1:2], lr=0.05)], lr=0.1)
    schedule = make(optimizer)
    rates = []
    for _ in range(200):
        rates.append([part["lr"] for part in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    tensors[f"schedule {name}"] = torch.tensor(rates, dtype=torch.float64)
metric = torch.cat([torch.linspace(2, 1, 50), torch.full((60,), 1.0), torch.linspace(1, 0.9, 90)]).double()
metric += torch.rand(200, generator=generator, dtype=torch.float64) * 0.05
for larger in [False, True]:
    optimizer = optim.SGD([group(start[:1], lr=0.02), group(start[1:2], lr=0.05)], lr=0.1)
    schedule = scheduler.ReduceLROnPlateau(optimizer, "max" if larger else "min", factor=0.3, patience=4, cooldown=3,
                                           min_lr=0.001)
    rates = []
    for value in metric:
        schedule.step(float(-value if larger else value))
        rates.append([part["lr"] for part in optimizer.param_groups])
    tensors[f"plateau {int(larger)}"] = torch.tensor(rates, dtype=torch.float64)
tensors["plateau metric"] = metric
save_file(tensors, folder / "optimizers.safetensors")
