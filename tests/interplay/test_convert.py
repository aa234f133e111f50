"""What `relume convert` writes, read by NumPy and by safetensors' own reader."""

import os
import subprocess

import numpy as np
import pytest

safetensors = pytest.importorskip("safetensors.numpy")


def convert(*arguments, given=None):
    command = [os.environ["RELUME_APP"], "convert", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, text=True)


def test_a_table_becomes_arrays_of_its_columns(tmp_path):
    table = tmp_path / "houses.csv"
    table.write_text("rooms,area/m²,place,code,label\n3,70.5,Köln,007,yes\n4,,\"a, b\",012,no\n5,90.25,,100,yes\n" * 5)
    done = convert(table, tmp_path / "houses.npz")
    assert done.returncode == 0, done.stderr
    arrays = np.load(tmp_path / "houses.npz")
    assert arrays.files == ["rooms", "area/m²", "place", "code", "label"]
    np.testing.assert_array_equal(arrays["rooms"], np.array([3, 4, 5] * 5))
    assert arrays["rooms"].dtype == np.int64
    np.testing.assert_array_equal(arrays["area/m²"], np.array([70.5, np.nan, 90.25] * 5))
    assert arrays["place"].tolist() == ["Köln", "a, b", ""] * 5
    assert arrays["code"].tolist() == ["007", "012", "100"] * 5
    assert arrays["label"].tolist() == ["yes", "no", "yes"] * 5


def test_a_table_from_a_pipe_is_whole(tmp_path):
    done = convert("-", tmp_path / "piped.npz", given="a,b\n" + "".join(f"{i},{i * i}\n" for i in range(2000)))
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "piped.npz")["b"], np.arange(2000) ** 2)


def test_tensors_keep_names_values_and_words_there_and_back(tmp_path):
    tensors = {
        "fc1.weight": np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32),
        "steps": np.array([2**53 + 1, -7]),
        "mask": np.array([[True, False]]),
        "half": np.array([1.5, -0.25], np.float16),
        "scalar": np.array(2.5),
    }
    safetensors.save_file(tensors, tmp_path / "in.safetensors", metadata={"format": "pt", "by": "jemand, Köln"})
    done = convert(tmp_path / "in.safetensors", tmp_path / "out.npz")
    assert done.returncode == 0, done.stderr
    arrays = np.load(tmp_path / "out.npz")
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(arrays[name], tensor)
        assert arrays[name].dtype == tensor.dtype and arrays[name].shape == tensor.shape
    assert arrays["__metadata__.by"].tolist() == ["jemand, Köln"]
    done = convert(tmp_path / "out.npz", tmp_path / "back.safetensors")
    assert done.returncode == 0, done.stderr
    with __import__("safetensors").safe_open(tmp_path / "back.safetensors", "numpy") as back:
        assert back.metadata() == {"format": "pt", "by": "jemand, Köln"}
        for name, tensor in tensors.items():
            np.testing.assert_array_equal(back.get_tensor(name), tensor)


def test_what_would_be_lost_is_refused_in_one_line(tmp_path):
    np.savez(tmp_path / "text.npz", x=np.eye(2), names=np.array(["a", "b"]))
    (tmp_path / "old.safetensors").write_text("old")
    (tmp_path / "two.csv").write_text("a,b\n1,2\n3,4\n")
    for source, goal in (("text.npz", "old.safetensors"), ("text.npz", "x.npz"), ("two.csv", "x.safetensors"), ("two.csv", "x.csv")):
        done = convert(tmp_path / source, tmp_path / goal)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert (tmp_path / "old.safetensors").read_text() == "old"
    assert not (tmp_path / "x.npz").exists()
