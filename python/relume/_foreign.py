"""Giving results back in the kind of array that came in."""

from __future__ import annotations

import numpy as np

from relume._core import Tensor


def like(given, result: Tensor):
    """`result` as the kind of array that `given` is: NumPy's, pandas', PyTorch's, JAX's; without a copy where that can
    be. An index goes with what has the same shape."""
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
    if library == "pandas" and hasattr(given, "index") and np.shape(given) == array.shape:
        surrounding = {"columns": given.columns} if array.ndim == 2 else {"name": given.name}
        return type(given)(array, index=given.index, **surrounding)
    if isinstance(given, np.ndarray) and type(given) is not np.ndarray:
        if not _has_numpys_rules(given):
            raise TypeError(f"of {type(given).__name__}, whose class decides what a function makes of it; give its numbers")
        return _surrounded_as(given, array)
    return array if getattr(given, "ndim", 1) or array.ndim else array[()]


class _Ufunc:
    """A function as NumPy's protocol hands it to arrays that have rules of their own for functions."""

    nin = nout = 1
    nargs = 2
    signature = identity = None

    def __init__(self, name: str, function):
        self.__name__ = name
        self._function = function

    @property
    def types(self) -> list[str]:
        """The dtypes that the function keeps."""
        return [f"{c}->{c}" for c in "bBhHiIlLqQfd" if self._function(np.zeros(0, c)).dtype.char == c]

    def __call__(self, x, out=None, dtype=None):
        y = self._function(x, out[0] if isinstance(out, tuple) else out)
        return y if dtype is None or out is not None else np.asarray(y, dtype)


def _has_numpys_rules(x) -> bool:
    return isinstance(x, np.ndarray) and type(x).__array_ufunc__ is np.ndarray.__array_ufunc__


def as_ufunc(name: str, function, x, out):
    """function(x) with what x has around its numbers, as a ufunc of NumPy's would give it: the mask, the index and the
    name, the unit, or the refusal of x's own class."""
    if _has_numpys_rules(x):
        return _of_derived(name, function, x, out)
    if hasattr(x, "columns") and hasattr(x, "dtypes"):
        for column, dtype in zip(x.columns, x.dtypes):
            if getattr(dtype, "kind", "O") not in "iuf":
                raise TypeError(f"{name}: column {column!r} is {dtype}; it takes integers and floating-point numbers")
    if x.__array_ufunc__ is None:
        result = NotImplemented
    else:
        result = x.__array_ufunc__(_Ufunc(name, function), "__call__", x, **({} if out is None else {"out": (out,)}))
    if result is NotImplemented:
        raise TypeError(f"{name}: of {type(x).__name__}, which takes no functions but NumPy's; give its numbers")
    return result


def _of_derived(name: str, function, x, out):
    if out is None:
        return _surrounded_as(x, function(np.asarray(x)))
    masked = isinstance(out, np.ma.MaskedArray)
    if np.ma.is_masked(x) and not masked:
        raise TypeError(f"{name}: out has no mask and x has; give a masked array, or x.filled(0)")
    function(np.asarray(x), np.asarray(out))
    if masked:
        out.mask = np.ma.getmaskarray(x)
    return out


def _surrounded_as(given: np.ndarray, array):
    """`array` as an array of given's class, as after a ufunc that changes no unit: numpy.positive."""
    array = np.asarray(array)
    # The result's mask is that of the argument itself, not a copy: of a copy it is nobody else's.
    argument = given.copy() if isinstance(given, np.ma.MaskedArray) else given
    context = (np.positive, (argument,), 0) if array.shape == given.shape else None
    try:
        return given.__array_wrap__(array, context, given.ndim == 0)
    except TypeError:  # before NumPy 2
        return given.__array_wrap__(array, context)
