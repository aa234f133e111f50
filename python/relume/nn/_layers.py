"""Layers as functions, for relume.nn.functional."""

from __future__ import annotations

import math
from collections.abc import Sequence

from relume import _core
from relume._core import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training each element is 0 with probability p and divided by 1 - p otherwise."""
    if not 0 <= p <= 1:
        raise _core.ValueError(f"dropout: p is {p} but must be at least 0 and at most 1")
    if not training or p == 0:
        return input
    kept = (_core.rand(input.shape) >= p).to(input.dtype)
    scaled = kept if p == 1 else kept / (1 - p)
    return input.mul_(scaled) if inplace else input * scaled


def layer_norm(
    input: Tensor, normalized_shape: Sequence[int] | int, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each slice of the last dimensions, which are `normalized_shape`, to mean 0 and variance 1, times weight plus bias."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape):]) != shape:
        raise _core.ShapeError(f"layer_norm: {list(input.shape)} does not end with {list(shape)}")
    for name, given in (("weight", weight), ("bias", bias)):
        if given is not None and tuple(given.shape) != shape:
            raise _core.ShapeError(f"layer_norm: {name} is {list(given.shape)}, not {list(shape)}")
    rows = input.reshape(*input.shape[: -len(shape)], math.prod(shape))
    flat = [None if given is None else given.reshape(-1) for given in (weight, bias)]
    return _core._layer_norm(rows, flat[0], flat[1], eps).reshape(input.shape)


def gelu(x, approximate: str = "none", *, out=None):
    """relume.gelu(), or with approximate="tanh" relume.gelu_tanh()."""
    if approximate not in ("none", "tanh"):
        raise _core.ValueError(f'gelu: approximate is "{approximate}", not "none" or "tanh"')
    return (_core.gelu_tanh if approximate == "tanh" else _core.gelu)(x, out=out)


def rrelu(x, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False):
    """x where it is above 0; below, in training, each element times a slope of its own between lower and upper, otherwise
    times their mean."""
    if not training:
        return _core.rrelu(x, lower, upper, inplace=inplace)
    if not lower <= upper:
        raise _core.ValueError(f"rrelu: lower is {lower}, upper {upper}; it must not be below")
    slopes = _core.rand(x.shape, dtype=x.dtype) * (upper - lower) + lower
    slopes[x.detach() > 0] = 1.0
    return x.mul_(slopes) if inplace else x * slopes


def softmin(input: Tensor, dim: int, dtype=None) -> Tensor:
    """softmax() of -input."""
    return _core.softmax(-input, dim, dtype)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """input over its norm along a dimension, which counts as at least eps."""
    return input / input.norm(p, dim, True).clamp(min=eps)
