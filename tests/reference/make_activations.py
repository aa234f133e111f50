"""Makes activations.safetensors: PyTorch's values and derivatives of the activations, kinks and corners among the inputs."""

import pathlib

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

folder = pathlib.Path(__file__).parent
x = torch.tensor([-100.0, -20.0, -6.0, -3.5, -3.0, -2.999999, -2.0, -1.0, -0.75, -0.5, -0.25, -1e-3, -0.0,
                  0.0, 1e-3, 0.25, 0.5, 0.75, 1.0, 2.0, 2.999999, 3.0, 3.5, 6.0, 7.0, 20.0, 21.0, 100.0],
                 dtype=torch.float64)
cases = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "leaky_relu(0.2)": lambda v: F.leaky_relu(v, 0.2),
    "rrelu": F.rrelu,
    "rrelu(0.25,0.5)": lambda v: F.rrelu(v, 0.25, 0.5),
    "elu": F.elu,
    "elu(0.5)": lambda v: F.elu(v, 0.5),
    "relu6": F.relu6,
    "selu": F.selu,
    "celu": F.celu,
    "celu(2)": lambda v: F.celu(v, 2.0),
    "gelu": F.gelu,
    "gelu_tanh": lambda v: F.gelu(v, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "softplus(2,6)": lambda v: F.softplus(v, 2.0, 6.0),
    "softsign": F.softsign,
    "log_sigmoid": F.logsigmoid,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "hardtanh": F.hardtanh,
    "hardtanh(-2,3)": lambda v: F.hardtanh(v, -2.0, 3.0),
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "hardshrink": F.hardshrink,
    "hardshrink(0.25)": lambda v: F.hardshrink(v, 0.25),
    "softshrink": F.softshrink,
    "softshrink(0.25)": lambda v: F.softshrink(v, 0.25),
    "tanhshrink": F.tanhshrink,
    "threshold(1,5)": lambda v: F.threshold(v, 1.0, 5.0),
    "identity": lambda v: v * 1,
}
tensors = {"x": x}
for text, f in cases.items():
    leaf = x.clone().requires_grad_()
    y = f(leaf)
    y.sum().backward()
    tensors[f"{text} value"] = y.detach()
    tensors[f"{text} derivative"] = leaf.grad
    lowered = x.to(torch.bfloat16)
    tensors[f"{text} bfloat16"] = f(lowered.to(torch.float32)).to(torch.bfloat16)
    tensors[f"{text} float16"] = f(x.to(torch.float16).to(torch.float32)).to(torch.float16)

rows = torch.randn(4, 37, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3
rows[1] += 1000
rows[2, 5] = -float("inf")
weights = torch.randn(4, 37, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
tensors |= {"rows": rows, "rows weights": weights}
for name, f in {"softmax": torch.softmax, "log_softmax": torch.log_softmax}.items():
    leaf = rows.clone().requires_grad_()
    y = f(leaf, -1)
    y.backward(weights)
    tensors |= {f"{name} value": y.detach(), f"{name} derivative": leaf.grad}

halves = rows[:, :36].clone()
halves[1] -= 1000
halves[2, 5] = 0
tensors["halves"] = halves
for name, f in {"glu": F.glu, "reglu": lambda v: v.chunk(2, -1)[0] * F.relu(v.chunk(2, -1)[1]),
                "geglu": lambda v: v.chunk(2, -1)[0] * F.gelu(v.chunk(2, -1)[1]),
                "swiglu": lambda v: v.chunk(2, -1)[0] * F.silu(v.chunk(2, -1)[1]),
                "crelu": lambda v: torch.cat([F.relu(v), F.relu(-v)], -1)}.items():
    leaf = halves.clone().requires_grad_()
    y = f(leaf)
    y.sum().backward()
    tensors |= {f"{name} value": y.detach(), f"{name} derivative": leaf.grad}

images = torch.randn(3, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
images[0, 0, 0] = 0
images_weights = torch.randn(3, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
tensors |= {"images": images, "images weights": images_weights}
for name, slope in {"one": torch.tensor([0.25]), "many": torch.linspace(-0.5, 1.5, 5)}.items():
    leaf, slope = images.clone().requires_grad_(), slope.double().requires_grad_()
    y = F.prelu(leaf, slope)
    y.backward(images_weights)
    tensors |= {f"prelu {name} slope": slope.detach(), f"prelu {name} value": y.detach(),
                f"prelu {name} derivative": leaf.grad, f"prelu {name} slope gradient": slope.grad}
save_file(tensors, folder / "activations.safetensors")
