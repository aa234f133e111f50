"""Pictures of activations."""

import tempfile
from pathlib import Path

import numpy as np

from relume import _core
from relume._core import Chart


def _as_drawn(name: str) -> str:
    """prelu's slope is learned; it is drawn as it begins."""
    return "leaky_relu(0.25)" if name == "prelu" else name


def plot(*activations: str, derivative: bool = False, range: tuple[float, float] = (-5.0, 5.0)) -> Chart:
    """The picture of activations over a range of x: plot("relu", "elu(0.5)").

    A notebook shows it by itself; save("name.svg"), .png or .pdf writes it, text() draws it in characters. Drawing
    needs gnuplot. Raises ValueError for a name that is not an activation of one number.
    """
    if not activations:
        raise ValueError("plot: name an activation; relume.activation_names lists them")
    low, high = range
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"plot: the range {low} to {high} is empty; give two rising numbers")
    x = np.linspace(low, high, 501).tolist()
    one = len(activations) == 1
    what = "derivative of " if derivative else ""
    title = f"{activations[0]}: {what}{_core._formula(_as_drawn(activations[0]))}" if one else "derivatives" * derivative
    chart = Chart(title)
    for name in activations:
        y = _core._activation_values(_as_drawn(name), x, derivative)
        chart.line(x, y, "" if one else name)
    return chart.axes_through_zero()


def _repr_svg_(self: Chart) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chart.svg"
        self.save(path)
        return path.read_text()


Chart._repr_svg_ = _repr_svg_
