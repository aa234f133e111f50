"""The monitor from Python, on relume's networks."""

import numpy as np
import pytest

import relume
import relume.nn as nn


def dying_network():
    relume.manual_seed(0)
    net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 3))
    net[0].bias.detach()[:40] = -100
    return net


def test_a_monitor_in_a_loop_finds_the_dead_units():
    net = dying_network()
    adam = relume.optim.Adam(net.parameters())
    monitor = relume.health.watch(net, adam)
    rng = np.random.default_rng(0)
    for _ in range(200):
        x, y = rng.normal(size=(64, 10)).astype(np.float32), rng.integers(0, 3, 64)
        adam.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        assert monitor.step(loss.item())
    finding = next(f for f in monitor.findings if f.rule == "dead_units")
    assert finding.layer == "relu1" and finding.units == list(range(40)) and finding.severity == "error"


def test_revive_brings_dead_units_back_without_changing_the_function():
    net = dying_network()
    x = np.random.default_rng(0).normal(size=(500, 10)).astype(np.float32)
    before = net(x).detach().numpy()
    (dead,) = relume.health.activity(net, x)
    assert dead.dead_units == list(range(40)) and dead.rows == 500
    assert relume.health.revive(net, x) == [("relu1", list(range(40)))]
    np.testing.assert_allclose(net(x).detach().numpy(), before, atol=1e-6)
    (alive,) = relume.health.activity(net, x)
    assert alive.dead_units == [] and alive.sparsity < dead.sparsity


def test_a_network_of_relumes_needs_its_optimizer():
    with pytest.raises(TypeError, match="optimizer"):
        relume.health.watch(dying_network())


def test_thresholds_are_set_by_name():
    net = dying_network()
    monitor = relume.health.watch(net, relume.optim.Adam(net.parameters()), thresholds={"dead_share.error": 0.9})
    x, y = np.ones((300, 10), np.float32), np.zeros(300, np.int64)
    nn.functional.cross_entropy(net(x), y).backward()
    monitor.step(1.0)
    finding = next(f for f in monitor.findings if f.rule == "dead_units")
    assert finding.severity == "warning"
    with pytest.raises(ValueError, match="did you mean \"dead_share.error\""):
        relume.health.watch(net, relume.optim.Adam(net.parameters()), thresholds={"dead_share.errors": 0.9})
    with pytest.raises(ValueError, match="the list of rules has them all"):
        relume.train("builtin:moons", epochs=1, thresholds={"nonsense": 1})
