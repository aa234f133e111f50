"""Training a network on data in memory or in a file, by the same route as the command line."""

from __future__ import annotations

import datetime
import html
import inspect
import numbers
import os
import warnings
from typing import Any, Callable, Sequence

import numpy as np

from relume import _core
from relume._frames import Classes, classes_of, columns_of, is_frame, is_images, labels_of, targets_of, unique_names, whole

__all__ = ["Model", "load", "load_network", "train"]


class Model:
    """A trained network with all that its use needs: preprocessing, classes, and what its training showed."""

    def __init__(self, model: _core._Model, trained: _core._Trained | None = None, classes: np.ndarray | None = None):
        self._model = model
        self._trained = trained
        self._classes = classes
        self.epochs: list[dict[str, float]] = trained.epochs if trained else []
        """One row an epoch: train_loss, valid_…, lr, grad_norm, dead_share, update_ratio, seconds,
        seconds_per_epoch (the mean so far), findings."""
        self.metrics: dict[str, Any] = trained.metrics if trained else {}
        """{"train": {"loss": …, "accuracy": …}, "valid": …, "test": …}; regression has rmse, mae and r2."""
        self.findings: list[_core.Finding] = trained.findings if trained else []
        """What the rules of health have found, worst first."""
        self.cures: list[str] = trained.cures if trained else []
        self.notes: list[str] = trained.notes if trained else []
        """How the data was read, where that is not plain: marks of missing values, rows without a target, formats."""
        self.best_epoch: int = trained.best_epoch if trained else 0
        self.ending: str = trained.ending if trained else ""
        self.folder: str = trained.folder if trained else ""
        """Where the run left its files; empty where it left none."""

    @property
    def network(self) -> _core.Sequential:
        """The network itself; it shares its weights with the model."""
        return self._model.network

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return self._model.task

    @property
    def classes(self) -> np.ndarray:
        """The classes in the order of predict_proba's columns."""
        return classes_of(self._model.labels, self._model.label_type) if self._classes is None else self._classes

    @property
    def columns(self) -> list[str]:
        """The columns that are used, of a model that was trained on a table."""
        return self._model.columns

    @property
    def left_out(self) -> dict[str, str]:
        """The columns that are not used, and why."""
        return self._model.left_out

    def _outputs(self, X, reading: dict[str, Any]) -> np.ndarray:
        if _is_name(X):
            source = os.fspath(X)
        elif unread := ", ".join(reading):
            raise TypeError(f"predict: {unread} says how a file is read; X is none")
        elif self._model.is_table:
            source = _core._table(columns_of(X), "the data")
        else:
            X = whole(X)
            source = _core._source(np.ascontiguousarray(X if X.ndim > 1 else X[None]), None, False, "the data")
        outputs, notes = self._model.predict(source, reading)
        for note in notes:
            warnings.warn(note, stacklevel=3)
        return outputs

    def predict(self, X, **reading) -> np.ndarray:
        """The most probable class of each row, or the value of a regression. X has the columns of the training data, or
        names a file or a folder that has them; `decimal` and `na` say how it is read, as train() takes them. Warns
        where a column holds texts that training did not see.
        """
        outputs = self._outputs(X, reading)
        return outputs if self.task == "regression" else self.classes[outputs.argmax(axis=1)]

    def predict_proba(self, X, **reading) -> np.ndarray:
        """The probability of each class, [rows, classes]. X as for predict()."""
        if self.task == "regression":
            raise TypeError("predict_proba: a regression has no classes; call predict()")
        return self._outputs(X, reading)

    def save(self, path: str | os.PathLike) -> None:
        """Writes one safetensors file, which relume.load(), the command line and PyTorch read."""
        self._model.save(os.fspath(path))

    def report(self, path: str | os.PathLike | None = None) -> Report:
        """The report of the training as a page: a notebook shows it, and with `path` it is written to that file.

        Raises ValueError for a model that was loaded: what its training showed is not in its file.
        """
        if self._trained is None:
            raise ValueError("report: the model was loaded; its training is not in the file")
        return Report(self._trained.report(None if path is None else os.fspath(path)))

    def __repr__(self) -> str:
        shown = {k: v for k, v in (self.metrics.get("valid") or self.metrics.get("train") or {}).items() if k != "loss"}
        text = ", ".join(f"{key} {value:.4g}" for key, value in shown.items())
        return f"<relume.Model {self.task}: {self._model.layers}" + (f"; {text}>" if text else ">")


class Report(str):
    """A page of HTML that a notebook shows in a frame of its own."""

    def _repr_html_(self) -> str:
        page = html.escape(self, quote=True)
        return f'<iframe srcdoc="{page}" width="100%" height="800" style="border: 0"></iframe>'


def load(path: str | os.PathLike) -> Model:
    """A model that was saved by Model.save() or by `relume train`, or an .onnx of fully connected layers.

    Raises InputError for a file that is none, and names the node of an .onnx that is not supported.
    """
    name = os.fspath(path)
    return Model(_core._load_onnx(name) if str(name).endswith(".onnx") else _core._Model.load(name))


def load_network(path: str | os.PathLike) -> _core.Sequential:
    """The network of an .onnx, as modules of relume.nn in evaluation: also one with detours or with outputs of any kind."""
    return _core._load_onnx_network(os.fspath(path))[0]


def _is_name(X) -> bool:
    return isinstance(X, (str, os.PathLike))


def _rows(X, name: str) -> int:
    if getattr(X, "ndim", 1) == 0 or not hasattr(X, "__len__"):
        raise ValueError(f"train: {name} is a single {type(X).__name__}; give an array with a value for each row")
    return X.shape[0] if hasattr(X, "shape") else len(X)


def _check_rows(X, y) -> None:
    if isinstance(y, str):
        raise ValueError(f"train: y is the text {y!r}; to learn the column of that name give target={y!r} instead")
    if (rows := _rows(X, "X")) != _rows(y, "y"):
        raise ValueError(f"train: {rows} rows of X and {_rows(y, 'y')} of y; give one target for each row")
    if hasattr(X, "iloc") and hasattr(y, "iloc") and not X.index.equals(y.index):
        if X.index.is_unique and set(X.index) == set(y.index):
            warnings.warn("X and y have one index in two orders and are taken row by row; y.loc[X.index] has the order of X",
                          stacklevel=4)


def _name_of(target, X) -> str:
    """The target's name, for a column that has another label than a text; what is no label counts places."""
    if isinstance(target, str):
        return target
    labels = list(X.columns) if is_frame(X) else []
    if target in labels:
        return unique_names(labels)[labels.index(target)]
    if not isinstance(target, numbers.Integral):
        raise ValueError(f"train: target is {target!r}; give the name of a column, or its number from 1")
    return str(target)


def _table(X, y, target: str) -> tuple[_core._Table, str]:
    columns = columns_of(X)
    if y is None:
        return _core._table(columns, "the data"), target
    _check_rows(X, y)
    names = {name for name, *_ in columns}
    name = next(n for n in ("target", "y", *(f"target {i}" for i in range(2, len(names) + 3))) if n not in names)
    return _core._table([*columns, (name, *labels_of(y))], "the data"), name


def _arrays(X, y) -> _core._Arrays | _core._Table:
    _check_rows(X, y)
    kind = getattr(getattr(y, "dtype", np.asarray(y).dtype), "kind", "O")
    return _core._source(np.ascontiguousarray(whole(X)), labels_of(y), kind != "f", "the data")


def _classes(X, y, column: str) -> Classes | None:
    """The classes among the targets: y, or the column of X that was learned."""
    if y is not None:
        return Classes(targets_of(y) if not hasattr(y, "iloc") else y)
    if not is_frame(X) or column not in (names := unique_names(X.columns)):
        return None
    return Classes(X.iloc[:, names.index(column)])


def _bar(epochs: int):
    from tqdm.auto import tqdm

    return tqdm(total=epochs or None, unit="epoch")


def _listener(on_epoch: Callable[[dict], Any] | None, progress: bool, epochs: int):
    if not progress:
        return on_epoch, lambda: None
    bar = _bar(epochs)

    def listen(row: dict):
        bar.update(1)
        bar.set_postfix({key: f"{row[key]:.4g}" for key in ("train_loss", "valid_loss") if key in row})
        return on_epoch(row) if on_epoch else None

    return listen, bar.close


def train(
    X,
    y=None,
    *,
    target: Any = "last",
    task: str | None = None,
    hidden: Sequence[int] | None = None,
    activation: str = "relu",
    layers: str | None = None,
    valid: float | str | os.PathLike | None = None,
    test: float | str | os.PathLike | None = None,
    seed: int = 0,
    out: str | os.PathLike | None = None,
    resume: str | os.PathLike | None = None,
    checkpoint_every: int | str | datetime.timedelta | None = None,
    on_epoch: Callable[[dict], Any] | None = None,
    progress: bool = False,
    **options,
) -> Model:
    """Trains a network and returns the best model of the run.

    X: a pandas frame (text columns become categories, missing values are filled), a NumPy matrix, images (more
       than two dimensions, or bytes in 256 columns and more), or the name of what `relume train` takes: a file, a folder, "builtin:spirals".
    y: one target for each row; without it, the column `target` of X.
    task: "classification" or "regression"; found from the targets without it.
    hidden, activation: widths of the hidden layers, e.g. [64, 64], and what stands behind each.
    layers: the hidden layers as text instead: "linear(64) relu dropout(0.1)".
    valid, test: the rows to validate and to test on: a share of them, a number, or a file of their own.
    out: a new folder for all that the run leaves: model, checkpoints, metrics.csv, report.
    resume: the folder of a run that was stopped, or killed, to go on with; give the same data and options.
    checkpoint_every: when such a folder gets a checkpoint: steps (500), "10m" or a timedelta; else after epochs, ten
       seconds apart at least, and after ten minutes within one.
    on_epoch: called with the row of each epoch, a dict; the run ends where it returns False.
    progress: shows a bar (tqdm, which fits notebooks and terminals).
    options: epochs, batch_size, optimizer, loss, lr, momentum, nesterov, weight_decay, schedule, warmup, clip, clip_value,
       clip_adaptive, precision, patience, min_delta, best_by, label_smoothing, sparsity, prune, balanced_classes, on_dead,
       on_explode, as on the command line; use, drop: names of columns to learn from alone, or to leave out; na: texts that stand for
       missing values; decimal: "." or "," where texts do not show it; thresholds: a dict of those that `relume rules` lists, {"near_dead_rate": 0.02}.

    Raises ValueError, TypeError or InputError for what does not fit, and KeyboardInterrupt on Ctrl-C, whose attribute
    `model` then holds the model so far.
    """
    given = dict(target=target, task=task, hidden=hidden, activation=activation, layers=layers, valid=valid, test=test,
                 seed=seed, **options)
    if hidden is not None and not len(hidden):
        raise ValueError("train: hidden is empty; give widths such as [64, 64], or layers=\"flatten\" for none")
    if _is_name(X):
        source, target = os.fspath(X), _name_of(target, X)
    elif is_images(X):
        if y is None:
            raise ValueError("train: images need targets; give y")
        source = _arrays(X, y)
    else:
        source, target = _table(X, y, _name_of(target, X))
    listen, done = _listener(on_epoch, progress, options.get("epochs", 0))
    try:
        trained = _core._train(
            source, options={**given, "target": target, "hidden": None if hidden is None else [int(w) for w in hidden]},
            command=_call(X, y, given), out=os.fspath(out or ""), resume=os.fspath(resume or ""),
            checkpoint_every=checkpoint_every, on_epoch=listen,
        )
    finally:
        done()
    classes = None if _is_name(X) else _classes(X, y, trained.model.target)
    in_order = classes and classes.in_order(trained.model.labels)
    if in_order is not None:
        trained.model.label_type = in_order.dtype.str
    model = Model(trained.model, trained, in_order)
    for note in model.notes:
        warnings.warn(note, stacklevel=2)
    if trained.interrupted:
        interrupt = KeyboardInterrupt("train: interrupted; the exception's attribute `model` holds the model so far")
        interrupt.model = model
        raise interrupt
    return model


def _call(X, y, given: dict[str, Any]) -> str:
    """The call of train() that repeats a run: what it was given beside the defaults."""
    usual = {name: parameter.default for name, parameter in inspect.signature(train).parameters.items()}
    data = [repr(os.fspath(X)) if _is_name(X) else "X"] + ([] if y is None else ["y"])
    named = [f"{name}={value!r}" for name, value in given.items() if repr(value) != repr(usual.get(name))]
    return f"relume.train({', '.join(data + named)})"
