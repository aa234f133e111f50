"""Starting values for weights, written in place. Names, arguments and deviations are PyTorch's."""

from __future__ import annotations

import math

from relume import _core
from relume._core import Tensor

__all__ = [
    "calculate_gain", "constant_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_",
    "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]

_LINEAR = {"linear", "identity", "sigmoid", *(f"conv{t}{d}d" for t in ("", "_transpose") for d in (1, 2, 3))}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """What a layer's deviation is multiplied by before this activation: PyTorch's recommended number.

    1 for linear layers and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for leaky_relu, whose slope `param`
    is (0.01 by default), 3/4 for selu. For what PyTorch has no number for, such as "elu" or "leaky_relu(0.2)", the gain
    that keeps the mean square of what flows through.
    """
    if nonlinearity in _LINEAR:
        return 1.0
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain: a slope of {slope!r} is not a number")
        return math.sqrt(2 / (1 + slope**2))
    known = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
    return known[nonlinearity] if nonlinearity in known else _core._measured_gain(nonlinearity)


def _fans(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError(f"init: a tensor of {tensor.shape} has no inputs and outputs; two dimensions at least")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _no_generator(generator) -> None:
    if generator is not None:
        raise TypeError("init: there is no generator; relume.manual_seed() seeds")


def _kaiming_deviation(tensor: Tensor, a: float | str, mode: str, nonlinearity: str) -> float:
    if isinstance(a, str):  # the activation in the second place
        a, nonlinearity = 0, a
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'kaiming: mode is {mode!r}; give "fan_in" or "fan_out"')
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(tensor)[mode == "fan_out"])


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator=None
) -> Tensor:
    """Deviation gain / √fan."""
    _no_generator(generator)
    return _core.normal_(tensor, 0.0, _kaiming_deviation(tensor, a, mode, nonlinearity))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator=None
) -> Tensor:
    """± gain √(3 / fan)."""
    _no_generator(generator)
    bound = math.sqrt(3) * _kaiming_deviation(tensor, a, mode, nonlinearity)
    return _core.uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Deviation gain √(2 / (in + out))."""
    _no_generator(generator)
    return _core.normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """± gain √(6 / (in + out))."""
    _no_generator(generator)
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return _core.uniform_(tensor, -bound, bound)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator=None) -> Tensor:
    _no_generator(generator)
    return _core.normal_(tensor, mean, std)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator=None) -> Tensor:
    """Uniform in [a, b)."""
    _no_generator(generator)
    return _core.uniform_(tensor, a, b)


def orthogonal_(tensor: Tensor, gain: float = 1, generator=None) -> Tensor:
    """Rows of a matrix (columns, where there are fewer) of length `gain` at right angles to each other."""
    _no_generator(generator)
    return _core.orthogonal_(tensor, gain)


def constant_(tensor: Tensor, val: float) -> Tensor:
    tensor.detach().fill_(val)
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """Ones on the diagonal of a matrix, zeros elsewhere."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: a tensor of {tensor.shape} is not a matrix")
    rows, columns = tensor.shape
    tensor.detach().copy_([[float(i == j) for j in range(columns)] for i in range(rows)])
    return tensor
