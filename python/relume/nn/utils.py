"""Holding gradients within bounds, and parameters as one vector."""

from __future__ import annotations

from collections.abc import Iterable

from relume._core import Tensor, cat, clip_grad_norm_, clip_grad_value_

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters one after the other."""
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copies the elements of a vector into the parameters, one after the other."""
    parameters = list(parameters)
    if vec.numel() != sum(p.numel() for p in parameters):
        raise ValueError(f"vector_to_parameters: {vec.numel()} elements for {sum(p.numel() for p in parameters)}")
    at = 0
    for p in parameters:
        p.detach().copy_(vec.detach()[at : at + p.numel()].reshape(p.shape))
        at += p.numel()
