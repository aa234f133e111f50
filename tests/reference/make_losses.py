"""Makes losses.safetensors: PyTorch's losses and their gradients in float64."""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
generator = torch.Generator().manual_seed(0)
logits = torch.randn(12, 5, generator=generator, dtype=torch.float64) * 3
targets = torch.randint(0, 5, (12,), generator=generator)
weights = torch.rand(5, generator=generator, dtype=torch.float64) + 0.2
prediction = torch.randn(7, 2, generator=generator, dtype=torch.float64)
truth = torch.randn(7, 2, generator=generator, dtype=torch.float64) * 2
tensors = {"logits": logits, "targets": targets, "weights": weights, "prediction": prediction, "truth": truth}


def store(name, x, loss):
    x = x.clone().requires_grad_()
    value = loss(x)
    value.backward(torch.arange(1, value.numel() + 1, dtype=value.dtype).reshape(value.shape))
    tensors[name] = value.detach()
    tensors[f"{name} gradient"] = x.grad


ignored = int(targets[0])
for weighted in [False, True]:
    for smoothing in [0.0, 0.1, 1.0]:
        for ignore in [-100, ignored]:
            name = f"cross_entropy {int(weighted)} {smoothing:g} {int(ignore >= 0)}"
            store(name, logits, lambda x: F.cross_entropy(x, targets, weight=weights if weighted else None,
                                                          label_smoothing=smoothing, ignore_index=ignore))
store("mse_loss", prediction, lambda x: F.mse_loss(x, truth))
store("l1_loss", prediction, lambda x: F.l1_loss(x, truth))
store("huber_loss 1", prediction, lambda x: F.huber_loss(x, truth))
store("huber_loss 0.5", prediction, lambda x: F.huber_loss(x, truth, delta=0.5))
shares = torch.rand(12, 5, generator=generator, dtype=torch.float64)
shares[0] = torch.tensor([0, 0, 1, 0, 0])
shares /= shares.sum(1, keepdim=True)
tensors["shares"] = shares
store("cross_entropy of shares", logits, lambda x: F.cross_entropy(x, shares))
store("cross_entropy of shares, weighted and smoothed", logits,
      lambda x: F.cross_entropy(x, shares, weight=weights, label_smoothing=0.2))
store("nll_loss", logits, lambda x: F.nll_loss(F.log_softmax(x, 1), targets))
store("nll_loss weighted", logits,
      lambda x: F.nll_loss(F.log_softmax(x, 1), targets, weight=weights, ignore_index=ignored))
store("bce_with_logits", logits, lambda x: F.binary_cross_entropy_with_logits(x, shares))
store("bce_with_logits weighted", logits,
      lambda x: F.binary_cross_entropy_with_logits(x, shares, pos_weight=weights))
store("kl_div", logits, lambda x: F.kl_div(F.log_softmax(x, 1), shares, reduction="batchmean"))
for reduction in "none", "sum":
    kept = {"reduction": reduction}
    for name, loss in {"mse_loss": F.mse_loss, "l1_loss": F.l1_loss, "huber_loss": F.huber_loss,
                       "smooth_l1_loss": F.smooth_l1_loss}.items():
        store(f"{name} {reduction}", prediction, lambda x: loss(x, truth, **kept))
    store(f"cross_entropy {reduction}", logits, lambda x: F.cross_entropy(
        x, targets, weight=weights, label_smoothing=0.1, ignore_index=ignored, **kept))
    store(f"cross_entropy of shares {reduction}", logits, lambda x: F.cross_entropy(x, shares, **kept))
    store(f"nll_loss {reduction}", logits, lambda x: F.nll_loss(F.log_softmax(x, 1), targets, **kept))
    store(f"bce_with_logits {reduction}", logits,
          lambda x: F.binary_cross_entropy_with_logits(x, shares, weight=weights, **kept))
    store(f"binary_cross_entropy {reduction}", logits, lambda x: F.binary_cross_entropy(x.sigmoid(), shares, **kept))
    store(f"kl_div {reduction}", logits, lambda x: F.kl_div(F.log_softmax(x, 1), shares, **kept))


def sigmoid_focal_loss(inputs, targets, alpha, gamma):
    """torchvision.ops.sigmoid_focal_loss, reduction "mean"."""
    p = torch.sigmoid(inputs)
    ce_loss = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    p_t = p * targets + (1 - p) * (1 - targets)
    loss = ce_loss * ((1 - p_t) ** gamma)
    if alpha >= 0:
        alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
        loss = alpha_t * loss
    return loss.mean()


two, binary = logits[:, :2], (targets % 2).double()
for alpha, gamma in [(-1, 2), (0.25, 2), (0.7, 1.5), (-1, 0)]:
    store(f"focal {alpha:g} {gamma:g}", two, lambda x: sigmoid_focal_loss(x[:, 1] - x[:, 0], binary, alpha, gamma))
save_file(tensors, folder / "losses.safetensors")
