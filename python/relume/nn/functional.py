"""The activations and the losses as functions: `import relume.nn.functional as F` in PyTorch's words."""

from relume import _core
from relume._core import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    linear,
    mse_loss,
    nll_loss,
    one_hot,
)
from relume.nn._layers import dropout, gelu, layer_norm, normalize, rrelu, softmin

__all__ = [
    "binary_cross_entropy_with_logits", "cross_entropy", "huber_loss", "kl_div", "l1_loss", "linear", "mse_loss",
    "nll_loss", "one_hot", "dropout", "layer_norm", "logsigmoid", "normalize", "softmin", *_core.activation_names,
]

for _name in _core.activation_names:
    if _name not in globals():
        globals()[_name] = getattr(_core, _name)
logsigmoid = _core.log_sigmoid
