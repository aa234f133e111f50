"""Runs PyTorch's own samples of modules and optimizers (torch.testing's module_db, optim_db) through relume's.

usage: compare_torch_modules.py [NAME…] [--all]

Needs torch and expecttest (which torch.testing._internal imports) beside relume. A module is made with each sample's
arguments on both sides, ours takes the weights of theirs, and both are called in training and in evaluation; an optimizer
walks beside theirs over the same gradients, and goes on from its state. Each falls into a class:
  equal       names and values of the state, outputs, shapes, dtypes and gradients agree
  different   they do not, or relume failed in another way than by an error of its own: must not be
  refused     relume says in a line what it does not do
  signature   relume's class takes other arguments
The exit status is 1 where any is different. `--all` names the modules that relume does not have, too.
"""

import argparse
import collections
import sys
import warnings

import numpy as np
import torch
from torch.testing._internal.common_modules import module_db
from torch.testing._internal.common_optimizers import optim_db

import relume
from relume import nn, optim

DTYPES = (torch.float32, torch.float64)
TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-10}
OWN_ERRORS = (relume.Error, TypeError, ValueError, NotImplementedError)
SIGNATURE = ("unexpected keyword", "incompatible function arguments", "positional argument")


class Different(AssertionError):
    pass


def ours_of(value):
    """The same with relume's tensors in the place of torch's."""
    if isinstance(value, torch.Tensor):
        return relume.tensor(value.detach().numpy().copy(), requires_grad=value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(ours_of(item) for item in value)
    if isinstance(value, dict):
        return {key: ours_of(item) for key, item in value.items()}
    return value


def leaves_of(value):
    """The same with leaves of their own in the place of torch's tensors."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(leaves_of(item) for item in value)
    if isinstance(value, dict):
        return {key: leaves_of(item) for key, item in value.items()}
    return value


def tensors_in(value):
    if isinstance(value, (torch.Tensor, relume.Tensor)):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(item)


def check(what, ours, theirs, dtype):
    if (ours is None) != (theirs is None):
        raise Different(f"{what}: {'nothing' if ours is None else 'something'} where torch has the other")
    if ours is None:
        return
    a, b = np.asarray(ours.detach().numpy()), theirs.detach().numpy()
    if a.shape != b.shape or a.dtype != b.dtype:
        raise Different(f"{what}: {a.dtype}{list(a.shape)} where torch has {b.dtype}{list(b.shape)}")
    tolerance = TOLERANCE[dtype]
    if not np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True):
        raise Different(f"{what}: off by {np.nanmax(np.abs(a - b)):.3g}")


def check_module(name, sample, training, dtype):
    made = sample.constructor_input
    theirs = getattr(torch.nn, name)(*made.args, **made.kwargs).to(dtype).train(training)
    ours = getattr(nn, name)(*ours_of(made.args), **ours_of(made.kwargs))
    ours = ours.to(str(dtype)).train(training)
    given = theirs.state_dict()
    if list(ours.state_dict()) != list(given):
        raise Different(f"state_dict has {list(ours.state_dict())} where torch has {list(given)}")
    ours.load_state_dict(ours_of(given))
    called_theirs = leaves_of(sample.forward_input.args), leaves_of(sample.forward_input.kwargs)
    called = ours_of(called_theirs)
    y, y_theirs = ours(*called[0], **called[1]), theirs(*called_theirs[0], **called_theirs[1])
    check("output", y, y_theirs, dtype)
    if not y_theirs.requires_grad:
        return
    weights = torch.linspace(-1, 1, y_theirs.numel(), dtype=y_theirs.dtype).reshape(y_theirs.shape)
    y.backward(ours_of(weights))
    y_theirs.backward(weights)
    for i, (x, x_theirs) in enumerate(zip(tensors_in(called), tensors_in(called_theirs))):
        if x_theirs.requires_grad:
            check(f"gradient of argument {i}", x.grad, x_theirs.grad, dtype)
    for (label, p), (_, p_theirs) in zip(ours.named_parameters(), theirs.named_parameters()):
        check(f"gradient of {label}", p.grad, p_theirs.grad, dtype)
    for (label, b), (_, b_theirs) in zip(ours.named_buffers(), theirs.named_buffers()):
        check(label, b, b_theirs, dtype)


def module_samples(dtypes):
    for info in module_db:
        name = info.module_cls.__name__
        for dtype in dtypes:
            if dtype not in info.dtypes:
                continue
            for training in (True, False):
                torch.manual_seed(0)
                for sample in info.module_inputs_func(info, "cpu", dtype, requires_grad=True, training=training):
                    yield name, lambda n=name, s=sample, t=training, d=dtype: check_module(n, s, t, d)


def walk(optimizer, parameters, gradients, convert):
    for step in gradients:
        for parameter, gradient in zip(parameters, step):
            parameter.grad = convert(gradient)
        optimizer.step()


def check_optimizer(name, kwargs, grouped):
    rng = np.random.default_rng(0)
    start = [rng.normal(size=(3, 4)), rng.normal(size=5)]
    gradients = [[rng.normal(size=w.shape) for w in start] for _ in range(8)]

    def make(parameter, make_optimizer):
        parameters = [parameter(w) for w in start]
        groups = [{"params": parameters[:1], "lr": 0.02}, {"params": parameters[1:]}] if grouped else parameters
        return parameters, make_optimizer(groups, **kwargs)

    mine = lambda w: nn.Parameter(relume.tensor(w))  # noqa: E731
    theirs, torch_optimizer = make(lambda w: torch.nn.Parameter(torch.tensor(w)), getattr(torch.optim, name))
    ours, optimizer = make(mine, getattr(optim, name))
    walk(torch_optimizer, theirs, gradients[:5], torch.tensor)
    walk(optimizer, ours, gradients[:5], relume.tensor)
    again, resumed = make(mine, getattr(optim, name))
    for p, q in zip(again, theirs):
        p.detach().copy_(q.detach().numpy())
    resumed.load_state_dict(ours_of(torch_optimizer.state_dict()))
    walk(torch_optimizer, theirs, gradients[5:], torch.tensor)
    for steps, walked in ((optimizer, ours), (resumed, again)):
        walk(steps, walked, gradients[5:], relume.tensor)
        for i, (p, q) in enumerate(zip(walked, theirs)):
            check(f"parameter {i}", p, q, torch.float64)
        for i, remembered in torch_optimizer.state_dict()["state"].items():
            for key, value in remembered.items():
                if key != "step":
                    check(f"{key} of parameter {i}", steps.state_dict()["state"][i].get(key), value, torch.float64)


def optimizer_samples():
    for info in optim_db:
        name = info.optim_cls.__name__
        for sample in info.optim_inputs_func(device="cpu"):
            for grouped in (False, True):
                yield name, lambda n=name, k=sample.kwargs, g=grouped: check_optimizer(n, k, g)


# PyTorch has no list of samples for these.
SCHEDULES = {
    "StepLR": lambda s, o: [s.StepLR(o, 3, 0.5)],
    "MultiStepLR": lambda s, o: [s.MultiStepLR(o, [2, 5, 5], 0.5)],
    "ConstantLR": lambda s, o: [s.ConstantLR(o, 0.5, 3)],
    "LinearLR": lambda s, o: [s.LinearLR(o, 0.3, 0.9, 4)],
    "ExponentialLR": lambda s, o: [s.ExponentialLR(o, 0.9)],
    "PolynomialLR": lambda s, o: [s.PolynomialLR(o, 6, 2.0)],
    "CosineAnnealingLR": lambda s, o: [s.CosineAnnealingLR(o, 5, 0.01)],
    "CosineAnnealingWarmRestarts": lambda s, o: [s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01)],
    "LambdaLR": lambda s, o: [s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (1 + e)])],
    "MultiplicativeLR": lambda s, o: [s.MultiplicativeLR(o, lambda e: 0.95)],
    "OneCycleLR": lambda s, o: [s.OneCycleLR(o, 1.0, total_steps=20)],
    "OneCycleLR three_phase": lambda s, o: [
        s.OneCycleLR(o, [1.0, 0.5], epochs=4, steps_per_epoch=5, three_phase=True, anneal_strategy="linear", pct_start=0.4)
    ],
    "CyclicLR": lambda s, o: [s.CyclicLR(o, 0.1, 1.0, 4, 3, mode="triangular2")],
    "CyclicLR exp_range": lambda s, o: [s.CyclicLR(o, 0.1, 1.0, 4, mode="exp_range", gamma=0.9)],
    "two at a time": lambda s, o: [s.LinearLR(o, 0.1, 1, 4), s.StepLR(o, 3, 0.5)],
    "SequentialLR": lambda s, o: [
        s.SequentialLR(o, [s.LinearLR(o, 0.1, 1, 4), s.CosineAnnealingLR(o, 8), s.ExponentialLR(o, 0.8)], [4, 9])
    ],
    "SequentialLR restarts": lambda s, o: [
        s.SequentialLR(o, [s.StepLR(o, 2), s.CosineAnnealingWarmRestarts(o, 3)], [4])
    ],
    "ChainedScheduler": lambda s, o: [s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)])],
    "ReduceLROnPlateau": lambda s, o: [s.ReduceLROnPlateau(o, patience=1, cooldown=1, factor=0.3, min_lr=[0.05, 0.01])],
}
METRICS = [1.0, 0.8, 0.9, 0.8, 0.7999, 0.8, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5]


def check_schedule(make, kind):
    def begin(library, parameter):
        groups = [{"params": [parameter()], "lr": 0.4}, {"params": [parameter()], "lr": 0.2}]
        optimizer = getattr(library, kind)(groups)
        return optimizer, make(library.lr_scheduler, optimizer)

    optimizer, ours = begin(optim, lambda: nn.Parameter(relume.ones(1)))
    torch_optimizer, theirs = begin(torch.optim, lambda: torch.nn.Parameter(torch.ones(1)))
    for step, metric in enumerate(METRICS):
        for i, (group, group_theirs) in enumerate(zip(optimizer.param_groups, torch_optimizer.param_groups)):
            for key in {"lr", "momentum", "betas"} & set(group_theirs):
                if not np.allclose(group[key], group_theirs[key], rtol=1e-9, atol=1e-12):
                    raise Different(f"{key} of group {i} at step {step}: {group[key]} where torch has {group_theirs[key]}")
        for a, b in zip(ours, theirs):
            if not np.allclose(a.get_last_lr(), b.get_last_lr(), rtol=1e-9, atol=1e-12):
                raise Different(f"get_last_lr at step {step}: {a.get_last_lr()} where torch has {b.get_last_lr()}")
        for schedule in (*ours, *theirs):
            schedule.step(*([metric] if "Plateau" in type(schedule).__name__ else []))


def schedule_samples():
    for name, make in SCHEDULES.items():
        for kind in ("SGD", "Adam"):
            yield name, lambda m=make, k=kind: check_schedule(m, k)


def run(sample):
    """The class that a sample falls into, and what was said."""
    try:
        sample()
    except Different as error:
        return "different", str(error)
    except OWN_ERRORS as error:
        text = str(error).strip()
        signature = isinstance(error, TypeError) and any(words in text for words in SIGNATURE)
        return "signature" if signature else "refused", " ".join(text.split())
    except Exception as error:  # noqa: BLE001  anything else is a fault
        return "different", f"{type(error).__name__}: {error}"
    return "equal", ""


def compare_all(names=(), dtypes=DTYPES):
    """A Counter of the classes; for each class a Counter of (name, what was said); names that relume has, and has not."""
    torch.set_num_threads(1)
    relume.set_num_threads(1)
    counts, causes = collections.Counter(), collections.defaultdict(collections.Counter)
    known, missing = set(), set()
    places = [(nn, module_samples(dtypes)), (optim, optimizer_samples()), (None, schedule_samples())]
    for place, samples in places:
        for name, sample in samples:
            if names and name not in names:
                continue
            if place is not None and not hasattr(place, name):
                missing.add(name)
                continue
            known.add(name)
            kind, text = run(sample)
            counts[kind] += 1
            causes[kind][name, text] += 1
    return counts, causes, known, missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--all", action="store_true", help="name what relume does not have, too")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    counts, causes, known, missing = compare_all(set(arguments.names))
    for kind in ("signature", "refused", "different"):
        for (name, text), count in causes[kind].most_common():
            print(f"{kind:9} {count:6}  {name}: {text[:240]}")
    if arguments.all:
        print("not in relume: " + ", ".join(sorted(missing)))
    print(f"{len(known)} modules, optimizers and schedules: " + ", ".join(
        f"{counts[kind]:,} {kind}" for kind in ("equal", "different", "refused", "signature")))
    return int(counts["different"] > 0)


if __name__ == "__main__":
    sys.exit(main())
