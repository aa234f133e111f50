"""The Python of the documents runs as it stands there."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("document, least", [("python.md", 5), ("deploy.md", 1)])
def test_the_guide_to_python(tmp_path, monkeypatch, document, least):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / document).read_text(), re.S | re.M)
    assert len(blocks) >= least
    for block in blocks:
        if any(f"import {other}" in block and importlib.util.find_spec(other) is None for other in ("torch", "onnxruntime")):
            continue
        exec(compile(block, f"docs/{document}", "exec"), names)
