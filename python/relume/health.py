"""Why a network does not learn: relume's monitor and rules, for relume's networks and for PyTorch's.

    monitor = relume.health.watch(module)            # an ordinary torch.nn.Module
    for x, y in batches:
        optimizer.zero_grad()
        loss = criterion(module(x), y)               # the scalar on which backward() is called
        loss.backward()
        optimizer.step()
    print(monitor.findings)
    monitor.revive(x)                                # gives dead units a new beginning
"""

from __future__ import annotations

import warnings

from relume._core import Finding, LayerActivity, Monitor, activity, revive

__all__ = ["Finding", "HealthWarning", "LayerActivity", "Monitor", "activity", "revive", "watch"]


class HealthWarning(UserWarning):
    """Something keeps a network from learning."""


def warn(finding: Finding) -> None:
    """What is done about a finding where no other function was given: a warning, once for each rule and layer."""
    warnings.warn(str(finding), HealthWarning, stacklevel=2)


def watch(
    module,
    optimizer=None,
    *,
    interval: int = 16,
    on_finding=warn,
    thresholds: dict[str, float] | None = None,
    loss=None,
):
    """Watches a network while it learns, and returns the monitor.

    module: a torch.nn.Module, or a relume network, which needs its optimizer too.
    optimizer: the torch optimizer whose steps count, or a list of them; without it, any that moves the module's
        parameters.
    interval: every so many steps gradients, updates and units are measured, after the first eight; the others cost
        next to nothing.
    on_finding: called with each Finding about steps as it is made.
    thresholds: those of the rules that are to be others, {"near_dead_rate": 0.02}; `relume rules` lists them.
    loss: the torch module whose output is the loss. Without it the loss is the scalar on which backward() is called, or
        what monitor.loss(loss) tells.

    Nothing of it raises into a torch loop, and the numbers are those of the loop without it. What cannot be seen is in
    monitor.notes. The watch ends with monitor.close(), or when nobody holds the monitor any more.
    """
    if type(module).__module__.startswith("relume") or not hasattr(module, "register_forward_hook"):
        if optimizer is None:
            raise TypeError("watch: a relume network is watched together with its optimizer; give both")
        monitor = Monitor(module, optimizer, interval, thresholds or {})
        monitor.on_finding = on_finding
        return monitor
    from relume.pytorch_watch import Watch

    return Watch(module, optimizer, interval, on_finding, thresholds or {}, loss)
