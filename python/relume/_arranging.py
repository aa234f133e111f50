"""Arranging, picking and placing the elements of tensors: compositions of the compiled operations, in PyTorch's words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from relume import _core
from relume._core import Tensor


def _whole(value: Any, function: str, argument: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{function}: {argument} is a {type(value).__name__}, not an int")
    return value.__index__()


def _dimension(x: Tensor, dim: Any, function: str, beyond: int = 0) -> int:
    n = max(x.ndim, 1 - beyond) + beyond
    d = _whole(dim, function, "dim")
    if not -n <= d < n:
        raise _core.IndexError(f"{function}: dimension {d} is not in {list(x.shape)}")
    return d + n if d < 0 else d


def _sizes(given: tuple, function: str) -> tuple[int, ...]:
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = tuple(given[0])
    return tuple(_whole(size, function, "a size") for size in given)


def reshape(input: Tensor, shape: Sequence[int]) -> Tensor:
    """The same elements in another shape, one of whose sizes may be -1."""
    return input.reshape(shape)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged, as a view."""
    return input.transpose(dim0, dim1)


def permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    """The dimensions in another order, as a view."""
    return input.permute(dims)


def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without dimensions of size 1: all of them, or those that are named."""
    return input.squeeze(dim)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of size 1."""
    return input.unsqueeze(dim)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim joined."""
    return input.flatten(start_dim, end_dim)


def t(input: Tensor) -> Tensor:
    """A matrix transposed, as a view."""
    return input.t()


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one place of a dimension, as a view."""
    return input.select(dim, index)


def clone(input: Tensor) -> Tensor:
    """A copy, through which gradients flow."""
    return input.clone()


def detach(input: Tensor) -> Tensor:
    """The same memory outside of the graph."""
    return input.detach()


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`length` places of a dimension from `start` on, as a view."""
    d = _dimension(input, dim, "narrow")
    begin, count = _whole(start, "narrow", "start"), _whole(length, "narrow", "length")
    size = input.shape[d]
    begin += size if begin < 0 else 0
    if begin < 0 or count < 0 or begin + count > size:
        raise _core.IndexError(f"narrow: {count} places from {start} on are not in dimension {d} of size {size}")
    return input[(slice(None),) * d + (slice(begin, begin + count),)]


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, as views."""
    d = _dimension(input, dim, "unbind")
    return tuple(input.select(d, i) for i in range(input.size(d)))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most that many parts of one size along a dimension, the last one maybe smaller, as views."""
    d, count = _dimension(input, dim, "chunk"), _whole(chunks, "chunk", "chunks")
    if count < 1:
        raise _core.ValueError(f"chunk: {count} parts cannot be")
    size = input.size(d)
    if size == 0:
        return tuple(narrow(input, d, 0, 0) for _ in range(count))
    return input.split(math.ceil(size / count), d)


def flip(input: Tensor, *args, dims=None) -> Tensor:
    """A copy with dimensions turned around."""
    y = input.clone()
    wanted = args if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    given = [_dimension(input, dim, "flip") for dim in _sizes(wanted, "flip")]
    if len(set(given)) < len(given):
        raise _core.ValueError(f"flip: a dimension is given twice in {given}")
    for d in given if input.ndim else ():
        y = y.index_select(d, _core.arange(y.size(d) - 1, -1, -1))
    return y


def roll(input: Tensor, shifts, dims=None) -> Tensor:
    """The elements moved on along dimensions, those that leave at the end come in at the beginning."""
    if dims is None:
        return roll(input.flatten(), shifts, 0).reshape(input.shape)
    pairs = [(shifts, dims)] if not isinstance(dims, (tuple, list)) else None
    if pairs is None:
        many = shifts if isinstance(shifts, (tuple, list)) else (shifts,)
        if len(many) != len(dims):
            raise _core.ValueError(f"roll: {len(many)} shifts for {len(dims)} dimensions")
        pairs = list(zip(many, dims))
    y = input.clone()
    for shift, dim in pairs:
        d = _dimension(input, dim, "roll")
        step = shift[0] if isinstance(shift, (tuple, list)) else shift
        size = y.size(d) if y.ndim else 0
        if size:
            y = y.index_select(d, (_core.arange(size) - _whole(step, "roll", "shifts")) % size)
    return y


def repeat(input: Tensor, *sizes) -> Tensor:
    """The tensor beside itself, so many times along each dimension."""
    counts = _sizes(sizes, "repeat")
    if len(counts) < input.ndim:
        raise _core.ShapeError(f"repeat: {len(counts)} counts for the {input.ndim} dimensions of {list(input.shape)}")
    shape = (1,) * (len(counts) - input.ndim) + tuple(input.shape)
    y = input.reshape(shape)
    for d, count in enumerate(counts):
        if count < 0:
            raise _core.ValueError(f"repeat: {count} times cannot be")
        if count == 0:
            y = narrow(y, d, 0, 0)
        elif count > 1:
            y = _core.cat([y] * count, d)
    return y.clone() if all(count == 1 for count in counts) else y


def tile(input: Tensor, *dims) -> Tensor:
    """As repeat(), but fewer counts than dimensions are for the last ones."""
    counts = _sizes(dims, "tile")
    return repeat(input, (1,) * (input.ndim - len(counts)) + counts)


def repeat_interleave(input: Tensor, repeats, dim: int | None = None) -> Tensor:
    """Each element so many times after itself along a dimension (of the flattened tensor)."""
    x, d = (input.flatten(), 0) if dim is None else (input, _dimension(input, dim, "repeat_interleave"))
    x = x.reshape(1) if x.ndim == 0 else x
    counts = repeats.tolist() if isinstance(repeats, Tensor) else repeats
    counts = [counts] if not isinstance(counts, (list, tuple)) else list(counts)
    counts = counts * x.size(d) if len(counts) == 1 else counts
    if len(counts) != x.size(d):
        raise _core.ShapeError(f"repeat_interleave: {len(counts)} counts for {x.size(d)} places")
    if any(_whole(count, "repeat_interleave", "repeats") < 0 for count in counts):
        raise _core.ValueError("repeat_interleave: a count is negative")
    places = [place for place, count in enumerate(counts) for _ in range(count)]
    return x.index_select(d, _core.tensor(places, dtype=_core.int64))


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """Expanded to that shape, as a view."""
    return input.expand(size)


def movedim(input: Tensor, source, destination) -> Tensor:
    """Dimensions moved to other places, the rest in their order."""
    froms = list(source) if isinstance(source, (tuple, list)) else [source]
    tos = list(destination) if isinstance(destination, (tuple, list)) else [destination]
    froms = [_dimension(input, dim, "movedim") for dim in froms]
    tos = [_dimension(input, dim, "movedim") for dim in tos]
    if len(froms) != len(tos) or len(set(froms)) < len(froms) or len(set(tos)) < len(tos):
        raise _core.ValueError(f"movedim: {froms} and {tos} do not belong together")
    rest = iter([d for d in range(input.ndim) if d not in froms])
    order = [froms[tos.index(d)] if d in tos else next(rest) for d in range(input.ndim)]
    return input.permute(order)


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several."""
    d = _dimension(input, dim, "unflatten")
    shape = tuple(input.shape)
    total, known = shape[d], [size for size in sizes if size != -1]
    parts = [total // max(math.prod(known), 1) if size == -1 else size for size in sizes]
    if math.prod(parts) != total:
        raise _core.ShapeError(f"unflatten: {list(sizes)} do not make up dimension {d} of size {total}")
    return input.view(shape[:d] + tuple(parts) + shape[d + 1:])


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Below each other; vectors are rows."""
    return _core.cat([x.reshape(1, -1) if x.ndim < 2 else x for x in tensors], 0)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Beside each other: vectors one after the other, others along dimension 1."""
    rows = [x.reshape(1) if x.ndim == 0 else x for x in tensors]
    return _core.cat(rows, 0 if rows and rows[0].ndim == 1 else 1)


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Zeros above the diagonal of the last two dimensions."""
    return _triangle(input, diagonal, lower=True)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Zeros below the diagonal of the last two dimensions."""
    return _triangle(input, diagonal, lower=False)


def _triangle(x: Tensor, diagonal: int, *, lower: bool) -> Tensor:
    if x.ndim < 2:
        raise _core.ShapeError(f"tril: {list(x.shape)} is no matrix")
    distance = _core.arange(x.shape[-1]) - _core.arange(x.shape[-2]).unsqueeze(1)
    kept = distance <= diagonal if lower else distance >= diagonal
    return _core.where(kept.expand(x.shape), x, _core.zeros((), dtype=x.dtype))


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements i, i + offset of two dimensions, which become the last one."""
    a, b = _dimension(input, dim1, "diagonal"), _dimension(input, dim2, "diagonal")
    if input.ndim < 2 or a == b:
        raise _core.ValueError(f"diagonal: {list(input.shape)} has no two dimensions {dim1} and {dim2}")
    x = movedim(input, (a, b), (-2, -1))
    rows, columns = x.shape[-2:]
    start, count = max(-offset, 0), max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    places = _core.arange(count)
    return x[..., places + start, places + max(offset, 0)]


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A matrix with the vector on a diagonal, or the diagonal of a matrix."""
    if input.ndim == 2:
        return globals()["diagonal"](input, diagonal)
    if input.ndim != 1:
        raise _core.ShapeError(f"diag: {list(input.shape)} is neither vector nor matrix")
    n = input.size(0) + abs(diagonal)
    y = _core.zeros(n, n, dtype=input.dtype)
    places = _core.arange(input.size(0))
    y[places + max(-diagonal, 0), places + max(diagonal, 0)] = input
    return y


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix' diagonal."""
    if input.ndim != 2:
        raise _core.ShapeError(f"trace: {list(input.shape)} is no matrix")
    return diagonal(input).sum()


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Where the elements would come from if they were sorted. Equal ones keep their order."""
    return input.sort(dim, descending, stable).indices


def msort(input: Tensor) -> Tensor:
    """In order along the first dimension."""
    return input.sort(0).values


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As gather(), but sizes broadcast; without a dimension of the flattened tensor."""
    if dim is None:
        return input.flatten().gather(0, indices.flatten())
    d = _dimension(input, dim, "take_along_dim")
    if input.ndim != indices.ndim:
        raise _core.ShapeError(f"take_along_dim: {list(indices.shape)} does not fit {list(input.shape)}")
    sizes = [max(a, b) if 1 in (a, b) and 0 not in (a, b) else a for a, b in zip(input.shape, indices.shape)]
    x = input.expand([input.shape[i] if i == d else size for i, size in enumerate(sizes)])
    places = indices.expand([indices.shape[i] if i == d else size for i, size in enumerate(sizes)])
    return x.gather(d, _core.where(places < 0, places + x.shape[d], places))


def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements of the flattened tensor at those places."""
    return input.flatten()[index]


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, as a vector."""
    shape = _core._broadcast_shape(input.shape, mask.shape)
    return input.expand(shape)[mask.expand(shape)]


def masked_fill(input: Tensor, mask: Tensor, value) -> Tensor:
    """The tensor with a number where the mask holds."""
    if not isinstance(value, (int, float, Tensor)):
        raise TypeError(f"masked_fill: value is a {type(value).__name__}, not a number")
    number = value if isinstance(value, Tensor) else _core.full((), value, dtype=input.dtype)
    if number.ndim:
        raise _core.ShapeError(f"masked_fill: a value of {list(number.shape)} is no single number")
    return _core.where(mask, number.to(input.dtype), input)


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """input plus src, whose elements go to the places that index says along a dimension."""
    return _scatter(input, dim, index, src, "scatter_add", add=True)


def scatter(input: Tensor, dim: int, index: Tensor, src) -> Tensor:
    """input with the elements of src, or a number, at the places that index says along a dimension."""
    return _scatter(input, dim, index, src, "scatter", add=False)


def _places(shape: tuple[int, ...], d: int, index: Tensor, function: str) -> tuple[Tensor, ...]:
    if index.ndim != len(shape) or any(i != d and a > b for i, (a, b) in enumerate(zip(index.shape, shape))):
        raise _core.ShapeError(f"{function}: an index of {list(index.shape)} does not fit {list(shape)}")
    if index.numel() and (index.min().item() < 0 or index.max().item() >= shape[d]):
        raise _core.IndexError(f"{function}: an index is out of range for dimension {d} of size {shape[d]}")
    grid = []
    for i, size in enumerate(index.shape):
        along = _core.arange(size).reshape([-1 if k == i else 1 for k in range(index.ndim)])
        grid.append(index if i == d else along.expand(index.shape))
    return tuple(grid)


def _scatter(x: Tensor, dim: int, index: Tensor, src, function: str, *, add: bool) -> Tensor:
    if x.ndim == 0:
        rows = [part.reshape(1) if isinstance(part, Tensor) and part.ndim == 0 else part for part in (index, src)]
        return _scatter(x.reshape(1), dim, *rows, function, add=add).reshape(())
    d = _dimension(x, dim, function)
    places = _places(tuple(x.shape), d, index, function)
    if isinstance(src, Tensor):
        if src.dtype != x.dtype:
            raise _core.DTypeError(f"{function}: src is {src.dtype}, not {x.dtype}")
        if src.ndim != index.ndim or any(a < b for a, b in zip(src.shape, index.shape)):
            raise _core.ShapeError(f"{function}: src of {list(src.shape)} is smaller than {list(index.shape)}")
        src = src[tuple(slice(size) for size in index.shape)]
    if add:
        return index_put(x, places, src, accumulate=True)
    y = x.clone()
    y[places] = src
    return y


def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """The tensor with values at those places, or with values added there, each as often as its place is named."""
    y = input.clone()
    if not accumulate:
        y[tuple(indices)] = values
        return y
    places = _core.arange(input.numel()).reshape(input.shape)[tuple(indices)]
    return _core._add_at(input, places.flatten(), values.expand(places.shape).flatten())


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha=1) -> Tensor:
    """input plus the slices of source (times alpha) at those places of a dimension."""
    d = _dimension(input, dim, "index_add")
    if input.ndim == 0:
        return index_add(input.reshape(1), 0, index, source.reshape(1), alpha=alpha).reshape(())
    key = (slice(None),) * d + (index.reshape(-1).to(_core.int64),)
    return index_put(input, key, (source if alpha == 1 else source * alpha).to(input.dtype), accumulate=True)


def nan_to_num(input: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """With numbers in place of NaN and the infinities: the dtype's largest where none are given."""
    if not input.dtype.is_floating_point:
        return input.clone()
    largest = {"float32": 3.4028234663852886e38, "float64": 1.7976931348623157e308, "float16": 65504.0,
               "bfloat16": 3.3895313892515355e38}[repr(input.dtype).rpartition(".")[2]]
    y = masked_fill(input, _core.isnan(input), 0.0 if nan is None else nan)
    y = masked_fill(y, _core.isposinf(input), largest if posinf is None else posinf)
    return masked_fill(y, _core.isneginf(input), -largest if neginf is None else neginf)


__all__ = [
    "reshape", "transpose", "permute", "squeeze", "unsqueeze", "flatten", "t", "select", "clone", "detach", "narrow",
    "unbind", "chunk", "flip", "roll", "tile", "repeat_interleave", "broadcast_to", "movedim", "unflatten", "vstack",
    "hstack", "tril", "triu", "diagonal", "diag", "trace", "argsort", "msort", "take_along_dim", "take", "masked_select",
    "masked_fill", "scatter_add", "scatter", "index_put", "index_add", "nan_to_num",
]
