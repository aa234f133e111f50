"""What pickle calls to make tensors and dtypes again: it takes functions of Python alone."""

from relume import _core


def make_tensor(values, dtype: _core.dtype, requires_grad: bool) -> _core.Tensor:
    return _core.tensor(values, dtype, requires_grad)


def make_dtype(name: str) -> _core.dtype:
    return _core._dtype_named(name)
