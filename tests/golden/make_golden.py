"""Makes one small model of each kind with rows and what it says of them: make_golden.py FOLDER.

A folder is named as the format's version and is never made anew: tests/io/golden.cpp reads all of them for ever. A new
version of the format gets a folder of its own.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import relume

rng = np.random.default_rng(3)


def keep(folder: Path, name: str, model: relume.Model, rows) -> None:
    model.save(folder / f"{name}.safetensors")
    if isinstance(rows, pd.DataFrame):
        rows.to_csv(folder / f"{name}.csv", index=False)
        source = f"{name}.csv"
    else:
        np.save(folder / f"{name}.npy", rows)
        source = f"{name}.npy"
    says = {"rows": source, "layers": model._model.layers, "task": model.task}
    if model.task == "regression":
        says["values"] = model.predict(rows).tolist()
    else:
        says["labels"] = model._model.labels
        says["probabilities"] = model.predict_proba(rows).astype(float).tolist()
    (folder / f"{name}.json").write_text(json.dumps(says, indent=1) + "\n")


def sales() -> tuple[pd.DataFrame, np.ndarray]:
    X = pd.DataFrame({"size": 10 ** rng.uniform(0, 5, 160), "kind": rng.choice(list("pqrs"), 160),
                      "age": rng.integers(1, 80, 160), "colour": rng.choice(["red", "green"], 160)}).round(2)
    sold = np.where((X["age"] > 40) != X["kind"].isin(["p", "q"]), "yes", "no")
    X.loc[::9, "size"] = np.nan
    X.loc[::11, "kind"] = None
    return X, sold


def homes() -> tuple[pd.DataFrame, np.ndarray]:
    X = pd.DataFrame({"rooms": rng.integers(1, 9, 160), "age": rng.integers(0, 60, 160).astype(float),
                      "place": rng.choice(["north", "south"], 160)})
    price = 50000.0 * X["rooms"] - 900 * X["age"] + 20000 * (X["place"] == "south") + rng.normal(0, 3000, 160)
    X.loc[::13, "age"] = np.nan
    return X, price.to_numpy()


def main(folder: Path) -> None:
    folder.mkdir()
    X, sold = sales()
    rows = X[:12].copy()
    rows.loc[4, "kind"] = "a new one"
    keep(folder, "table_classes", relume.train(
        X, sold, layers="linear(6) batchnorm relu linear(6) prelu dropout(0.1) linear(4) leaky_relu(0.2)", loss="focal",
        epochs=20, seed=1), rows)
    X, price = homes()
    keep(folder, "table_values", relume.train(X, price, layers="linear(6) elu layernorm linear(4) gelu", epochs=20, seed=1),
         X[:12])
    images = rng.integers(0, 256, (120, 4, 4)).astype(np.uint8)
    brighter = np.where(images[:, :2].mean(axis=(1, 2)) > images[:, 2:].mean(axis=(1, 2)), 1, 0)
    keep(folder, "image_classes", relume.train(
        images, brighter, layers="flatten linear(4) crelu groupnorm(2) linear(6) glu", epochs=20, seed=1), images[:12])
    numbers = rng.normal(size=(120, 3, 2)).astype(np.float32)
    keep(folder, "array_values", relume.train(
        numbers, (2 * numbers[:, 0, 0] + numbers[:, 1, 1] ** 2).astype(np.float32), layers="linear(6) swiglu linear(3) mish",
        epochs=20, seed=1), numbers[:12])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
