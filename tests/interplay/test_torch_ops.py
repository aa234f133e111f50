"""relume's operations on PyTorch's own samples: a few of each, so that it is quick; compare_torch_ops.py runs all."""

import warnings

import pytest

pytest.importorskip("relume")
pytest.importorskip("torch")
pytest.importorskip("expecttest", reason="torch.testing._internal imports it")


def test_no_sample_of_pytorchs_comes_out_different():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from compare_torch_ops import compare_all

        counts, causes, operations = compare_all(samples=1, dtypes=(torch.float64,))
    assert not causes["different"]
    assert len(operations) > 250 and counts["equal"] > 400
    assert counts["refused"] + counts["signature"] < counts["equal"] / 5
