"""Modules that are derived, changed, copied and walked over: what PyTorch's people do with theirs."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import relume
import relume.nn as nn
import relume.nn.functional as F


class Doubled(nn.Linear):
    def forward(self, x):
        return super().forward(x) * 2


class Raised(nn.ReLU):
    def forward(self, x):
        return super().forward(x) + 1


class OnlyFirst(nn.Sequential):
    def forward(self, x):
        return self[0](x)


def product(layer, x):
    return x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()


X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def test_a_class_that_derives_from_a_layer_runs_its_own_forward():
    layer = Doubled(3, 2)
    np.testing.assert_allclose(layer(X).detach().numpy(), 2 * product(layer, X), rtol=1e-5, atol=1e-6)
    assert (Raised()(X).numpy() == np.maximum(X, 0) + 1).all()
    first = OnlyFirst(nn.Linear(3, 2), nn.ReLU())
    np.testing.assert_allclose(first(X).detach().numpy(), product(first[0], X), rtol=1e-5, atol=1e-6)


def test_a_call_of_its_own_counts_as_well():
    class Wrapped(nn.Linear):
        def __call__(self, x):
            return super().__call__(x) + 1

    layer = Wrapped(3, 2)
    np.testing.assert_allclose(layer(X).detach().numpy(), product(layer, X) + 1, rtol=1e-5, atol=1e-6)
    inside = nn.Sequential(layer, nn.ReLU())(X).detach().numpy()
    np.testing.assert_allclose(inside, np.maximum(product(layer, X) + 1, 0), rtol=1e-5, atol=1e-6)


def test_a_module_cannot_hold_itself():
    outer = nn.Sequential(nn.Sequential(nn.ReLU()))
    for holder in (outer, outer[0]):
        with pytest.raises(ValueError, match="hold itself"):
            holder.append(outer)
        with pytest.raises(ValueError, match="hold itself"):
            holder.parent = outer


def test_it_runs_inside_a_sequential_too_where_layers_are_joined():
    net = nn.Sequential(Doubled(3, 2), nn.ReLU(), nn.Linear(2, 2), Raised(), OnlyFirst(nn.Linear(2, 2), nn.ReLU()))
    middle = np.maximum(2 * product(net[0], X), 0)
    middle = np.maximum(product(net[2], middle), 0) + 1
    np.testing.assert_allclose(net(X).detach().numpy(), product(net[4][0], middle), rtol=1e-4, atol=1e-5)
    net(X).sum().backward()
    assert all(p.grad is not None for p in net[:4].parameters())


def test_what_is_assigned_to_a_derived_layer_is_its_own():
    class Scaled(nn.Linear):
        def __init__(self):
            super().__init__(3, 2)
            self.scale = nn.Parameter(relume.ones(2))
            self.inner = nn.Linear(2, 2, bias=False)

    layer = Scaled()
    names = ["weight", "bias", "scale", "inner.weight"]
    assert [name for name, _ in layer.named_parameters()] == names == list(layer.state_dict())
    assert repr(layer) == (
        "Scaled(\n  in_features=3, out_features=2, bias=True\n"
        "  (inner): Linear(in_features=2, out_features=2, bias=False)\n)"
    )
    layer.weight = nn.Parameter(relume.zeros(2, 3))
    layer.bias = None
    assert layer(X).tolist() == np.zeros((5, 2)).tolist() and layer.bias is None
    with pytest.raises(TypeError, match="weight: Scaled"):
        layer.weight = None
    with pytest.raises(TypeError, match="give an nn.Parameter"):
        layer.weight = relume.zeros(2, 3)


def test_what_is_deleted_or_set_to_none_is_gone():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(1, 1), nn.Linear(1, 1)
            self.w = nn.Parameter([1.0])
            self.register_buffer("seen", relume.zeros(1))
            self.register_buffer("scratch", relume.zeros(1), persistent=False)

    net = Two()
    assert list(net.state_dict()) == ["w", "seen", "a.weight", "a.bias", "b.weight", "b.bias"]
    assert [name for name, _ in net.named_buffers()] == ["seen", "scratch"]
    del net.b
    assert len(net.parameters()) == 3 and not hasattr(net, "b")
    net.a = net.w = None
    assert net.a is None and net.w is None and net.parameters() == []
    net.w = nn.Parameter([2.0], requires_grad=False)
    assert not net.w.requires_grad and net.parameters() == [net.w]
    with pytest.raises(AttributeError, match="did not call super"):
        type("Never", (nn.Linear,), {"__init__": lambda self: None})()(X)
    with pytest.raises(AttributeError, match="__init__"):
        type("Early", (nn.Module,), {"__init__": lambda self: setattr(self, "a", nn.ReLU())})()


def test_parameters_are_the_same_objects_each_time():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    assert isinstance(net[0].weight, nn.Parameter) and net[0].weight is net[0].weight
    assert next(net.parameters()) is net[0].weight
    assert {id(p) for p in net[0].parameters()} < {id(p) for p in net.parameters()}
    assert list(net.modules()) == [net, net[0], net[1]] and net.children() == [net[0], net[1]]
    data = relume.ones(2)
    nn.Parameter(data)
    assert not data.requires_grad


def test_a_module_or_a_weight_that_is_used_twice_is_trained_once():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert len(net.parameters()) == 3 and len(net.state_dict()) == 4
    relume.optim.SGD(net.parameters(), lr=0.1)
    shared = nn.ReLU()
    assert [name for name, _ in nn.Sequential(shared, shared).named_modules()] == ["", "0"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_a_copy_is_the_same_network_with_weights_of_its_own(copied):
    net = nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=None), nn.LeakyReLU(0.3), nn.Dropout(0.5),
        nn.LayerNorm(4, bias=False), nn.PReLU(4), nn.Residual(nn.Linear(4, 4), nn.Tanh()), Doubled(4, 4),
        nn.GELU("tanh"), nn.GroupNorm(2, 4), nn.Softmax(1), nn.Flatten(0),
    )
    net[7].note = "kept"
    net(X)
    net.eval()
    other = copied(net)
    assert repr(other) == repr(net) and not other.training and not other[1].training
    assert relume.equal(other(X), net(X)) and other[7].note == "kept"
    assert list(other.state_dict()) == list(net.state_dict())
    other[0].weight.detach().fill_(0)
    assert net[0].weight.detach().numpy().any()
    tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    again = copied(tied)
    assert again[0].weight is again[1].weight and again[0].weight is not tied[0].weight


def test_a_shallow_copy_shares_its_weights():
    net = nn.Linear(2, 2)
    other = copy.copy(net)
    assert other is not net and other.weight is net.weight


def test_modules_are_walked_over_and_changed():
    net = nn.Sequential(OrderedDict(body=nn.Linear(3, 2), act=nn.ReLU()))
    assert net.get_submodule("body") is net[0] and net.get_parameter("body.weight") is net[0].weight
    with pytest.raises(AttributeError, match="head"):
        net.get_submodule("head")
    assert net.body is net[0] and [name for name, _ in net.named_children()] == ["body", "act"]
    seen = []
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Sequential"]
    net.append(nn.Linear(2, 1)).insert(1, nn.Tanh())
    assert [type(m).__name__ for m in net] == ["Linear", "Tanh", "ReLU", "Linear"] and len(net[1:3]) == 2
    net[1] = nn.Identity()
    del net[2]
    assert [type(m).__name__ for m in net] == ["Linear", "Identity", "Linear"] and net(X).shape == (5, 1)
    assert net.requires_grad_(False) is net and not any(p.requires_grad for p in net.parameters())
    assert net.to("cpu").double()[0].weight.dtype == relume.float64
    assert net.to("cpu", dtype=relume.float32)[0].weight.dtype == relume.float32
    with pytest.raises(ValueError, match="cuda"):
        net.to("cuda")
    with pytest.raises(TypeError, match="int is not a module"):
        nn.Sequential(nn.ReLU(), 3)


def test_lists_and_dictionaries_of_modules_are_trained():
    class Many(nn.Module):
        def __init__(self):
            super().__init__()
            self.steps = nn.ModuleList(nn.Linear(3, 3) for _ in range(2))
            self.heads = nn.ModuleDict({"a": nn.Linear(3, 1), "b": nn.ReLU()})
            self.scales = nn.ParameterList([relume.ones(1)])

        def forward(self, x):
            for step in self.steps:
                x = step(x)
            return self.heads["a"](x) * self.scales[0]

    net = Many()
    assert list(net.state_dict()) == [
        "steps.0.weight", "steps.0.bias", "steps.1.weight", "steps.1.bias", "heads.a.weight", "heads.a.bias",
        "scales.0",
    ]
    net(X).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    assert len(copy.deepcopy(net).steps) == 2 and net.heads.keys() == ["a", "b"] and "b" in net.heads
    del net.steps[0]
    assert list(net.steps.state_dict()) == ["0.weight", "0.bias"]
    with pytest.raises(TypeError, match="str is not a Module"):
        net.steps.append("layer")
    with pytest.raises(NotImplementedError, match="ModuleList"):
        net.steps(X)


def test_states_are_taken_as_they_fit():
    net = nn.Linear(2, 2)
    found = net.load_state_dict({"weight": relume.ones(2, 2), "more": relume.ones(1)}, strict=False)
    assert found.missing_keys == ["bias"] and found.unexpected_keys == ["more"]
    assert (net.weight.detach().numpy() == 1).all()
    with pytest.raises(relume.InputError, match="more"):
        net.load_state_dict({**net.state_dict(), "more": relume.ones(1)})
    with pytest.raises(TypeError, match="assign"):
        net.load_state_dict(net.state_dict(), assign=True)
    assert not net.state_dict()["weight"].requires_grad


def test_modes_go_through_what_python_says_of_them():
    class Frozen(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(2)

        def train(self, mode=True):
            super().train(mode)
            self.norm.eval()
            return self

    net = nn.Sequential(Frozen(), nn.Dropout())
    net.train()
    assert net[0].training and net[1].training and not net[0].norm.training
    net[1].training = False
    assert not net[1].training


def test_what_cannot_be_passed_on_is_said():
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(TypeError, match="Pair.forward: it returned tuple"):
        nn.Sequential(Pair(), nn.ReLU())(X)
    with pytest.raises(NotImplementedError, match="forward"):
        nn.Module()(X)
    with pytest.raises(AttributeError, match="derive a class"):
        nn.ReLU().forward = lambda x: x


def test_an_embedding_gives_its_rows():
    table = nn.Embedding(4, 3, padding_idx=-1)
    assert table([[0, 3]]).shape == (1, 2, 3) and table([3]).tolist() == [[0, 0, 0]]
    given = nn.Embedding.from_pretrained(relume.arange(6).reshape(3, 2).float())
    assert given([2]).tolist() == [[4, 5]] and not given.weight.requires_grad
    with pytest.raises(ValueError, match="padding_idx"):
        nn.Embedding(4, 3, padding_idx=4)
    with pytest.raises(TypeError, match="max_norm"):
        nn.Embedding(4, 3, max_norm=1.0)


def test_batch_norm_averages_all_batches_or_keeps_none():
    batches = np.random.default_rng(2).normal(size=(3, 8, 2)).astype(np.float32)
    norm = nn.BatchNorm1d(2, momentum=None)
    for batch in batches:
        norm(batch)
    np.testing.assert_allclose(norm.running_mean.numpy(), batches.mean(axis=(0, 1)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(norm.running_var.numpy(), batches.var(axis=1, ddof=1).mean(axis=0), rtol=1e-5)
    none = nn.BatchNorm1d(2, track_running_stats=False).eval()
    assert list(none.state_dict()) == ["weight", "bias"] and none.running_mean is None
    np.testing.assert_allclose(none(batches[0]).detach().numpy().mean(axis=0), 0, atol=1e-6)


def test_the_gains_are_pytorchs():
    gains = {"linear": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": 2**0.5, "selu": 0.75, "leaky_relu": (2 / 1.0001) ** 0.5}
    for name, gain in gains.items():
        assert nn.init.calculate_gain(name) == pytest.approx(gain, rel=1e-12)
    assert nn.init.calculate_gain("leaky_relu", 0.2) == pytest.approx((2 / 1.04) ** 0.5)
    relume.manual_seed(0)
    weight = relume.empty(200, 300)
    for arguments, deviation in [
        ({}, (2 / 300) ** 0.5), ({"nonlinearity": "selu", "mode": "fan_out"}, 0.75 / 200**0.5),
        ({"a": 5**0.5}, (1 / 900) ** 0.5),
    ]:
        assert nn.init.kaiming_normal_(weight, **arguments) is weight
        assert weight.numpy().std() == pytest.approx(deviation, rel=0.02)
        assert nn.init.kaiming_uniform_(weight, **arguments).numpy().std() == pytest.approx(deviation, rel=0.02)
    assert nn.init.eye_(relume.empty(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]


LOSSES = {
    "mse_loss": lambda x, y: (x - y) ** 2,
    "l1_loss": lambda x, y: np.abs(x - y),
    "huber_loss": lambda x, y: np.where(np.abs(x - y) < 1, (x - y) ** 2 / 2, np.abs(x - y) - 0.5),
    "smooth_l1_loss": lambda x, y: np.where(np.abs(x - y) < 1, (x - y) ** 2 / 2, np.abs(x - y) - 0.5),
    "kl_div": lambda x, y: y * (np.log(y) - x),
    "binary_cross_entropy": lambda x, y: -(y * np.log(x) + (1 - y) * np.log(1 - x)),
    "binary_cross_entropy_with_logits": lambda x, y: np.log1p(np.exp(x)) - x * y,
}
MODULES = {"mse_loss": nn.MSELoss, "l1_loss": nn.L1Loss, "huber_loss": nn.HuberLoss, "smooth_l1_loss": nn.SmoothL1Loss,
           "kl_div": nn.KLDivLoss, "binary_cross_entropy": nn.BCELoss,
           "binary_cross_entropy_with_logits": nn.BCEWithLogitsLoss}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_kept_averaged_or_added_up(name):
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0.1, 0.9, size=(4, 3)) * 3 ** (name == "huber_loss"), rng.uniform(0.1, 0.9, size=(4, 3))
    each = LOSSES[name](x, y)
    for reduction, expected in [("none", each), ("mean", each.mean()), ("sum", each.sum())]:
        given = relume.tensor(x, requires_grad=True)
        loss = MODULES[name](reduction=reduction)(given, y)
        np.testing.assert_allclose(loss.detach().numpy(), expected, rtol=1e-9)
        np.testing.assert_allclose(getattr(F, name)(given, y, reduction=reduction).detach().numpy(), expected, rtol=1e-9)
        loss.sum().backward()
        bumped = LOSSES[name](x + 1e-6, y) - LOSSES[name](x - 1e-6, y)
        share = 1 / each.size if reduction == "mean" else 1
        np.testing.assert_allclose(given.grad.numpy(), bumped / 2e-6 * share, rtol=1e-5, atol=1e-8)
    assert MODULES[name]()(relume.tensor(x), y).item() == pytest.approx(each.mean())
    with pytest.raises(ValueError, match="reduction"):
        getattr(F, name)(relume.tensor(x), y, reduction="total")


def test_kl_div_is_per_row_where_that_is_asked_for_and_moves_its_target():
    x, y = np.log([[0.5, 0.5], [0.1, 0.9]]), np.array([[1.0, 0.0], [0.3, 0.7]])
    terms = np.where(y > 0, y * (np.log(np.maximum(y, 1e-300)) - x), 0)
    target = relume.tensor(y, requires_grad=True)
    loss = F.kl_div(relume.tensor(x), target, reduction="batchmean")
    assert loss.item() == pytest.approx(terms.sum() / 2)
    loss.backward()
    np.testing.assert_allclose(target.grad.numpy()[1], (np.log(y[1]) - x[1] + 1) / 2)
    logs = nn.KLDivLoss(log_target=True, reduction="sum")(relume.tensor(x), np.log([[0.2, 0.8], [0.3, 0.7]]))
    q = np.array([[0.2, 0.8], [0.3, 0.7]])
    assert logs.item() == pytest.approx((q * (np.log(q) - x)).sum())


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (2, 3, 2)])
def test_losses_of_classes_know_weights_ignored_rows_and_smoothing(reduction, shape):
    rng = np.random.default_rng(4)
    classes = 4
    logits, target = rng.normal(size=(*shape, classes)), rng.integers(0, classes, shape)
    if shape:
        target[(0,) * len(shape)] = -100
    weight = np.array([1.0, 2.0, 0.5, 3.0])
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    kept = target != -100
    place = np.where(kept, target, 0)
    picked = np.take_along_axis(log_p, place[..., None], -1)[..., 0]
    share = np.where(kept, weight[place], 0)
    plain = -picked * share
    smooth = np.where(kept, 0.8 * plain - 0.2 / classes * (log_p * weight).sum(axis=-1), 0)

    def reduced(each):
        return {"none": each, "sum": each.sum(), "mean": each.sum() / share.sum()}[reduction]

    moved = np.moveaxis(logits, -1, 1) if len(shape) > 0 else logits
    moved_p = np.moveaxis(log_p, -1, 1) if len(shape) > 0 else log_p
    options = {"weight": relume.tensor(weight), "reduction": reduction}
    target = np.asarray(target)
    for loss, expected in [
        (nn.CrossEntropyLoss(**options)(relume.tensor(moved), target), plain),
        (nn.CrossEntropyLoss(label_smoothing=0.2, **options)(relume.tensor(moved), target), smooth),
        (nn.NLLLoss(**options)(relume.tensor(moved_p), target), plain),
    ]:
        np.testing.assert_allclose(loss.numpy(), reduced(expected), rtol=1e-9)


def test_a_class_of_no_probability_that_is_not_asked_for_costs_nothing():
    log_p = relume.tensor([[0.0, float("-inf")]], requires_grad=True)
    loss = F.nll_loss(log_p, [0])
    loss.backward()
    assert loss.item() == 0 and log_p.grad.tolist() == [[-1, 0]]


def test_weights_of_elements_and_of_positives_count():
    x, y, w, p = np.array([[0.3, -1.0]]), np.array([[1.0, 0.0]]), np.array([2.0, 3.0]), np.array([4.0, 1.0])
    sigma = 1 / (1 + np.exp(-x))
    each = -w * (p * y * np.log(sigma) + (1 - y) * np.log(1 - sigma))
    loss = nn.BCEWithLogitsLoss(weight=relume.tensor(w), pos_weight=relume.tensor(p), reduction="sum")
    assert loss(relume.tensor(x), y).item() == pytest.approx(each.sum())
    assert list(loss.state_dict()) == ["weight", "pos_weight"]
    plain = nn.BCELoss(weight=relume.tensor(w))(relume.tensor(sigma), y)
    assert plain.item() == pytest.approx((-w * (y * np.log(sigma) + (1 - y) * np.log(1 - sigma))).mean())
    assert nn.BCELoss()(relume.tensor([0.0, 1.0]), relume.tensor([1.0, 0.0])).item() == 100
    with pytest.raises(ValueError, match=r"not in \[0, 1\]"):
        nn.BCELoss()(relume.tensor([1.5]), relume.tensor([1.0]))


def test_composed_losses_are_their_formulas():
    rng = np.random.default_rng(5)
    x, other, spread = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.uniform(0.1, 2, size=(3, 4))
    sign, count = np.where(rng.normal(size=(3, 4)) > 0, 1.0, -1.0), rng.integers(0, 5, size=(3, 4)).astype(float)
    above = np.maximum(count, 1)
    stirling = np.where(count > 1, count * np.log(above) - count + 0.5 * np.log(2 * np.pi * above), 0)
    cases = [
        (nn.SoftMarginLoss, {}, (x, sign), np.log1p(np.exp(-sign * x))),
        (nn.HingeEmbeddingLoss, {"margin": 0.5}, (x, sign), np.where(sign > 0, x, np.maximum(0.5 - x, 0))),
        (nn.MarginRankingLoss, {"margin": 0.2}, (x, other, sign), np.maximum(-sign * (x - other) + 0.2, 0)),
        (nn.PoissonNLLLoss, {"full": True}, (x, count), np.exp(x) - count * x + stirling),
        (nn.PoissonNLLLoss, {"log_input": False}, (spread, count), spread - count * np.log(spread + 1e-8)),
        (nn.GaussianNLLLoss, {"full": True}, (x, other, spread),
         (np.log(spread) + (x - other) ** 2 / spread + np.log(2 * np.pi)) / 2),
    ]
    for kind, options, arguments, each in cases:
        for reduction, expected in [("none", each), ("mean", each.mean()), ("sum", each.sum())]:
            given = [relume.tensor(a) for a in arguments]
            loss = kind(reduction=reduction, **options)(*given)
            np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-9, err_msg=kind.__name__)
        with pytest.raises(ValueError, match="reduction"):
            kind(reduction="total")
    with pytest.raises(ValueError, match="negative"):
        nn.GaussianNLLLoss()(relume.zeros(2), relume.zeros(2), relume.tensor([-1.0, 1.0]))


def test_parameters_become_one_vector_and_come_back():
    net = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (9,)
    nn.utils.vector_to_parameters(relume.arange(9).float(), net.parameters())
    assert net.weight.tolist() == [[0, 1], [2, 3], [4, 5]] and net.bias.tolist() == [6, 7, 8]
    with pytest.raises(ValueError, match="8 elements for 9"):
        nn.utils.vector_to_parameters(relume.zeros(8), net.parameters())
