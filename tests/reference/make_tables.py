"""Makes tables.json: PyTorch's type promotion and learning-rate schedules, scikit-learn's metrics."""

import json
import pathlib

import numpy as np
import torch
from sklearn import metrics

folder = pathlib.Path(__file__).parent
dtypes = ["float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool"]


def of(name, shape=(2,)):
    return torch.ones(shape, dtype=getattr(torch, name))


def short(dtype):
    return str(dtype).removeprefix("torch.")


tables = {"promote": {}, "scalar_tensor": {}, "integer": {}, "real": {}, "divide": {}}
for a in dtypes:
    for b in dtypes:
        tables["promote"][f"{a} {b}"] = short((of(a) + of(b)).dtype)
        tables["scalar_tensor"][f"{a} {b}"] = short((of(a) + of(b, ())).dtype)
        tables["divide"][f"{a} {b}"] = short((of(a) / of(b)).dtype)
    tables["integer"][a] = short((of(a) * 2).dtype)
    tables["real"][a] = short((of(a) * 0.5).dtype)


def rates(make, steps):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    schedule = make(optimizer)
    result = []
    for _ in range(steps):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return result


scheduler = torch.optim.lr_scheduler
tables["schedules"] = {
    "step": rates(lambda o: scheduler.StepLR(o, step_size=4, gamma=0.5), 12),
    "exponential": rates(lambda o: scheduler.ExponentialLR(o, gamma=0.9), 12),
    "cosine": rates(lambda o: scheduler.CosineAnnealingLR(o, T_max=99, eta_min=0.001), 100),
    "onecycle": rates(lambda o: scheduler.OneCycleLR(o, max_lr=0.1, total_steps=100), 100),
}


def rates_of_run(make, epochs=20, epoch_steps=3, by_epoch=False):
    """The rate at every step of a run whose validation loss rises from the first epoch on."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.02)
    schedule = make(optimizer)
    result = []
    for epoch in range(epochs):
        for _ in range(epoch_steps):
            result.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if not by_epoch:
                schedule.step()
        if by_epoch == "loss":
            schedule.step(1 + 0.01 * epoch)
        elif by_epoch:
            schedule.step()
    return result


def warm(optimizer, after):
    return scheduler.SequentialLR(optimizer, [scheduler.LinearLR(optimizer, 1 / 7, 1.0, total_iters=6), after], [7])


tables["runs"] = {
    "none": rates_of_run(lambda o: scheduler.ConstantLR(o, factor=1.0)),
    "step": rates_of_run(lambda o: scheduler.StepLR(o, step_size=7, gamma=0.1), by_epoch=True),
    "exponential": rates_of_run(lambda o: scheduler.ExponentialLR(o, gamma=0.95), by_epoch=True),
    "cosine": rates_of_run(lambda o: scheduler.CosineAnnealingLR(o, T_max=59, eta_min=0.0002)),
    "plateau": rates_of_run(lambda o: scheduler.ReduceLROnPlateau(o, factor=0.5, patience=5), by_epoch="loss"),
    "onecycle": rates_of_run(lambda o: scheduler.OneCycleLR(o, max_lr=0.02, total_steps=60)),
    "warm none": rates_of_run(lambda o: warm(o, scheduler.ConstantLR(o, factor=1.0))),
    "warm cosine": rates_of_run(lambda o: warm(o, scheduler.CosineAnnealingLR(o, T_max=52, eta_min=0.0002))),
}
losses = [3, 2, 2.5, 2.4, 2.3, 2.2, 2.1, 2.05, 1.9, 1.95, 1.96, 1.97, 1.98, 1.99, 1.9, 1.9]
optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
plateau = scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
seen = []
for loss in losses:
    plateau.step(loss)
    seen.append(optimizer.param_groups[0]["lr"])
tables["plateau"] = {"losses": losses, "rates": seen}

random = np.random.default_rng(0)
two = np.round(random.normal(size=(60, 2)) * 4) / 4  # rounding makes ties, and quarters are exact
truth = (random.random(60) < 0.4).astype(int)
many, classes = np.round(random.normal(size=(50, 4)), 3), random.choice([0, 1, 3], 50)
many[:, 1] -= 3  # a class that occurs but is hardly predicted
y, guess = np.round(random.normal(size=40) * 5, 3), np.round(random.normal(size=40) * 5, 3)
tables["metrics"] = {
    "two": {"logits": two.ravel().tolist(), "truth": truth.tolist(), "rows": 60,
            "accuracy": metrics.accuracy_score(truth, two.argmax(1)),
            "f1_macro": metrics.f1_score(truth, two.argmax(1), average="macro"),
            "auc": metrics.roc_auc_score(truth, two[:, 1] - two[:, 0]),
            "confusion": metrics.confusion_matrix(truth, two.argmax(1)).ravel().tolist()},
    "many": {"logits": many.ravel().tolist(), "truth": classes.tolist(), "rows": 50,
             "accuracy": metrics.accuracy_score(classes, many.argmax(1)),
             "f1_macro": metrics.f1_score(classes, many.argmax(1), average="macro"),
             "confusion": metrics.confusion_matrix(classes, many.argmax(1), labels=range(4)).ravel().tolist()},
    "regression": {"truth": y.tolist(), "guess": guess.tolist(), "mae": metrics.mean_absolute_error(y, guess),
                   "rmse": metrics.root_mean_squared_error(y, guess), "r2": metrics.r2_score(y, guess)},
}
(folder / "tables.json").write_text(json.dumps(tables, indent=1) + "\n")
