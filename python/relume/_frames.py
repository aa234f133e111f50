"""NumPy matrices and pandas frames as the columns of a table."""

from __future__ import annotations

import numpy as np

# (name, numbers) or (name, codes, texts); a code of -1 is missing.
Column = tuple


def is_frame(X) -> bool:
    return hasattr(X, "columns") and hasattr(X, "iloc")


def whole(X) -> np.ndarray:
    """numpy.asarray, with NaN, or None among objects, in the place of what is masked: both are missing values."""
    if hasattr(X, "toarray"):
        raise TypeError("X is sparse; give X.toarray(), or train an estimator of relume.sklearn, which takes it as it is")
    if not np.ma.is_masked(X):
        return np.asarray(X)
    numeric = X.dtype.kind in "biuf"
    return np.asarray(X.astype(np.result_type(X.dtype, np.float32) if numeric else object).filled(np.nan if numeric else None))


def targets_of(y) -> np.ndarray:
    """numpy.asarray, of targets of which none is masked."""
    if np.ma.is_masked(y):
        raise ValueError("y has masked elements, and every row needs its target; leave those rows out of X and y")
    return np.asarray(y)


def is_images(X) -> bool:
    """Whether rows are taken as they are, without a look at each column: pixels, and all of more than two dimensions."""
    if is_frame(X):
        return False
    X = whole(X)
    return X.ndim > 2 or X.dtype == np.uint8


def columns_of(X) -> list[Column]:
    """The columns of a frame or a matrix. Raises ValueError for what has no rows and columns."""
    if is_frame(X):
        return [(str(name), *_column(X.iloc[:, i])) for i, name in enumerate(X.columns)]
    X = whole(X)
    if X.ndim != 2:
        raise ValueError(f"X has the shape {X.shape}; rows and columns are needed, so reshape it to (rows, columns)")
    return [(f"x{i + 1}", *_column(X[:, i])) for i in range(X.shape[1])]


def labels_of(y) -> tuple[Column, np.ndarray | None]:
    """The column of targets, and the classes among them as they were given."""
    array = targets_of(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"y has the shape {array.shape}; one target for each row is needed")
    if array.dtype.kind == "b":
        return _texts(array.astype(str)), np.array([False, True])
    column = _column(array)
    are_classes = array.dtype.kind in "iu" or len(column) == 2
    return column, np.unique(array) if are_classes else None


def _column(values) -> Column:
    kind = getattr(values, "dtype", None)
    numeric = getattr(kind, "kind", "O") in "biuf"
    if numeric:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan) if hasattr(values, "to_numpy") else values
        return (np.asarray(numbers, dtype=np.float64),)
    return _texts(np.asarray(values, dtype=object))


def _texts(values: np.ndarray) -> Column:
    known: dict[str, int] = {}
    codes = np.empty(len(values), dtype=np.int32)
    for i, value in enumerate(values):
        missing = value is None or value != value or str(value) in ("", "<NA>", "NaT")
        codes[i] = -1 if missing else known.setdefault(str(value), len(known))
    return (codes, list(known))
