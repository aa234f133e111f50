import csv
import io
import json
import re

import pytest

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
plugin_data = pytest.importorskip("tensorboard.plugins.hparams.plugin_data_pb2")


@pytest.fixture(scope="module")
def run(relume, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "spirals"
    relume("train", "builtin:spirals", "--epochs", 7, "--lr", 0.2, "--seed", 3, "--out", folder, "--quiet")
    return folder


@pytest.fixture(scope="module")
def events(run):
    reader = accumulator.EventAccumulator(str(run), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    reader.Reload()
    return reader


@pytest.mark.parametrize(
    "tag, column",
    [
        ("loss/train", "train_loss"),
        ("loss/valid", "valid_loss"),
        ("valid/accuracy", "valid_accuracy"),
        ("training/learning_rate", "lr"),
        ("training/gradient_norm", "grad_norm"),
        ("health/dead_share", "dead_share"),
    ],
)
def test_curves_hold_the_points_of_metrics_csv(run, events, tag, column):
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    points = events.Scalars(tag)
    assert [point.step for point in points] == [int(row["epoch"]) for row in rows]
    assert [point.value for point in points] == pytest.approx([float(row[column]) for row in rows], rel=1e-6)


def test_histograms_hold_every_weight(run, events):
    from safetensors.numpy import load_file

    for name, weights in load_file(run / "last.safetensors").items():
        histogram = events.Histograms(f"weights/{name}")[-1].histogram_value
        assert histogram.num == sum(histogram.bucket) == weights.size
        assert histogram.sum == pytest.approx(weights.sum(dtype="float64"), rel=1e-5, abs=1e-5)
        assert histogram.sum_squares == pytest.approx((weights.astype("float64") ** 2).sum(), rel=1e-6)
        assert (histogram.min, histogram.max) == pytest.approx((weights.min(), weights.max()), rel=1e-6)
        below = [(weights <= limit).sum() for limit in histogram.bucket_limit]
        assert abs(sum(histogram.bucket[:32]) - below[31]) <= 1
        assert f"gradients/{name}" in events.Tags()["histograms"]


def test_findings_are_text(events):
    (summary,) = events.Tensors("health/summary")
    assert "never fired" in summary.tensor_proto.string_val[0].decode()


def test_settings_are_in_the_table_of_hyperparameters(events):
    content = events.PluginTagToContent("hparams")
    read = {tag: plugin_data.HParamsPluginData.FromString(data) for tag, data in content.items()}
    start = read["_hparams_/session_start_info"].session_start_info.hparams
    assert start["lr"].number_value == 0.2
    assert start["optimizer"].string_value == "adamw"
    metrics = [info.name.tag for info in read["_hparams_/experiment"].experiment.metric_infos]
    assert "valid/accuracy" in metrics
    assert read["_hparams_/session_end_info"].session_end_info.status == 1


def test_histograms_of_activations_hold_what_the_last_weights_give(relume, tmp_path):
    import numpy as np
    from safetensors import safe_open
    from safetensors.numpy import load_file

    rng = np.random.default_rng(5)
    for name, rows in [("train.csv", 400), ("valid.csv", 80)]:
        x = rng.normal(size=(rows, 3))
        np.savetxt(tmp_path / name, np.column_stack([x, x[:, 0] - x[:, 1] ** 2]), delimiter=",", header="a,b,c,y", comments="")
    relume("train", tmp_path / "train.csv", "--valid", tmp_path / "valid.csv", "--layers", "linear(16) relu linear(8) tanh",
           "--epochs", 6, "--out", tmp_path / "run", "--quiet")  # fmt: skip

    with safe_open(tmp_path / "run" / "model.safetensors", "np") as file:
        used = json.loads(file.metadata()["relume"])["preprocessing"]["used"]
    assert [column["name"] for column in used] == ["a", "b", "c"]
    mean, deviation = (np.array([column[key] for column in used]) for key in ("mean", "deviation"))
    x = (np.loadtxt(tmp_path / "valid.csv", delimiter=",", skiprows=1)[:, :3] - mean) / deviation
    last = load_file(tmp_path / "run" / "last.safetensors")
    first = np.maximum(x @ last["0.weight"].T + last["0.bias"], 0)
    second = np.tanh(first @ last["2.weight"].T + last["2.bias"])

    reader = accumulator.EventAccumulator(str(tmp_path / "run"), size_guidance={"histograms": 0})
    reader.Reload()
    for tag, values in [("activations/relu1", first), ("activations/tanh1", second)]:
        event = reader.Histograms(tag)[-1]
        histogram = event.histogram_value
        assert event.step == 6
        assert histogram.num == values.size
        assert (histogram.min, histogram.max) == pytest.approx((values.min(), values.max()), rel=1e-4, abs=1e-5)
        assert histogram.sum == pytest.approx(values.sum(), rel=1e-4, abs=1e-4)
        assert histogram.sum_squares == pytest.approx((values**2).sum(), rel=1e-4)
        below = (values[:, :, None] <= np.array(histogram.bucket_limit)).sum(axis=(0, 1))
        assert np.abs(np.cumsum(histogram.bucket) - below).max() <= 2  # values on a limit


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(header + array.astype("uint8").tobytes())


def test_images_are_the_misclassified_rows_pixel_by_pixel(relume, tmp_path):
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(7)
    for part, rows in [("train", 600), ("t10k", 200)]:
        labels = rng.integers(0, 3, rows)
        images = rng.integers(0, 256, (rows, 6, 9))
        images[np.arange(rows), labels, :] = 255  # the row that tells the class; a tenth of the labels lie
        labels = np.where(rng.random(rows) < 0.1, (labels + 1) % 3, labels)
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", labels)
    relume("train", tmp_path, "--hidden", "16", "--epochs", 20, "--out", tmp_path / "run", "--quiet")

    reader = accumulator.EventAccumulator(str(tmp_path / "run"), size_guidance={"tensors": 0, "images": 0})
    reader.Reload()
    tags = reader.Tags()["images"]
    assert 10 <= len(tags) <= 24
    seen = set()
    for tag in tags:
        assert tag.startswith("misclassified/")
        (event,) = reader.Images(tag)
        pixels = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
        assert (event.height, event.width) == pixels.shape == (6, 9)
        (row,) = np.flatnonzero((images == pixels).all(axis=(1, 2)))
        seen.add(int(row))
        name = reader.SummaryMetadata(tag).display_name
        found = re.fullmatch(r"row (\d+) of the test set: (\d), taken for (\d) \(\d+ %\)", name)
        assert found, name
        assert int(found[1]) == row + 1
        assert int(found[2]) == labels[row] != int(found[3])
    assert len(seen) == len(tags)
