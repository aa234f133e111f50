"""Making, reducing, comparing and multiplying tensors: compositions of the compiled operations, in PyTorch's words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from relume import _core
from relume._arranging import _whole
from relume._core import Tensor


# Making tensors beside others.


def zeros_like(input: Tensor, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Of input's shape, and of its dtype unless another is given, filled with 0."""
    return _core.zeros(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def ones_like(input: Tensor, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Of input's shape, and of its dtype unless another is given, filled with 1."""
    return _core.ones(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def empty_like(input: Tensor, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Of input's shape, and of its dtype unless another is given, not filled."""
    return _core.empty(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def full_like(input: Tensor, fill_value, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Of input's shape, and of its dtype unless another is given, filled with a number."""
    return _core.full(input.shape, fill_value, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def rand_like(input: Tensor, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Of input's shape, uniform in [0, 1)."""
    return _core.rand(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def randn_like(input: Tensor, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Of input's shape, normal with mean 0 and deviation 1."""
    return _core.randn(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def eye(n: int, m: int | None = None, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Ones on the diagonal of n rows and m (n) columns, zeros elsewhere."""
    rows = _core.arange(n).unsqueeze(1)
    y = (rows == _core.arange(n if m is None else m)).to(dtype or _core.float32, device=device)
    return y.requires_grad_() if requires_grad else y


def normal(mean: float, std: float, size: Sequence[int], *, dtype=None) -> Tensor:
    """Normal numbers of that mean and deviation."""
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        raise TypeError("normal: mean and std are numbers here; randn_like(mean) * std + mean takes tensors")
    return _core.randn(size, dtype=dtype) * std + mean


def bernoulli(input: Tensor) -> Tensor:
    """1 with the probability that each element says, 0 otherwise."""
    return (_core.rand(input.shape, dtype=input.dtype) < input.detach()).to(input.dtype)


# Reducing and comparing.


def count_nonzero(input: Tensor, dim=None) -> Tensor:
    """How many elements are not 0, of all or along dimensions."""
    return (input != 0).sum(dim)


def std_mean(input: Tensor, dim=None, unbiased=None, keepdim: bool = False, *, correction=None):
    """std() and mean()."""
    return (input.std(dim, unbiased, keepdim, correction=correction),
            input.mean(None if isinstance(dim, bool) else dim, keepdim))


def var_mean(input: Tensor, dim=None, unbiased=None, keepdim: bool = False, *, correction=None):
    """var() and mean()."""
    return (input.var(dim, unbiased, keepdim, correction=correction),
            input.mean(None if isinstance(dim, bool) else dim, keepdim))


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where |input - other| is at most atol + rtol |other|."""
    a, b = (x.detach() if x.dtype.is_floating_point else x.to(_core.float64) for x in (input, other))
    near = (a == b) | (_core.isfinite(a) & _core.isfinite(b) & ((a - b).abs() <= b.abs() * rtol + atol))
    return near | (_core.isnan(a) & _core.isnan(b)) if equal_nan else near


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Where both are not 0."""
    return (input != 0) & (other != 0)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Where either is not 0."""
    return (input != 0) | (other != 0)


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Where one is not 0 and the other is."""
    return (input != 0) ^ (other != 0)


def _in_float32(input: Tensor, formula: Callable, *others) -> Tensor:
    """A formula of several steps, in float32 where each step would round to a half."""
    if input.dtype not in (_core.float16, _core.bfloat16):
        return formula(input, *others)
    wide = [x.to(_core.float32) if isinstance(x, Tensor) and x.dtype == input.dtype else x for x in (input, *others)]
    return formula(*wide).to(input.dtype)


def lerp(input: Tensor, end: Tensor, weight) -> Tensor:
    """input + weight (end - input)."""
    return _in_float32(input, lambda x, y, w: x + w * (y - x), end, weight)


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value=1) -> Tensor:
    """input + value tensor1 tensor2."""
    return _in_float32(input, lambda x, a, b: x + a * b * value, tensor1, tensor2)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value=1) -> Tensor:
    """input + value tensor1 / tensor2, of floating-point numbers."""
    if not (tensor1.dtype.is_floating_point or tensor2.dtype.is_floating_point):
        raise _core.DTypeError("addcdiv: of integers; convert them with to(float32) first")
    return _in_float32(input, lambda x, a, b: x + value * (a / b), tensor1, tensor2)


def clamp_min(input: Tensor, min) -> Tensor:
    """At least min."""
    return input.clamp(min=min)


def clamp_max(input: Tensor, max) -> Tensor:
    """At most max."""
    return input.clamp(max=max)


def round(input: Tensor, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """To the nearest whole number, or to so many decimals; halves to the even one."""
    if not decimals:
        return _round(input, out=out)
    if not input.dtype.is_floating_point:
        raise _core.DTypeError(f"round: decimals of {input.dtype}; convert it with to(float32) first")
    power = 10.0 ** abs(_whole(decimals, "round", "decimals"))
    y = _round(input * power) / power if decimals > 0 else _round(input / power) * power
    return y if out is None else out.copy_(y)


_round = _core.round


# Products.


def _product(name: str, a: int, b: int, text: str) -> Callable:
    def multiply(input: Tensor, other: Tensor) -> Tensor:
        if input.ndim != a or other.ndim != b:
            raise _core.ShapeError(f"{name}: of {list(input.shape)} and {list(other.shape)}; it takes {text}")
        return input @ other

    multiply.__name__ = multiply.__qualname__ = name
    multiply.__doc__ = f"The product of {text}."
    return multiply


mm = _product("mm", 2, 2, "two matrices")
bmm = _product("bmm", 3, 3, "two batches of matrices")
mv = _product("mv", 2, 1, "a matrix and a vector")
dot = _product("dot", 1, 1, "two vectors")


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Each element of a vector times each of another."""
    if input.ndim != 1 or vec2.ndim != 1:
        raise _core.ShapeError(f"outer: of {list(input.shape)} and {list(vec2.shape)}; it takes two vectors")
    return input.unsqueeze(1) * vec2


__all__ = [
    "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "eye", "normal", "bernoulli",
    "round", "count_nonzero", "std_mean", "var_mean", "isclose", "logical_and", "logical_or", "logical_xor", "lerp",
    "addcmul", "addcdiv", "clamp_min", "clamp_max", "mm", "bmm", "mv", "dot", "outer",
]
