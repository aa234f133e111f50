"""Optimizers, and rules by which their rate changes."""

from relume._core import (
    cosine_annealing_lr,
    cosine_warm_restarts_lr,
    exponential_lr,
    linear_lr,
    multi_step_lr,
    one_cycle_lr,
    step_lr,
)
from relume.optim import lr_scheduler, optimizer
from relume.optim.lr_scheduler import LrScheduler
from relume.optim.optimizer import *  # noqa: F403

__all__ = optimizer.__all__ + [
    "LrScheduler", "cosine_annealing_lr", "cosine_warm_restarts_lr", "exponential_lr", "linear_lr", "lr_scheduler",
    "multi_step_lr", "one_cycle_lr", "step_lr",
]
