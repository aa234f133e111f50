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


@pytest.mark.parametrize("values", [[True, False], [1, 0], ["true", "FALSE"], ["1", "0"]])
def test_a_truth_is_known_in_any_spelling(frame, values):
    flag = np.random.default_rng(1).random(400) > 0.5
    y = np.where(flag, "p", "n")
    model = relume.train(frame.assign(flag=flag), y, **settings())
    other = frame.assign(flag=np.where(flag, *np.array(values, dtype=object)))
    assert (model.predict(other) == y).mean() == 1.0


def test_texts_that_training_did_not_see_are_told_of(frame):
    place = np.random.default_rng(1).choice(["north", "south"], 400)
    model = relume.train(frame.assign(place=place), np.where(frame.b > 0, "p", "n"), **settings())
    with pytest.warns(UserWarning, match="'west' in column 'place' is no category of the model, as 400 of its"):
        model.predict(frame.assign(place="west"))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["2020-01-01", "2021-06-01"], dtype="datetime64[D]"),
        pd.to_datetime(["2020-01-01", "2021-06-01"]),
        pd.Series(pd.to_datetime(["2020-01-01", "2021-06-01"])),
        pd.to_timedelta([1, 2.5], unit="s"),
        np.array([1, "a"], dtype=object),
        np.array([2.5, None, "x"], dtype=object)[[0, 2]],
    ],
    ids=["days", "index", "series", "spans", "mixed", "number and text"],
)
def test_labels_come_back_as_they_stood(frame, labels):
    take = (frame.b > 0).astype(int).to_numpy()
    y = labels.iloc[take] if hasattr(labels, "iloc") else labels[take]
    model = relume.train(frame, y, task="classification", **settings())
    predicted = model.predict(frame)
    assert predicted.dtype == np.asarray(labels).dtype
    assert (predicted == np.asarray(y)).mean() > 0.95


def test_labels_that_are_tuples_come_back(frame):
    y = np.empty(400, dtype=object)
    for i, b in enumerate(frame.b):
        y[i] = (1, 0) if b > 0 else (0, 1)
    predicted = relume.train(frame, y, **settings()).predict(frame)
    assert np.mean([p == t for p, t in zip(predicted, y)]) > 0.95


@pytest.mark.parametrize("dtype", ["datetime64[D]", "datetime64[us]", "timedelta64[s]"])
def test_labels_in_time_come_back_from_a_file(frame, dtype, tmp_path):
    y = np.array([10, 20]).astype(dtype)[(frame.b > 0).astype(int)]
    model = relume.train(frame, y, task="classification", **settings())
    model.save(tmp_path / "m.safetensors")
    loaded = relume.load(tmp_path / "m.safetensors")
    assert loaded.classes.dtype == model.classes.dtype and (loaded.classes == model.classes).all()


def test_pandas_own_arrays_may_lack_a_target(frame):
    y = pd.array([None if i % 5 == 0 else int(b > 0) for i, b in enumerate(frame.b)], dtype="Int64")
    with pytest.warns(UserWarning, match="80 rows have no target"):
        assert relume.train(frame, y, **settings()).classes.tolist() == [0, 1]


def test_a_target_is_named_by_any_label(frame):
    columns = pd.MultiIndex.from_tuples([("s", "mean"), ("s", "std"), ("t", "y")])
    for labels, target in [(columns, ("t", "y")), ([7, 8, 9], 9), ([7, 8, 9], -1), (["a", "b", "y"], 3)]:
        X = frame.assign(y=(frame.b > 0).astype(int)).set_axis(labels, axis=1)
        assert accuracy(relume.train(X, target=target, **settings())) > 0.95
    with pytest.raises(ValueError, match="target is 1.5"):
        relume.train(frame, target=1.5)


def test_a_target_that_is_no_column_of_values_is_refused(frame):
    with pytest.raises(ValueError, match="to learn the column of that name give target='b'"):
        relume.train(frame, "b")
    for y in (3, np.array(3.0), (v for v in [1])):
        with pytest.raises(ValueError, match="y is a single"):
            relume.train(frame, y)


def test_an_index_in_another_order_is_told_of(frame):
    y = (frame.b > 0).astype(int)
    with pytest.warns(UserWarning, match="one index in two orders"):
        relume.train(frame, y.iloc[::-1], epochs=1)


def test_arrays_with_named_fields_are_columns(frame):
    y = np.where(frame.b > 0, "p", "n")
    fields = frame.to_records(index=False)
    model = relume.train(fields, y, **settings())
    assert model.columns == ["a", "b"] and accuracy(model) > 0.95
    assert (model.predict(fields) == model.predict(frame)).all()


def test_what_has_no_rows_is_named(frame):
    for X, kind in [({"a": [1, 2]}, "dict"), ((row for row in [[1, 2]]), "generator")]:
        with pytest.raises(ValueError, match=f"X is a {kind}; give an array or a frame"):
            relume.train(X, [0, 1])
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="y is sparse; give y.toarray"):
        relume.train(frame, sparse.csr_matrix(frame[["b"]].to_numpy()))


def test_tensors_of_pytorch_are_taken_in_any_form(frame):
    torch = pytest.importorskip("torch")
    X, y = torch.tensor(frame.to_numpy()), torch.tensor((frame.b > 0).to_numpy())
    expected = relume.train(X, y, **settings()).predict(X)
    for other in (X.clone().requires_grad_(), X.to_sparse(), X.neg()._neg_view(), X.T.contiguous().T):
        assert (relume.train(other, y, **settings()).predict(other) == expected).all()
    assert accuracy(relume.train(X.bfloat16(), y.to_sparse(), **settings())) > 0.95
