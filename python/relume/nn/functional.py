"""The activations and the losses as functions: `import relume.nn.functional as F` in PyTorch's words."""

from relume import _core
from relume._core import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    linear,
    mse_loss,
    nll_loss,
    one_hot,
    smooth_l1_loss,
)
from relume.nn._layers import dropout, gelu, layer_norm, normalize, rrelu, softmin
from relume.nn._losses import (
    gaussian_nll_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    poisson_nll_loss,
    soft_margin_loss,
)

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "gaussian_nll_loss",
    "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "layer_norm", "linear", "logsigmoid",
    "margin_ranking_loss", "mse_loss", "nll_loss", "normalize", "one_hot", "poisson_nll_loss", "smooth_l1_loss",
    "soft_margin_loss", "softmin", *_core.activation_names, *_core._own_losses,
]

for _name in [*_core.activation_names, *_core._own_losses]:
    if _name not in globals():
        globals()[_name] = getattr(_core, _name)
logsigmoid = _core.log_sigmoid
