"""The schedules of the learning rate under PyTorch's names: made for an optimizer, and stepped behind it."""

from __future__ import annotations

from typing import Sequence

from relume import _core
from relume._core import LrScheduler, Optimizer, ReduceLROnPlateau

__all__ = [
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ExponentialLR", "LinearLR", "LrScheduler", "MultiStepLR",
    "OneCycleLR", "ReduceLROnPlateau", "StepLR",
]


class StepLR(LrScheduler):
    """The rate times gamma every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        super().__init__(optimizer, _core.step_lr(step_size, gamma))


class MultiStepLR(LrScheduler):
    """The rate times gamma at each milestone."""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1):
        super().__init__(optimizer, _core.multi_step_lr(list(milestones), gamma))


class ExponentialLR(LrScheduler):
    """The rate times gamma every step."""

    def __init__(self, optimizer: Optimizer, gamma: float):
        super().__init__(optimizer, _core.exponential_lr(gamma))


class LinearLR(LrScheduler):
    """A factor that goes from one number to another in a straight line: warm-up."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ):
        super().__init__(optimizer, _core.linear_lr(start_factor, end_factor, total_iters))


class CosineAnnealingLR(LrScheduler):
    """Down to `eta_min` along a cosine, in T_max steps."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):  # noqa: N803  PyTorch's names
        super().__init__(optimizer, _core.cosine_annealing_lr(T_max, eta_min))


class CosineAnnealingWarmRestarts(LrScheduler):
    """The cosine again and again: over T_0 steps, then T_mult times as many each time."""

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0):  # noqa: N803
        super().__init__(optimizer, _core.cosine_warm_restarts_lr(T_0, T_mult, eta_min))


class OneCycleLR(LrScheduler):
    """Up to `max_lr` and down again, over `total_steps`."""

    def __init__(self, optimizer: Optimizer, max_lr: float, total_steps: int):
        rule = _core.one_cycle_lr(total_steps)
        super().__init__(optimizer, lambda base, step: rule(max_lr, step))
