"""A trained network where it is used: laid out for this machine, or written as C."""

from __future__ import annotations

import os
from typing import Any, Mapping

import numpy as np

from relume import _core
from relume._frames import columns_of, is_frame
from relume.training import Model, load

__all__ = ["Predictor", "export"]


class Predictor:
    """A network laid out once: a call allocates nothing but its result, and one object serves many threads.

    of: a relume.Model, a module of relume.nn, the name of a model's file, or its bytes. What happens to it afterwards
       does not matter.
    raw: the network's own outputs: no probabilities, no units of the target.
    features: how many values a row has, where the first layers of a module do not say.

    A row's result is the same, bit for bit, in whatever batch it stands. Raises InputError for a layer that is unknown here.
    """

    def __init__(self, of, *, raw: bool = False, features: int = 0):
        self._predictor = _core._Predictor(of, raw, features)

    @staticmethod
    def bytes_of(of, *, features: int = 0) -> dict[str, int]:
        """What bytes() will be, of a model or a module, before the predictor is made."""
        return _core._Predictor.bytes_of(of, features)

    def predict(self, X, threads: int = 1) -> np.ndarray | float | dict[str, float]:
        """Of rows [n, inputs] the outputs, float32 [n, outputs]; of one row [inputs] those of that one.

        Outputs are the probabilities in the order of `labels`, or the value in the target's units. Of a table's model a
        row has a number for each of `columns`, a text as the place of its category, and NaN for what is missing; a pandas
        frame is read by its columns' names. A dict is one row by names, {"age": 22, "sex": "male"}: its result is the
        value, or a dict of each class's probability.
        """
        if isinstance(X, Mapping):
            return self._predictor.predict_named(dict(X))
        if is_frame(X):
            X = self._predictor.rows_of(_core._table(columns_of(X), "the data"))
        return self._predictor.predict_rows(X, threads)

    def bytes(self) -> dict[str, int]:
        """{"plan": what it takes as long as it lives, "call": of the calling thread's stack in a call}."""
        return self._predictor.bytes()

    @property
    def inputs(self) -> int:
        """Values a row."""
        return self._predictor.inputs

    @property
    def outputs(self) -> int:
        """Values of a row's result."""
        return self._predictor.outputs

    @property
    def labels(self) -> list[str]:
        """Of the classes, in the order of the outputs."""
        return self._predictor.labels

    @property
    def columns(self) -> list[tuple[str, list[str]]]:
        """(name, categories) for each value of a row; no categories of a number, nothing for what is no table's model."""
        return self._predictor.columns

    def __repr__(self) -> str:
        return f"<relume.Predictor: {self.inputs} to {self.outputs}, {self.bytes()['plan']} bytes>"


def export(
    model, path: str | os.PathLike, to: str = "", name: str = "", *, opset: int = 17, preprocessing: bool = False, features: int = 0,
    int8: bool = False
) -> dict[str, Any]:
    """Writes a model for programs without relume, and returns what it is there.

    model: a relume.Model, the name of a model's file, or, for ONNX, a module of relume.nn.
    to: "header": one file of C99 that is C++11 too and needs math.h alone, with the preprocessing inside; "onnx": a graph for ONNX
       runtimes. Where it is not given, the name says it: "net.onnx" is ONNX.
    name: of a header: what its names begin with; the file's name without it.
    int8: of a header: its weights in eight bits, with one scale an output: a quarter of the flash.
    opset: of ONNX: which version of the operators, from 9 to 28.
    preprocessing: of ONNX: a table's columns go in by their names, numbers (NaN where they are missing) and texts, and "label" comes
       out too.
    features: of a module: how many values a row has, where its first layers do not say.

    Returns {"inputs", "outputs", "flash_bytes", "ram_bytes", "stack_bytes"} of a header: flash of constants, stack of arrays;
    {"inputs", "outputs", "nodes", "opset", "bytes"} of ONNX: the names of what goes in and comes out.
    """
    to = to or ("onnx" if str(path).endswith(".onnx") else "header")
    if to not in ("header", "onnx"):
        raise ValueError(f"export: {to!r} is unknown; give \"header\" or \"onnx\"")
    if isinstance(model, (str, os.PathLike)):
        model = load(model)
    inner = model._model if isinstance(model, Model) else model
    if to == "onnx":
        return _core._export_onnx(inner, os.fspath(path), opset, preprocessing, features)
    return _core._export_header(inner, os.fspath(path), name, int8)
