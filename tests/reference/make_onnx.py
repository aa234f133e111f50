"""Small networks as PyTorch's exporters, skl2onnx and tf2onnx write them, with what onnxruntime gives for some rows, and files that
are wrong in one way each: onnx/*.onnx, onnx/values.safetensors. Run it with build/peers/bin/python."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import skl2onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

warnings.simplefilter("ignore")
folder = Path(__file__).parent / "onnx"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()
rng = np.random.default_rng(0)
torch.manual_seed(0)
values = {}


def keep(name, x, output=None):
    session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"))
    names = [o.name for o in session.get_outputs()]
    values[f"{name}.x"] = x.reshape(len(x), -1)
    values[f"{name}.y"] = np.asarray(session.run([output or names[0]], {session.get_inputs()[0].name: x})[0], np.float32)


def random(*shape):
    return rng.normal(size=shape).astype(np.float32)


def torch_net():
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(6, 8), nn.BatchNorm1d(8), nn.GELU(), nn.LayerNorm(8), nn.Linear(8, 8), nn.GroupNorm(2, 8), nn.SiLU(),
        nn.Dropout(), nn.Linear(8, 8), nn.GLU(), nn.Linear(4, 4), nn.Hardswish(), nn.Linear(4, 3))
    net[2].running_mean.uniform_(-1, 1), net[2].running_var.uniform_(0.5, 2)
    return net.eval()


x = random(5, 2, 3)
net = torch_net()
torch.onnx.export(net, (torch.from_numpy(x),), folder / "torch.onnx", opset_version=17, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}})
keep("torch", x)
torch.onnx.export(net, (torch.from_numpy(x),), folder / "torch_dynamo.onnx", dynamo=True, external_data=False, dynamic_shapes=({0: torch.export.Dim("n")},))
slim = onnx.load(folder / "torch_dynamo.onnx")
for node in slim.graph.node:  # where it came from in the program: longer than all the rest
    del node.metadata_props[:]
    node.doc_string = ""
for part in (slim.graph.input, slim.graph.output, slim.graph.value_info, slim.graph.initializer):
    for value in part:
        del value.metadata_props[:]
onnx.save(slim, folder / "torch_dynamo.onnx")
keep("torch_dynamo", x)


x = random(60, 3)
for name, labels in (("two_classes", ["no", "yes"]), ("three_classes", ["a", "b", "c"])):
    y = np.array(labels)[(x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5) * (len(labels) > 2)]
    fitted = make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=20, random_state=0)).fit(x, y)
    (folder / f"{name}.onnx").write_bytes(skl2onnx.to_onnx(fitted, x[:1], options={"zipmap": False}).SerializeToString())
    keep(name, x[:5], "probabilities")


node = helper.make_node


def save(name, nodes, constants=None, width=4, output="y", opset=17, **more):
    tensors = [numpy_helper.from_array(v, k) for k, v in (constants or {}).items()]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "g", [info("x", TensorProto.FLOAT, ["N", width])], [info(output, TensorProto.FLOAT, ["N", None])], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save_model(model, str(folder / f"{name}.onnx"), **more)
    return model


# As tf2onnx writes Keras.
nodes = [
    node("Sub", ["x", "mean"], ["s"]), node("Div", ["s", "half"], ["d"]), node("Reshape", ["d", "shape"], ["r"]),
    node("MatMul", ["r", "w1"], ["m1"]), node("Add", ["m1", "b1"], ["a1"]), node("Mul", ["a1", "scale"], ["n"]), node("Add", ["n", "shift"], ["n2"]),
    node("Relu", ["n2"], ["l"]), node("MatMul", ["l", "w2"], ["m2"]), node("Add", ["b2", "m2"], ["a2"]), node("Softmax", ["a2"], ["y"])]
keras = {"shape": np.array([-1, 4]), "w1": random(4, 5), "b1": random(5), "scale": random(5), "shift": random(5), "w2": random(5, 3), "b2": random(3),
         "half": np.float32(0.5), "mean": random(1, 4)}
save("keras", nodes, keras)
keep("keras", random(5, 4))
save("outside", nodes, keras, save_as_external_data=True, location="outside.data", size_threshold=60)
keep("outside", random(5, 4))

# A detour, joined to the values it began with.
save("residual", [node("Gemm", ["x", "w"], ["a"]), node("Tanh", ["a"], ["t"]), node("Add", ["x", "t"], ["y"])], {"w": random(4, 4)})
keep("residual", random(5, 4))

# Each wrong in one way.
w = {"w": random(4, 2)}
gemm = node("Gemm", ["x", "w"], ["y"], name="last")
save("bad_circle", [node("Add", ["x", "b"], ["a"], name="first"), node("Relu", ["a"], ["b"]), node("Gemm", ["b", "w"], ["y"])], w)
save("bad_opset", [gemm], w, opset=99)
save("bad_shape", [gemm], w, width=5)
save("bad_nan", [gemm], {"w": np.full((4, 2), np.nan, np.float32)})
save("bad_operator", [node("Conv", ["x", "w"], ["y"], name="convolution")], w)
save("bad_activation", [node("Sin", ["x"], ["s"], name="wave"), node("Gemm", ["s", "w"], ["y"])], w)
save("bad_branch", [node("Gemm", ["x", "w"], ["a"]), node("Gemm", ["x", "w"], ["b"]), node("Mul", ["a", "b"], ["y"], name="join")], w)
model = save("bad_claim", [gemm], w)
model.graph.initializer[0].dims[0] = 1 << 39
onnx.save(model, folder / "bad_claim.onnx")
model = save("bad_input", [gemm], w)
model.graph.input.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, ["N", 1]))
onnx.save(model, folder / "bad_input.onnx")
for name, location in (("bad_missing", "gone.data"), ("bad_outside", "../make_onnx.py"), ("bad_absolute", "/etc/passwd")):
    model = save(name, [gemm], w)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString())

save_file(values, folder / "values.safetensors")
