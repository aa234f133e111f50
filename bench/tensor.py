"""One operation on tensors beside PyTorch eager, allocations in a training step, and compiling a program of one file."""
import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import report
import torch

HERE = pathlib.Path(__file__).parent
PROGRAM = """#include <relume/relume.h>
#include <iostream>
int main() {
  relume::nn::Sequential net{relume::nn::Linear(4, 8), relume::nn::ReLU(), relume::nn::Linear(8, 2)};
  std::cout << net(relume::randn({2, 4})) << "\\n";
}
"""


def torch_cases():
    one, other, leaf = torch.ones(1), torch.ones(1), torch.ones(1, requires_grad=True)
    matrix = torch.randn(8, 8)
    return {
        "add": lambda: one + other,
        "add with grad": lambda: leaf + other,
        "add and backward": lambda: (leaf + other).backward(),
        "mul by a number": lambda: one * 2,
        "view": lambda: matrix.view(4, 16),
        "transpose": lambda: matrix.t(),
        "relu": lambda: torch.relu(one),
        "relu with grad": lambda: torch.relu(leaf),
        "sum": lambda: torch.sum(one),
        "matmul 8x8": lambda: torch.matmul(matrix, matrix),
    }


def nanoseconds(call, calls=20000):
    def once():
        begin = time.perf_counter_ns()
        for _ in range(calls):
            call()
        return (time.perf_counter_ns() - begin) / calls
    return min(once() for _ in range(5))


def seconds_to_compile():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "program.cpp")
        source.write_text(PROGRAM)
        begin = time.perf_counter()
        subprocess.run(["g++", "-std=c++20", "-O2", f"-I{HERE.parent}", "-c", source, "-o", source.with_suffix(".o")],
                       check=True)
        return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", help="the interpreter that has torch: the one that runs this")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cases = torch_cases()
    ours, theirs = [], {name: [] for name in cases}
    for _ in range(args.rounds):
        ours.append(report.run([args.app.parent / "bench_tensor"]).result)
        for name, call in cases.items():
            theirs[name].append(nanoseconds(call))
    peer = f"torch {torch.__version__.split('+')[0]}"
    rows = [report.row(name, "ns", statistics.median(run[name] for run in ours), peer, statistics.median(theirs[name]))
            for name in cases]
    for name in "allocations 4-64-64-2", "allocations 784-128-10":
        rows.append({"case": name, "metric": "a step", "relume": ours[0][name], "peer": "", "peer_value": 0, "ratio": 0})
    rows.append({"case": "a program of one file, g++ -O2", "metric": "s to compile", "relume": min(
        seconds_to_compile() for _ in range(args.rounds)), "peer": "", "peer_value": 0, "ratio": 0})
    report.write("tensor", rows)


main()
