"""Layers, activations and losses, under PyTorch's names."""

from inspect import Parameter as _Argument
from inspect import Signature as _Signature

from relume import _core
from relume._core import (
    Activate,
    ActivateAlong,
    BatchNorm1d,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    PReLU,
    Residual,
    Sequential,
)
from relume.nn import functional, init, utils


def _elementwise(name: str, module: str, parameters: list, formula: str) -> type:
    names = [key for key, _ in parameters]
    options = [*parameters, ("inplace", False)]
    signature = _Signature([_Argument(key, _Argument.POSITIONAL_OR_KEYWORD, default=value) for key, value in options])

    def __init__(self, *args, **kwargs):  # noqa: N807
        given = signature.bind(*args, **kwargs).arguments
        given.pop("inplace", None)
        inside = ", ".join(f"{key}={float(value)!r}" for key, value in given.items())
        Activate.__init__(self, f"{name}({inside})" if inside else name)

    __init__.__signature__ = _Signature([_Argument("self", _Argument.POSITIONAL_ONLY), *signature.parameters.values()])
    text = f"y = {formula}, element by element" + (f"; {', '.join(names)} as in relume.{name}()." if names else ".")
    text += " PyTorch's inplace is taken and changes nothing: memory is reused where nobody can notice."
    return type(module, (Activate,), {"__init__": __init__, "__doc__": text, "__module__": __name__})


def _along(name: str, module: str, formula: str) -> type:
    def __init__(self, dim: int = -1):  # noqa: N807
        ActivateAlong.__init__(self, name, dim)

    text = f"y = {formula}, along dimension `dim`."
    return type(module, (ActivateAlong,), {"__init__": __init__, "__doc__": text, "__module__": __name__})


class _Loss(Module):
    """A loss as a module: called with the network's output and the target."""

    def __init__(self, **options):
        super().__init__()
        self._options = options

    def forward(self, input, target):
        return getattr(functional, self._function)(input, target, **self._options)


class CrossEntropyLoss(_Loss):
    """functional.cross_entropy as a module."""

    _function = "cross_entropy"

    def __init__(self, weight=None, ignore_index: int = -100, label_smoothing: float = 0.0):
        super().__init__(weight=weight, ignore_index=ignore_index, label_smoothing=label_smoothing)


class NLLLoss(_Loss):
    """functional.nll_loss as a module."""

    _function = "nll_loss"

    def __init__(self, weight=None, ignore_index: int = -100):
        super().__init__(weight=weight, ignore_index=ignore_index)


class BCEWithLogitsLoss(_Loss):
    """functional.binary_cross_entropy_with_logits as a module."""

    _function = "binary_cross_entropy_with_logits"

    def __init__(self, pos_weight=None):
        super().__init__(pos_weight=pos_weight)


class KLDivLoss(_Loss):
    """functional.kl_div as a module."""

    _function = "kl_div"


class MSELoss(_Loss):
    """functional.mse_loss as a module."""

    _function = "mse_loss"


class L1Loss(_Loss):
    """functional.l1_loss as a module."""

    _function = "l1_loss"


class HuberLoss(_Loss):
    """functional.huber_loss as a module."""

    _function = "huber_loss"

    def __init__(self, delta: float = 1.0):
        super().__init__(delta=delta)


__all__ = [
    "Activate", "ActivateAlong", "BatchNorm1d", "BCEWithLogitsLoss", "CrossEntropyLoss", "Dropout", "Embedding",
    "Flatten", "HuberLoss", "KLDivLoss", "L1Loss", "LayerNorm", "Linear", "Module", "MSELoss", "NLLLoss", "Parameter",
    "PReLU", "Residual", "Sequential", "functional", "init", "utils",
]

for _module, (_name, _parameters, _is_elementwise, _formula) in _core._activation_modules.items():
    if _module in globals():
        continue
    globals()[_module] = (
        _elementwise(_name, _module, _parameters, _formula) if _is_elementwise else _along(_name, _module, _formula)
    )
    __all__.append(_module)
