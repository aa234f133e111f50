"""Indexing by PyTorch's rules, which are NumPy's where both agree."""

import numpy as np
import pytest

import relume

X = np.arange(60.0).reshape(3, 4, 5)


@pytest.mark.parametrize("index", [
    [1], [[0, 2]], ([0, 2], [1, 3]), (np.arange(3), np.array([3, 0, 1])), (slice(None), [2, 0]), (..., [1, 4]),
    ([2, 0], slice(1, 3)), (slice(None), [0, 1], [2, 3]), ([0, 2], slice(None), [2, 3]), (None, [1]), ([-1], 0),
    np.array([[0, 1], [2, 2]]), (slice(None), np.array([[0], [3]]), np.array([1, 2])), np.int64(1), (np.int32(2), -1),
    X > 30, X[:, 0, 0] > 10, (slice(None), np.array([True, False, True, False])), (..., np.arange(5) % 2 == 0),
    ([0, 1], np.array([False, True, True, False])), slice(None, None, 2), (slice(-2, None), slice(None, -1)),
    (slice(10, 20),), Ellipsis, (), [], True, range(2), (1, ..., 2),
])
def test_an_index_picks_what_numpys_does(index):
    t = relume.tensor(X)
    key = list(index) if isinstance(index, range) else index
    expected = X[key]
    np.testing.assert_array_equal(t[index].numpy(), expected)
    written = X.copy()
    written[key] = -1
    t[index] = -1
    np.testing.assert_array_equal(t.numpy(), written)


def test_tensors_are_indices_too():
    t = relume.tensor(X)
    assert t[relume.tensor(1)].shape == (4, 5)
    np.testing.assert_array_equal(t[relume.tensor([2, 0])].numpy(), X[[2, 0]])
    np.testing.assert_array_equal(t[t > 50].numpy(), X[X > 50])
    t[t > 50] = relume.arange(9.0)
    assert t.flatten()[51:].tolist() == list(range(9))
    rows = relume.tensor([[0.1, 0.9], [0.8, 0.2]])
    assert rows[relume.arange(2), relume.tensor([1, 0])].tolist() == pytest.approx([0.9, 0.8])
    assert t[relume.tensor(2) : relume.tensor(3)].shape == (1, 4, 5)


def test_views_are_written_through_and_copies_are_not():
    t = relume.zeros(3, 3)
    t[1:, ::2] = relume.tensor([1.0, 2.0])
    t.T[0] = 5
    t[[0, 0]][0] = 9
    assert t.tolist() == [[5, 0, 0], [5, 0, 2], [5, 0, 2]]
    t.T[[1, 2], [0, 1]] = relume.tensor([7.0, 8.0])
    assert t.tolist() == [[5, 7, 0], [5, 0, 8], [5, 0, 2]]


@pytest.mark.parametrize("index, error, words", [
    (3, IndexError, "out of range"), (-4, IndexError, "out of range"), ([0, 3], IndexError, "index 3"),
    ((0, 0, 0, 0), IndexError, "too many"), ((..., ...), IndexError, "more than one"),
    (np.array([True, False]), IndexError, "mask"), (1.5, TypeError, "float"), ("a", TypeError, "str"),
    (np.array([0.5]), IndexError, "float64"), (slice(None, None, -1), ValueError, "flip"),
    (([0, 1], [0, 1, 2]), ValueError, "indices"), (np.array([1], np.uint8), IndexError, "uint8"),
])
def test_an_index_that_does_not_fit_is_named(index, error, words):
    t = relume.tensor(X)
    with pytest.raises(error, match=words):
        t[index]
    with pytest.raises(error, match=words):
        t[index] = 0
    np.testing.assert_array_equal(t.numpy(), X)


def test_values_that_do_not_fill_the_place_are_refused():
    t = relume.zeros(2, 3)
    for index, value in [(0, [1.0, 2.0]), ([0, 1], np.ones((3, 3))), (t > -1, [1.0, 2.0])]:
        with pytest.raises(ValueError):
            t[index] = value
    with pytest.raises(TypeError):
        t[0] = "a"
    assert t.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_gradients_go_through_indices():
    x = relume.tensor(X, requires_grad=True)
    places = ([0, 0, 2], [1, 1, 3])
    (x[places] * 2).sum().backward()
    expected = np.zeros_like(X)
    np.add.at(expected, places, 2.0)
    np.testing.assert_array_equal(x.grad.numpy(), expected)
    x.grad = None
    (x[x.detach() > 57] * relume.tensor([3.0, 4.0], dtype="float64")).sum().backward()
    assert x.grad.flatten()[-3:].tolist() == [0, 3, 4] and x.grad.sum().item() == 7


def test_gradients_go_to_values_that_are_put_somewhere():
    v = relume.tensor([1.0, 2.0], requires_grad=True)
    x = relume.ones(4, requires_grad=True)
    y = x * 1
    y[[3, 0]] = v * 10
    y[relume.tensor([False, True, False, False])] = 0.0
    (y * relume.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert v.grad.tolist() == [40, 10]
    assert x.grad.tolist() == [0, 0, 3, 0]
