"""relume.Predictor and relume.export beside the model that they are made from."""

import subprocess

import numpy as np
import pandas as pd
import pytest

import relume


@pytest.fixture(scope="module")
def homes():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"rooms": rng.integers(1, 8, 200), "place": rng.choice(["north", "south"], 200)})
    X.loc[5, "place"] = None
    y = 1000 + 50 * X["rooms"] + 40 * (X["place"] == "south")
    return X, y, relume.train(X, y.to_numpy(float), task="regression", hidden=[8], epochs=3, seed=1)


def test_a_regression_is_the_models_in_the_targets_units(homes):
    X, _, model = homes
    predictor = relume.Predictor(model)
    assert (predictor.inputs, predictor.outputs) == (2, 1)
    assert predictor.columns == [("rooms", []), ("place", ["north", "south"])]
    expected = model.predict(X)
    np.testing.assert_allclose(predictor.predict(X)[:, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(predictor.predict(X[["place", "rooms"]])[:, 0], expected, rtol=1e-5)
    numbers = np.column_stack([X["rooms"], X["place"].map({"north": 0, "south": 1}).fillna(-1)])
    assert (predictor.predict(numbers) == predictor.predict(X)).all()
    assert (predictor.predict(numbers, threads=2) == predictor.predict(numbers)).all()
    assert (predictor.predict(numbers[3]) == predictor.predict(numbers)[3]).all()
    row = predictor.predict({"rooms": int(X["rooms"][3]), "place": X["place"][3]})
    assert row == pytest.approx(expected[3], rel=1e-5)
    assert predictor.predict({"rooms": int(X["rooms"][5]), "place": None}) == pytest.approx(expected[5], rel=1e-5)


def test_files_bytes_and_networks_say_the_same(homes, tmp_path):
    X, y, model = homes
    model = relume.train(X, np.where(y > y.mean(), "dear", "cheap"), hidden=[8], epochs=3, seed=1)
    model.save(tmp_path / "model.safetensors")
    expected = model.predict_proba(X)
    file = (tmp_path / "model.safetensors").read_bytes()
    for predictor in map(relume.Predictor, (model, tmp_path / "model.safetensors", str(tmp_path / "model.safetensors"), file)):
        np.testing.assert_allclose(predictor.predict(X), expected, atol=1e-6)
        assert predictor.labels == list(model.classes)
    named = predictor.predict({"rooms": int(X["rooms"][0]), "place": X["place"][0]})
    assert named == pytest.approx(dict(zip(predictor.labels, expected[0])), abs=1e-6)
    raw = relume.Predictor(model, raw=True).predict(X)
    np.testing.assert_allclose(np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True), expected, atol=1e-6)
    x = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    net = relume.nn.Sequential(relume.nn.Linear(4, 8), relume.nn.ReLU(), relume.nn.Linear(8, 3))
    net.eval()
    np.testing.assert_allclose(relume.Predictor(net).predict(x), net(relume.tensor(x)).detach().numpy(), atol=1e-6)


def test_bytes_are_told_before(homes):
    _, _, model = homes
    assert relume.Predictor.bytes_of(model) == relume.Predictor(model).bytes()
    assert relume.Predictor(model).bytes()["plan"] > 0


def test_what_does_not_fit_is_an_error(homes):
    X, _, model = homes
    predictor = relume.Predictor(model)
    with pytest.raises(ValueError, match="a row has 2 values"):
        predictor.predict(np.zeros((3, 5)))
    with pytest.raises(relume.InputError, match="rooms"):
        predictor.predict({"place": "north"})
    with pytest.raises(relume.InputError, match='no column "rooms"'):
        predictor.predict(X[["place"]])
    with pytest.raises(TypeError, match="give a relume.Model"):
        relume.Predictor(3)
    with pytest.raises(relume.InputError):
        relume.Predictor(b"no model")


def test_export_writes_c_that_compiles(homes, tmp_path):
    _, _, model = homes
    takes = relume.export(model, tmp_path / "homes.h")
    assert takes["inputs"] == 2 and takes["outputs"] == 1 and takes["ram_bytes"] == 0 and takes["flash_bytes"] > 100
    model.save(tmp_path / "model.safetensors")
    relume.export(tmp_path / "model.safetensors", tmp_path / "again.h", name="homes")
    assert (tmp_path / "again.h").read_text() == (tmp_path / "homes.h").read_text()
    subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", tmp_path / "homes.h"], check=True)
    with pytest.raises(ValueError, match="unknown"):
        relume.export(model, tmp_path / "homes.onnx", to="pdf")


def test_networks_go_to_onnx_and_back(tmp_path):
    net = relume.nn.Sequential(relume.nn.Linear(4, 6), relume.nn.GELU(), relume.nn.LayerNorm(6), relume.nn.Linear(6, 3)).eval()
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    for opset in (9, 17, 28):
        written = relume.export(net, tmp_path / "net.onnx", opset=opset)
        assert written["inputs"] == ["input"] and written["outputs"] == ["output"] and written["opset"] == opset
        back = relume.load_network(tmp_path / "net.onnx")
        np.testing.assert_allclose(np.asarray(back(x)), np.asarray(net(x)), atol=2e-6)
    with pytest.raises(relume.InputError, match="opset 8"):
        relume.export(net, tmp_path / "no.onnx", opset=8)
    assert not (tmp_path / "no.onnx").exists()


def test_models_go_to_onnx_and_back(homes, tmp_path):
    _, _, model = homes
    assert relume.export(model, tmp_path / "columns.onnx", preprocessing=True)["inputs"] == model.columns
    with pytest.raises(relume.InputError, match="takes 2 inputs"):
        relume.load(tmp_path / "columns.onnx")
    relume.export(model, tmp_path / "features.onnx")
    back = relume.load(str(tmp_path / "features.onnx"))
    assert back.task == model.task
    x = np.random.default_rng(0).normal(size=(5, back._model.features)).astype(np.float32)
    raw = np.asarray(model.network(x))
    value = np.asarray(back.predict(x)).reshape(raw.shape)
    # In the target's units: of the raw outputs a straight line.
    slope, offset = np.polyfit(raw[:, 0], value[:, 0], 1)
    np.testing.assert_allclose(value, raw * slope + offset, rtol=1e-5)
