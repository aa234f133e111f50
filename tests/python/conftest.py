"""The Python package as a user has it: installed by pip. Tests beside PyTorch and JAX run where these are installed."""

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not DATA.is_dir():
        pytest.skip("skipped: no shared data")
    return DATA
