"""Pictures of activations."""

import math
import tempfile
from pathlib import Path

from relume import _core
from relume._core import Chart


def plot(*activations: str, derivative: bool = False, range: tuple[float, float] = (-5.0, 5.0)) -> Chart:
    """The picture of activations over a range of x: plot("relu", "elu(0.5)").

    A notebook shows it by itself; save("name.svg"), .png, .pdf or .html writes it, text() draws it in characters.
    Drawing needs gnuplot, .html does not. Raises ValueError for a name that is not an activation of one number.
    """
    if not activations:
        raise ValueError("plot: name an activation; relume.activation_names lists them")
    low, high = range
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"plot: the range {low} to {high} is empty; give two rising numbers")
    return _core._chart_of_functions(list(activations), low, high, derivative)


def _repr_svg_(self: Chart) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chart.svg"
        self.save(path)
        return path.read_text()


Chart._repr_svg_ = _repr_svg_
