"""Optimizers and schedules: groups, options, states and rates, beside their formulas."""

import copy
import math
import pickle

import numpy as np
import pytest

import relume
from relume import nn, optim
from relume.optim import lr_scheduler

START = np.array([1.0, -2.0, 0.5])
GRADIENTS = np.random.default_rng(0).normal(size=(6, 3))


def walked(optimizer, parameter, gradients=GRADIENTS):
    for gradient in gradients:
        parameter.grad = relume.tensor(gradient)
        optimizer.step()
    return parameter.detach().numpy()


def adam_by_hand(lr, betas=(0.9, 0.999), eps=1e-8, l2=0.0, decay=0.0, sign=1, largest=False):
    w, m, s, top = START.copy(), 0, 0, 0
    for t, g in enumerate(GRADIENTS, 1):
        w = w * (1 - lr * decay)
        g = sign * g + l2 * w
        m, s = betas[0] * m + (1 - betas[0]) * g, betas[1] * s + (1 - betas[1]) * g * g
        top = np.maximum(top, s) if largest else s
        w = w - lr * m / (1 - betas[0] ** t) / (np.sqrt(top / (1 - betas[1] ** t)) + eps)
    return w


def sgd_by_hand(lr, momentum=0.0, l2=0.0, sign=1):
    w, v = START.copy(), 0
    for g in GRADIENTS:
        v = momentum * v + sign * g + l2 * w
        w = w - lr * v
    return w


def centered_by_hand(lr, alpha, eps):
    w, s, a = START.copy(), 0, 0
    for g in GRADIENTS:
        s, a = alpha * s + (1 - alpha) * g * g, alpha * a + (1 - alpha) * g
        w = w - lr * g / (np.sqrt(s - a * a) + eps)
    return w


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda p: optim.Adam(p, 0.1, (0.5, 0.6), 1e-3, 0.2), adam_by_hand(0.1, (0.5, 0.6), 1e-3, l2=0.2)),
        (lambda p: optim.Adam(p, lr=0.1, betas=(0.5, 0.6), amsgrad=True), adam_by_hand(0.1, (0.5, 0.6), largest=True)),
        (lambda p: optim.Adam(p, lr=0.1, maximize=True, weight_decay=0.1), adam_by_hand(0.1, l2=0.1, sign=-1)),
        (lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.3, amsgrad=True), adam_by_hand(0.1, decay=0.3, largest=True)),
        (lambda p: optim.RMSprop(p, 0.1, 0.9, 1e-3, centered=True), centered_by_hand(0.1, 0.9, 1e-3)),
        (lambda p: optim.SGD(p, 0.1, 0.9, 0, 0.2), sgd_by_hand(0.1, 0.9, 0.2)),
        (lambda p: optim.SGD(p, lr=0.1, maximize=True, foreach=True), sgd_by_hand(0.1, sign=-1)),
    ],
    ids=["adam", "amsgrad", "adam up", "adamw amsgrad", "rmsprop centered", "sgd", "sgd up"],
)
def test_options_by_place_and_name_do_what_the_formula_says(make, expected):
    parameter = nn.Parameter(relume.tensor(START))
    np.testing.assert_allclose(walked(make([parameter]), parameter), expected, rtol=1e-10)


def test_what_is_written_to_a_group_counts_from_the_next_step():
    parameter = nn.Parameter(relume.tensor(START))
    sgd = optim.SGD([parameter], lr=0.1)
    walked(sgd, parameter, GRADIENTS[:1])
    for group in sgd.param_groups:
        assert group["lr"] == 0.1
        group["lr"] = 0.5
        group.update(weight_decay=0.2, momentum=0.9)
    walked(sgd, parameter, GRADIENTS[1:3])
    w = START - 0.1 * GRADIENTS[0]
    v = GRADIENTS[1] + 0.2 * w
    w = w - 0.5 * v
    w = w - 0.5 * (0.9 * v + GRADIENTS[2] + 0.2 * w)
    np.testing.assert_allclose(parameter.detach().numpy(), w, rtol=1e-12)
    adam = optim.Adam([parameter])
    adam.param_groups[0]["betas"] = (0.5, 0.5)
    adam.lr = 0.25
    assert adam.param_groups[0]["lr"] == 0.25 == adam.lr
    with pytest.raises(ValueError, match="beta1"):
        adam.param_groups[0]["betas"] = (1.5, 0.5)
    with pytest.raises(TypeError, match="lr is fast, not a number"):
        adam.param_groups[0]["lr"] = "fast"
    with pytest.raises(TypeError, match="add_param_group"):
        adam.param_groups[0]["params"] = []
    assert adam.param_groups[0]["betas"] == (0.5, 0.5)


def test_groups_are_lists_as_pytorchs_and_lose_nothing_that_is_written_to_them():
    a, b, c = (nn.Parameter([1.0]) for _ in range(3))
    for make in (lambda groups: optim.SGD(groups, lr=0.1), lambda groups: Descent(groups)):
        optimizer = make([{"params": [a]}])
        groups = optimizer.param_groups
        assert isinstance(groups, list) and groups is optimizer.param_groups
        assert groups[0]["params"] == [a] and isinstance(groups[0]["params"] + [b], list)
        groups.append({"params": [b], "lr": 0.5})
        groups.extend([{"params": c}])
        assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5, 0.1]
        for write in (lambda: groups.pop(), lambda: groups.clear(), lambda: groups[0]["params"].append(b),
                      lambda: groups.insert(0, {}), lambda: groups[0]["params"].remove(a)):
            with pytest.raises(TypeError, match="add_param_group"):
                write()
        with pytest.raises(TypeError, match="add_param_group"):
            groups[0]["params"] += [b]
        again = copy.deepcopy(optimizer)
        assert len(again.param_groups) == 3 and isinstance(again.param_groups[0]["params"], list)
        assert again.param_groups is not groups
        a.grad, b.grad, c.grad = relume.ones(1), relume.ones(1), relume.ones(1)
        before = b.item()
        optimizer.step()
        assert b.item() == pytest.approx(before - 0.5)


class Descent(optim.Optimizer):
    """A step along the gradient, in Python."""

    def __init__(self, params):
        super().__init__(params, {"lr": 0.1})

    def step(self, closure=None):
        with relume.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * p.grad


def test_groups_join_later_with_options_of_their_own():
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    sgd = optim.SGD([{"params": a, "lr": 0.5}], lr=0.1)
    sgd.add_param_group({"params": [b]})
    a.grad, b.grad = relume.ones(1), relume.ones(1)
    sgd.step()
    assert a.item() == 0.5 and b.item() == pytest.approx(0.9) and len(sgd.param_groups) == 2
    for wrong, error in [
        ({"params": [b]}, ValueError), ({"lr": 1}, ValueError), ([b], TypeError), ({"params": [3]}, TypeError),
        ({"params": [nn.Parameter([1.0])], "speed": 1}, TypeError),
    ]:
        with pytest.raises(error):
            sgd.add_param_group(wrong)


@pytest.mark.parametrize("kind, options", [
    (optim.SGD, {"momentum": 0.9}), (optim.Adam, {"amsgrad": True}), (optim.AdamW, {}),
    (optim.RMSprop, {"momentum": 0.5}), (optim.Adagrad, {"initial_accumulator_value": 0.5}),
], ids=lambda value: getattr(value, "__name__", ""))
def test_a_state_goes_on_where_it_was_saved(kind, options):
    one, two = nn.Parameter(relume.tensor(START)), nn.Parameter(relume.tensor(START))
    first = kind([one], lr=0.1, **options)
    walked(first, one, GRADIENTS[:3])
    first.param_groups[0]["lr"] = 0.05
    state = pickle.loads(pickle.dumps(first.state_dict()))
    assert state["param_groups"][0]["params"] == [0] and state["param_groups"][0]["lr"] == 0.05
    assert first.state[one]["step"].item() == 3 and set(first.state[one]) == set(state["state"][0])
    two.detach().copy_(one.detach())
    second = kind([two], lr=1.0)
    second.load_state_dict(state)
    assert second.steps == 3
    np.testing.assert_array_equal(walked(first, one, GRADIENTS[3:]), walked(second, two, GRADIENTS[3:]))
    with pytest.raises(relume.InputError, match="groups of"):
        kind([two, nn.Parameter([1.0])]).load_state_dict(state)


def test_a_network_and_its_optimizer_are_pickled_together():
    net = nn.Sequential(nn.Linear(2, 2))
    adam = optim.Adam([{"params": net.parameters(), "initial_lr": 1.0}], lr=0.1, amsgrad=True)
    (net(relume.ones(1, 2)) ** 2).sum().backward()
    adam.step()
    other, again = pickle.loads(pickle.dumps((net, adam)))
    assert again.param_groups[0]["params"][0] is other[0].weight and again.param_groups[0]["initial_lr"] == 1.0
    assert again.steps == 1 and again.state[other[0].weight]["step"].item() == 1
    for network, optimizer in ((net, adam), (other, again)):
        optimizer.zero_grad()
        (network(relume.ones(1, 2)) ** 2).sum().backward()
        optimizer.step()
    assert relume.equal(net[0].weight, other[0].weight)


def test_gradients_are_forgotten_or_filled_with_zeros_and_a_closure_is_called():
    p = nn.Parameter([2.0])
    sgd = optim.SGD([p], lr=0.25)

    def closure():
        sgd.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    assert sgd.step(closure).item() == 4 and p.item() == 1
    sgd.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0]
    sgd.zero_grad()
    assert p.grad is None


def test_an_optimizer_of_ones_own_goes_over_the_groups():
    class Signs(optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def step(self):
            with relume.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        self.state.setdefault(p, {})["count"] = 1
                        p.copy_(p - group["lr"] * np.sign(p.grad.numpy()))

    p = nn.Parameter([1.0, -1.0])
    own = Signs([p], lr=0.5)
    lr_scheduler.StepLR(own, 1, 0.5).step()
    p.grad = relume.tensor([3.0, -3.0])
    own.step()
    assert p.tolist() == [0.75, -0.75] and own.state_dict()["state"] == {0: {"count": 1}}
    own.zero_grad()
    assert p.grad is None


def test_what_changes_nothing_is_taken_and_what_is_not_known_is_refused():
    p = nn.Parameter([1.0])
    optim.Adam([p], foreach=True, fused=False, capturable=False)
    for wrong in ({"capturable": True}, {"differentiable": True}, {"betas": 1}, {"speed": 1}):
        with pytest.raises(TypeError):
            optim.Adam([p], **wrong)
    with pytest.raises(ValueError, match="given twice"):
        optim.SGD([p, p])
    with pytest.raises(ValueError, match="only leaves"):
        optim.SGD([p * 2])


def sgd(*rates, **options):
    return optim.SGD([{"params": nn.Parameter([1.0]), "lr": lr} for lr in rates], **options)


def rates_of(optimizer, schedules, steps):
    rates = []
    for _ in range(steps):
        rates.append(optimizer.lr)
        for schedule in schedules:
            schedule.step()
    return rates


def test_two_schedules_work_together():
    optimizer = sgd(1.0)
    both = [lr_scheduler.LinearLR(optimizer, 0.25, 1.0, 3), lr_scheduler.StepLR(optimizer, 2, 0.1)]
    expected = [min(0.25 + 0.25 * t, 1) * 0.1 ** (t // 2) for t in range(6)]
    assert rates_of(optimizer, both, 6) == pytest.approx(expected)
    chained = sgd(1.0)
    schedule = lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(chained, 0.1, 2), lr_scheduler.ExponentialLR(chained, 0.9)]
    )
    assert rates_of(chained, [schedule], 4) == pytest.approx([0.1, 0.09, 0.81, 0.729])


def test_one_schedule_follows_another():
    optimizer = sgd(1.0)
    parts = [lr_scheduler.LinearLR(optimizer, 0.5, 1.0, 2), lr_scheduler.CosineAnnealingLR(optimizer, 4)]
    schedule = lr_scheduler.SequentialLR(optimizer, parts, [2])
    expected = [0.5, 0.75, *[(1 + math.cos(math.pi * t / 4)) / 2 for t in range(4)]]
    assert rates_of(optimizer, [schedule], 6) == pytest.approx(expected)
    assert schedule.last_epoch == 6 and schedule.get_last_lr() == [optimizer.lr]


def test_functions_give_each_group_its_rate():
    optimizer = sgd(1.0, 2.0)
    schedule = lr_scheduler.LambdaLR(optimizer, [lambda step: 1 / (1 + step), lambda step: 0.5**step])
    for _ in range(3):
        schedule.step()
    assert schedule.get_last_lr() == [0.25, 0.25] == [group["lr"] for group in optimizer.param_groups]
    times = sgd(1.0)
    assert rates_of(times, [lr_scheduler.MultiplicativeLR(times, lambda step: 0.5)], 3) == [1, 0.5, 0.25]


@pytest.mark.parametrize("adam", [False, True])
def test_one_cycle_turns_the_momentum_the_other_way(adam):
    optimizer = optim.Adam([nn.Parameter([1.0])]) if adam else sgd(1.0, momentum=0.9)
    schedule = lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, epochs=2, steps_per_epoch=5, pct_start=0.5)
    seen = []
    for _ in range(10):
        group = optimizer.param_groups[0]
        options = optimizer._options(0)
        seen.append((group["lr"], group["betas"][0] if adam else group["momentum"]))
        assert seen[-1] == (options["lr"], options["betas"][0] if adam else options["momentum"])
        schedule.step()

    def between(start, end, share):
        return end + (start - end) * (1 + math.cos(math.pi * share)) / 2

    for t, (lr, momentum) in enumerate(seen):
        rising = t <= 4
        share = t / 4 if rising else (t - 4) / 5
        assert lr == pytest.approx(between(0.04, 1.0, share) if rising else between(1.0, 0.04e-4, share))
        assert momentum == pytest.approx(between(0.95, 0.85, share) if rising else between(0.85, 0.95, share))
    with pytest.raises(ValueError, match="no momentum"):
        lr_scheduler.OneCycleLR(optim.Adagrad([nn.Parameter([1.0])]), 1.0, 10)
    with pytest.raises(ValueError, match="total_steps"):
        lr_scheduler.OneCycleLR(optimizer, 1.0)


def test_a_schedule_goes_on_where_it_was_saved():
    one, two = sgd(1.0), sgd(1.0)
    first, second = lr_scheduler.CosineAnnealingLR(one, 7), lr_scheduler.CosineAnnealingLR(two, 7)
    rates_of(one, [first], 3)
    two.load_state_dict(one.state_dict())
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    assert second.last_epoch == 3 and rates_of(one, [first], 4) == rates_of(two, [second], 4)
    resumed = sgd(1.0)
    with pytest.raises(KeyError, match="initial_lr"):
        lr_scheduler.StepLR(resumed, 2, last_epoch=4)
    resumed.param_groups[0]["initial_lr"] = 1.0
    assert lr_scheduler.CosineAnnealingLR(resumed, 10, last_epoch=4).get_last_lr() == [1.0]


def test_warm_restarts_go_to_fractions_of_an_epoch():
    optimizer = sgd(1.0)
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    schedule.step(3.5)
    assert optimizer.lr == pytest.approx((1 + math.cos(math.pi * 1.5 / 4)) / 2) and schedule.last_epoch == 3


def test_the_plateau_has_thresholds_a_rest_and_a_floor():
    optimizer = sgd(1.0, 0.2)
    schedule = lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=0, threshold=0.1, threshold_mode="abs", cooldown=1, min_lr=[0.3, 0.15]
    )
    seen = []
    for metric in [1.0, 0.95, 0.95, 0.95, 0.5, relume.tensor(0.5)]:
        schedule.step(metric)
        seen.append(schedule.get_last_lr())
    np.testing.assert_allclose(seen, [[1, 0.2], [0.5, 0.15], [0.5, 0.15], [0.3, 0.15], [0.3, 0.15], [0.3, 0.15]])
