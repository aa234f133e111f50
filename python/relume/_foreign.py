"""Giving results back in the kind of array that came in."""

from relume._core import Tensor


def like(given, result: Tensor):
    """`result` as the kind of array that `given` is: NumPy's, PyTorch's, JAX's; without a copy where that can be."""
    library = type(given).__module__.partition(".")[0]
    if library == "torch":
        import torch

        return torch.from_dlpack(result)
    if library.startswith("jax"):
        import jax

        return jax.dlpack.from_dlpack(result)
    array = result.numpy()
    wanted = getattr(given, "dtype", None)
    if wanted is not None and getattr(wanted, "kind", "") == "f":
        array = array.astype(wanted, copy=False)
    return array if getattr(given, "ndim", 1) or array.ndim else array[()]
