import csv
import json

import numpy
import pytest

safetensors = pytest.importorskip("safetensors")


@pytest.fixture(scope="module")
def model(relume, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "moons"
    relume("train", "builtin:moons", "--hidden", "16,8", "--epochs", 5, "--seed", 2, "--out", folder, "--quiet")
    return folder / "model.safetensors"


def test_the_weights_have_pytorchs_names_and_shapes(model):
    with safetensors.safe_open(model, "numpy") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}
    assert shapes == {
        "0.weight": [16, 2], "0.bias": [16],
        "2.weight": [8, 16], "2.bias": [8],
        "4.weight": [2, 8], "4.bias": [2],
    }


def test_numpy_computes_the_probabilities_that_relume_predicts(model, relume, tmp_path):
    with safetensors.safe_open(model, "numpy") as file:
        weights = {name: file.get_tensor(name).astype("float64") for name in file.keys()}
        columns = json.loads(file.metadata()["relume"])["preprocessing"]["used"]
    rows = numpy.random.default_rng(5).normal(size=(200, 2))
    table = tmp_path / "rows.csv"
    numpy.savetxt(table, rows, delimiter=",", header="x1,x2", comments="", fmt="%.17g")

    x = (rows - [column["mean"] for column in columns]) / [column["deviation"] for column in columns]
    for layer in "0", "2":
        x = numpy.maximum(x @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"], 0)
    logits = x @ weights["4.weight"].T + weights["4.bias"]
    expected = numpy.exp(logits) / numpy.exp(logits).sum(1, keepdims=True)

    header, *lines = csv.reader(relume("predict", model, table).splitlines())
    assert len(header) == 3
    numpy.testing.assert_allclose(numpy.array(lines, dtype=float)[:, 1:], expected, rtol=2e-4, atol=2e-6)
