import csv

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
