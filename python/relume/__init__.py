"""relume: ReLU networks, trained and run by a small C++ library.

    import numpy as np
    import relume

    relume.relu(np.array([-2, -1, 0, 1, 2]))        # array([0, 0, 0, 1, 2])
    model = relume.train(X, y, hidden=[64, 64])     # X, y: NumPy arrays, a pandas frame, or a file's name
    model.predict(X)

`relume.nn` and `relume.optim` have PyTorch's names. `relume.health` says why a network does not learn, a PyTorch one
too. `relume.sklearn` has estimators for scikit-learn's pipelines.
"""

import builtins

from relume import _arranging, _core, _operations, _tensor_methods, nn, optim  # noqa: F401
from relume._arranging import *  # noqa: F403
from relume._core import *  # noqa: F403
from relume._core import __version__, activation_names
from relume._operations import *  # noqa: F403
from relume.grad_mode import enable_grad, no_grad
from relume.inference import Predictor, export
from relume.optim.optimizer import *  # noqa: F403
from relume.training import Model, load, load_network, train

_NAMES = [name for name in dir(_core) if not name.startswith("_")] + _arranging.__all__ + _operations.__all__ + [
    "Model", "Predictor", "activation_names", "enable_grad", "export", "from_torch", "health", "load", "load_network", "nn", "no_grad", "optim", "plot",
    "sklearn", "to_torch", "train", "__version__",
]

# What is not needed by most is read when it is first asked for: importing relume stays fast.
_LATER = {"health": "relume.health", "sklearn": "relume.sklearn", "plot": "relume.picture:plot",
          "from_torch": "relume.pytorch:from_torch", "to_torch": "relume.pytorch:to_torch"}

# `from relume import *` leaves Python's own names (max, sum, bool, ValueError) as they are, and needs no other package.
_OF_OTHERS = ("sklearn", "from_torch", "to_torch")
__all__ = [name for name in _NAMES if not hasattr(builtins, name) and name not in _OF_OTHERS]


def __getattr__(name: str):
    if name not in _LATER:
        raise AttributeError(f"module 'relume' has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = _LATER[name].partition(":")
    found = import_module(module)
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_NAMES)
