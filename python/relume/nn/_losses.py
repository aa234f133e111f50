"""Losses that are compositions of operations, for relume.nn.functional."""

from __future__ import annotations

import math

from relume import _core
from relume._core import Tensor


def _reduced(each: Tensor, reduction: str, loss: str) -> Tensor:
    if reduction == "none":
        return each
    if reduction not in ("mean", "sum"):
        raise _core.ValueError(f'{loss}: reduction is {reduction!r}; give "mean", "sum" or "none"')
    return each.mean() if reduction == "mean" else each.sum()


def _zero(like: Tensor) -> Tensor:
    return _core.zeros((), dtype=like.dtype)


def soft_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target input)) for targets 1 and -1."""
    return _reduced(-_core.log_sigmoid(_core.as_tensor(target) * input), reduction, "soft_margin_loss")


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """input where the target is 1, max(0, margin - input) where it is -1."""
    target, zero = _core.as_tensor(target), _zero(input)
    near = _core.where(target != -1, input, zero)
    far = _core.where(target != 1, (margin - input).clamp(min=0), zero)
    return _reduced(near + far, reduction, "hinge_embedding_loss")


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, *, reduction: str = "mean"
) -> Tensor:
    """max(0, -target (input1 - input2) + margin): target is 1 where input1 should be the larger one, -1 otherwise."""
    each = (margin - _core.as_tensor(target) * (input1 - input2)).clamp(min=0)
    return _reduced(each, reduction, "margin_ranking_loss")


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, *, eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """exp(input) - target input, or input - target log(input + eps) where the input is no logarithm; `full` adds
    Stirling's formula for log(target!) where the target is above 1.
    """
    target = _core.as_tensor(target)
    each = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        above = _core.where(target > 1, target, _zero(target) + 1)
        stirling = above * above.log() - above + 0.5 * (2 * math.pi * above).log()
        each = each + _core.where(target > 1, stirling, _zero(target))
    return _reduced(each, reduction, "poisson_nll_loss")


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, *, eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log var + (input - target)² / var) / 2, var at least eps; `full` adds log(2π) / 2."""
    target = _core.as_tensor(target)
    if isinstance(var, (int, float)):
        var = _zero(input) + var
    if (var.detach() < 0).any():
        raise _core.ValueError("gaussian_nll_loss: var has negative values")
    if tuple(var.shape) != tuple(input.shape) and var.ndim == input.ndim - 1:
        var = var.unsqueeze(-1)
    # What lifts it to eps is a constant: the gradient is the one at eps.
    var = var + (eps - var.detach()).clamp(min=0)
    each = 0.5 * (var.log() + (input - target) ** 2 / var)
    return _reduced(each + 0.5 * math.log(2 * math.pi) if full else each, reduction, "gaussian_nll_loss")
