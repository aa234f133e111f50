"""One call of a Predictor and of a StaticNet, beside PyTorch (as it is and compiled), ONNX Runtime, OpenVINO, JAX, NumPy
and, where RTNeural's headers are found, RTNeural, one thread: half of the calls take no longer
than p50, 999 of 1000 no longer than p99.9, in nanoseconds. And the start: a file to the first prediction."""
import argparse
import importlib.util
import pathlib
import tempfile

import report

NEEDED = {"torch": ["torch"], "torch_compile": ["torch"], "onnxruntime": ["onnx", "onnxruntime"],
          "openvino": ["onnx", "openvino"], "jax": ["jax"], "numpy": ["numpy"]}
PEERS = [peer for peer, modules in NEEDED.items() if all(map(importlib.util.find_spec, modules))]
CASES = [("10-5-1", 1), ("4-64-64-2", 1), ("16-128-128-1", 1), ("6-64-8-4", 1), ("784-512-256-10", 1), ("784-512-256-10", 64),
         ("784-1024-1024-10", 1), ("784-1024-1024-10", 64)]
# On other machines: RTNeural's own benchmark of single layers (xsimd, i7-8700B), its static networks, and one that was
# written by hand.
PUBLISHED = {"16-16": ("RTNeural published", 18), "64-64": ("RTNeural published", 270), "10-5-1": ("RTNeural static", 11),
             "4-64-64-2": ("RTNeural static", 190), "16-128-128-1": ("RTNeural static", 696),
             "6-64-8-4": ("written by hand", 506)}


# What a Predictor is to take for a row.
REACH = {"10-5-1": 30, "4-64-64-2": 100, "16-128-128-1": 400, "6-64-8-4": 100}


def predictors(programs, python, seconds, turns):
    rows = []
    peer_program = pathlib.Path(__file__).parent / "peers/predict.py"
    for widths, batch in CASES:
        ours, theirs = [], {peer: [] for peer in PEERS}
        for _ in range(turns):
            ours.append(report.run([programs / "bench_infer", widths, batch, seconds]).result)
            for peer in PEERS:
                theirs[peer].append(report.run([python, peer_program, peer, widths, batch, seconds]).result)
        best = {metric: min(r[metric] for r in ours) for metric in ("p50", "p999")}
        if batch == 1:
            rows.append(report.row(f"{widths} rows 1", "p999 ns", best["p999"], "2 x own p50", 2 * best["p50"]))
        if widths in REACH:
            rows.append(report.row(f"{widths} rows 1", "p50 ns", best["p50"], "reach", REACH[widths]))
            rows.append(report.row(f"{widths} rows 1", "p50 ns", best["p50"], *PUBLISHED[widths]))
        for peer, results in theirs.items():
            for metric in ("p50", "p999"):
                rows.append(report.row(f"{widths} rows {batch}", f"{metric} ns", best[metric], peer,
                                       min(r[metric] for r in results)))
    return rows


def static_nets(programs, seconds, turns):
    """In turns with RTNeural's, of whatever backends were built."""
    peers = sorted(programs.glob("bench_rtneural_*"))
    results, theirs = [], {peer: [] for peer in peers}
    for _ in range(turns):
        results.append(report.run([programs / "bench_static_net", seconds]).result)
        for peer in peers:
            theirs[peer].append(report.run([peer, seconds]).result)
    rows = []
    for widths in results[0]:
        best = {metric: min(r[widths][metric] for r in results) for metric in ("p50", "p999")}
        rows.append(report.row(f"{widths} StaticNet", "p50 ns", best["p50"], *PUBLISHED[widths]))
        for peer in peers:
            name = peer.name.removeprefix("bench_").replace("rtneural_", "RTNeural ")
            rows.append(report.row(f"{widths} StaticNet", "p50 ns", best["p50"], name,
                                   min(r[widths]["p50"] for r in theirs[peer])))
        rows.append(report.row(f"{widths} StaticNet", "p999 ns", best["p999"], "2 x own p50", 2 * best["p50"]))
    return rows


def start(programs, turns):
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "mnist.safetensors"
        weights = report.run([programs / "bench_infer_start", "save", model]).result["weight_bytes"] / 2**20
        runs = [report.run([programs / "bench_infer_start", "first", model]).result for _ in range(turns)]
    return [report.row("784-512-256-10 from file to first prediction", "ms", min(r["ms"] for r in runs), "reach", 5),
            report.row("784-512-256-10 memory of that", "MiB", min(r["kib"] for r in runs) / 1024, "3 x the weights",
                       3 * weights)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", required=True)
    parser.add_argument("--seconds", default="0.5", help="of each measurement")
    parser.add_argument("--turns", default=3, type=int)
    args = parser.parse_args()
    programs = args.app.parent
    report.write("infer", static_nets(programs, args.seconds, args.turns) + start(programs, args.turns) +
                 predictors(programs, args.python, args.seconds, args.turns))


main()
