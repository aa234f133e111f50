"""safetensors beside the package of that name, pictures, and what pip has installed."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import relume


def test_safetensors_are_read_by_the_package_and_written_by_it(tmp_path):
    tensors = {"a": relume.randn(3, 4), "b.c": relume.arange(5), "half": relume.ones(2, dtype="float16")}
    relume.save_safetensors(tensors, tmp_path / "ours.safetensors", {"format": "np"})
    theirs = safetensors.numpy.load_file(tmp_path / "ours.safetensors")
    for name, tensor in tensors.items():
        assert np.array_equal(theirs[name], tensor.numpy()) and theirs[name].dtype == tensor.numpy().dtype
    safetensors.numpy.save_file(theirs, tmp_path / "theirs.safetensors", {"made": "elsewhere"})
    again = relume.load_safetensors(tmp_path / "theirs.safetensors")
    assert all(relume.equal(again[name], tensors[name]) for name in tensors)
    assert relume.safetensors_metadata(tmp_path / "theirs.safetensors") == {"made": "elsewhere"}
    with pytest.raises(relume.InputError):
        (tmp_path / "bad").write_bytes(b"not safetensors")
        relume.load_safetensors(tmp_path / "bad")


def test_a_picture_shows_in_a_notebook_and_in_a_file(tmp_path):
    chart = relume.plot("relu", "leaky_relu(0.2)", "prelu")
    assert "<svg" in chart._repr_svg_()
    chart.save(tmp_path / "family.png")
    assert (tmp_path / "family.png").read_bytes()[:4] == b"\x89PNG"
    assert "relu: max(x, 0)" in relume.plot("relu").text()
    chart.save(tmp_path / "family.html")
    assert "leaky_relu(0.2)" in (tmp_path / "family.html").read_text()
    for wrong in [("relo",), ("softmax",), ()]:
        with pytest.raises(ValueError):
            relume.plot(*wrong)
    with pytest.raises(ValueError, match="range"):
        relume.plot("relu", range=(1, 1))


def test_a_chart_takes_lines_and_points(tmp_path):
    chart = relume.Chart("loss").line([1, 2, 3], [4, 2, 1], "line").points([1, 2], [3, 3], "points")
    chart.y_range(0, 5).mark_x(2, "best").x_label("epoch").save(tmp_path / "chart.html")
    page = (tmp_path / "chart.html").read_text()
    assert '"name":"line","y":[4,2,1]' in page
    assert '"points":true' in page
    assert '"range":[0,5]' in page
    assert '"mark":{"x":2,"name":"best"}' in page
    with pytest.raises(ValueError, match="range of y"):
        chart.y_range(5, 0)


def test_the_command_line_is_in_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "relume", "apply", "relu", "-2", "3"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0 3\n"
    assert relume.__version__ == metadata.version("relume")


def test_the_package_is_small_typed_and_holds_no_waste():
    files = [file for file in metadata.files("relume") if "__pycache__" not in str(file)]
    sizes = {str(file): file.locate().stat().st_size for file in files}
    assert sum(sizes.values()) < 15_000_000
    names = {Path(name).name for name in sizes}
    assert {"py.typed", "_core.pyi", "relume"} <= names
    stub = next(file for file in files if file.name == "_core.pyi").read_text()
    nn_stub = next(file for file in files if file.name == "__init__.pyi").read_text()
    assert "class LeakyReLU(Activate):" in nn_stub and "negative_slope: float = 0.01" in nn_stub
    assert "def relu(" in stub and "class Tensor" in stub


def test_importing_relume_brings_nothing_heavy():
    code = "import sys, relume; print([m for m in ('torch', 'sklearn', 'pandas', 'tqdm', 'scipy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
