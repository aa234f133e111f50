"""What PyTorch's graph of a forward pass says: where a ReLU was applied, whichever way it was called, and which axis of
its output counts units. Nothing here runs in the user's forward pass: the graph is read when it is done."""

from __future__ import annotations

from typing import NamedTuple

import torch

# Which axis of the output has the units: the last one of what multiplies by a matrix, 1 of what has channels.
_LAST = {"AddmmBackward0", "MmBackward0", "LinearBackward0", "MkldnnLinearBackward0", "NativeLayerNormBackward0"}
_CHANNELS = {"ConvolutionBackward0", "NativeBatchNormBackward0", "CudnnBatchNormBackward0", "NativeGroupNormBackward0"}
# torch.sigmoid() and torch.tanh() are gates as often as activations, and a gate is meant to be at its bounds.
GATES = {"SigmoidBackward0": "torch.sigmoid()", "TanhBackward0": "torch.tanh()"}
_MOST_NODES = 50_000
_MOST_BETWEEN = 64  # nodes from an activation to the layer that makes its input


class Producer(NamedTuple):
    """The layer that an activation's input comes from."""

    axis: int | None  # of the activation's output; None: all axes but the first together
    weight: torch.Tensor | None


def _children(node) -> list:
    return [child for child, _ in node.next_functions if child is not None]


def _is_leaf(node) -> bool:
    return hasattr(node, "variable")


def _weights(node) -> list[torch.Tensor]:
    """The parameters that a node reads: directly, transposed, or in another precision."""
    found = []
    for child in _children(node):
        for _ in range(3):
            if _is_leaf(child):
                found.append(child.variable)
                break
            below = _children(child)
            if len(below) != 1 or child.name() not in ("TBackward0", "ToCopyBackward0", "TransposeBackward0"):
                break
            child = below[0]
    return found


def _features(node, weight: torch.Tensor | None) -> int | None:
    """How many units a layer has, as its node in the graph tells."""
    name = node.name()
    if name in ("AddmmBackward0", "MmBackward0"):
        return int(node._saved_mat2_sym_sizes[-1])
    if weight is None:
        return None
    if name == "ConvolutionBackward0" and node._saved_transposed:
        return weight.shape[1] * node._saved_groups
    return weight.shape[0] if weight.dim() > 1 or name in _CHANNELS else weight.numel()


def _below(positions: list[int], node) -> list[int]:
    """Where each axis of the activation's output is in the input of a node that moves axes."""
    name = node.name()
    count = len(positions)

    def axis(value: int) -> int:
        return (value - 2**64 if value >= 2**63 else value) % count

    if name == "PermuteBackward0" and len(node._saved_dims) == count:
        return [axis(node._saved_dims[p]) for p in positions]
    if name == "TransposeBackward0":
        swap = {axis(node._saved_dim0): axis(node._saved_dim1), axis(node._saved_dim1): axis(node._saved_dim0)}
        return [swap.get(p, p) for p in positions]
    return positions


def _axis(shape: torch.Size, positions: list[int], is_last: bool, features: int | None) -> tuple[int | None] | None:
    """(axis,) or None where none has that many units."""
    wanted = len(shape) - 1 if is_last else min(1, len(shape) - 1)
    axis = positions.index(wanted)
    if features is None or shape[axis] == features:
        return (axis,)
    fitting = [i for i, size in enumerate(shape) if size == features]
    if len(fitting) == 1:
        return (fitting[0],)
    return (None,) if features > 1 and shape[0] and features == shape.numel() // shape[0] else None


def producer_of(output: torch.Tensor, node) -> Producer | None:
    """The layer from which the activation of this node and output has its input, or None where the graph has none."""
    positions = list(range(output.dim()))
    for _ in range(_MOST_BETWEEN):
        name = node.name()
        if name in _LAST or name in _CHANNELS:
            weights = sorted(_weights(node), key=torch.Tensor.dim, reverse=True)
            features = _features(node, weights[0] if weights else None)
            # A normalisation without a weight of its own looks like any other step on the way.
            if features is not None:
                axis = _axis(output.shape, positions, name in _LAST, features)
                return None if axis is None else Producer(axis[0], weights[0] if weights else None)
        positions = _below(positions, node)
        node = next((child for child in _children(node) if not _is_leaf(child)), None)
        if node is None:
            return None
    return None


class Rectified(NamedTuple):
    """A ReLU in the graph. Without an output where the pass is computed again for its gradient."""

    name: str
    node: object
    output: torch.Tensor | None


def _rectified(node) -> Rectified | None:
    name = node.name()
    if name == "ReluBackward0":
        kept = node._raw_saved_result
    elif name == "HardtanhBackward0" and node._saved_min_val == 0 and node._saved_max_val == 6:
        kept = node._raw_saved_self
    else:
        return None
    called = "relu" if name == "ReluBackward0" else "relu6"
    if getattr(kept, "unpack_hook", None) is not None:
        return Rectified(called, node, None)
    output = node._saved_result if called == "relu" else node._saved_self.detach().clamp(0, 6)
    return Rectified(called, node, output.detach())


class Pass(NamedTuple):
    rectified: list[Rectified]  # in the order in which they ran
    gates: set[str]  # those that were called as functions
    is_whole: bool  # else there is something that cannot be looked into: compiled code, or too much of it


def read_pass(outputs: list, inputs: list, known: set[int]) -> Pass:
    """What ran between these nodes of the graph: from the inputs' to the outputs', apart from the nodes whose numbers
    are known already."""
    seen = set(inputs)
    rest = [node for node in outputs if node not in seen]
    found, gates, is_whole = [], set(), True
    while rest:
        node = rest.pop()
        if node in seen:
            continue
        seen.add(node)
        if len(seen) > _MOST_NODES:
            is_whole = False
            break
        if _is_leaf(node):
            continue
        name = node.name()
        if name.startswith("CompiledFunction"):
            is_whole = False
        elif node._sequence_nr() not in known:
            if name in GATES:
                gates.add(GATES[name])
            elif (rectified := _rectified(node)) is not None:
                found.append(rectified)
        rest.extend(child for child in _children(node) if child not in seen)
    found.sort(key=lambda r: r.node._sequence_nr())
    return Pass(found, gates, is_whole)


def nodes_of(value, depth: int = 4) -> list:
    """The nodes of the graph that made the tensors in a module's inputs or output, however they are nested."""
    if isinstance(value, torch.Tensor):
        return [value.grad_fn] if value.grad_fn is not None else []
    if depth == 0 or isinstance(value, (str, bytes, int, float)) or value is None:
        return []
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (tuple, list)):
        value = getattr(value, "__dict__", {}).values()
    return [node for part in list(value) for node in nodes_of(part, depth - 1)]
