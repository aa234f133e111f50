"""Functions of tensors and methods of the same names: arguments as PyTorch takes them, values as NumPy has them."""

import math

import numpy as np
import pytest

import relume

X = np.array([[1.0, -2.0, 3.0], [4.0, 0.0, -6.0]])


def test_reductions_take_a_tuple_of_dimensions_keepdim_axis_and_dtype():
    t = relume.tensor(X)
    for name in ("sum", "mean", "amax", "amin", "all", "any"):
        of = getattr(np, name)
        np.testing.assert_allclose(getattr(t, name)().numpy(), of(X))
        np.testing.assert_allclose(getattr(t, name)((0, 1), True).numpy(), of(X, (0, 1), keepdims=True))
        np.testing.assert_allclose(getattr(relume, name)(t, axis=-1).numpy(), of(X, -1))
    assert t.sum(keepdim=True).shape == (1, 1)
    assert t.argmax(keepdim=True).tolist() == [[3]]
    assert relume.tensor([True, True]).sum(dtype="int32").dtype == relume.int32
    assert relume.tensor([1, 2]).mean(dtype=relume.float64).item() == 1.5
    with pytest.raises(TypeError, match="both dim and axis"):
        t.sum(0, axis=1)


def test_spreads_and_norms_read_their_first_argument_as_pytorch_does():
    t = relume.tensor(X)
    np.testing.assert_allclose(t.std(False).item(), X.std())
    np.testing.assert_allclose(t.var(0, True).numpy(), X.var(0, ddof=1))
    np.testing.assert_allclose(t.var(dim=1, correction=0, keepdim=True).numpy(), X.var(1, keepdims=True))
    np.testing.assert_allclose(t.norm(1).item(), np.abs(X).sum())
    np.testing.assert_allclose(t.norm(3, 0).numpy(), (np.abs(X) ** 3).sum(0) ** (1 / 3))
    np.testing.assert_allclose(t.norm(math.inf, dim=1).numpy(), np.abs(X).max(1))
    np.testing.assert_allclose(t.norm(dim=1).numpy(), np.sqrt((X**2).sum(1)))
    with pytest.raises(TypeError):
        t.var(0, 0)


def test_values_and_indices_have_names():
    t = relume.tensor(X)
    found = t.max(dim=1)
    assert found.values.tolist() == [3, 4] and found.indices.tolist() == [2, 0]
    values, indices = relume.min(t, 0)
    assert values.tolist() == [1, -2, -6] and indices.tolist() == [0, 0, 1]
    assert t.sort(descending=True).values.tolist() == [[3, 1, -2], [4, 0, -6]]
    assert t.topk(2, largest=False).indices.tolist() == [[1, 0], [2, 1]]
    assert relume.max(t, relume.zeros(3, dtype="float64")).tolist() == [[1, 0, 3], [4, 0, 0]]


def test_whole_numbers_stay_exact():
    big = 2**53
    assert relume.arange(big, big + 3).tolist() == [big, big + 1, big + 2]
    assert relume.arange(5, 0, -2).tolist() == [5, 3, 1]
    assert relume.full((1,), big + 1).tolist() == [big + 1]
    assert (relume.tensor([big]) + 1).tolist() == [big + 1]
    assert relume.tensor([big + 1]).clamp(min=0, max=2**60).tolist() == [big + 1]
    assert (relume.tensor([3]) ** 39).tolist() == [3**39]
    assert relume.tensor([100, 200], dtype="uint8").lt(300).tolist() == [True, True]
    assert relume.randint(big * 512, big * 512 + 2, (9,)).max().item() < big * 512 + 2
    for t in (relume.full((1,), 1), relume.tensor([5]).clamp(0, 3), relume.tensor([2]) ** 2):
        assert t.dtype == relume.int64
    assert relume.full((1,), True).dtype == relume.bool and relume.full((1,), 0.5).dtype == relume.float32
    with pytest.raises(ValueError, match="negative"):
        relume.tensor([2]) ** -1


def test_division_and_bits_are_pythons():
    a = np.array([7, -7, 6, -6])
    t = relume.tensor(a)
    for b in (3, -3):
        assert (t // b).tolist() == (a // b).tolist() and (t % b).tolist() == (a % b).tolist()
        assert (t.double() // b).tolist() == (a // b).tolist() and (t.double() % b).tolist() == (a % b).tolist()
    assert (20 // t).tolist() == (20 // a).tolist()
    assert (t & 3).tolist() == (a & 3).tolist() and (~t).tolist() == (~a).tolist()
    mask = relume.tensor([True, False])
    assert (~mask).tolist() == [False, True] and (mask | ~mask).all().item() and not (mask & ~mask).any().item()
    with pytest.raises(ValueError, match="divided by 0"):
        t // 0
    with pytest.raises(TypeError, match="float32"):
        relume.ones(2) & 1


def test_both_operands_of_pow_have_gradients():
    a = relume.tensor([2.0, 3.0], dtype="float64", requires_grad=True)
    b = relume.tensor([3.0, 0.5], dtype="float64", requires_grad=True)
    for power in (lambda: relume.pow(a, b), lambda: a.pow(b), lambda: a**b):
        a.grad = b.grad = None
        power().sum().backward()
        np.testing.assert_allclose(a.grad.numpy(), [12, 0.5 * 3**-0.5])
        np.testing.assert_allclose(b.grad.numpy(), [8 * math.log(2), math.sqrt(3) * math.log(3)])
    with pytest.raises(TypeError):
        relume.elu(relume.ones(2), a[0])
    low = relume.tensor(0.5, requires_grad=True)
    relume.tensor([0.0, 1.0]).clamp(min=low).sum().backward()
    assert low.grad.item() == 1


def test_running_sums_and_products():
    t = relume.tensor(X, requires_grad=True)
    np.testing.assert_allclose(t.cumsum(1).detach().numpy(), X.cumsum(1))
    np.testing.assert_allclose(relume.cumprod(t, dim=0).detach().numpy(), X.cumprod(0))
    np.testing.assert_allclose(t.prod(dim=1).detach().numpy(), X.prod(1))
    t.prod(dim=1).sum().backward()
    assert t.grad.tolist() == [[-6, 3, -2], [0, -24, 0]]
    assert relume.tensor([2, 3]).prod().item() == 6


def test_what_is_beside_a_tensor_is_like_it():
    t = relume.ones(2, 3, dtype="float64")
    for made in (relume.zeros_like(t), relume.ones_like(t), relume.full_like(t, 7), relume.rand_like(t), t.new_zeros(2, 3)):
        assert made.shape == (2, 3) and made.dtype == relume.float64
    assert relume.zeros_like(t, dtype=relume.int64).dtype == relume.int64
    assert sorted(relume.randperm(5).tolist()) == list(range(5))
    assert relume.eye(2).tolist() == [[1, 0], [0, 1]]
    assert relume.linspace(0, 1, 1).tolist() == [0]


def test_shapes_are_rearranged_as_numpy_does():
    x = np.arange(24.0).reshape(2, 3, 4)
    t = relume.tensor(x)
    assert t.T.shape == (4, 3, 2) and t.mT.shape == (2, 4, 3)
    np.testing.assert_array_equal(t.flip(0, 2).numpy(), np.flip(x, (0, 2)))
    np.testing.assert_array_equal(t.roll(1, 1).numpy(), np.roll(x, 1, 1))
    np.testing.assert_array_equal(t.repeat(2, 1, 3).numpy(), np.tile(x, (2, 1, 3)))
    np.testing.assert_array_equal(t.flatten(1, 2).numpy(), x.reshape(2, 12))
    assert [p.shape for p in t.chunk(2, dim=1)] == [(2, 2, 4), (2, 1, 4)]
    assert [p.shape for p in t.split([1, 3], -1)] == [(2, 3, 1), (2, 3, 3)]
    assert [row.tolist() for row in t[0, 0].unbind()] == [0, 1, 2, 3]
    assert relume.ones(1, 2, 1).squeeze().shape == (2,) and relume.ones(1, 2, 1).squeeze(0).shape == (2, 1)
    np.testing.assert_array_equal(relume.where(t > 5, t, 0.0).numpy(), np.where(x > 5, x, 0))
    np.testing.assert_array_equal(t.masked_fill(t > 5, -1).numpy(), np.where(x > 5, -1, x))
    np.testing.assert_array_equal(relume.nonzero(t[0] > 5).numpy(), np.argwhere(x[0] > 5))
    np.testing.assert_array_equal(relume.tril(t).numpy(), np.tril(x))


def test_what_is_not_finite_is_found():
    t = relume.tensor([0.0, math.nan, math.inf, -math.inf])
    assert t.isnan().tolist() == [False, True, False, False]
    assert t.isinf().tolist() == [False, False, True, True]
    assert relume.isfinite(t).tolist() == [True, False, False, False]
    assert relume.nan_to_num(t, 1, 2, 3).tolist() == [0, 1, 2, -0.0 + 3]


def test_there_is_one_device():
    t = relume.ones(2, device="cpu")
    assert t.to("cpu") is not None and t.to("cpu", relume.float64).dtype == relume.float64 and t.device == "cpu"
    assert t.to(device="cpu", dtype="int8").dtype == relume.int8
    for ask in (lambda: t.to("cuda"), lambda: t.cuda(), lambda: relume.zeros(2, device="cuda:0")):
        with pytest.raises(ValueError, match="cuda"):
            ask()


def test_comparing_with_what_is_no_tensor():
    t = relume.ones(2)
    assert (t == None) is False and (t != None) is True  # noqa: E711
    assert (t == "a") is False
    with pytest.raises(TypeError):
        t + None
    assert 1.0 in t and 2.0 not in t
    assert f"{t[0]:.2f}" == "1.00"


@pytest.mark.parametrize("call, words", [
    (lambda t: t.sum("a"), "sum: dim is a str"), (lambda t: t.sum(1.5), "sum: dim is a float"),
    (lambda t: t.max("a"), "max: dim"), (lambda t: t.reshape(1.5), "a size is a float"),
    (lambda t: relume.zeros("a"), "a size is a str"), (lambda t: t.size("a"), "size: dim"),
    (lambda t: relume.arange("a"), "arange: end is a str"), (lambda t: t.clamp("a"), "clamp: a bound"),
    (lambda t: t.fill_("a"), "fill_: the value is a str"), (lambda t: t.softmax("a"), "softmax: dim"),
    (lambda t: list(relume.tensor(1.0)), "without dimensions"), (lambda t: t.transpose("a", 0), "transpose: dim0"),
])
def test_an_argument_of_another_type_is_named(call, words):
    with pytest.raises(TypeError, match=words):
        call(relume.ones(2, 2))


def test_functional_layers_are_their_formulas():
    import relume.nn.functional as F

    x = relume.tensor(X)
    assert F.dropout(x, 0.5, training=False) is x
    relume.manual_seed(1)
    y = F.dropout(relume.ones(1000), 0.25).numpy()
    assert set(y.round(4)) == {0, np.float32(1.3333)} and 0.7 < (y > 0).mean() < 0.8
    expected = (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(F.layer_norm(x, (3,)).numpy(), expected)
    scale = relume.tensor([1.0, 2.0, 3.0], dtype="float64")
    np.testing.assert_allclose(F.layer_norm(x, 3, scale, scale).numpy(), expected * [1, 2, 3] + [1, 2, 3])
    np.testing.assert_allclose(F.gelu(x, approximate="tanh").numpy(), relume.gelu_tanh(x).numpy())
    assert F.relu(x, inplace=True) is x and x.min().item() == 0


@pytest.mark.parametrize("name", ["elu", "selu", "celu"])
def test_exponential_units_keep_their_gradient_far_below_zero(name):
    x = relume.tensor([-17.5, -30.0], requires_grad=True)
    getattr(relume, name)(x).sum().backward()
    scale = 1.7580993408473766 if name == "selu" else 1.0
    np.testing.assert_allclose(x.grad.numpy(), scale * np.exp([-17.5, -30.0]), rtol=1e-5)
