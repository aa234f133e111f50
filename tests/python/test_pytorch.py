"""Beside PyTorch: networks go over and back, and the monitor watches a torch loop. Skipped where torch is not."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", exc_type=ImportError)

import relume  # noqa: E402
from relume import nn  # noqa: E402

NETWORKS = {
    "mlp": lambda: torch.nn.Sequential(torch.nn.Linear(10, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3)),
    "deep": lambda: torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(10, 8, bias=False), torch.nn.BatchNorm1d(8), torch.nn.LeakyReLU(0.2),
        torch.nn.Dropout(0.3), torch.nn.Sequential(torch.nn.LayerNorm(8), torch.nn.PReLU(8), torch.nn.Linear(8, 6)),
        torch.nn.GELU("tanh"), torch.nn.Linear(6, 4), torch.nn.Softmax(dim=1),
    ),
    "without": lambda: torch.nn.Sequential(
        torch.nn.Linear(10, 6), torch.nn.BatchNorm1d(6, momentum=None, track_running_stats=False),
        torch.nn.LayerNorm(6, bias=False), torch.nn.GroupNorm(3, 6), torch.nn.Flatten(0, 1), torch.nn.Flatten(0),
    ).double(),
    "double": lambda: torch.nn.Sequential(torch.nn.Linear(10, 4), torch.nn.ELU(0.5), torch.nn.Linear(4, 2)).double(),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_goes_over_and_back(name):
    torch.manual_seed(0)
    theirs = NETWORKS[name]()
    dtype = next(theirs.parameters()).dtype
    x = torch.randn(32, 10, dtype=dtype)
    theirs(x)  # moves the running averages
    theirs.eval()
    ours = relume.from_torch(theirs)
    np.testing.assert_allclose(ours(x).detach().numpy(), theirs(x).detach().numpy(), atol=1e-6)
    again = relume.to_torch(ours)
    assert not again.training
    for (a, before), (b, after) in zip(theirs.state_dict().items(), again.state_dict().items()):
        assert a == b and before.dtype == after.dtype and torch.equal(before, after)
    assert torch.equal(again(x), theirs(x))


@pytest.mark.parametrize(
    "module",
    [torch.nn.ReLU6(), torch.nn.SELU(), torch.nn.CELU(0.7), torch.nn.SiLU(), torch.nn.Mish(), torch.nn.Softplus(2.0, 10.0),
     torch.nn.Softsign(), torch.nn.LogSigmoid(), torch.nn.Sigmoid(), torch.nn.Tanh(), torch.nn.Hardtanh(-2.0, 0.5),
     torch.nn.Hardsigmoid(), torch.nn.Hardswish(), torch.nn.Hardshrink(0.3), torch.nn.Softshrink(0.2),
     torch.nn.Tanhshrink(), torch.nn.Threshold(0.1, 20.0), torch.nn.GELU(), torch.nn.Identity(), torch.nn.GLU(),
     torch.nn.LogSoftmax(dim=-1)],
    ids=repr,
)
def test_every_activation_that_both_have(module):
    x = torch.randn(50, 8) * 4
    ours = relume.from_torch(module)
    np.testing.assert_allclose(ours(x).numpy(), module(x).numpy(), atol=2e-6)
    assert repr(relume.to_torch(ours)) == repr(module)


def test_shared_weights_are_one_memory():
    theirs = NETWORKS["mlp"]()
    ours = relume.from_torch(theirs, share=True)
    ours[0].weight.detach().fill_(2)
    assert (theirs[0].weight == 2).all()


def test_what_is_not_known_is_named():
    with pytest.raises(TypeError, match="Conv2d"):
        relume.from_torch(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3)))
    derived = type("Doubled", (nn.Linear,), {"forward": lambda self, x: x})
    with pytest.raises(TypeError, match="Doubled has a forward of its own"):
        relume.to_torch(nn.Sequential(derived(2, 2)))
    with pytest.raises(TypeError, match="relu_squared"):
        relume.to_torch(nn.Sequential(nn.ReLUSquared()))


def planted(bias: float = 0.0):
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(20, 64), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(64, 32), torch.nn.ReLU(),
        torch.nn.Linear(32, 4),
    )
    with torch.no_grad():
        net[0].bias[:40] -= bias
    return net


def train(net, steps=300, lr=1e-3, criterion=None, tell=None):
    torch.manual_seed(1)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    x = torch.randn(512, 20)
    y = (x @ torch.randn(20, 4)).argmax(dim=1)
    criterion = criterion or torch.nn.CrossEntropyLoss()
    for step in range(steps):
        rows = torch.arange(64) + step * 64 % 512
        optimizer.zero_grad()
        loss = criterion(net(x[rows]), y[rows])
        if tell:
            tell(loss)
        loss.backward()
        optimizer.step()
    return x, optimizer


def test_watch_finds_dead_units_in_a_torch_loop_and_revives_them():
    net = planted(bias=100)
    with relume.health.watch(net) as monitor:
        x, optimizer = train(net)
        finding = next(f for f in monitor.findings if f.rule == "dead_units" and f.layer == "relu1")
        assert finding.units == list(range(40)) and finding.severity == "error"
        assert monitor.layers["relu1"] == "1"
        net.eval()
        before = net(x).detach()
        revived = dict(monitor.revive(x))
        assert revived["relu1"] == list(range(40))
        torch.testing.assert_close(net(x).detach(), before, atol=1e-5, rtol=0)
        assert (torch.relu(net[0](x)).amax(dim=0) > 0).all()
        assert (optimizer.state[net[0].weight]["exp_avg"][:40] == 0).all()
        assert (optimizer.state[net[3].weight]["exp_avg_sq"][:, :40] == 0).all()
        assert (optimizer.state[net[3].weight]["exp_avg_sq"][:, 40:] > 0).any()


def test_a_module_that_is_used_twice_in_a_pass_counts_for_each_use():
    class Shared(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.third = (torch.nn.Linear(*w) for w in ((20, 24), (24, 16), (16, 4)))
            self.relu = torch.nn.ReLU()

        def forward(self, x):
            return self.third(self.relu(self.second(self.relu(self.first(x)))))

    net = Shared()
    with torch.no_grad():
        net.second.bias[:8] = -100
    with relume.health.watch(net) as monitor:
        train(net)
        finding = next(f for f in monitor.findings if f.rule == "dead_units" and f.severity == "error")
        assert finding.layer == "relu1:2" and finding.units == list(range(8))


def test_a_healthy_torch_loop_stays_quiet_and_unchanged():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watched, alone = planted(), planted()
        with relume.health.watch(watched) as monitor:
            train(watched)
            assert [f for f in monitor.findings if f.severity == "error"] == []
        train(alone)
    for a, b in zip(watched.parameters(), alone.parameters()):
        assert torch.equal(a, b)


def test_steps_that_are_too_large_raise_a_warning():
    net = planted()
    with relume.health.watch(net), pytest.warns(relume.health.HealthWarning):
        train(net, lr=1.0)


def test_a_loss_of_ones_own_is_told():
    net, found = planted(), []
    with relume.health.watch(net, on_finding=found.append) as monitor:
        train(net, lr=1.0, criterion=torch.nn.functional.cross_entropy, tell=monitor.loss)
    assert any(f.rule == "step_too_large" for f in found)
    net = planted()
    with relume.health.watch(net), pytest.warns(UserWarning, match="monitor.loss"):
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(2):
            for parameter in net.parameters():
                parameter.grad = torch.ones_like(parameter)
            optimizer.step()


def test_a_loss_that_is_no_number_is_an_error():
    net = planted()
    with relume.health.watch(net, on_finding=lambda finding: None) as monitor:
        train(net, steps=20, tell=None, criterion=lambda y, t: torch.nn.CrossEntropyLoss()(y * float("nan"), t))
        assert any(f.rule == "exploding_gradient" and f.severity == "error" for f in monitor.findings)


def test_channels_of_a_convolution_are_units():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 2))
    with torch.no_grad():
        net[0].bias[:5] = -100
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    criterion = torch.nn.CrossEntropyLoss()
    with relume.health.watch(net, optimizer, on_finding=lambda finding: None) as monitor:
        for _ in range(60):
            optimizer.zero_grad()
            criterion(net(torch.randn(16, 1, 8, 8)), torch.randint(0, 2, (16,))).backward()
            optimizer.step()
        finding = next(f for f in monitor.findings if f.rule == "dead_units")
        assert finding.units == [0, 1, 2, 3, 4]
        with pytest.raises(TypeError, match="Conv2d"):
            monitor.revive(torch.randn(16, 1, 8, 8))


SNIPPETS = {
    "a module on a tensor": """
relu = nn.ReLU()
x = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
print(relu(x), relu)
print(torch.relu(torch.tensor([-2, -1, 0, 1, 2])))
""",
    "the variants": """
x = torch.tensor([[-2.0, -0.5], [0.5, 2.0]])
for module in (nn.LeakyReLU(0.1), nn.PReLU(), nn.ELU(alpha=1.0), nn.Sigmoid(), nn.Tanh(), nn.ReLU(inplace=False)):
    print(module(x).detach())
print(F.leaky_relu(x, negative_slope=0.2), F.softmax(x, dim=1), torch.softmax(x, dim=0))
""",
    "a network": """
class SimpleNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 5)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(5, 1)

    def forward(self, x):
        x = self.relu(self.fc1(x))
        return self.fc2(x)

torch.manual_seed(0)
model = SimpleNN()
print(model)
criterion, optimizer = nn.MSELoss(), optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)
x, y = torch.randn(64, 10), torch.randn(64, 1)
first = None
for epoch in range(30):
    model.train()
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    scheduler.step()
    first = first or loss.item()
model.eval()
with torch.no_grad():
    print(model(x).shape == (64, 1), criterion(model(x), y).item() < first)
print(sorted(name for name, p in model.named_parameters()), sum(p.numel() for p in model.parameters()))
print(all(p.grad is not None and p.grad.norm().item() >= 0 for p in model.parameters()))
""",
    "gradients": """
x = torch.tensor([-1.0, 0.0, 2.0], requires_grad=True)
y = torch.relu(x).sum()
y.backward()
print(x.grad, y.item(), (x * 2).detach().numpy().tolist())
print(torch.zeros(2, 3).shape == (2, 3), torch.arange(5), torch.ones(2) + torch.tensor([1.0, 2.0]))
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_run_with_only_the_imports_changed(name, capsys):
    printed = []
    for torch_module, imports in (("torch", "import torch"), ("relume", "import relume as torch")):
        code = f"{imports}\nimport {torch_module}.nn as nn\nimport {torch_module}.nn.functional as F\n"
        code += f"import {torch_module}.optim as optim\n" + SNIPPETS[name]
        exec(compile(code, name, "exec"), {"__name__": "snippet"})
        printed.append(capsys.readouterr().out)
    assert printed[1] == printed[0]
