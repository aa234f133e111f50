"""Makes layers.safetensors: what PyTorch's normalising and embedding layers give, with their gradients, in float64."""

import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
nn, tensors = torch.nn, {}


def store(name, layer, x, *more):
    """The output, and the gradients of sum(output * dy)."""
    floating = x.is_floating_point()
    x = x.clone().requires_grad_(floating)
    layer.zero_grad()
    y = layer(x, *more)
    dy = torch.randn_like(y)
    tensors.update({f"{name} x": x.detach(), f"{name} y": y.detach(), f"{name} dy": dy})
    y.backward(dy)
    if floating:
        tensors[f"{name} dx"] = x.grad
    for key, parameter in layer.named_parameters():
        tensors[f"{name} d{key}"] = parameter.grad.clone()


def with_random_parameters(name, layer):
    for key, parameter in layer.named_parameters():
        torch.nn.init.normal_(parameter)
        tensors[f"{name} {key}"] = parameter.detach().clone()
    return layer


for name, shape in ("batchnorm", (6, 3)), ("batchnorm of series", (4, 3, 5)):
    layer = with_random_parameters(name, nn.BatchNorm1d(3))
    for batch in range(3):
        store(f"{name} {batch}", layer, torch.randn(shape) * 2 + 3)
    tensors.update({f"{name} {key}": buffer.clone() for key, buffer in layer.named_buffers()})
    layer.eval()
    store(f"{name} eval", layer, torch.randn(shape))
plain = nn.BatchNorm1d(3, affine=False)
store("batchnorm plain", plain, torch.randn(6, 3))
store("layernorm", with_random_parameters("layernorm", nn.LayerNorm(5)), torch.randn(4, 2, 5) * 3 + 1)
store("layernorm wide", with_random_parameters("layernorm wide", nn.LayerNorm((2, 5))), torch.randn(4, 2, 5) * 3 + 1)
store("layernorm plain", nn.LayerNorm((2, 5), elementwise_affine=False), torch.randn(4, 2, 5))
embedding = with_random_parameters("embedding", nn.Embedding(6, 3, padding_idx=2))
store("embedding", embedding, torch.tensor([[1, 2, 5], [1, 0, 1]]))
for mode in "sum", "mean", "max":
    bag = with_random_parameters(f"bag {mode}", nn.EmbeddingBag(6, 3, mode=mode))
    store(f"bag {mode} cut", bag, torch.tensor([1, 2, 5, 1, 0, 1]), torch.tensor([0, 2, 2, 5]))
    store(f"bag {mode}", bag, torch.tensor([[1, 2, 5], [1, 0, 1]]))
for name, shape, affine in ("groupnorm", (4, 6), True), ("groupnorm of series", (4, 6, 5), True), (
        "groupnorm plain", (4, 6, 5), False):
    store(name, with_random_parameters(name, nn.GroupNorm(2, 6, affine=affine)), torch.randn(shape) * 3 + 1)
save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, folder / "layers.safetensors")
