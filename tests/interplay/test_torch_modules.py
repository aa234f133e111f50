"""relume's modules, optimizers and schedules on PyTorch's own samples; compare_torch_modules.py prints what it finds."""

import warnings

import pytest

pytest.importorskip("relume")
pytest.importorskip("torch")
pytest.importorskip("expecttest", reason="torch.testing._internal imports it")


def test_no_sample_of_pytorchs_comes_out_different():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from compare_torch_modules import compare_all

        counts, causes, known, _ = compare_all(dtypes=(torch.float64,))
    assert not causes["different"]
    assert len(known) > 50 and counts["equal"] > 300
    assert counts["refused"] + counts["signature"] < counts["equal"] / 5
