"""Times one call of a network's prediction, one thread:
predict.py torch|torch_compile|onnxruntime|openvino|jax|numpy WIDTHS ROWS SECONDS."""
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:1]))

import numpy as np  # noqa: E402: BLAS reads the number of threads when it is loaded


def with_torch(weights, biases, x, compiled=False):
    import torch

    torch.set_num_threads(1)
    layers = []
    for weight, bias in zip(weights, biases):
        layer = torch.nn.Linear(*weight.shape)
        layer.weight.data, layer.bias.data = torch.tensor(weight.T.copy()), torch.tensor(bias)
        layers += [layer, torch.nn.ReLU()]
    network, rows = torch.nn.Sequential(*layers[:-1]).eval(), torch.tensor(x)
    if compiled:
        network = torch.compile(network)

    def call():
        with torch.inference_mode():
            return network(rows)
    return call


def with_torch_compile(weights, biases, x):
    return with_torch(weights, biases, x, compiled=True)


def as_onnx(weights, biases, rows):
    """The network as the bytes of an ONNX file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, tensors, name = [], [], "x"
    for i, (weight, bias) in enumerate(zip(weights, biases)):
        tensors += [numpy_helper.from_array(weight, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{i}", f"b{i}"], [f"z{i}"]))
        name = f"z{i}"
        if i + 1 < len(weights):
            nodes.append(helper.make_node("Relu", [name], [f"y{i}"]))
            name = f"y{i}"
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "net", [value("x", TensorProto.FLOAT, [rows, len(weights[0])])],
                              [value(name, TensorProto.FLOAT, [rows, len(biases[-1])])], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def with_onnxruntime(weights, biases, x):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(as_onnx(weights, biases, len(x)), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": x})[0]


def with_openvino(weights, biases, x):
    import openvino

    network = openvino.Core().compile_model(openvino.Core().read_model(as_onnx(weights, biases, len(x))), "CPU",
                                            {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY",
                                             "INFERENCE_PRECISION_HINT": "f32"})
    request = network.create_infer_request()
    tensor = openvino.Tensor(x)
    request.set_input_tensor(tensor)

    def call():
        request.infer()
        return request.get_output_tensor().data
    return call


def with_jax(weights, biases, x):
    import jax
    import jax.numpy as jnp

    @jax.jit
    def network(x):
        for weight, bias in list(zip(weights, biases))[:-1]:
            x = jax.nn.relu(x @ weight + bias)
        return x @ weights[-1] + biases[-1]
    rows = jnp.asarray(x)
    return lambda: network(rows).block_until_ready()


def with_numpy(weights, biases, x):
    def call():
        y = x
        for weight, bias in list(zip(weights, biases))[:-1]:
            y = np.maximum(y @ weight + bias, 0)
        return y @ weights[-1] + biases[-1]
    return call


def main():
    kind, rows, seconds = sys.argv[1], int(sys.argv[3]), float(sys.argv[4])
    widths = [int(width) for width in sys.argv[2].split("-")]
    rng = np.random.default_rng(1)
    weights = [rng.uniform(-1, 1, (i, o)).astype(np.float32) / np.float32(i) for i, o in zip(widths, widths[1:])]
    biases = [rng.uniform(-1, 1, o).astype(np.float32) for o in widths[1:]]
    x = rng.standard_normal((rows, widths[0])).astype(np.float32)
    call = {"torch": with_torch, "torch_compile": with_torch_compile, "onnxruntime": with_onnxruntime,
            "openvino": with_openvino, "jax": with_jax, "numpy": with_numpy}[kind](weights, biases, x)
    error = np.abs(np.asarray(call()) - with_numpy(weights, biases, x)()).max()
    assert error < 1e-3, error
    for _ in range(20):
        call()
    taken = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter_ns()
        call()
        taken.append(time.perf_counter_ns() - begin)
    taken.sort()
    print(json.dumps({"p50": taken[len(taken) // 2], "p999": taken[len(taken) * 999 // 1000]}))


main()
