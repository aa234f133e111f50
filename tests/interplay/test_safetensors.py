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


def test_doctor_mends_a_network_that_the_safetensors_package_wrote(relume, tmp_path):
    import safetensors.numpy

    rng = numpy.random.default_rng(3)
    weights = {f"net.{i}.{kind}": rng.normal(size=shape).astype("float32")
               for i, *shapes in ((0, (24, 4), 24), (2, (16, 24), 16), (10, (3, 16), 3))
               for kind, shape in zip(("weight", "bias"), shapes)}
    dead = [0, 5, 23]
    weights["net.0.bias"][dead] = -100
    safetensors.numpy.save_file(weights, tmp_path / "theirs.safetensors")
    x = rng.normal(size=(500, 4)).astype("float32")
    numpy.savez(tmp_path / "rows.npz", x=x, y=rng.integers(0, 3, 500))

    layers = "linear(24) relu linear(16) relu"
    said = json.loads(relume("doctor", tmp_path / "theirs.safetensors", tmp_path / "rows.npz", "--layers", layers,
                             "--fix", "-o", tmp_path / "ours.safetensors", "--json", status=1))
    assert (said["findings"][0]["rule"], said["findings"][0]["layer"]) == ("dead_units", "relu1")
    assert set(dead) <= set(said["findings"][0]["units"])
    assert said["fixed"]["largest_difference"] < 1e-4

    def outputs(names, of):
        h = x.astype("float64")
        for name in names:
            h = numpy.maximum(h, 0) if name != names[0] else h
            h = h @ of[f"{name}.weight"].T.astype("float64") + of[f"{name}.bias"]
        return h

    ours = safetensors.numpy.load_file(tmp_path / "ours.safetensors")
    assert ours["0.weight"].shape[0] == 24 - len(said["findings"][0]["units"])
    numpy.testing.assert_allclose(outputs(["0", "2", "4"], ours), outputs(["net.0", "net.2", "net.10"], weights),
                                  rtol=0, atol=1e-5)
