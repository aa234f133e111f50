"""Activations of NumPy arrays, scalars, lists and numbers, beside formulas written in NumPy."""

import builtins
import importlib
import pkgutil
import subprocess
import sys
import threading

import numpy as np
import pytest

import relume

SIGNED = ["f2", "f4", "f8", "g", "i1", "i2", "i4", "i8", ">f2", ">f4", ">f8", ">i2", ">i4", ">i8"]
UNSIGNED = ["u1", "u2", "u4", "u8", ">u2", ">u4", ">u8"]


def test_the_tutorials_array_keeps_its_dtype():
    y = relume.relu(np.array([-2, -1, 0, 1, 2]))
    assert y.tolist() == [0, 0, 0, 1, 2]
    assert y.dtype == np.array([1]).dtype


@pytest.mark.parametrize("dtype", SIGNED + UNSIGNED)
def test_relu_is_numpys_maximum_for_every_dtype(dtype):
    x = np.array([[3, 0, 100], [7, 1, 2]], dtype=dtype)
    if dtype in SIGNED:
        x[:, ::2] *= -1
    y = relume.relu(x)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, np.maximum(x, np.zeros((), dtype)))


def test_unsigned_numbers_beyond_int64_stay_what_they_are():
    x = np.array([2**64 - 1, 2**63 - 1, 3], dtype=np.uint64)
    assert relume.relu(x).tolist() == x.tolist()
    assert relume.relu6(x).tolist() == [6, 6, 3]


@pytest.mark.parametrize("dtype", ["i1", "i8", "u2", "u8"])
def test_integers_become_float64_where_the_activation_has_no_integer_form(dtype):
    x = np.arange(5, dtype=dtype)
    y = relume.sigmoid(x)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x.astype(float))), rtol=1e-15)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[::2, ::-1],
        lambda x: x.T,
        lambda x: np.asfortranarray(x),
        lambda x: x[:, 1:4],
        lambda x: np.broadcast_to(x[0], (7, 6)),
        lambda x: x.reshape(2, 2, 6),
        lambda x: x[0, 0],
        lambda x: x[:0],
        lambda x: np.array(x[1, 2]),
        lambda x: np.frombuffer(x.tobytes(), dtype=x.dtype),
    ],
)
def test_any_layout_gives_the_same_values_and_leaves_the_input_alone(view):
    x = view(np.linspace(-3, 3, 24).reshape(4, 6))
    before = np.array(x)
    y = relume.leaky_relu(x, 0.25)
    np.testing.assert_array_equal(y, np.where(before > 0, before, 0.25 * before))
    np.testing.assert_array_equal(x, before)
    assert np.shape(y) == np.shape(x)
    assert type(y) is type(x)


def test_out_is_written_to_and_returned():
    x, out = np.array([-1.0, 2.0]), np.empty(2)
    assert relume.relu(x, out=out) is out
    assert out.tolist() == [0, 2]
    assert relume.relu(x, out=x) is x
    assert x.tolist() == [0, 2]
    strided = np.zeros((2, 2))
    relume.relu(np.array([-1.0, 5.0]), out=strided[:, 1])
    assert strided.tolist() == [[0, 0], [0, 5]]


def test_out_that_overlaps_gives_what_it_would_without():
    x = np.arange(-4.0, 4.0)
    expected = np.maximum(x[:-1], 0)
    relume.relu(x[:-1], out=x[1:])
    np.testing.assert_array_equal(x[1:], expected)


def test_an_out_that_does_not_fit_is_refused():
    x = np.array([-1.5, 2.0])
    frozen = np.empty(2)
    frozen.flags.writeable = False
    for out, error in [
        (np.empty(3), ValueError),
        (frozen, ValueError),
        ([0.0, 0.0], TypeError),
        (np.empty(2, dtype=int), TypeError),
    ]:
        with pytest.raises(error, match="^relu: "):
            relume.relu(x, out=out)


def test_numbers_scalars_and_lists():
    assert relume.relu(-2) == 0 and type(relume.relu(-2)) is int
    assert relume.relu(2.5) == 2.5 and type(relume.relu(2.5)) is float
    assert relume.relu(-(2**70)) == 0
    assert type(relume.relu(np.float32(-3))) is np.float32
    assert relume.relu([[-1, 2.5]]).tolist() == [[0, 2.5]]
    assert np.isnan(relume.relu(float("nan")))
    assert not np.signbit(relume.relu(np.array([-0.0])))[0]


@pytest.mark.parametrize("bad", [np.array([True]), np.array(["a"]), np.array([1j]), "text", object()])
def test_what_holds_no_numbers_is_a_type_error_in_one_line(bad):
    with pytest.raises(TypeError, match="^relu: of [^\n]*$"):
        relume.relu(bad)


def test_a_parameter_outside_of_its_range_is_a_value_error():
    with pytest.raises(ValueError, match="alpha of elu"):
        relume.elu(np.ones(3), alpha=float("nan"))


def test_every_activation_of_the_table_is_a_function_with_a_text():
    assert len(relume.activation_names) > 30
    x = np.linspace(-2, 2, 8, dtype=np.float32)
    for name in relume.activation_names:
        f = getattr(relume, name)
        assert "y = " in f.__doc__ and "Raises" in f.__doc__
        y = f(x)
        assert y.dtype == np.float32 and np.isfinite(y).all(), name


def test_softmax_and_the_gated_ones_work_along_a_dimension():
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    e = np.exp(x - x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(relume.softmax(x, dim=1), e / e.sum(axis=1, keepdims=True), rtol=1e-14)
    assert relume.softmax(x.astype("f2")).dtype == np.float16
    assert relume.glu(x, dim=1).shape == (3, 2, 5)
    assert relume.crelu(x).shape == (3, 4, 10)
    with pytest.raises(ValueError):
        relume.glu(x)


def test_threads_that_call_at_once_get_their_own_results():
    arrays = [np.random.default_rng(i).normal(size=200_000).astype(np.float32) for i in range(4)]
    expected = [np.maximum(x, 0) for x in arrays]
    wrong = []

    def work(i):
        for _ in range(20):
            if not np.array_equal(relume.relu(arrays[i]), expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_mask_stays_where_it_is():
    x = np.ma.array([-1.0, 2, 3], mask=[0, 1, 0], fill_value=7.0)
    y = relume.leaky_relu(x, 0.5)
    assert y.tolist() == [-0.5, None, 3] and y.fill_value == 7 and y.sum() == 2.5
    y[1] = 0
    assert x.mask.tolist() == [False, True, False]
    assert relume.sigmoid(np.ma.array([1, 2], mask=[0, 1])).dtype == float
    assert relume.relu(np.ma.masked) is np.ma.masked
    out = np.ma.array([0.0, 0, 0], mask=[1, 0, 0])
    assert relume.relu(x, out=out) is out and out.tolist() == [0, None, 3]
    relume.relu(np.array([1.0, -2, 3]), out=out)
    assert out.tolist() == [1, 0, 3]


def test_a_mask_that_would_be_lost_is_refused():
    x = np.ma.array([-1.0, 2, 3], mask=[0, 1, 0])
    for call in (lambda: relume.relu(x, out=np.empty(3)), lambda: relume.softmax(x), lambda: relume.tensor(x),
                 lambda: relume.nn.Linear(3, 1)(x.astype("f4"))):
        with pytest.raises(TypeError, match="mask"):
            call()
    assert relume.tensor(np.ma.array([1.0, 2])).tolist() == [1, 2]


class Labelled(np.ndarray):
    def __array_finalize__(self, source):
        self.label = getattr(source, "label", None)


class Closed(np.ndarray):
    def __array_ufunc__(self, *_, **__):
        return NotImplemented


def test_classes_derived_from_arrays_stay_as_they_do_in_numpys_functions(tmp_path):
    matrix = np.ones((1, 2)).view(np.matrix)
    assert type(relume.relu(matrix)) is type(relume.softmax(matrix)) is np.matrix
    x = np.array([-1.0, 2]).view(Labelled)
    x.label = "metres"
    assert type(relume.relu(x)) is Labelled and relume.relu(x).label == "metres"
    on_disk = np.memmap(tmp_path / "x", dtype="f8", mode="w+", shape=3)
    assert type(relume.relu(on_disk)) is type(np.exp(on_disk))
    for call in (lambda: relume.relu(x.view(Closed)), lambda: relume.softmax(x.view(Closed))):
        with pytest.raises(TypeError, match="of Closed"):
            call()


class Outside:
    """No array of NumPy's, but with its protocol, as a column of polars or a DataArray of xarray."""

    def __init__(self, values):
        self.values = values

    def __array_ufunc__(self, function, method, x):
        assert (method, function.nin, function.nout, function.signature) == ("__call__", 1, 1, None)
        out = np.empty(len(x.values), next(t[-1] for t in function.types if np.can_cast(x.values.dtype, t[0])))
        return Outside(function(x.values, out=out, dtype=out.dtype))


def test_the_protocol_of_ufuncs_is_kept_for_arrays_of_others():
    whole = relume.relu(Outside(np.array([-1, 2])))
    assert type(whole) is Outside and whole.values.tolist() == [0, 2] and whole.values.dtype.kind == "i"
    assert relume.sigmoid(Outside(np.array([-1, 2]))).values.dtype == float
    assert relume.leaky_relu(Outside(np.array([-1, 2], "f4")), 0.5).values.dtype == np.float32


def test_a_frame_of_pandas_keeps_its_index_names_and_dtypes():
    pd = pytest.importorskip("pandas")
    series = pd.Series([-1.0, 2, 3], index=list("abc"), name="n")
    pd.testing.assert_series_equal(relume.relu(series), np.maximum(series, 0))
    pd.testing.assert_series_equal(relume.softmax(series), np.exp(series) / np.exp(series).sum())
    frame = pd.DataFrame({"a": [1, -2], "b": [-1.5, 2]}, index=["x", "y"])
    pd.testing.assert_frame_equal(relume.relu(frame), frame.clip(lower=0))
    pd.testing.assert_frame_equal(relume.leaky_relu(frame, 0.5), frame.where(frame > 0, frame * 0.5))
    assert relume.softmax(frame).sum(axis=1).tolist() == pytest.approx([1, 1])
    assert list(relume.softmax(frame).columns) == ["a", "b"]
    nullable = pd.Series([-1, None, 3], dtype="Int64")
    pd.testing.assert_series_equal(relume.relu(nullable), nullable.clip(lower=0))
    assert relume.sigmoid(nullable).dtype == np.exp(nullable).dtype
    pd.testing.assert_index_equal(relume.relu(pd.Index([1.0, -2])), pd.Index([1.0, 0]))
    for bad in (pd.Series(["a"]), pd.Series(pd.Categorical([1]))):
        with pytest.raises(TypeError, match="relu"):
            relume.relu(bad)
    with pytest.raises(TypeError, match="relu: column 'b' is"):
        relume.relu(pd.DataFrame({"a": [1], "b": ["x"]}))


needs_range = pytest.mark.skipif(np.finfo("g").max == np.finfo("d").max, reason="skipped: long double is double here")


@needs_range
def test_long_doubles_keep_what_does_not_change():
    third = np.longdouble(1) / 3
    assert relume.relu(np.array([third, -third])).tolist() == [third, 0]
    assert relume.relu(third) == third and type(relume.relu(third)) is np.longdouble
    assert not np.signbit(relume.relu(np.array([-0.0], dtype="g")))[0]
    np.testing.assert_allclose(relume.sigmoid(np.array([third, np.inf])), [1 / (1 + np.exp(-third)), 1], rtol=1e-15)


@needs_range
@pytest.mark.parametrize("text", ["1e400", "-1e400", "1e-400"])
def test_long_doubles_beyond_float64_are_refused(text):
    x = np.array([text], dtype="g")
    for given in (x, x[0]):
        with pytest.raises(TypeError, match="relu: of .* beyond the range of float64"):
            relume.relu(given)


def test_a_tensor_of_numbers_beyond_its_dtype_is_refused():
    with pytest.raises(TypeError, match="beyond the range of int64"):
        relume.tensor(np.array([2**64 - 1], dtype="u8"))
    assert relume.tensor(np.array([2**63 - 1], dtype="u8")).tolist() == [2**63 - 1]
    if np.finfo("g").max > np.finfo("d").max:
        with np.errstate(over="ignore"), pytest.raises(TypeError, match="beyond the range of float64"):
            relume.tensor(np.array(["1e400"], dtype="g"))


def test_a_star_import_leaves_pythons_names_alone():
    modules = ["relume", *(module.name for module in pkgutil.walk_packages(relume.__path__, "relume."))]
    for name in modules:
        if "._" in name:
            continue
        try:
            module = importlib.import_module(name)
        except ImportError:  # of a package that is not installed
            continue
        hidden = [n for n in getattr(module, "__all__", ()) if hasattr(builtins, n) or n in ("sklearn", "torch")]
        assert hidden == [], name
    assert relume.max is not max and "max" in dir(relume)


def test_a_star_import_needs_no_other_package():
    script = "import sys; sys.modules.update(sklearn=None, torch=None, pandas=None); from relume import *; print(relu(-1), max(1, 2))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "0 2\n", done.stderr
