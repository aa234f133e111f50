"""relume.train: data in memory by the same route as files, and what comes of a run."""

import _thread
import datetime
import signal
import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris

import relume


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True, as_frame=True)


def test_a_frame_with_text_and_gaps_trains_predicts_and_is_saved(tmp_path, iris):
    X, y = iris
    X = X.assign(place=np.where(np.arange(len(X)) % 3, "north", "south"), empty="same")
    X.iloc[3, 0] = np.nan
    X.iloc[5, 4] = None
    kinds = y.map({0: "setosa", 1: "versicolor", 2: "virginica"})
    model = relume.train(X, kinds, hidden=[32, 32], epochs=60, valid=0.2, seed=1)
    assert model.task == "classification"
    assert (model.predict(X) == kinds).mean() > 0.9
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (150, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert "place" in model.columns and "empty" in model.left_out
    assert len(model.epochs) == len({row["epoch"] for row in model.epochs}) > 0
    assert set(model.metrics["valid"]) >= {"loss", "accuracy", "f1_macro"}
    model.save(tmp_path / "model.safetensors")
    again = relume.load(tmp_path / "model.safetensors")
    assert (again.predict(X) == model.predict(X)).all()
    assert (again.predict(X[X.columns[::-1]]) == model.predict(X)).all()


def test_classes_come_back_as_they_were_given(iris):
    X, y = iris
    for given in (y.to_numpy(), y.to_numpy() == 1, y.to_numpy().astype(np.int8)):
        model = relume.train(X.to_numpy(), given, hidden=[8], epochs=2)
        predicted = model.predict(X.to_numpy())
        assert predicted.dtype == given.dtype
        assert set(predicted) <= set(given)


def test_a_regression_predicts_in_the_targets_units():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = 1000 + 50 * X[:, 0] - 20 * X[:, 1]
    model = relume.train(X, y, hidden=[32], epochs=60)
    assert model.task == "regression"
    assert np.corrcoef(model.predict(X), y)[0, 1] > 0.97
    assert abs(model.predict(X).mean() - y.mean()) < 10
    with pytest.raises(TypeError, match="predict"):
        model.predict_proba(X)


def test_images_are_taken_as_they_are():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    X = (rng.integers(0, 50, (300, 4, 4)) + 150 * y[:, None, None]).astype(np.uint8)
    model = relume.train(X, y, hidden=[16], epochs=60)
    assert (model.predict(X) == y).mean() > 0.95


def test_a_large_target_keeps_what_its_values_differ_by():
    x = np.random.default_rng(0).random((300, 1))
    y = 1.7e9 + 600 * x[:, 0]
    model = relume.train(x, y, epochs=60)
    predicted = model.predict(x)
    assert predicted.dtype == np.float64 and len(np.unique(predicted)) > 290
    # float32 holds multiples of 128 there: a root mean square error of 37
    assert np.sqrt(np.mean((predicted - y) ** 2)) < 5


def test_images_may_have_a_number_to_predict():
    X = np.random.default_rng(0).integers(0, 256, (200, 4, 4)).astype(np.uint8)
    model = relume.train(X, X[:, 0, 0].astype(np.int64), task="regression", epochs=2)
    assert model.task == "regression" and model.predict(X[:5]).shape == (5,)
    named = relume.train(X, np.where(X[:, 0, 0] > 127, "bright", "dark"), epochs=2)
    assert set(named.predict(X[:5])) <= {"bright", "dark"}


def test_bytes_in_few_columns_are_a_table():
    rng = np.random.default_rng(0)
    X = np.stack([rng.integers(0, 2, 400), rng.integers(0, 2, 400), rng.integers(18, 90, 400)], 1).astype(np.uint8)
    model = relume.train(X, X[:, 0] ^ X[:, 1], epochs=40)
    assert model.columns == ["x1", "x2", "x3"]
    assert (model.predict(X) == X[:, 0] ^ X[:, 1]).mean() > 0.95


def test_what_is_no_finite_number_is_refused_by_its_row():
    X = np.zeros((50, 3, 3), np.float32)
    y = np.arange(50) % 2
    X[7, 1, 1] = np.nan
    with pytest.raises(relume.InputError, match="row 8 of X holds NaN"):
        relume.train(X, y, epochs=1)
    table = np.random.default_rng(0).normal(size=(50, 2))
    table[5, 0] = np.inf
    with pytest.raises(relume.InputError, match="row 6: column 'x1' is infinite"):
        relume.train(table, y, epochs=1)


def test_a_run_is_the_command_lines_own(tmp_path):
    """The same data, options and seed give the same network, whichever way they come in."""
    import subprocess
    import sys

    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    table = X.assign(target=y)
    path = tmp_path / "cancer.csv"
    table.to_csv(path, index=False)
    run = tmp_path / "run"
    command = [sys.executable, "-m", "relume", "train", path, "--layers", "linear(8) relu", "--epochs", "3", "--seed", "4",
               "--out", run, "--quiet"]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    from_file = relume.load(run / "model.safetensors")
    from_memory = relume.train(X, y, hidden=[8], epochs=3, seed=4)
    for (name, a), (_, b) in zip(from_file.network.state_dict().items(), from_memory.network.state_dict().items()):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy(), err_msg=name)


def test_the_report_is_a_page(tmp_path):
    model = relume.train("builtin:moons", hidden=[8], epochs=3)
    page = model.report(tmp_path / "report.html")
    assert page.startswith("<!DOCTYPE html>") and "builtin:moons" in page
    assert (tmp_path / "report.html").read_text() == page
    assert "relume.train(&#39;builtin:moons&#39;, hidden=[8], epochs=3)" in page
    assert "srcdoc" in page._repr_html_() and "<!DOCTYPE" not in page._repr_html_()
    model.save(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="report"):
        relume.load(tmp_path / "model.safetensors").report()


def test_a_callback_sees_each_epoch_and_ends_the_run():
    rows = []

    def listen(row):
        rows.append(row)
        return len(rows) < 3

    model = relume.train("builtin:moons", hidden=[8], epochs=50, on_epoch=listen)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert {"train_loss", "valid_loss", "valid_accuracy", "lr", "grad_norm", "dead_share"} <= set(rows[0])
    assert model.ending == "interrupted"


def test_an_error_in_a_callback_comes_through():
    def fail(row):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        relume.train("builtin:moons", hidden=[8], epochs=5, on_epoch=fail)


def test_ctrl_c_ends_the_run_and_leaves_the_model():
    # A shell starts what runs in its background with the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.6, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt) as raised:
        relume.train("builtin:spirals", hidden=[256, 256], epochs=100_000, patience=100_000)
    timer.join()
    signal.signal(signal.SIGINT, before)
    assert len(raised.value.model.epochs) > 0


def test_findings_name_what_is_wrong():
    model = relume.train("builtin:spirals", hidden=[64, 64], optimizer="sgd", lr=3.0, epochs=10, schedule="none")
    assert any(f.rule in ("dead_units", "step_too_large", "exploding_gradient") for f in model.findings)
    finding = model.findings[0]
    assert finding.severity in ("error", "warning") and finding.remedy and finding.evidence
    assert str(finding) in repr(finding)


@pytest.mark.parametrize(
    "arguments, options, error",
    [
        ((np.zeros((5, 2)), [0, 1]), {}, ValueError),
        ((np.zeros(5), np.zeros(5)), {}, ValueError),
        (("no such file.csv",), {}, OSError),
        ((np.random.rand(50, 2), np.arange(50) % 2), {"hidden": []}, ValueError),
        ((np.random.rand(50, 2), np.arange(50) % 2), {"activation": "rulu", "hidden": [3]}, ValueError),
        ((np.random.rand(50, 2), np.arange(50) % 2), {"learning": 1}, TypeError),
        ((np.random.rand(50, 2), np.zeros(50, int)), {}, ValueError),
        ((np.zeros((5, 2, 2)),), {}, ValueError),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(arguments, options, error):
    with pytest.raises(error) as raised:
        relume.train(*arguments, **options)
    assert "\n" not in str(raised.value)


def test_progress_is_a_bar(capsys):
    relume.train("builtin:moons", hidden=[4], epochs=2, progress=True)
    assert "epoch" in capsys.readouterr().err


def test_titanic_as_a_frame_is_as_good_as_from_its_file(shared_data):
    path = next(shared_data.rglob("titanic*.csv"))
    frame = pd.read_csv(path)
    target = next(name for name in frame.columns if name.lower() == "survived")
    model = relume.train(frame, target=target, test=0.2, seed=0)
    assert model.metrics["test"]["accuracy"] > 0.7


def test_masked_elements_are_missing_values():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    masked = np.ma.array(np.where(X > 1.2, 1e9, X), mask=X > 1.2)
    with_nan = np.where(X > 1.2, np.nan, X)
    ours, theirs = (relume.train(data, y, hidden=[4], epochs=3, seed=1) for data in (masked, with_nan))
    np.testing.assert_array_equal(ours.predict_proba(masked), theirs.predict_proba(with_nan))
    with pytest.raises(ValueError, match="y has masked elements"):
        relume.train(X, np.ma.array(y, mask=y == 1))


def test_a_sparse_matrix_is_named():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="X is sparse"):
        relume.train(sparse.csr_array(np.eye(20)), np.arange(20) % 2)


def test_options_are_those_of_the_table():
    with pytest.raises(TypeError, match='there is no option "epohcs".*epochs'):
        relume.train("builtin:moons", epohcs=3)
    with pytest.raises(ValueError, match="lr -1 is not a number above 0"):
        relume.train("builtin:moons", hidden=[4], epochs=1, lr=-1)
    with pytest.raises(ValueError, match="hidden and layers"):
        relume.train("builtin:moons", hidden=[4], layers="linear(3)")
    as_text = relume.train("builtin:moons", hidden=[4], epochs=2, test="0.25", clip=1, thresholds={"near_dead_rate": 0.02})
    as_number = relume.train("builtin:moons", hidden=[4], epochs=2, test=0.25, clip=1.0, thresholds={"near_dead_rate": 0.02})
    assert as_text.metrics["test"] == as_number.metrics["test"]


def test_a_run_goes_on_in_its_folder_to_the_same_weights(tmp_path):
    options = dict(y=None, hidden=[8], epochs=6, seed=4)
    whole = relume.train("builtin:moons", **options)
    steps = []

    def stop_soon(row):
        steps.append(row["epoch"])
        return len(steps) < 3

    half = relume.train("builtin:moons", out=tmp_path / "run", checkpoint_every=5, on_epoch=stop_soon, **options)
    assert half.ending == "interrupted" and half.folder == str(tmp_path / "run")
    rest = relume.train("builtin:moons", resume=tmp_path / "run", checkpoint_every=datetime.timedelta(minutes=1), **options)
    assert [row["epoch"] for row in rest.epochs] == [1, 2, 3, 4, 5, 6]
    for mine, theirs in zip(rest.network.parameters(), whole.network.parameters()):
        assert np.array_equal(mine.detach().numpy(), theirs.detach().numpy())
    with pytest.raises(relume.InputError, match="give one of them"):
        relume.train("builtin:moons", out=tmp_path / "new", resume=tmp_path / "run", **options)
    with pytest.raises(ValueError, match="neither a number of steps"):
        relume.train("builtin:moons", out=tmp_path / "new", checkpoint_every="soon", **options)


def test_files_validate_test_and_are_predicted_by_their_names(tmp_path, iris):
    X, y = iris
    frame = X.assign(kind=y.map({0: "setosa", 1: "versicolor", 2: "virginica"}))
    held, rest = frame.iloc[::5], frame.drop(frame.index[::5])
    held.to_csv(tmp_path / "held.csv", index=False)
    held.to_csv(tmp_path / "held.tsv", index=False, sep="\t", decimal=",")
    model = relume.train(rest, target="kind", epochs=20, seed=1, valid=tmp_path / "held.csv", test=str(tmp_path / "held.csv"))
    assert model.metrics["valid"] == model.metrics["test"]
    predicted = model.predict(held.drop(columns="kind"))
    assert model.metrics["test"]["accuracy"] == pytest.approx((predicted == held["kind"]).mean())
    for name in (tmp_path / "held.csv", str(tmp_path / "held.csv")):
        np.testing.assert_array_equal(model.predict(name), predicted)
        np.testing.assert_array_equal(model.predict_proba(name), model.predict_proba(held))
    np.testing.assert_array_equal(model.predict(tmp_path / "held.tsv", decimal=","), predicted)
    with pytest.raises(relume.FileError, match="nowhere.csv: No such file"):
        model.predict("nowhere.csv")
    with pytest.raises(TypeError, match="decimal says how a file is read"):
        model.predict(held, decimal=",")
    with pytest.raises(TypeError, match="no option"):
        model.predict(tmp_path / "held.csv", decimals=",")


def test_predictions_tell_of_texts_that_training_did_not_see(tmp_path, iris):
    X, y = iris
    X = X.assign(place=np.where(np.arange(len(X)) % 3, "north", "south"))
    model = relume.train(X, y, epochs=2, seed=1)
    X.loc[7, "place"] = "west"
    X.to_csv(tmp_path / "new.csv", index=False)
    for rows in (X, tmp_path / "new.csv"):
        with pytest.warns(UserWarning, match="west"):
            model.predict(rows)
