"""The three products of a training step beside PyTorch's, and the share of the core's peak that they reach."""
import argparse
import json
import pathlib
import statistics
import subprocess

import report
import torch

from peers.clock import median

SHAPES = [(32, 64, 64), (64, 784, 128), (64, 784, 512), (64, 512, 256), (256, 784, 512), (128, 784, 1024), (128, 1024, 1024)]


def torch_gflops(batch, inputs, outputs, seconds):
    x, weight, dy = torch.randn(batch, inputs), torch.randn(outputs, inputs), torch.randn(batch, outputs)
    products = {"x Wt": lambda: torch.mm(x, weight.t()), "dy W": lambda: torch.mm(dy, weight),
                "dyt x": lambda: torch.mm(dy.t(), x)}
    return {name: 2e-3 * batch * inputs * outputs / median(product, seconds) for name, product in products.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", help="taken as every bench is given it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    rows = []
    for threads in args.threads:
        torch.set_num_threads(threads)
        for shape in SHAPES:
            ours, theirs = [], []
            for _ in range(args.rounds):
                command = [args.app.parent / "bench_matmul", *map(str, shape), str(threads)]
                ours.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
                theirs.append(torch_gflops(*shape, args.seconds))
            for name in theirs[0]:
                reached = statistics.median(r[name] for r in ours)
                case = f"{shape[0]} x {shape[1]} -> {shape[2]}, {name}, {threads} thread{'s' if threads > 1 else ''}"
                rows.append(report.row(case, "GFLOP/s", reached, "torch", statistics.median(r[name] for r in theirs),
                                       smaller_is_better=False) | {"share_of_peak": reached / ours[0]["peak"]})
    report.write("matmul", rows)


main()
