"""The methods of tensors that are written in Python: those of the functions' names, and those that are no functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from relume import _arranging, _core, _operations
from relume._arranging import _dimension, _whole, masked_fill, repeat
from relume._core import Tensor

# Activations as methods.


def _activation(name: str) -> Callable:
    function = getattr(_core, name)

    def method(input: Tensor) -> Tensor:
        return function(input)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"relume.{name}() of the tensor."
    return method


def _along(name: str) -> Callable:
    function = getattr(_core, name)

    def method(input: Tensor, dim: int, dtype=None) -> Tensor:
        return function(input if dtype is None else input.to(dtype), _whole(dim, name, "dim"))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"relume.{name}() along a dimension."
    return method


# Methods that are no functions.


def _iterate(self: Tensor) -> Iterator[Tensor]:
    if self.ndim == 0:
        raise TypeError("iter: of a tensor without dimensions")
    return (self[i] for i in range(len(self)))


def _contains(self: Tensor, value) -> bool:
    return bool((self == value).any())


def _format(self: Tensor, text: str) -> str:
    return format(self.item() if self.ndim == 0 and text else repr(self), text)


def _cpu(self: Tensor) -> Tensor:
    """The tensor itself: relume computes on the CPU."""
    return self


def _cuda(self: Tensor, device=None) -> Tensor:
    """Raises: relume computes on the CPU."""
    return self.to(device="cuda" if device is None else device)


def _view_as(self: Tensor, other: Tensor) -> Tensor:
    """view() in another tensor's shape."""
    return self.view(other.shape)


def _reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """reshape() to another tensor's shape."""
    return self.reshape(other.shape)


def _expand_as(self: Tensor, other: Tensor) -> Tensor:
    """expand() to another tensor's shape."""
    return self.expand(other.shape)


def _type_as(self: Tensor, other: Tensor) -> Tensor:
    """to() another tensor's dtype."""
    return self.to(other.dtype)


def _is_floating_point(self: Tensor) -> bool:
    """Whether the elements are floating-point numbers."""
    return self.dtype.is_floating_point


def _element_size(self: Tensor) -> int:
    """Bytes of one element."""
    return self.dtype.itemsize


def _new(maker: Callable) -> Callable:
    def method(self: Tensor, *size, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
        return maker(*size, dtype=dtype or self.dtype, requires_grad=requires_grad, device=device)

    method.__doc__ = f"relume.{maker.__name__}() of this tensor's dtype."
    return method


def _new_full(self: Tensor, size, fill_value, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """relume.full() of this tensor's dtype."""
    return _core.full(size, fill_value, dtype=dtype or self.dtype, requires_grad=requires_grad, device=device)


def _new_tensor(self: Tensor, data, *, dtype=None, requires_grad: bool = False) -> Tensor:
    """relume.tensor() of this tensor's dtype."""
    return _core.tensor(data, dtype or self.dtype, requires_grad)


def _cast(name: str) -> Callable:
    dtype = getattr(_core, name)

    def method(self: Tensor) -> Tensor:
        return self.to(dtype)

    method.__doc__ = f"to(relume.{name})"
    return method


def _in_place(name: str) -> Callable:
    operation = getattr(Tensor, name)

    def method(self: Tensor, *args, **kwargs) -> Tensor:
        return self._assign(operation(self._before_write(), *args, **kwargs), f"{name}_")

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"{name}() in place."
    return method


def _index_fill(self: Tensor, dim: int, index: Tensor, value) -> Tensor:
    """A number at those places of a dimension, in a copy."""
    d, x = _dimension(self, dim, "index_fill"), self if self.ndim else self.reshape(1)
    mask = _core.zeros(x.size(d), dtype=_core.bool)
    mask[index] = True
    return masked_fill(x, mask.reshape([-1 if i == d else 1 for i in range(x.ndim)]), value).reshape(self.shape)


def _normal_in_place(self: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Filled with normal numbers."""
    return self._assign(_core.randn(self.shape, dtype=self.dtype) * std + mean, "normal_")


def _uniform_in_place(self: Tensor, from_: float = 0.0, to: float = 1.0) -> Tensor:
    """Filled with numbers uniform in [from_, to)."""
    return self._assign(_core.rand(self.shape, dtype=self.dtype) * (to - from_) + from_, "uniform_")


def _get_device(self: Tensor) -> str:
    """The one that there is: "cpu"."""
    return "cpu"


def _get_nbytes(self: Tensor) -> int:
    """Bytes of all elements."""
    return self.numel() * self.dtype.itemsize


def _get_data(self: Tensor) -> Tensor:
    """The values outside of the graph, in the same memory."""
    return self.detach()


def _set_data(self: Tensor, data: Tensor) -> None:
    # Of t.data -= 1 the same memory comes back, and the gradient stays as it is.
    if data.data_ptr() != self.data_ptr() or data.shape != self.shape or data.strides != self.strides:
        grad = self.grad
        self._set_data(data)
        if grad is not None and grad.shape == self.shape and grad.dtype == self.dtype:
            self.grad = grad


_NOT_METHODS = {"zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "eye", "normal",
                "vstack", "hstack", "std_mean", "var_mean"}

_METHODS = {
    "repeat": repeat, "__iter__": _iterate, "__contains__": _contains, "__format__": _format, "cpu": _cpu,
    "cuda": _cuda, "view_as": _view_as, "reshape_as": _reshape_as, "expand_as": _expand_as, "type_as": _type_as,
    "is_floating_point": _is_floating_point, "element_size": _element_size, "new_zeros": _new(_core.zeros),
    "new_ones": _new(_core.ones), "new_empty": _new(_core.empty), "new_full": _new_full, "new_tensor": _new_tensor,
    "index_fill": _index_fill, "normal_": _normal_in_place, "uniform_": _uniform_in_place,
    "data": property(_get_data, _set_data), "device": property(_get_device), "nbytes": property(_get_nbytes),
    "itemsize": property(_element_size),
    **{name: _activation(name) for name in ("relu", "sigmoid", "tanh")},
    **{name: _along(name) for name in ("softmax", "log_softmax")},
    **{method: _cast(name) for method, name in {
        "float": "float32", "double": "float64", "long": "int64",
        "half": "float16", "bfloat16": "bfloat16", "int": "int32", "short": "int16", "char": "int8", "byte": "uint8",
        "bool": "bool"}.items()},
}

_IN_PLACE = [
    "abs", "neg", "exp", "log", "sqrt", "sin", "cos", "sign", "square", "clamp", "clamp_min", "clamp_max", "relu",
    "sigmoid", "tanh", "floor", "ceil", "trunc", "round", "reciprocal", "rsqrt", "exp2", "expm1", "log1p", "log2",
    "log10", "masked_fill", "scatter", "scatter_add", "index_put", "index_add", "index_fill", "lerp", "addcmul",
    "addcdiv", "nan_to_num", "cumsum", "cumprod", "tril", "triu",
]


def _attach() -> None:
    def attach(name: str, method: Any) -> None:
        for part in (method.fget, method.fset) if isinstance(method, property) else (method,):
            if part is not None:  # as the stubs and help() name it
                part.__module__, part.__name__, part.__qualname__ = Tensor.__module__, name, f"Tensor.{name}"
        setattr(Tensor, name, method)

    for file in (_operations, _arranging):
        for name in file.__all__:
            if name not in _NOT_METHODS and (name == "round" or not hasattr(Tensor, name)):
                attach(name, getattr(file, name))
    for name, method in _METHODS.items():
        attach(name, method)
    for name in _IN_PLACE:
        attach(f"{name}_", _in_place(name))
    Tensor.nelement = Tensor.numel


_attach()
