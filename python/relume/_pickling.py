"""What pickle and copy call to make tensors, dtypes and modules again: they take functions of Python alone."""

from relume import _core


def make_tensor(values, dtype: _core.dtype, requires_grad: bool) -> _core.Tensor:
    return _core.tensor(values, dtype, requires_grad)


def make_parameter(values, dtype: _core.dtype, requires_grad: bool) -> _core.Parameter:
    return _core.Parameter(_core.tensor(values, dtype), requires_grad)


def make_dtype(name: str) -> _core.dtype:
    return _core._dtype_named(name)


def make_module(kind: type, base: type, arguments: dict) -> _core.Module:
    """A module with the options of the layer that `kind` derives from; no __init__ of Python's runs."""
    module = kind.__new__(kind)
    base.__init__(module, **arguments)
    return module


def reduce_module(module: _core.Module) -> tuple:
    own, children = module._own(), list(module._children())
    named = {name for name, *_ in own} | {name for name, _ in children}
    state = {
        "training": module.training,
        "attributes": {name: value for name, value in vars(module).items() if name not in named},
        "own": own,
        "children": children,
    }
    kind = type(module)
    base = next(parent for parent in kind.__mro__ if parent.__module__ == _core.__name__)
    return make_module, (kind, base, module._arguments()), state
