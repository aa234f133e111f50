"""Modules and optimizers: networks written in Python on top of layers written in C++."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import relume
import relume.nn as nn
import relume.nn.functional as F


class SimpleNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 5)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.fc1(x))


def test_the_tutorials_network_prints_runs_and_learns():
    relume.manual_seed(0)
    model = SimpleNN()
    assert repr(model) == (
        "SimpleNN(\n  (fc1): Linear(in_features=10, out_features=5, bias=True)\n  (relu): ReLU()\n)"
    )
    x = relume.randn(32, 10)
    y = model(x)
    assert y.shape == (32, 5) and y.min().item() >= 0
    target = F.relu(relume.randn(32, 5))
    adam = relume.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(100):
        adam.zero_grad()
        loss = F.mse_loss(model(x), target)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_a_step_in_backward_gives_the_bits_of_backward_and_step():
    def weights_after(step):
        relume.manual_seed(0)
        model = SimpleNN()
        adam = relume.optim.Adam(model.parameters(), lr=1e-2)
        x, target = relume.randn(32, 10), relume.randn(32, 5)
        for _ in range(3):
            adam.zero_grad()
            step(adam, F.mse_loss(model(x), target))
        assert adam.steps == 3
        return [p.detach().numpy() for p in model.parameters()], model.fc1.weight.grad

    def in_two(adam, loss):
        loss.backward()
        adam.step()

    plain, gradient = weights_after(in_two)
    fused, none = weights_after(relume.optim.Adam.step_in_backward)
    assert gradient is not None and none is None
    for a, b in zip(plain, fused):
        np.testing.assert_array_equal(a, b)


def test_a_layer_computes_what_numpy_does():
    layer = nn.Linear(4, 3)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    expected = np.maximum(x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy(), 0)
    np.testing.assert_allclose(nn.Sequential(layer, nn.ReLU())(x).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_attributes_that_are_modules_or_parameters_are_the_modules_own():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = SimpleNN()
            self.scale = nn.Parameter([2.0])
            self.note = "text"
            self.register_buffer("seen", relume.zeros(1))

        def forward(self, x):
            return self.inner(x) * self.scale

    model = Scaled()
    assert [name for name, _ in model.named_parameters()] == ["scale", "inner.fc1.weight", "inner.fc1.bias"]
    assert list(model.state_dict()) == ["scale", "seen", "inner.fc1.weight", "inner.fc1.bias"]
    model(relume.randn(2, 10)).sum().backward()
    assert model.scale.grad.shape == (1,)
    model.scale = nn.Parameter([5.0])
    assert dict(model.named_parameters())["scale"].tolist() == [5.0]
    model.inner = nn.Linear(10, 5)
    assert "inner.weight" in model.state_dict() and "inner.fc1.weight" not in model.state_dict()
    with pytest.raises(TypeError, match="float as the parameter \"scale\""):
        model.scale = 3.0
    del model.scale
    model.scale = 3.0
    assert "scale" not in model.state_dict()


def test_modules_written_in_python_work_inside_those_written_in_cpp():
    net = nn.Sequential(SimpleNN(), nn.Linear(5, 2))
    assert net(relume.randn(3, 10)).shape == (3, 2)
    assert type(net[0]) is SimpleNN and len(net) == 2 and net[-1].out_features == 2
    net.eval()
    assert not net[0].training and not net[0].fc1.training


def test_forward_may_take_and_return_what_it_likes():
    class Pair(nn.Module):
        def forward(self, a, b=None):
            return (a, b)

    assert Pair()(1, b=2) == (1, 2)
    assert Pair()("text") == ("text", None)


def test_a_network_that_python_forgets_is_freed():
    model = SimpleNN()
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    layer = nn.Sequential(SimpleNN())[0]
    gc.collect()
    assert layer(relume.randn(1, 10)).shape == (1, 5)


def test_state_goes_out_and_in():
    a, b = SimpleNN(), SimpleNN()
    b.load_state_dict({name: value.detach().numpy() for name, value in a.state_dict().items()})
    x = relume.randn(4, 10)
    assert relume.equal(a(x), b(x))
    with pytest.raises(relume.InputError, match="fc1.bias"):
        b.load_state_dict({"fc1.weight": a.fc1.weight})


@pytest.mark.parametrize("name", sorted(n for n in dir(nn) if n in relume._core._activation_modules and n != "PReLU"))
def test_every_activation_is_a_module_too(name):
    function = getattr(relume, relume._core._activation_modules[name][0])
    x = relume.randn(3, 4)
    module = getattr(nn, name)().eval()
    assert repr(module).startswith(name)
    assert relume.equal(module(x), function(x))
    assert getattr(nn, name).__doc__.startswith("y = ")


def test_activation_modules_take_their_parameters_by_place_and_name():
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(negative_slope=0.2)" == repr(nn.LeakyReLU(negative_slope=0.2))
    assert repr(nn.ReLU(inplace=True)) == "ReLU()"
    with pytest.raises(TypeError):
        nn.LeakyReLU(slope=0.2)
    with pytest.raises(ValueError):
        nn.ELU(float("nan"))


def test_losses_are_those_of_the_formulas():
    rng = np.random.default_rng(1)
    logits, classes = rng.normal(size=(6, 4)).astype(np.float32), rng.integers(0, 4, 6)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = nn.CrossEntropyLoss()(relume.tensor(logits), classes)
    assert loss.item() == pytest.approx(-log_p[np.arange(6), classes].mean(), rel=1e-6)
    y = rng.normal(size=(6, 4)).astype(np.float32)
    assert nn.MSELoss()(relume.tensor(logits), y).item() == pytest.approx(((logits - y) ** 2).mean(), rel=1e-6)
    assert nn.L1Loss()(relume.tensor(logits), y).item() == pytest.approx(np.abs(logits - y).mean(), rel=1e-6)


def test_optimizers_take_groups_and_torchs_options():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    sgd = relume.optim.SGD([{"params": a.parameters()}, {"params": b.parameters(), "lr": 0.0}], lr=0.1, momentum=0.9)
    before = [p.detach().numpy().copy() for p in (a.weight, b.weight)]
    (a(relume.ones(1, 2)) + b(relume.ones(1, 2))).sum().backward()
    sgd.step()
    np.testing.assert_allclose(a.weight.detach().numpy(), before[0] - 0.1, rtol=1e-5)
    np.testing.assert_array_equal(b.weight.detach().numpy(), before[1])
    with pytest.raises(TypeError, match="beta"):
        relume.optim.SGD(a.parameters(), lr=0.1, beta=1)
    with pytest.raises(ValueError):
        relume.optim.Adam([], lr=0.1)


def test_a_schedule_may_be_a_rule_of_ones_own():
    layer = nn.Linear(1, 1)
    sgd = relume.optim.SGD(layer.parameters(), lr=1.0)
    schedule = relume.optim.LrScheduler(sgd, relume.optim.step_lr(2, gamma=0.1))
    rates = []
    for _ in range(5):
        rates.append(sgd.lr)
        schedule.step()
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01])
    relume.optim.LrScheduler(sgd, lambda base, step: base / 4)
    assert sgd.lr == 0.25


@pytest.mark.parametrize(
    "name, arguments, expected",
    [
        ("StepLR", {"step_size": 2}, [1, 1, 0.1, 0.1, 0.01]),
        ("MultiStepLR", {"milestones": [1, 3], "gamma": 0.5}, [1, 0.5, 0.5, 0.25, 0.25]),
        ("ExponentialLR", {"gamma": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625]),
        ("LinearLR", {"start_factor": 0.5, "total_iters": 2}, [0.5, 0.75, 1, 1, 1]),
        ("CosineAnnealingLR", {"T_max": 4}, [1, 0.8535533906, 0.5, 0.1464466094, 0]),
        ("CosineAnnealingWarmRestarts", {"T_0": 2}, [1, 0.5, 1, 0.5, 1]),
    ],
)
def test_schedules_have_torchs_names_and_rates(name, arguments, expected):
    sgd = relume.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    schedule = getattr(relume.optim.lr_scheduler, name)(sgd, **arguments)
    rates = []
    for _ in expected:
        rates.append(sgd.lr)
        schedule.step()
    assert rates == pytest.approx(expected)


def test_the_rate_falls_where_a_metric_stands_still():
    sgd = relume.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    schedule = relume.optim.lr_scheduler.ReduceLROnPlateau(sgd, factor=0.5, patience=1)
    for metric in (1.0, 0.9, 0.9, 0.9, 0.9):
        schedule.step(metric)
    assert sgd.lr == 0.5
    with pytest.raises(ValueError, match="mode"):
        relume.optim.lr_scheduler.ReduceLROnPlateau(sgd, mode="least")
    cycle = relume.optim.lr_scheduler.OneCycleLR(sgd, max_lr=2.0, total_steps=10)
    rates = []
    for _ in range(10):
        rates.append(sgd.lr)
        cycle.step()
    assert max(rates) == pytest.approx(2.0, rel=0.05) and rates[0] < 0.1 and rates[-1] < 0.01


def test_networks_that_learn_in_threads_at_once_learn_what_they_would_alone():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(256, 32)).astype(np.float32), rng.integers(0, 4, 256)

    def learn(seed):
        relume.manual_seed(seed)
        net = nn.Sequential(nn.Linear(32, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 4))
        adam = relume.optim.Adam(net.parameters())
        for _ in range(40):
            adam.zero_grad()
            F.cross_entropy(net(x), y).backward()
            adam.step()
        return net[0].weight.detach().numpy().copy()

    alone = [learn(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(learn, range(4)))
    for a, b in zip(alone, at_once):
        np.testing.assert_array_equal(a, b)


def test_hooks_see_outputs():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    seen = []
    number = net[1].add_hook(lambda module, output: seen.append((repr(module), output.shape)))
    net(relume.ones(4, 2))
    net[1].remove_hook(number)
    net(relume.ones(4, 2))
    assert seen == [("ReLU()", (4, 3))]


def test_the_focal_loss_is_its_formula_and_a_run_learns_by_it():
    x, t = np.random.default_rng(3).normal(size=(6, 3)), np.array([0, 2, 1, 1, 0, 2])
    p = np.exp(x)[np.arange(6), t] / np.exp(x).sum(1)
    for gamma in (2, 1.5):
        loss = nn.functional.focal_loss(relume.tensor(x), relume.tensor(t), gamma=gamma)
        assert loss.item() == pytest.approx((-((1 - p) ** gamma) * np.log(p)).mean())
    with pytest.raises(TypeError, match='no option "delta"'):
        nn.functional.focal_loss(relume.tensor(x), relume.tensor(t), delta=1)
    module = nn.FocalLoss(relume.tensor([1.0, 2.0, 0.5]), "sum", gamma=1.5)
    weighted = nn.functional.focal_loss(relume.tensor(x), relume.tensor(t), module.weight, reduction="sum", gamma=1.5)
    assert module(relume.tensor(x), relume.tensor(t)).item() == weighted.item() and module.gamma == 1.5
    assert nn.FocalLoss()(relume.tensor(x), relume.tensor(t)).item() == pytest.approx((-((1 - p) ** 2) * np.log(p)).mean())
    with pytest.raises(ValueError, match="reduction"):
        nn.FocalLoss(reduction="batchmean")
    with pytest.raises(TypeError, match="delta"):
        nn.FocalLoss(delta=1)
    model = relume.train("builtin:moons", loss="focal", epochs=3, seed=1)
    assert 0 < model.metrics["valid"]["loss"] < 0.2 and len(model.epochs) == 3
    assert model.epochs[2]["seconds_per_epoch"] == pytest.approx(model.epochs[2]["seconds"] / 3)
