"""Activations of NumPy arrays, scalars, lists and numbers, beside formulas written in NumPy."""

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
