"""Makes linear.safetensors: f(x Wᵀ + b) and its gradients by PyTorch, float64, for the activations that PyTorch has."""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
generator = torch.Generator().manual_seed(0)


def normal(*shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


tensors = {"x": normal(9, 6), "weight": normal(11, 6), "bias": normal(11), "dy": normal(9, 11)}
functions = {
    "identity": lambda x: x, "relu": F.relu, "relu6": F.relu6, "leaky_relu(0.2)": lambda x: F.leaky_relu(x, 0.2),
    "elu": F.elu, "elu(0.5)": lambda x: F.elu(x, 0.5), "selu": F.selu, "celu": F.celu, "gelu": F.gelu,
    "silu": F.silu, "mish": F.mish, "softplus": F.softplus, "softsign": F.softsign, "log_sigmoid": F.logsigmoid,
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "hardtanh": F.hardtanh, "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish, "hardshrink": F.hardshrink, "softshrink": F.softshrink, "tanhshrink": F.tanhshrink,
}
for name, function in functions.items():
    x, weight, bias = (tensors[key].clone().requires_grad_() for key in ("x", "weight", "bias"))
    y = function(F.linear(x, weight, bias))
    y.backward(tensors["dy"])
    for key, value in {"y": y.detach(), "x": x.grad, "weight": weight.grad, "bias": bias.grad}.items():
        tensors[f"{name} {key}"] = value
save_file(tensors, folder / "linear.safetensors")
