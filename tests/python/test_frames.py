"""Frames and arrays as people have them: the values that training takes are the ones that stand there."""

import numpy as np
import pandas as pd
import pytest

import relume


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=400), "b": rng.normal(size=400)})


def accuracy(model):
    return model.metrics["test"]["accuracy"]


def settings(**more):
    return {"epochs": 30, "test": 0.25, "hidden": [16], "lr": 0.01, **more}


@pytest.mark.parametrize("count", [50, 101, 100_000])
def test_targets_of_another_number_than_the_rows_are_refused(frame, count):
    y = np.where(np.arange(count) % 2, "p", "n")
    for X in (frame[:100], frame.to_numpy()[:100], np.zeros((100, 4, 4), np.float32), np.zeros((100, 300), np.uint8)):
        with pytest.raises(ValueError, match=f"100 rows of X and {count} of y"):
            relume.train(X, y, epochs=1)


def test_columns_of_one_name_are_both_used_and_told_apart(frame):
    doubled = pd.concat([frame[["a"]], frame[["b"]].rename(columns={"b": "a"})], axis=1)
    model = relume.train(doubled, np.where(frame.b > 0, "p", "n"), **settings())
    assert model.columns == ["a", "a.2"]
    assert accuracy(model) > 0.95
    assert (model.predict(doubled) == np.where(frame.b > 0, "p", "n")).mean() > 0.95


def test_numbers_in_a_column_of_objects_are_numbers(frame):
    from decimal import Decimal

    y = np.where(frame.b > 0, "p", "n")
    for column in (frame.b.astype(object), frame.b.map(Decimal), frame.b.astype(str), frame.b.astype("Float64")):
        X = frame.assign(b=column)
        X.loc[5, "b"] = None
        model = relume.train(X, y, **settings())
        assert model.left_out == {}
        assert accuracy(model) > 0.95
        assert (model.predict(X) == y).mean() > 0.95


def test_truth_values_mean_the_same_by_every_route(frame, tmp_path):
    flag = np.random.default_rng(1).random(400) > 0.5
    X = frame.assign(flag=flag, y=np.where(flag, "p", "n"))
    X.to_csv(tmp_path / "t.csv", index=False)
    of_file = relume.train(tmp_path / "t.csv", target="y", **settings())
    of_frame = relume.train(X, target="y", **settings())
    assert (of_file.predict(X.drop(columns="y")) == X.y).mean() == 1.0
    assert (of_frame.predict(X.drop(columns="y")) == X.y).mean() == 1.0
    for other in (X.flag.astype(object), X.flag.astype("boolean"), X.flag.map({True: "True", False: "False"})):
        assert (of_frame.predict(X.assign(flag=other).drop(columns="y")) == X.y).mean() == 1.0


@pytest.mark.parametrize("dtype", [int, float, bool, np.int8, "Int64", "boolean", "category", object, str])
def test_classes_come_back_with_their_type(frame, dtype, tmp_path):
    y = (frame.a > 0).astype(int).astype(dtype)
    for model, rows in (
        (relume.train(frame, y, **settings()), frame),
        (relume.train(frame.assign(y=y), target="y", **settings()), frame),
        (relume.train(frame.to_numpy(), y, **settings()), frame.to_numpy()),
    ):
        predicted = model.predict(rows)
        assert (predicted == y.to_numpy()).mean() > 0.97, (model.classes, predicted[:3])
        assert predicted.dtype == model.classes.dtype
        model.save(tmp_path / "model.safetensors")
        again = relume.load(tmp_path / "model.safetensors")
        if model.classes.dtype.kind in "iufb":
            assert again.classes.dtype == model.classes.dtype
        assert (again.predict(rows) == predicted).all()


def test_rows_without_a_label_are_dropped(frame):
    labels = [None if v > 1 else "p" if v > 0 else "n" for v in frame.a]
    assert list(relume.train(frame, labels, epochs=3).classes) == ["n", "p"]
    numbers = (frame.a > 0).astype("Int64")
    numbers[3] = pd.NA
    model = relume.train(frame, numbers, epochs=3)
    assert list(model.classes) == [0, 1]
    assert model.predict(frame).dtype.kind == "i"
    floats = (frame.a > 0).astype(float)
    floats[3] = np.nan
    assert list(relume.train(frame, floats, epochs=3).classes) == [0.0, 1.0]


def test_what_was_read_as_missing_is_said(frame):
    country = np.where(frame.a > 0.5, "NA", np.where(frame.a > 0, "DE", "FR"))
    with pytest.warns(UserWarning, match="NA"):
        model = relume.train(frame, country, epochs=3)
    assert any("NA" in note for note in model.notes)
    with pytest.warns(UserWarning, match="no target"):
        relume.train(frame, [None, *country[1:]], epochs=1)


def test_columns_are_chosen_and_texts_read_as_asked(frame):
    y = np.where(frame.a > 0, "p", "n")
    assert relume.train(frame, y, use=["a"], epochs=2).columns == ["a"]
    assert relume.train(frame, y, drop="a", epochs=2).columns == ["b"]
    thousandths = frame.assign(a=[f"{int(abs(v) * 1000 + 1000) // 1000},{int(abs(v) * 1000) % 1000:03d}" for v in frame.a])
    with pytest.raises(relume.InputError, match="decimal"):
        relume.train(thousandths, y, epochs=2)
    assert "a" in relume.train(thousandths, y, decimal=",", epochs=2).columns
    gone = frame.assign(b=frame.b.map(lambda v: "gone" if v > 1 else str(v)))
    with pytest.warns(UserWarning):
        assert set(relume.train(gone, y, na="gone", epochs=2).columns) == {"a", "b"}
    with pytest.raises(ValueError, match="decimal"):
        relume.train(frame, y, decimal=";", epochs=1)


def test_identifiers_that_doubles_cannot_tell_apart_stay_apart(frame):
    first = 2**53
    y = np.where(frame.a > 0.5, first + 1, np.where(frame.a > -0.5, first, first + 2))
    model = relume.train(frame, y, **settings(epochs=60))
    assert sorted(model.classes) == [first, first + 1, first + 2]
    assert (model.predict(frame) == y).mean() > 0.9


def test_dates_are_called_dates(frame):
    t = pd.date_range("2024-01-01", periods=400, freq="h")
    days = pd.date_range("2000-01-01", periods=400, freq="D")
    for column in (t, t.tz_localize("UTC"), days.date, t.strftime("%Y-%m-%d %H:%M")):
        model = relume.train(frame.assign(t=column), np.where(frame.a > 0, "p", "n"), epochs=2)
        assert "date" in model.left_out["t"], model.left_out


def test_spans_of_time_are_numbers(frame):
    span = pd.to_timedelta(frame.a * 3600, unit="s")
    model = relume.train(frame.assign(a=span), np.where(frame.a > 0, "p", "n"), **settings())
    assert "a" in model.columns and accuracy(model) > 0.95


def test_complex_numbers_are_refused_by_name(frame):
    with pytest.raises(TypeError, match="'b' holds complex numbers"):
        relume.train(frame.assign(b=frame.b + 1j), np.where(frame.a > 0, "p", "n"))


def test_an_infinite_number_is_refused_with_its_column_and_row(frame):
    frame.loc[5, "a"] = np.inf
    with pytest.raises(relume.InputError, match="row 6.*'a'"):
        relume.train(frame, np.where(frame.b > 0, "p", "n"), epochs=2)


def test_a_large_target_is_predicted_to_the_digit():
    X = pd.DataFrame({"x": np.random.default_rng(0).random(500)})
    y = 1.7e9 + 600 * X.x
    model = relume.train(X, y, epochs=60)
    predicted = model.predict(X)
    assert predicted.dtype == np.float64
    assert len(np.unique(predicted)) > 400
    assert np.sqrt(np.mean((predicted - y) ** 2)) < 2 * model.metrics["valid"]["rmse"] + 1
