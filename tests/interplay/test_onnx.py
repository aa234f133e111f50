"""relume's ONNX files in onnxruntime, and what PyTorch's exporters, scikit-learn's and Keras's write in relume."""

import csv
import io

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

NEWEST = 28  # that relume writes


def rows_of(count=40, width=5, seed=0):
    return (np.random.default_rng(seed).normal(size=(count, width)) * 2).astype(np.float32)


def write_rows(path, x, extra=None):
    header = [f"x{i}" for i in range(x.shape[1])] + ([extra[0]] if extra else [])
    with open(path, "w") as file:
        print(",".join(header), file=file)
        for i, row in enumerate(x):
            cells = [repr(float(v)) for v in row] + ([str(extra[1][i])] if extra else [])
            print(",".join(cells), file=file)


def predicted(text):
    """Probabilities [rows, classes], or values [rows, 1]."""
    rows = list(csv.reader(io.StringIO(text)))[1:]
    return np.array([[float(v) for v in (row[1:] or row)] for row in rows])


def run(path, feed):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    if not isinstance(feed, dict):
        feed = {session.get_inputs()[0].name: feed}
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feed)))


def same(a, b, tolerance=1e-5):
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= tolerance * max(1, np.abs(b).max())


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@pytest.fixture(scope="module")
def trained(relume, tmp_path_factory):
    """A model with those layers after one epoch. Of arrays with a shape, which are no table: nothing is standardised."""
    folder = tmp_path_factory.mktemp("trained")
    x = rows_of(120)
    np.savez(folder / "classes.npz", x=x.reshape(-1, 5, 1), y=np.arange(120) % 3)
    np.savez(folder / "values.npz", x=x.reshape(-1, 5, 1), y=(50 + 3 * x[:, 0]).astype(np.float32))
    made = {}

    def make(layers, data="classes"):
        if (layers, data) not in made:
            out = folder / f"run{len(made)}"
            relume("train", folder / f"{data}.npz", "--layers", layers, "--epochs", 1, "--seed", 1, "--threads", 1, "--quiet", "--out", out)
            made[layers, data] = out / "model.safetensors"
        return made[layers, data]

    return make


def activations(relume):
    return [row.split()[0] for row in relume("activations").splitlines()[1:] if row.strip()]


LAYERS = [
    "batchnorm linear(6) batchnorm relu batchnorm",
    "linear(6) layernorm silu",
    "linear(6) groupnorm(3) tanh groupnorm(2)",
    "linear(6) prelu linear(4) prelu(0.1)",
    "flatten linear(8) dropout(0.3) glu crelu",
    "linear(6) leaky_relu(0.2) elu(0.7) softplus(2) threshold(0.1,-0.5) general_relu(0.1,3,0.2) hardtanh(-2,0.5)",
]


@pytest.mark.parametrize("opset", range(9, NEWEST + 1))
def test_every_layer_and_activation_gives_the_same_in_onnxruntime(relume, trained, tmp_path, opset):
    x = rows_of(seed=3).reshape(-1, 5, 1)
    np.savez(tmp_path / "x.npz", x=x)
    hidden = [name for name in activations(relume) if name not in ("softmax", "log_softmax")]
    assert len(hidden) > 30
    for layers in LAYERS + [f"linear(6) {name}" for name in hidden]:
        for data in ("classes", "values")[: 1 + (layers in LAYERS)]:
            model = trained(layers, data)
            relume("export", model, "--to", "onnx", "-o", tmp_path / "net.onnx", "--opset", opset)
            onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)
            outputs = run(tmp_path / "net.onnx", x)
            expected = predicted(relume("predict", model, tmp_path / "x.npz"))
            same(outputs["probabilities" if data == "classes" else "value"], expected)
            # And back.
            same(predicted(relume("predict", tmp_path / "net.onnx", tmp_path / "x.npz")), expected)


@pytest.mark.parametrize("opset", [9, 12, 17, NEWEST])
@pytest.mark.parametrize("target", ["kind", "price"])
def test_preprocessing_goes_inside(relume, tmp_path, opset, target):
    rng = np.random.default_rng(1)
    n = 200
    age = rng.normal(40, 12, n).round(1)
    income = np.exp(rng.normal(10, 2, n)).round(2)
    place = rng.choice(["north", "south", "east"], n)
    flag = rng.choice(["true", "false"], n)
    kind = np.where(age > 40, "old", "young")
    with open(tmp_path / "t.csv", "w") as file:
        print("age,income,place,flag,kind,price", file=file)
        for i in range(n):
            print("" if i % 9 == 4 else age[i], income[i], "" if i % 11 == 3 else place[i], flag[i], kind[i], 3 * age[i] + 100, sep=",", file=file)
    relume("train", tmp_path / "t.csv", "--target", target, "--epochs", 2, "--seed", 1, "--quiet", "--out", tmp_path / "run")
    model = tmp_path / "run/model.safetensors"
    relume("export", model, "--to", "onnx", "-o", tmp_path / "net.onnx", "--preprocessing", "--opset", opset)
    other = "price" if target == "kind" else "kind"
    age[4::9] = np.nan
    place[3::11] = ""
    columns = {"age": age, "income": income, "place": place, "flag": flag, "kind": kind, "price": 3 * np.nan_to_num(age) + 100}
    with open(tmp_path / "new.csv", "w") as file:
        print("age,income,place,flag,kind,price", file=file)
        for i in range(n):
            cells = [columns[c][i] for c in columns]
            print(*("" if c != c else c for c in cells), sep=",", file=file)
    session = ort.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    assert set(names) >= {"age", "income", "place", "flag"} and target not in names and set(names) <= {*columns} - {target}
    assert other in columns
    feed = {c: columns[c].astype(object).reshape(-1, 1) if columns[c].dtype.kind in "UO" else columns[c].astype(np.float32).reshape(-1, 1) for c in names}
    outputs = run(tmp_path / "net.onnx", feed)
    text = relume("predict", model, tmp_path / "new.csv")
    if target == "kind":
        same(outputs["probabilities"], predicted(text))
        assert outputs["label"].tolist() == [row[0] for row in list(csv.reader(io.StringIO(text)))[1:]]
    else:
        same(outputs["value"], predicted(text), 2e-5)


TORCH = {
    "relu": lambda nn: [nn.ReLU()],
    "many": lambda nn: [nn.LeakyReLU(0.2), nn.Linear(8, 8), nn.ELU(0.5), nn.Linear(8, 8), nn.PReLU(), nn.Linear(8, 8), nn.SELU()],
    "smooth": lambda nn: [nn.GELU(), nn.Linear(8, 8), nn.GELU("tanh"), nn.Linear(8, 8), nn.SiLU(), nn.Linear(8, 8), nn.Mish(), nn.Softplus()],
    "hard": lambda nn: [nn.ReLU6(), nn.Linear(8, 8), nn.Hardtanh(-2, 3), nn.Linear(8, 8), nn.Hardswish(), nn.Linear(8, 8), nn.Hardsigmoid()],
    "rest": lambda nn: [nn.CELU(0.7), nn.Softsign(), nn.Linear(8, 8), nn.LogSigmoid(), nn.Tanh(), nn.Sigmoid(), nn.Softshrink(0.3)],
    "shrink": lambda nn: [nn.Hardshrink(0.4), nn.Linear(8, 8), nn.Tanhshrink()],
    "threshold": lambda nn: [nn.Threshold(0.1, 0.05)],
    "norms": lambda nn: [nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 8), nn.GroupNorm(2, 8)],
    "gated": lambda nn: [nn.GLU(), nn.Linear(4, 8), nn.Identity()],
}


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("opset", [13, 17, 18, 20])
@pytest.mark.parametrize("which", TORCH)
def test_torch_networks_are_read(relume, tmp_path, which, new, opset):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    if which == "threshold" and not new:
        pytest.skip("PyTorch's old exporter does not write it")
    if new:
        pytest.importorskip("onnxscript")
        if opset < 18:
            pytest.skip("PyTorch's new exporter writes opset 18 and newer")
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(6, 8), *TORCH[which](nn), nn.Linear(8, 3))
    for module in net:
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.uniform_(-1, 1), module.running_var.uniform_(0.5, 2)
    net.eval()
    x = rows_of(12, 6)
    given = torch.from_numpy(x.reshape(-1, 2, 3))
    more = {"dynamic_shapes": ({0: torch.export.Dim("n")},)} if new else {"dynamic_axes": {"input": {0: "n"}}, "input_names": ["input"]}
    torch.onnx.export(net, (given,), tmp_path / "net.onnx", opset_version=opset, dynamo=new, **more)
    np.savez(tmp_path / "x.npz", x=x.reshape(-1, 2, 3))
    expected = softmax(net(given).detach().numpy())
    same(predicted(relume("predict", tmp_path / "net.onnx", tmp_path / "x.npz")), expected)
    relume("import", tmp_path / "net.onnx", "-o", tmp_path / "net.safetensors")
    same(predicted(relume("predict", tmp_path / "net.safetensors", tmp_path / "x.npz")), expected)
    assert "linear(8)" in relume("inspect", tmp_path / "net.onnx")


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_scikit_learns_perceptrons_are_read(relume, tmp_path, classes, activation):
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x = rows_of(80, 4)
    labels = np.array(["a", "b", "c"])[(x[:, 0] > 0).astype(int) + (x[:, 1] > 1) * (classes > 2)]
    y = labels if classes else x[:, 0] * 2 + 1
    kind = MLPClassifier if classes else MLPRegressor
    pipeline = make_pipeline(StandardScaler(), kind(hidden_layer_sizes=(6, 5), activation=activation, max_iter=30, random_state=0)).fit(x, y)
    proto = skl2onnx.to_onnx(pipeline, x[:1])
    (tmp_path / "net.onnx").write_bytes(proto.SerializeToString())
    write_rows(tmp_path / "x.csv", x, ("y", y))
    text = relume("predict", tmp_path / "net.onnx", tmp_path / "x.csv")
    if classes:
        same(predicted(text), pipeline.predict_proba(x))
        assert [row[0] for row in list(csv.reader(io.StringIO(text)))[1:]] == pipeline.predict(x).tolist()
    else:
        same(predicted(text)[:, 0], pipeline.predict(x), 2e-5)
    said = relume("eval", tmp_path / "net.onnx", tmp_path / "x.csv")
    assert (f"accuracy {pipeline.score(x, y):.4f}" if classes else "r2") in said


def save_graph(path, nodes, constants, width, outputs, name="x", opset=17, **more):
    tensors = [numpy_helper.from_array(v, k) for k, v in constants.items()]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save_model(model, str(path), **more)


def keras_like(path, rng, **more):
    f = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    constants = {"shape": np.array([-1, 6]), "w1": f(6, 7), "b1": f(7), "scale": f(7), "shift": f(7), "w2": f(7, 1), "b2": f(1), "half": np.float32(0.5), "mean": f(1, 6)}
    node = helper.make_node
    nodes = [
        node("Cast", ["x"], ["c"], to=TensorProto.FLOAT), node("Sub", ["c", "mean"], ["s"]), node("Div", ["s", "half"], ["d"]),
        node("Reshape", ["d", "shape"], ["r"]), node("MatMul", ["r", "w1"], ["m1"]), node("Add", ["m1", "b1"], ["a1"]),
        node("Mul", ["a1", "scale"], ["n"]), node("Add", ["n", "shift"], ["n2"]), node("LeakyRelu", ["n2"], ["l"], alpha=0.3),
        node("Identity", ["l"], ["i"]), node("MatMul", ["i", "w2"], ["m2"]), node("Add", ["b2", "m2"], ["a2"]), node("Sigmoid", ["a2"], ["dense"]),
    ]
    save_graph(path, nodes, constants, 6, ["dense"], **more)


def test_keras_networks_are_read_as_tf2onnx_writes_them(relume, tmp_path):
    keras_like(tmp_path / "net.onnx", np.random.default_rng(0))
    x = rows_of(20, 6)
    write_rows(tmp_path / "x.csv", x)
    p = run(tmp_path / "net.onnx", x)["dense"]
    same(predicted(relume("predict", tmp_path / "net.onnx", tmp_path / "x.csv")), np.hstack([1 - p, p]))


def test_data_outside_lies_in_the_folder(relume, tmp_path):
    keras_like(tmp_path / "net.onnx", np.random.default_rng(0))
    write_rows(tmp_path / "x.csv", rows_of(5, 6))
    expected = relume("predict", tmp_path / "net.onnx", tmp_path / "x.csv")
    keras_like(tmp_path / "out.onnx", np.random.default_rng(0), save_as_external_data=True, location="out.data", size_threshold=0)
    assert (tmp_path / "out.data").exists()
    assert relume("predict", tmp_path / "out.onnx", tmp_path / "x.csv") == expected
    (tmp_path / "out.data").rename(tmp_path / "gone.data")
    relume("import", tmp_path / "out.onnx", "-o", tmp_path / "no.safetensors", status=2)
    (tmp_path / "out.data").symlink_to("/etc/passwd")
    relume("import", tmp_path / "out.onnx", "-o", tmp_path / "no.safetensors", status=2)
    assert not (tmp_path / "no.safetensors").exists()
