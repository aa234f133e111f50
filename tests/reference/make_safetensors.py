"""Makes the .safetensors files beside it with the reference implementation (pip install safetensors torch)."""

import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent
values = [[0, 1, 2], [3, 4, 5]]
types = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "i64": torch.int64,
         "i32": torch.int32, "i16": torch.int16, "i8": torch.int8, "u8": torch.uint8}
tensors = {name: torch.tensor(values).to(dtype) for name, dtype in types.items()}
tensors["bool"] = torch.tensor([[False, True, True], [True, False, True]])
tensors["scalar"] = torch.tensor(-1.5)
tensors["empty"] = torch.zeros(0, 4)
save_file(tensors, folder / "dtypes.safetensors", metadata={"format": "pt", "text": "ünï \"quoted\"\nline"})
