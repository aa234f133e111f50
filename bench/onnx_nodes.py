"""The node tests that ONNX itself ships, one operator each, read as networks: passed, not supported, failed.

Of each test one input holds the rows; the others become constants, as weights are. A test that is read must give the outputs that
ship with it.
"""
import argparse
import collections
import json
import pathlib
import re
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

import relume

FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)


def with_rows(model, inputs, place):
    """The model with all inputs but that one as constants, and its first output alone."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    rows = graph.input[place]
    for k, value in enumerate(inputs):
        if k != place:
            graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), graph.input[k].name))
    kept = onnx.ValueInfoProto()
    kept.CopyFrom(rows)
    del graph.input[:], graph.output[1:]
    graph.input.append(kept)
    return changed


def read(model, inputs, path):
    """The network and its rows; or what the first input's error says."""
    first = "no input of floats"
    for place, value in enumerate(inputs):
        kind = model.graph.input[place].type
        if not isinstance(value, np.ndarray) or value.ndim == 0 or kind.tensor_type.elem_type not in FLOATS:
            continue
        path.write_bytes(with_rows(model, inputs, place).SerializeToString())
        try:
            return relume.load_network(path), value, ""
        except relume.InputError as error:
            first = str(error) if first == "no input of floats" else first
    return None, None, first


def judge(case, path):
    """passed, not supported or failed, and why."""
    inputs, outputs = case.data_sets[0]
    if len(inputs) != len(case.model.graph.input) or any(not isinstance(value, (np.ndarray, np.generic)) for value in inputs):
        return "not supported", "inputs that are no arrays"
    network, rows, why = read(case.model, inputs, path)
    if network is None:
        return "not supported", why
    x = rows.astype(np.float32)
    y = np.asarray(network(x.reshape(-1, 1) if x.ndim == 1 else x))
    expected = np.asarray(outputs[0])
    if y.size != expected.size:
        return "failed", f"{y.shape} where {expected.shape} is right"
    is_same = np.allclose(y.reshape(expected.shape), expected.astype(np.float64), rtol=1e-3, atol=1e-6, equal_nan=True)
    return ("passed", "") if is_same else ("failed", f"by up to {np.abs(y.reshape(expected.shape) - expected).max():g}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", help="not used")
    parser.add_argument("--python", help="not used")
    parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    counts, reasons, operators, failures = collections.Counter(), collections.Counter(), set(), []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            verdict, why = judge(case, pathlib.Path(folder) / "net.onnx")
            counts[verdict] += 1
            if verdict == "passed":
                operators |= {node.op_type for node in case.model.graph.node}
            elif verdict == "failed":
                failures.append(f"{case.name}: {why}")
            else:
                reasons[re.sub(r"^onnx: \S+ |'.*?' ?", "", why)] += 1
    for failure in failures:
        print(f"failed  {failure}")
    print("operators that passed: " + " ".join(sorted(operators)))
    for reason, count in reasons.most_common(12):
        print(f"{count:5}  {reason}")
    print(f"{len(cases)} node tests of onnx {onnx.__version__}: {counts['passed']} passed, {counts['not supported']} not supported, "
          f"{counts['failed']} failed")
    out = pathlib.Path(__file__).parent / "out"
    out.mkdir(exist_ok=True)
    (out / "onnx_nodes.json").write_text(json.dumps({"onnx": onnx.__version__, **counts}, indent=1) + "\n")
    sys.exit(counts["failed"] > 0)


if __name__ == "__main__":
    main()
