"""scikit-learn's own tests of its perceptrons, as the installed scikit-learn has them, run with relume's estimators."""

from pathlib import Path

import pytest

sklearn = pytest.importorskip("sklearn")
pytest.importorskip("relume")

# What looks at scikit-learn's own insides, and why that is not here.
PRIVATE = {
    "test_gradient": "calls _loss_grad_lbfgs() with work arrays of scikit-learn's own backward pass",
}

_FILE = Path(sklearn.__file__).parent / "neural_network" / "tests" / "test_mlp.py"
_THEIRS = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
if not _FILE.is_file():
    pytest.skip("skipped: this scikit-learn came without its tests", allow_module_level=True)
_source = _FILE.read_text(encoding="utf-8")
assert _source.count(_THEIRS) == 1, f"{_FILE} imports the estimators in another way"
exec(compile(_source.replace(_THEIRS, "from relume.sklearn import MLPClassifier, MLPRegressor\n"), _FILE, "exec"))

for _name, _why in PRIVATE.items():
    globals()[_name] = pytest.mark.skip(reason=_why)(globals()[_name])


@pytest.fixture
def global_random_seed():
    """scikit-learn's conftest.py gives the tests a seed by this name."""
    return 42
