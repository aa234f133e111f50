"""Writing into tensors: augmented assignment, methods that end with _, and what autograd makes of them."""

import numpy as np
import pytest

import relume


def test_augmented_assignment_writes_into_the_tensors_memory():
    x = np.arange(4.0)
    t = relume.from_numpy(x)
    same = t
    t += 1
    t *= np.array([1.0, 2, 3, 4])
    t -= relume.tensor([1.0], dtype="float64")
    t /= 2
    t **= 2
    expected = (((np.arange(4.0) + 1) * [1, 2, 3, 4] - 1) / 2) ** 2
    assert t is same
    np.testing.assert_allclose(x, expected)
    n = relume.tensor([7, -7, 5])
    n //= 2
    assert n.tolist() == [3, -4, 2]
    n %= 3
    assert n.tolist() == [0, 2, 2]
    n |= 4
    n &= 6
    n ^= 1
    assert n.tolist() == [5, 7, 7]


def test_a_step_written_by_hand_moves_the_weight():
    p = relume.tensor([1.0, 2.0], requires_grad=True)
    (p * p).sum().backward()
    with relume.no_grad():
        p -= 0.1 * p.grad
    np.testing.assert_allclose(p.detach().numpy(), [0.8, 1.6], rtol=1e-6)
    assert p.requires_grad and p.is_leaf
    p.data -= 0.1
    np.testing.assert_allclose(p.detach().numpy(), [0.7, 1.5], rtol=1e-6)
    assert p.grad.tolist() == [2.0, 4.0]


def test_a_row_is_a_part_of_its_matrix():
    t = relume.zeros(3, 2)
    row = t[1]
    row += 1
    t[2] -= 5
    t[:, 0] *= 2
    assert t.tolist() == [[0, 0], [2, 1], [-10, -5]]


def test_parts_of_one_memory_may_overlap():
    t = relume.arange(5.0)
    t[1:] += t[:-1]
    assert t.tolist() == [0, 1, 3, 5, 7]
    t[1:] = t[:-1]
    assert t.tolist() == [0, 0, 1, 3, 5]


@pytest.mark.parametrize("write", [
    lambda p: p.__iadd__(1), lambda p: p.mul_(2), lambda p: p.zero_(), lambda p: p.fill_(1), lambda p: p.clamp_(min=0),
    lambda p: p.__setitem__(0, 1), lambda p: p[0].add_(1), lambda p: relume.relu(p, inplace=True),
])
def test_a_leaf_that_requires_a_gradient_is_written_to_under_no_grad_alone(write):
    p = relume.ones(3, requires_grad=True)
    with pytest.raises(ValueError, match="no_grad"):
        write(p)
    assert p.tolist() == [1, 1, 1]
    with relume.no_grad():
        write(p)


def test_what_is_written_in_place_has_its_gradient():
    x = relume.tensor([1.0, 2.0, 3.0], requires_grad=True)
    w = relume.tensor([4.0, 5.0, 6.0], requires_grad=True)
    y = x * 1
    y *= w
    y += 1
    y[0] *= 3
    y[1] = 7 * w[0]
    y.sum().backward()
    assert x.grad.tolist() == [12, 0, 6]
    assert w.grad.tolist() == [3 + 7, 0, 3]


def test_an_empty_tensor_may_be_filled_row_by_row():
    w = relume.tensor([1.0, 2.0], requires_grad=True)
    out = relume.zeros(3, 2)
    for i in range(3):
        out[i] += w * i
    out.sum().backward()
    assert w.grad.tolist() == [3, 3]


def test_backward_notices_that_what_it_needs_was_written_over():
    x = relume.ones(3, requires_grad=True)
    y = x * 2
    square = y * y
    y += 1
    with pytest.raises(ValueError, match="in place"):
        square.sum().backward()


def test_a_write_that_others_would_not_hear_of_is_refused():
    x = relume.ones(3, requires_grad=True)
    y = x * 2
    view = y.reshape(3, 1)
    with pytest.raises(ValueError, match="share this memory"):
        y += 1
    with pytest.raises(ValueError, match="one place"):
        relume.zeros(1).expand(3).add_(1)
    assert view.tolist() == [[2], [2], [2]]


def test_a_result_of_another_kind_or_shape_is_refused():
    n = relume.tensor([1, 2])
    with pytest.raises(TypeError, match="int64"):
        n += 0.5
    with pytest.raises(TypeError):
        n /= 2
    with pytest.raises(ValueError):
        n += relume.ones(2, 2, dtype="int64")
    with pytest.raises(ValueError, match="int8"):
        relume.zeros(2, dtype="int8").fill_(300)
    assert n.tolist() == [1, 2]


def test_methods_with_an_underscore_do_in_place_what_those_without_do():
    x = np.array([0.25, 0.5, 0.75])
    for name in ("abs", "neg", "exp", "log", "sqrt", "sin", "floor", "reciprocal", "relu", "sigmoid", "tanh"):
        t = relume.tensor(x)
        assert getattr(t, f"{name}_")() is t
        np.testing.assert_array_equal(t.numpy(), getattr(relume.tensor(x), name)().numpy())
    t = relume.zeros(2)
    assert t.add_(relume.ones(2), alpha=3).sub_(1).mul_(4).div_(2).clamp_(max=3.5).tolist() == [3.5, 3.5]
    assert t.masked_fill_(relume.tensor([True, False]), 9).tolist() == [9, 3.5]
    assert t.copy_(relume.tensor([1, 2])).tolist() == [1, 2]
    assert t.zero_().tolist() == [0, 0]


def test_out_takes_the_result():
    out = relume.empty(2)
    assert relume.add(relume.ones(2), 1, out=out) is out and out.tolist() == [2, 2]
    relume.sum(relume.ones(3, 2), 0, out=out)
    assert out.tolist() == [3, 3]
    with pytest.raises(ValueError, match="out is"):
        relume.exp(relume.ones(3), out=out)
    with pytest.raises(ValueError, match="gradient"):
        relume.exp(relume.ones(2, requires_grad=True), out=out)
