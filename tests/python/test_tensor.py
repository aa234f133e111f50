"""Tensors: PyTorch's ways, and memory that is shared both ways."""

import copy
import gc
import pickle
import sys

import numpy as np
import pytest

import relume


def test_it_prints_as_torch_does():
    assert repr(relume.tensor([-2, -1, 0, 1, 2])) == "tensor([-2, -1,  0,  1,  2])"
    assert repr(relume.relu(relume.tensor([-2, -1, 0, 1, 2]))) == "tensor([0, 0, 0, 1, 2])"
    assert repr(relume.float32) == "relume.float32"


def test_lists_have_torchs_dtypes_and_arrays_their_own():
    assert relume.tensor([1, 2]).dtype == relume.int64
    assert relume.tensor([1.0, 2]).dtype == relume.float32
    assert relume.tensor([True]).dtype == relume.bool
    assert relume.tensor(np.zeros(2)).dtype == relume.float64
    assert relume.tensor([1, 2], dtype=np.float64).dtype == relume.float64
    assert relume.tensor([1, 2], dtype="int8").dtype == relume.int8
    with pytest.raises(ValueError, match="float23"):
        relume.zeros(2, dtype="float23")


def test_from_numpy_and_numpy_share_memory_both_ways():
    x = np.arange(6.0).reshape(2, 3)
    t = relume.from_numpy(x)
    t[0, 1] = 50
    assert x[0, 1] == 50
    y = t.numpy()
    y[1, 2] = -1
    assert x[1, 2] == -1
    view = relume.from_numpy(x.T[::2])
    assert view.shape == (2, 2) and view.data_ptr() == x.ctypes.data


def test_memory_that_must_not_be_written_to_is_copied():
    x = np.zeros(3)
    x.flags.writeable = False
    relume.from_numpy(x).fill_(1)
    assert x.tolist() == [0, 0, 0]


def test_shared_memory_lives_as_long_as_its_last_user():
    x = np.full(100_000, 3.0)
    t = relume.from_numpy(x)
    before = sys.getrefcount(x)
    part = t[10:20]
    del t
    gc.collect()
    assert sys.getrefcount(x) == before
    del x
    assert part.sum().item() == 30
    for _ in range(200):
        array = relume.tensor(np.full(1000, 7.0)).numpy()
        gc.collect(0)
        assert array[-1] == 7
    array = np.zeros(10)
    count = sys.getrefcount(array)
    for _ in range(1000):
        relume.from_numpy(array).numpy()
    assert sys.getrefcount(array) == count


def test_dlpack_goes_to_numpy_and_back_without_a_copy():
    t = relume.tensor([[1.0, 2.0], [3.0, 4.0]])
    x = np.from_dlpack(t)
    assert x.ctypes.data == t.data_ptr()
    assert relume.from_dlpack(x).data_ptr() == t.data_ptr()
    with pytest.raises(BufferError, match="detach"):
        np.from_dlpack(relume.tensor([1.0], requires_grad=True))


def test_the_buffer_protocol_goes_both_ways_without_a_copy():
    t = relume.tensor([[1.0, 2.0], [3.0, 4.0]])
    view = memoryview(t)
    assert (view.format, view.shape, view.tolist()) == ("f", (2, 2), [[1, 2], [3, 4]])
    view[0, 1] = 7
    assert t[0, 1].item() == 7
    assert memoryview(t.T).strides == (4, 8)
    del t
    assert view[1, 1] == 4
    numbers = bytearray(b"\x01\x02")
    relume.from_numpy(np.asarray(memoryview(numbers)))[0] = 9
    assert numbers == b"\x09\x02"
    with pytest.raises(BufferError, match="bfloat16"):
        memoryview(relume.ones(2, dtype="bfloat16"))
    with pytest.raises(BufferError, match="detach"):
        memoryview(relume.ones(2, requires_grad=True))


def test_gradients_are_those_of_the_formula():
    x = relume.tensor([[0.5, -1.0], [2.0, 3.0]], dtype="float64", requires_grad=True)
    loss = ((x * x).sum(dim=1) / 2 + relume.exp(x[:, 0])).mean()
    loss.backward()
    expected = x.detach().numpy() / 2
    expected[:, 0] += np.exp(x.detach().numpy()[:, 0]) / 2
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-14)


def test_no_grad_works_as_block_and_decorator_and_nests():
    x = relume.tensor([1.0], requires_grad=True)

    @relume.no_grad()
    def double():
        return x * 2

    with relume.no_grad():
        assert not double().requires_grad
        with relume.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_a_hook_written_in_python_sees_and_changes_gradients():
    x = relume.tensor([1.0, 2.0], requires_grad=True)
    seen = []
    y = x * 3
    y.register_hook(lambda gradient: seen.append(gradient.tolist()) or gradient * 10)
    y.sum().backward()
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [30.0, 30.0]


def test_hooks_end_with_the_graph_that_held_them():
    for _ in range(200):
        x = relume.ones(300, 300, requires_grad=True)
        y = x * 2
        y.register_hook(lambda gradient: None)
        y.sum().backward()
    gc.collect()


def test_indices_are_numpys():
    x = np.arange(24.0).reshape(2, 3, 4)
    t = relume.tensor(x)
    for index in [1, -1, (0, 1), slice(None), (slice(None), slice(0, 3, 2)), (..., -1), (1, ..., slice(1, 3)), None,
                  (0, None, ..., 2), (slice(None), [2, 0])]:
        expected = x[index]
        np.testing.assert_array_equal(t[index].numpy(), expected)
    with pytest.raises(IndexError):
        t[2]
    with pytest.raises(IndexError):
        t[0, 0, 0, 0]


def test_arithmetic_with_arrays_and_numbers_on_either_side():
    x = np.array([1.0, 2.0, 4.0])
    t = relume.tensor(x)
    np.testing.assert_array_equal((1 - t).numpy(), 1 - x)
    np.testing.assert_array_equal((x / t).numpy(), x / x)
    np.testing.assert_array_equal((2**t).numpy(), 2**x)
    np.testing.assert_array_equal((t @ np.eye(3)).numpy(), x)
    np.testing.assert_array_equal((np.eye(3) @ t).numpy(), x)
    assert (t > 1.5).tolist() == [False, True, True]
    assert relume.arange(3).dtype == relume.int64
    assert (relume.arange(3) * 2).dtype == relume.int64


def test_pickle_and_deepcopy_keep_values_dtype_and_gradients_flag():
    t = relume.tensor([1.5, -2.0], dtype="float16", requires_grad=True)
    for again in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t)):
        assert again.tolist() == t.tolist()
        assert again.dtype == t.dtype and again.requires_grad
    assert pickle.loads(pickle.dumps(relume.int8)) == relume.int8


def test_errors_are_pythons_own_kinds_and_relumes():
    with pytest.raises(relume.ShapeError, match="matmul"):
        relume.zeros(2, 3) @ relume.zeros(2, 3)
    with pytest.raises(ValueError):
        relume.zeros(2, 3) @ relume.zeros(2, 3)
    with pytest.raises(relume.Error):
        relume.zeros(2).reshape(3)
    with pytest.raises(TypeError):
        relume.tensor(["a"])
    with pytest.raises(TypeError):
        relume.tensor(None)


def test_to_torch_and_back_without_a_copy():
    torch = pytest.importorskip("torch", exc_type=ImportError)
    t = torch.arange(6.0).reshape(2, 3)
    r = relume.from_dlpack(t.T)
    assert r.data_ptr() == t.data_ptr() and r.shape == (3, 2)
    assert torch.from_dlpack(r).data_ptr() == t.data_ptr()
    assert type(relume.relu(-t)) is torch.Tensor
    assert relume.relu(torch.ones(2, dtype=torch.bfloat16)).dtype == torch.bfloat16
    with pytest.raises(TypeError, match="detach"):
        relume.relu(torch.ones(2, requires_grad=True))


def test_jax_arrays_come_back_as_jax_arrays():
    jax = pytest.importorskip("jax")
    y = relume.relu(jax.numpy.array([-1.0, 2.0]))
    assert isinstance(y, jax.Array) and y.tolist() == [0, 2]


def test_products_in_bfloat16_are_asked_for_as_in_pytorch():
    a = relume.randn(300, 200)
    full = relume.matmul(a, a.T).numpy()
    assert relume.get_float32_matmul_precision() == "highest"
    relume.set_float32_matmul_precision("medium")
    try:
        rounded = relume.matmul(a, a.T).numpy()
        assert relume.get_float32_matmul_precision() == "medium"
    finally:
        relume.set_float32_matmul_precision("highest")
    assert abs(rounded - full).max() < 0.02 * abs(full).max()
    with pytest.raises(ValueError, match="highest, high, medium"):
        relume.set_float32_matmul_precision("low")
