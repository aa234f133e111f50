"""The monitor never hurts the torch loop that it watches, sees what it should, and says what it cannot see."""

import contextlib
import copy
import gc
import io
import sys
import threading
import types
import warnings
import weakref
from multiprocessing.reduction import ForkingPickler

import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

import torch.nn.functional as F  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

import relume  # noqa: E402

Linear, ReLU, Sequential = torch.nn.Linear, torch.nn.ReLU, torch.nn.Sequential


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


class Net(torch.nn.Module):
    """Two hidden layers whose activation is whatever is given."""

    def __init__(self, activation=F.relu, result=None):
        super().__init__()
        self.first, self.second, self.third = Linear(12, 24), Linear(24, 32), Linear(32, 4)
        self.activation, self.result = activation, result

    def forward(self, x):
        y = self.third(self.activation(self.second(self.activation(self.first(x)))))
        return self.result(y) if self.result else y


def mlp():
    return Sequential(Linear(12, 24), ReLU(), Linear(24, 32), ReLU(), Linear(32, 4))


def kill(layer, units=20):
    with torch.no_grad():
        layer.bias[:units] -= 1000


def batch(rows=32, shape=(12,), classes=4):
    return torch.randn(rows, *shape), torch.randint(0, classes, (rows,))


def loss_of(net, x, y):
    out = net(x)
    return F.cross_entropy(out.reshape(len(x), -1), y)


def plain(net, steps=24, make=batch, optimizer=None):
    optimizer = optimizer or torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(net, *make()).backward()
        optimizer.step()


def accumulating(net):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for step in range(40):
        (loss_of(net, *batch()) / 4).backward()
        if step % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()


def mixed(net):
    optimizer, scaler = torch.optim.Adam(net.parameters(), lr=1e-3), torch.amp.GradScaler("cpu", init_scale=2.0**14)
    for step in range(24):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(net, *batch()) * (float("inf") if step == 5 else 1.0)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()


def with_lbfgs(net):
    optimizer, (x, y) = torch.optim.LBFGS(net.parameters(), lr=0.1, max_iter=4), batch()

    def closure():
        optimizer.zero_grad()
        loss = loss_of(net, x, y)
        loss.backward()
        return loss

    for _ in range(12):
        optimizer.step(closure)


def two_optimizers(net):
    halves = list(net.parameters())
    optimizers = torch.optim.SGD(halves[:2], lr=0.01), torch.optim.Adam(halves[2:], lr=1e-3)
    for _ in range(24):
        net.zero_grad()
        loss_of(net, *batch()).backward()
        for optimizer in optimizers:
            optimizer.step()


def sparse(net):
    optimizers = torch.optim.SparseAdam(net[0].parameters()), torch.optim.Adam(net[2].parameters())
    for _ in range(24):
        net.zero_grad()
        F.cross_entropy(net(torch.randint(0, 50, (16, 3))), torch.randint(0, 4, (16,))).backward()
        for optimizer in optimizers:
            optimizer.step()


def copied_and_evaluated(net):
    average = torch.optim.swa_utils.AveragedModel(net)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(24):
        plain(net, 1, optimizer=optimizer)
        average.update_parameters(net)
        net.eval()
        with torch.no_grad():
            net(batch()[0]), copy.deepcopy(net)(batch()[0])
        net.train(step % 3 > 0)
        file = io.BytesIO()
        torch.save(net, file)
        assert b"relume" not in file.getvalue()
        file.seek(0)
        torch.load(file, weights_only=False)(batch()[0])


def with_exceptions(net):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for step in range(24):
        if step % 5 == 2:
            with pytest.raises(RuntimeError):
                net(torch.randn(3, 7))
        plain(net, 1, optimizer=optimizer)


def frozen_later(net):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for step in range(48):
        for parameter in list(net.parameters())[:2]:
            parameter.requires_grad_(step < 20)
        plain(net, 1, optimizer=optimizer)


def transformed(net):
    parameters = dict(net.named_parameters())
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(12):
        x, y = batch()

        def loss(values, row, target):
            return F.cross_entropy(torch.func.functional_call(net, values, (row[None],)), target[None])

        gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(parameters, x, y)
        torch.func.vmap(net)(x[None])
        torch.func.jvp(net, (x,), (x,))
        for name, gradient in gradients.items():
            parameters[name].grad = gradient.mean(dim=0)
        optimizer.step()


def swapped_data(net):
    """Weights and their averages change places, as for an evaluation of the averages."""
    averages = [p.detach().clone() for p in net.parameters()]
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(24):
        plain(net, 1, optimizer=optimizer)
        for k, parameter in enumerate(net.parameters()):
            averages[k], parameter.data = parameter.data, averages[k]
    net.averages = torch.nn.ParameterList(averages)


def compiled(net):
    plain(torch.compile(net, backend="eager", fullgraph=True), 12)
    torch.export.export(net, (batch()[0],))


def in_threads(net):
    nets = [net, copy.deepcopy(net)]
    monitors = [relume.health.watch(nets[1], on_finding=lambda finding: None)]
    threads = [threading.Thread(target=without_draws, args=(n,)) for n in nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert monitors[0].notes == [] and all(map(torch.equal, nets[0].parameters(), nets[1].parameters()))


def without_draws(net):
    x = torch.linspace(-1, 1, 32 * 12).reshape(32, 12)
    plain(net, make=lambda: (x, torch.arange(32) % 4))


def used_twice(net):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(24):
        (x, y), (z, _) = batch(), batch()
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x) + net(z), y)
        loss.backward(retain_graph=True)
        loss.backward()
        optimizer.step()


class Nested(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.module = inner

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)


def wrapped(net):
    plain(Nested(torch.nn.DataParallel(net)))


def sequence():
    return Sequential(torch.nn.TransformerEncoderLayer(12, 2, 24, batch_first=True), torch.nn.Flatten(), Linear(60, 4))


def with_frozen_transformer():
    net = sequence()
    for parameter in net[0].parameters():
        parameter.requires_grad_(False)
    net[0].eval()
    return net


def transformer_loop(net):
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-3)
    plain(net, 12, lambda: batch(8, (5, 12)), optimizer)


class Checkpointed(Net):
    def __init__(self, reentrant):
        super().__init__()
        self.relu, self.reentrant = ReLU(), reentrant

    def forward(self, x):
        hidden = checkpoint(lambda z: self.relu(self.first(z)), x.requires_grad_(), use_reentrant=self.reentrant)
        return self.third(checkpoint(lambda z: F.relu(self.second(z)), hidden, use_reentrant=self.reentrant))


def nine_dimensions(net):
    plain(net, 12, lambda: batch(2, (1,) * 7 + (12,)))


def stepping_in_backward(net):
    optimizers = {parameter: torch.optim.SGD([parameter], lr=0.01) for parameter in net.parameters()}

    def step(parameter):
        optimizers[parameter].step()
        parameter.grad = None

    for parameter in net.parameters():
        parameter.register_post_accumulate_grad_hook(step)
    for _ in range(12):
        loss_of(net, *batch()).backward()


def lazily(net):
    net(batch()[0])
    plain(net)


def in_a_dictionary(net):
    plain(lambda x: net(x)["y"], optimizer=torch.optim.SGD(net.parameters(), lr=0.1))


def in_an_object(net):
    plain(lambda x: net(x).y[0], optimizer=torch.optim.SGD(net.parameters(), lr=0.1))


def embedded():
    head = Sequential(Linear(12, 8), ReLU(), Linear(8, 4))
    return Sequential(torch.nn.Embedding(50, 4, sparse=True), torch.nn.Flatten(), head)


LOOPS = {
    "plain": (mlp, plain),
    "functions": (Net, plain),
    "a method": (lambda: Net(lambda x: x.relu()), plain),
    "in place": (lambda: Net(lambda x: x.relu_()), plain),
    "a module in place": (lambda: Net(ReLU(inplace=True)), plain),
    "a dictionary comes out": (lambda: Nested(Net(result=lambda y: {"y": y})), in_a_dictionary),
    "an object comes out": (lambda: Net(result=lambda y: types.SimpleNamespace(y=[y])), in_an_object),
    "accumulating": (mlp, accumulating),
    "mixed precision": (Net, mixed),
    "bfloat16": (lambda: mlp().bfloat16(), lambda n: plain(n, make=lambda: (batch()[0].bfloat16(), batch()[1]))),
    "lbfgs": (mlp, with_lbfgs),
    "two optimizers": (mlp, two_optimizers),
    "sparse gradients": (embedded, sparse),
    "copies": (mlp, copied_and_evaluated),
    "exceptions": (Net, with_exceptions),
    "frozen later": (mlp, frozen_later),
    "transforms": (Net, transformed),
    "swapped data": (mlp, swapped_data),
    "compiled": (mlp, compiled),
    "threads": (mlp, in_threads),
    "used twice": (Net, used_twice),
    "wrapped": (mlp, wrapped),
    "transformer": (sequence, transformer_loop),
    "frozen transformer": (with_frozen_transformer, transformer_loop),
    "checkpoint": (lambda: Checkpointed(False), plain),
    "reentrant checkpoint": (lambda: Checkpointed(True), plain),
    "in backward": (mlp, stepping_in_backward),
    "lazy": (lambda: Sequential(torch.nn.LazyLinear(8), ReLU(), torch.nn.LazyLinear(4)), lazily),
    "nine dimensions": (mlp, nine_dimensions),
}


def final_bits(name, watched):
    make, loop = LOOPS[name]
    torch.manual_seed(0)
    net = make()
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(scheduler|Sparse|torch.jit).*")
        with relume.health.watch(net, on_finding=lambda f: None) if watched else contextlib.nullcontext() as monitor:
            loop(net)
    went_wrong = [note for note in monitor.notes if "Error" in note or "wrong" in note] if watched else []
    assert went_wrong == []
    return [*(p.detach() for p in net.parameters()), torch.random.get_rng_state()], monitor


@pytest.mark.parametrize("name", LOOPS)
def test_a_watched_loop_gives_the_bits_of_the_loop_alone(name):
    (with_it, monitor), (alone, _) = final_bits(name, True), final_bits(name, False)
    assert len(with_it) == len(alone) and all(map(torch.equal, with_it, alone))
    assert [note for note in monitor.notes if "no loss" in note or "no step" in note] == (
        ["no loss was seen; call monitor.loss(loss) before optimizer.step()"] if name == "transforms" else []
    )


def dead(monitor):
    """The layers in which units are dead, with the units."""
    return {monitor.layers[f.layer.partition(":")[0]]: f.units for f in monitor.findings if f.rule == "dead_units"}


def watched(net, make=batch, steps=30, loss=None):
    monitor = relume.health.watch(net, on_finding=lambda finding: None, loss=loss)
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=1e-3)
    with monitor:
        plain(net, steps, make, optimizer)
    return monitor


@pytest.mark.parametrize(
    "relu", [F.relu, torch.relu, lambda x: x.relu(), lambda x: x.relu_(), F.relu6, lambda x: F.dropout(F.relu(x), 0.1)],
    ids=["F.relu", "torch.relu", "relu()", "relu_()", "F.relu6", "with dropout"],
)
def test_activations_that_are_called_as_functions_are_seen(relu):
    net = Net(relu)
    kill(net.second)
    name = "relu6" if relu is F.relu6 else "relu"
    monitor = watched(net)
    assert dead(monitor) == {f"{name} after second": list(range(20))} and monitor.notes == []


def test_a_class_derived_from_relu_is_a_relu_unless_it_computes_something_else():
    derived = type("Derived", (ReLU,), {})
    net = Sequential(Linear(12, 32), derived(), Linear(32, 4))
    kill(net[0])
    assert dead(watched(net)) == {"1": list(range(20))}
    changed = type("Changed", (ReLU,), {"forward": lambda self, x: F.relu(x) + 1})
    net = Sequential(Linear(12, 32), changed(), Linear(32, 4))
    kill(net[0])
    assert dead(watched(net)) == {"relu after 0": list(range(20))}


@pytest.mark.parametrize("activation", [ReLU(), F.relu], ids=["module", "function"])
def test_features_of_a_sequence_are_units_and_padding_is_not_dead(activation):
    class OfSequence(Net):
        def forward(self, x):
            return super().forward(x).mean(dim=1)

    def padded():
        x, y = batch(16, (10, 12))
        x[:, 6:] = 0
        return x, y

    net = OfSequence(activation)
    kill(net.second)
    found = watched(net, padded)
    assert [f.units for f in found.findings if f.rule == "dead_units"] == [list(range(20))]


def test_a_transformer_layer_is_looked_into():
    net = sequence()
    kill(net[0].linear1)
    assert dead(watched(net, lambda: batch(16, (5, 12)))) == {"relu after 0.linear1": list(range(20))}


Conv2d, Norm2d, Pool = torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.AdaptiveAvgPool2d
SHAPES = {
    "a convolution": ((3, 8, 8), lambda: [torch.nn.Conv2d(3, 32, 3)]),
    "a convolution and a norm": ((3, 8, 8), lambda: [Conv2d(3, 32, 3), Norm2d(32, affine=False)]),
    "a 1-D convolution": ((3, 9), lambda: [torch.nn.Conv1d(3, 32, 3)]),
    "a transposed convolution": ((3, 8, 8), lambda: [torch.nn.ConvTranspose2d(3, 32, 3)]),
    "a linear layer of a sequence": ((5, 3), lambda: [Linear(3, 32)]),
    "without a bias": ((5, 3), lambda: [Linear(3, 32, bias=False), Bias()]),
    "turned": ((5, 3), lambda: [Linear(3, 32), Turn()]),
    "with a layer norm": ((5, 3), lambda: [Linear(3, 32), torch.nn.LayerNorm(32, elementwise_affine=False), Bias()]),
    "an image made by a matrix": ((3,), lambda: [Linear(3, 32), torch.nn.Unflatten(1, (2, 4, 4))]),
    "an image in a row": ((3, 8, 8), lambda: [Conv2d(3, 32, 3), Pool(1), torch.nn.Flatten()]),
}


class Bias(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(32))

    def forward(self, x):
        return x + self.bias


class Turn(torch.nn.Module):
    def forward(self, x):
        return x.transpose(-1, -2)


@pytest.mark.parametrize("name", SHAPES)
def test_the_axis_of_the_units_is_that_of_the_layer_that_makes_them(name):
    shape, make = SHAPES[name]
    layers = make()
    net = Sequential(*layers, ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(4))
    net(torch.randn(2, *shape))
    if isinstance(layers[-1], torch.nn.BatchNorm2d):
        layers[-1].register_forward_hook(lambda m, i, y: y - 1000 * (torch.arange(32) < 20).reshape(1, -1, 1, 1))
    else:
        kill(next(m for m in reversed(layers) if getattr(m, "bias", None) is not None))
    (found,) = [f for f in watched(net, lambda: batch(64, shape)).findings if f.rule == "dead_units"]
    assert found.evidence["units"] == 32 and set(range(20)) <= set(found.units) != set(range(32))


def test_what_is_not_seen_is_said():
    assert any("torch.tanh()" in note for note in watched(Net(torch.tanh)).notes)
    assert any("checkpoint" in note for note in watched(Checkpointed(False)).notes)
    assert any("behind no layer" in note for note in watched(Net(result=lambda y: F.relu(y @ y.T)[:, :4])).notes)
    compiled_part = Sequential(torch.compile(mlp(), backend="aot_eager"))
    assert any("compiled" in note for note in watched(compiled_part).notes)
    monitor = relume.health.watch(mlp())
    assert any("no step" in note for note in monitor.notes) and "no step" in str(monitor)


def test_a_hook_that_fails_ends_its_part_of_the_watch_and_says_so_once():
    def fail(*_):
        raise KeyError("broken")

    net = mlp()
    monitor = relume.health.watch(net, on_finding=fail)
    monitor._modules[0][1].count = fail
    with monitor, pytest.warns(UserWarning, match="relu at 1 is not counted: KeyError") as told:
        plain(net)
    assert len(told) == 1 and len(monitor.notes) == 1
    net = mlp()
    monitor = relume.health.watch(net, on_finding=fail)
    with monitor, pytest.warns(UserWarning, match="on_finding raised KeyError"):
        plain(net, 40, optimizer=torch.optim.SGD(net.parameters(), lr=100.0))
    assert monitor.findings


def test_each_of_two_optimizers_is_measured():
    net = mlp()
    parameters = list(net.parameters())
    optimizers = torch.optim.SGD(parameters[:2], lr=1e-3), torch.optim.SGD(parameters[2:], lr=100.0)
    with relume.health.watch(net, optimizers, on_finding=lambda finding: None) as monitor:
        for _ in range(40):
            net.zero_grad()
            loss_of(net, *batch()).backward()
            for optimizer in optimizers:
                optimizer.step()
    layers = [f.layer for f in monitor.findings if f.rule == "step_too_large"]
    assert "2.weight" in layers and "0.weight" not in layers


def seen_losses(net, loop, **options):
    seen = []
    with relume.health.watch(net, on_finding=lambda finding: None, **options) as monitor:
        of_step = monitor._losses.of_step
        monitor._losses.of_step = lambda *args: seen.append(of_step(*args)) or seen[-1]
        loop()
    return seen


def test_the_loss_is_what_backward_was_called_on():
    net, (x, y) = mlp(), batch()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    real, other = [], torch.nn.MSELoss()

    def loop():
        for _ in range(3):
            optimizer.zero_grad()
            out = net(x)
            loss = F.cross_entropy(out, y) + other(out, torch.zeros(32, 4))
            other(out, torch.ones(32, 4))  # looked at, not trained on
            loss.backward()
            real.append(loss.item())
            optimizer.step()

    assert seen_losses(net, loop) == real
    assert seen_losses(net, loop, loss=other) != real[3:]


def test_a_scaled_loss_counts_as_it_is():
    net, losses = mlp(), []
    make = types.SimpleNamespace(x=batch())
    optimizer, scaler = torch.optim.SGD(net.parameters(), lr=0.01), torch.amp.GradScaler("cpu")

    def loop():
        for _ in range(3):
            optimizer.zero_grad()
            loss = loss_of(net, *make.x)
            losses.append(loss.item())
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()

    assert seen_losses(net, loop) == pytest.approx(losses)


def test_layers_that_are_frozen_later_are_left_out():
    torch.manual_seed(0)
    net = mlp()
    monitor = relume.health.watch(net, on_finding=lambda finding: None)
    with monitor:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        plain(net, 20, optimizer=optimizer)
        net[0].requires_grad_(False)
        plain(net, 200, optimizer=optimizer)
    assert [f for f in monitor.findings if f.rule == "vanishing_gradient"] == [] and monitor.notes == []


def test_layers_that_grow_are_measured_as_they_are_now():
    net = mlp()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    with relume.health.watch(net, on_finding=lambda finding: None) as monitor:
        plain(net, 20, optimizer=optimizer)
        net[2].weight.data, net[2].bias.data = torch.randn(40, 24), torch.full((40,), -1000.0)
        net[4].weight.data = torch.randn(4, 40)
        net.add_module("5", Linear(4, 4))
        optimizer.add_param_group({"params": net[5].parameters()})
        plain(net, 150, optimizer=optimizer)
    assert monitor.notes == [] and dead(monitor)["3"] == list(range(40))


def test_a_monitor_that_nobody_holds_is_gone_with_its_hooks():
    hooks = sys.modules["torch.optim.optimizer"]._global_optimizer_pre_hooks
    before = len(hooks)
    net = Net(ReLU())
    monitor = relume.health.watch(net)
    plain(net, 3)
    gone = weakref.ref(monitor)
    del monitor
    gc.collect()
    assert gone() is None and len(hooks) == before
    assert not net._forward_hooks and not net.activation._forward_hooks
    assert not any(p._post_accumulate_grad_hooks for p in net.parameters())
    plain(net, 3)


def test_of_large_outputs_the_first_rows_are_counted(monkeypatch):
    monkeypatch.setattr(sys.modules["relume.pytorch_watch"], "_MOST_ELEMENTS", 320)
    monkeypatch.setattr(sys.modules["relume._torch_part"], "_MOST_EARLY", 100)
    net = Net()
    kill(net.second)
    (found,) = [f for f in watched(net, steps=320).findings if f.rule == "dead_units"]
    assert found.evidence["rows"] < 300 and set(range(20)) <= set(found.units)


def test_what_is_no_module_is_refused_as_the_loss():
    with pytest.raises(TypeError, match="monitor.loss"):
        relume.health.watch(mlp(), loss=F.cross_entropy)


def test_a_copy_compiles_and_goes_to_another_process():
    net = Net(ReLU())
    with relume.health.watch(net):
        again = ForkingPickler.loads(ForkingPickler.dumps(net))
        plain(torch.compile(copy.deepcopy(net), backend="eager", fullgraph=True), 2)
        plain(torch.compile(again, backend="eager", fullgraph=True), 2)


class Owner:
    """Lives as long as the graph that it is given to."""


def test_what_is_never_stepped_is_not_kept():
    net = Sequential(Linear(12, 24), ReLU())
    with relume.health.watch(net):
        for parts in (net, lambda x: net[1](net[0](x))):
            owner = Owner()
            out = parts(torch.randn(5, 12))
            out.grad_fn.metadata["owner"] = owner
            kept = weakref.ref(owner)
            del out, owner
            gc.collect()
            assert kept() is None


def test_a_copy_has_no_monitor():
    net = mlp()
    with relume.health.watch(net, on_finding=lambda finding: None) as monitor:
        copied = copy.deepcopy(net)
        kill(copied[0])
        plain(copied)
        assert monitor.findings == [] and any("no step" in note for note in monitor.notes)


def test_remedies_speak_of_a_loop_and_stay_near_its_rate():
    net = mlp()
    with relume.health.watch(net, on_finding=lambda finding: None) as monitor:
        plain(net, 60, optimizer=torch.optim.SGD(net.parameters(), lr=100.0))
        kill(net[0])
    assert monitor.findings and not any("--" in str(finding) for finding in monitor.findings)


@pytest.mark.parametrize("lr, advised", [(1e-9, (1e-4, 0.1)), (10.0, (1e-4, 0.1))])
def test_the_rate_is_the_optimizers(lr, advised):
    net = mlp()
    with relume.health.watch(net, on_finding=lambda finding: None) as monitor:
        plain(net, 100, optimizer=torch.optim.SGD(net.parameters(), lr=lr))
    steps = [finding for finding in monitor.findings if finding.rule in ("step_too_small", "step_too_large")]
    assert steps
    for finding in steps:
        assert finding.evidence.get("lr", lr) == pytest.approx(lr)
        assert advised[0] <= float(finding.remedy.rstrip(".").split()[-1]) <= advised[1]


def test_a_scripted_module_is_refused_by_name():
    with pytest.raises(TypeError, match="watch the module before torch.jit.script"):
        relume.health.watch(torch.jit.script(mlp()))


def test_the_first_step_that_was_no_number_is_named():
    net = mlp()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    with relume.health.watch(net, on_finding=lambda finding: None) as monitor:
        plain(net, 30, optimizer=optimizer)
        with torch.no_grad():
            net[0].weight.fill_(float("nan"))
        plain(net, 30, optimizer=optimizer)
    (found,) = [finding for finding in monitor.findings if finding.rule == "exploding_gradient"]
    assert found.step == 30 and found.evidence["lr"] == pytest.approx(0.01)
