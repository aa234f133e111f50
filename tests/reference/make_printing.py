"""Makes printing.safetensors and printing.json: tensors, and the text that PyTorch prints for them."""

import json
import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
torch.manual_seed(0)
tensors = {}

floating = {"float32": torch.float32, "float64": torch.float64, "float16": torch.float16, "bfloat16": torch.bfloat16}
for name, dtype in floating.items():
    for shape in [(), (1,), (5,), (30,), (2, 3), (3, 4, 5), (2, 1, 3, 2), (0,), (0, 3), (2, 0, 4)]:
        tensors[f"{name} normal {shape}"] = torch.randn(shape).to(dtype)
    tensors[f"{name} whole"] = torch.randint(-50, 50, (4, 4)).to(dtype)
    tensors[f"{name} wide range"] = (torch.randn(3, 3) * torch.tensor([1e-3, 1.0, 1e3])).to(dtype)
    tensors[f"{name} special"] = torch.tensor([1.5, float("nan"), float("inf"), -float("inf"), -0.0]).to(dtype)
    tensors[f"{name} only special"] = torch.tensor([float("nan"), -float("inf"), 0.0]).to(dtype)
    tensors[f"{name} whole and special"] = torch.tensor([1.0, -20.0, float("nan"), float("inf")]).to(dtype)
    tensors[f"{name} zeros"] = torch.zeros(2, 2).to(dtype)
    tensors[f"{name} tenths"] = (torch.arange(12).reshape(3, 4) / 10).to(dtype)

for exponent in range(-12, 13):
    tensors[f"magnitude {exponent}"] = torch.randn(7) * 10.0**exponent
    tensors[f"whole magnitude {exponent}"] = torch.tensor([1.0, -3.0]) * 10.0 ** max(exponent, 0)
    tensors[f"scalar magnitude {exponent}"] = torch.tensor(1.25 * 10.0**exponent)
for ratio in [999.0, 1000.0, 1001.0, 1500.5]:
    tensors[f"ratio {ratio}"] = torch.tensor([1.0, ratio])
    tensors[f"ratio of fractions {ratio}"] = torch.tensor([0.5, ratio / 2])
for value in [9.9999e-5, 1e-4, 1.0001e-4, 99999999.0, 1e8, 1.1e8, 0.99996, 9.99996]:
    tensors[f"limit {value}"] = torch.tensor([value, value / 3], dtype=torch.float64)
    tensors[f"limit alone {value}"] = torch.tensor([value], dtype=torch.float64)

for name, dtype in {"int8": torch.int8, "int16": torch.int16, "int32": torch.int32, "int64": torch.int64, "uint8": torch.uint8}.items():
    for shape in [(), (4,), (40,), (3, 5), (2, 2, 2), (0,), (0, 2)]:
        low = 0 if name == "uint8" else -100
        tensors[f"{name} {shape}"] = torch.randint(low, 100, shape).to(dtype)
tensors["int64 extremes"] = torch.tensor([-(2**63), 2**63 - 1, 0])
for shape in [(), (3,), (30,), (2, 4), (0,), (0, 2)]:
    tensors[f"bool {shape}"] = torch.randint(0, 2, shape).bool()

for shape in [(1000,), (1001,), (34, 34), (2, 501), (501, 2), (11, 10, 10), (7, 12, 13), (6, 200), (200, 6)]:
    tensors[f"long float {shape}"] = torch.randn(shape)
    tensors[f"long int {shape}"] = torch.randint(-1000, 1000, shape)
tensors["long hidden extreme"] = torch.ones(2000)
tensors["long hidden extreme"][1000] = 1e12
tensors["long bool"] = torch.arange(1200) % 3 == 0

texts = {name: str(tensor) for name, tensor in tensors.items()}
with_gradient = {
    name: str(tensor.clone().requires_grad_()) for name, tensor in tensors.items() if tensor.dtype.is_floating_point
}
with_grad_fn = {
    name: str(tensor.clone().requires_grad_() * 1) for name, tensor in tensors.items() if tensor.dtype.is_floating_point
}
save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "printing.safetensors")
(folder / "printing.json").write_text(
    json.dumps({"plain": texts, "requires_grad": with_gradient, "grad_fn": with_grad_fn}, indent=1) + "\n"
)
