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
from relume.optim import lr_scheduler
from relume.optim.lr_scheduler import LrScheduler
from relume.optim.optimizer import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "LrScheduler", "Optimizer", "RMSprop", "cosine_annealing_lr",
    "cosine_warm_restarts_lr", "exponential_lr", "linear_lr", "lr_scheduler", "multi_step_lr", "one_cycle_lr", "step_lr",
]
