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
    GroupNorm,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    PReLU,
    Residual,
    Sequential,
)
from relume.nn import functional, init, utils
from relume.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList
from relume.nn.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MarginRankingLoss,
    MSELoss,
    NLLLoss,
    PoissonNLLLoss,
    SmoothL1Loss,
    SoftMarginLoss,
    loss_class,
)


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


class GELU(Activate):
    """y = x times the share of the normal distribution below x; approximate="tanh" is the formula with tanh."""

    def __init__(self, approximate: str = "none"):
        if approximate not in ("none", "tanh"):
            raise ValueError(f'GELU: approximate is {approximate!r}; give "none" or "tanh"')
        super().__init__("gelu_tanh" if approximate == "tanh" else "gelu")

    @property
    def approximate(self) -> str:
        return "tanh" if self.name == "gelu_tanh" else "none"

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class Softmin(Module):
    """softmax of -x along dimension `dim`."""

    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return functional.softmin(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Identity(Activate):
    """y = x. Arguments are taken and change nothing, as PyTorch's."""

    def __init__(self, *args: object, **kwargs: object):
        super().__init__("identity")


__all__ = [
    "Activate", "ActivateAlong", "BatchNorm1d", "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "Dropout",
    "Embedding", "Flatten", "GaussianNLLLoss", "GELU", "GroupNorm", "HingeEmbeddingLoss", "HuberLoss", "Identity", "KLDivLoss",
    "L1Loss", "LayerNorm", "Linear", "MarginRankingLoss", "Module", "ModuleDict", "ModuleList", "MSELoss", "NLLLoss",
    "Parameter", "ParameterDict", "ParameterList", "PoissonNLLLoss", "PReLU", "Residual", "Sequential", "SmoothL1Loss",
    "SoftMarginLoss", "Softmin", "functional", "init", "utils",
]


for _module, (_name, _parameters, _is_elementwise, _formula) in _core._activation_modules.items():
    if _module in globals():
        continue
    globals()[_module] = (
        _elementwise(_name, _module, _parameters, _formula) if _is_elementwise else _along(_name, _module, _formula)
    )
    __all__.append(_module)

for _function, _options in _core._own_losses.items():
    _loss = loss_class(_function, _options, __name__)
    globals()[_loss.__name__] = _loss
    __all__.append(_loss.__name__)
