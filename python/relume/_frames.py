"""NumPy matrices and pandas frames as the columns of a table."""

from __future__ import annotations

import numbers

import numpy as np

# (name, numbers) or (name, codes, texts); a code of -1 is missing.
Column = tuple


def is_frame(X) -> bool:
    return hasattr(X, "columns") and hasattr(X, "iloc")


def _plain(values):
    """A tensor of PyTorch as NumPy takes it: dense, without its graph, bfloat16 as float32. Anything else as it is."""
    if not hasattr(values, "resolve_conj"):
        return values
    values = values.detach().cpu().to_dense().resolve_conj().resolve_neg()
    return values.float() if str(values.dtype) == "torch.bfloat16" else values


def whole(X) -> np.ndarray:
    """numpy.asarray, with NaN, or None among objects, in the place of what is masked: both are missing values."""
    if hasattr(X, "toarray"):
        raise TypeError("X is sparse; give X.toarray(), or train an estimator of relume.sklearn, which takes it as it is")
    if not np.ma.is_masked(X):
        return np.asarray(_plain(X))
    numeric = X.dtype.kind in "biuf"
    return np.asarray(X.astype(np.result_type(X.dtype, np.float32) if numeric else object).filled(np.nan if numeric else None))


def targets_of(y) -> np.ndarray:
    """numpy.asarray, of targets of which none is masked."""
    # pandas' own arrays have a mask too; theirs are missing values.
    if isinstance(y, np.ma.MaskedArray) and np.ma.is_masked(y):
        raise ValueError("y has masked elements, and every row needs its target; leave those rows out of X and y")
    if hasattr(y, "toarray"):
        raise TypeError("y is sparse; give y.toarray()")
    return np.asarray(_plain(y))


def is_images(X) -> bool:
    """Whether rows are taken as they are, without a look at each column: pixels, and all of more than two dimensions."""
    if is_frame(X):
        return False
    X = whole(X)
    return X.ndim > 2 or X.dtype == np.uint8


def columns_of(X) -> list[Column]:
    """The columns of a frame or a matrix, each under a name of its own. Raises ValueError for what has no rows and columns."""
    if is_frame(X):
        names = unique_names(X.columns)
        return [(name, *_column(X.iloc[:, i], f"column {name!r}")) for i, name in enumerate(names)]
    given, X = X, whole(X)
    if X.dtype.names:
        return [(name, *_column(X[name], f"column {name!r}")) for name in X.dtype.names]
    if X.ndim == 0:
        raise ValueError(f"X is a {type(given).__name__}; give an array or a frame, which has rows and columns")
    if X.ndim != 2:
        raise ValueError(f"X has the shape {X.shape}; rows and columns are needed, so reshape it to (rows, columns)")
    return [(f"x{i + 1}", *_column(X[:, i], f"column {i + 1}")) for i in range(X.shape[1])]


def unique_names(names) -> list[str]:
    """The names as files have them: the second of two that are alike is name.2, one without a name has its place's."""
    taken: dict[str, int] = {}
    unique = []
    for i, name in enumerate(names):
        name = str(name) or f"column{i + 1}"
        copy = taken.get(name, 0) + 1
        candidate = name if copy == 1 else f"{name}.{copy}"
        while candidate in taken:
            copy += 1
            candidate = f"{name}.{copy}"
        taken[name] = copy
        taken.setdefault(candidate, 1)
        unique.append(candidate)
    return unique


def labels_of(y) -> Column:
    """The column of targets. Raises ValueError where it is not one target for each row."""
    if not hasattr(y, "iloc"):
        y = targets_of(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.iloc[:, 0] if hasattr(y, "iloc") else y[:, 0]
    if y.ndim != 1:
        raise ValueError(f"y has the shape {y.shape}; one target for each row is needed")
    return _column(y, "y")


class Classes:
    """The values among targets as they were given, by the text that a model has for each."""

    def __init__(self, values):
        if hasattr(values, "dropna"):
            distinct = (values.iloc[:, 0] if values.ndim == 2 else values).dropna().drop_duplicates()
            self._values = distinct.unique()
            if not isinstance(self._values, np.ndarray):
                self._values = np.asarray(distinct) if distinct.dtype.kind in "mM" else np.array(distinct.tolist())
        else:
            values = np.asarray(values).reshape(-1)
            values = values[~np.isnat(values)] if values.dtype.kind in "mM" else values
            present = dict.fromkeys(v for v in values.tolist() if not _is_missing(v))
            distinct = self._values = _array(present, values.dtype)
        column = _column(distinct, "y")
        if len(column) == 1:
            self._texts = [_text(number) for number in column[0].tolist()]
        else:
            self._texts = [column[1][code] for code in column[0]]

    def in_order(self, labels: list[str]) -> np.ndarray | None:
        """The values of a model's labels; None where some are not among them."""
        by_text = {text: i for i, text in enumerate(self._texts)}
        by_number = {_number(text): i for i, text in enumerate(self._texts)}
        found = [by_text[label] if label in by_text else by_number.get(_number(label)) for label in labels]
        if not found or any(i is None for i in found):
            return None
        values = self._values[found]
        is_numbers = values.dtype.kind == "O" and all(isinstance(value, numbers.Number) for value in values)
        return np.array(values.tolist()) if is_numbers else values


def _array(values, dtype) -> np.ndarray:
    """Tuples among objects stay what they are."""
    array = np.empty(len(values), dtype=dtype)
    for i, value in enumerate(values):
        array[i] = value
    return array


def classes_of(labels: list[str], dtype: str) -> np.ndarray:
    """A model's labels as values of the type that its classes had."""
    kind = np.dtype(dtype or "U").kind
    if kind == "b":
        return np.array([label == "True" for label in labels])
    if kind == "m":
        return np.array([round(float(label) * 1e9) for label in labels]).astype("timedelta64[ns]").astype(dtype)
    return np.array(labels).astype(dtype) if kind in "iufM" else np.array(labels)


def _column(values, what: str) -> Column:
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind == "c":
        raise TypeError(f"{what} holds complex numbers; give their real and imaginary parts as two columns")
    if kind == "M" and not hasattr(values, "iloc"):
        return _texts(np.datetime_as_string(values).astype(object))
    if kind == "m":
        return (np.asarray(values, dtype="timedelta64[ns]").astype(np.float64) / 1e9,)
    if kind in "iuf":
        return _numbers(values)
    array = np.asarray(values, dtype=object)
    if kind == "O" and str(getattr(values, "dtype", "")) != "category":
        present = [v for v in array.tolist() if not _is_missing(v)]
        if present and all(isinstance(v, numbers.Number) and not isinstance(v, (bool, np.bool_)) for v in present):
            return _numbers(np.array([np.nan if _is_missing(v) else v for v in array.tolist()], dtype=np.float64))
    return _texts(array)


def _numbers(values) -> Column:
    as_float = values.to_numpy(dtype=np.float64, na_value=np.nan) if hasattr(values, "to_numpy") else values
    as_float = np.asarray(as_float, dtype=np.float64)
    if values.dtype.kind in "iu" and len(as_float) and np.nanmax(np.abs(as_float)) >= 2.0**53:
        # Whole numbers that a double cannot tell apart are names of something.
        whole_numbers = np.asarray(values, dtype=object)
        if len({v for v in whole_numbers.tolist() if not _is_missing(v)}) > len(np.unique(as_float[~np.isnan(as_float)])):
            return _texts(whole_numbers)
    return (as_float,)


def _is_missing(value) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas' NA answers with itself
        return True


def _texts(values: np.ndarray) -> Column:
    known: dict[str, int] = {}
    codes = np.empty(len(values), dtype=np.int32)
    for i, value in enumerate(values.tolist()):
        text = "" if _is_missing(value) else _text(value)
        codes[i] = -1 if text in ("", "<NA>", "NaT") else known.setdefault(text, len(known))
    return (codes, list(known))


def _text(value) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
