"""The activations beside PyTorch, NumPy and oneDNN, from one element to arrays beyond the caches, in turns."""
import argparse
import math
import pathlib
import statistics
import subprocess
import time

import numpy
import report
import torch

aten = torch.ops.aten
SIZES = [1, 64, 4 << 10, 256 << 10, 16 << 20]

# name → (forward into y, backward into dx) as PyTorch has them: with out= where there is one
TORCH = {
    "relu": (lambda x, y: torch.clamp_min(x, 0, out=y),
             lambda x, y, g, d: aten.threshold_backward.grad_input(g, y, 0, grad_input=d)),
    "leaky_relu": (lambda x, y: torch._C._nn.leaky_relu(x, 0.01, out=y),
                   lambda x, y, g, d: aten.leaky_relu_backward.grad_input(g, x, 0.01, False, grad_input=d)),
    "relu6": (lambda x, y: torch._C._nn.hardtanh(x, 0, 6, out=y),
              lambda x, y, g, d: aten.hardtanh_backward.grad_input(g, x, 0, 6, grad_input=d)),
    "elu": (lambda x, y: torch._C._nn.elu(x, out=y),
            lambda x, y, g, d: aten.elu_backward.grad_input(g, 1, 1, 1, False, x, grad_input=d)),
    "gelu": (lambda x, y: torch._C._nn.gelu(x, out=y), lambda x, y, g, d: aten.gelu_backward.grad_input(g, x, grad_input=d)),
    "gelu_tanh": (lambda x, y: torch._C._nn.gelu(x, approximate="tanh", out=y),
                  lambda x, y, g, d: aten.gelu_backward.grad_input(g, x, approximate="tanh", grad_input=d)),
    "silu": (lambda x, y: torch._C._nn.silu(x, out=y), lambda x, y, g, d: aten.silu_backward.grad_input(g, x, grad_input=d)),
    "mish": (lambda x, y: torch._C._nn.mish(x, out=y), lambda x, y, g, d: aten.mish_backward(g, x)),
    "softplus": (lambda x, y: torch._C._nn.softplus(x, out=y),
                 lambda x, y, g, d: aten.softplus_backward.grad_input(g, x, 1, 20, grad_input=d)),
    "sigmoid": (lambda x, y: torch.sigmoid(x, out=y),
                lambda x, y, g, d: aten.sigmoid_backward.grad_input(g, y, grad_input=d)),
    "tanh": (lambda x, y: torch.tanh(x, out=y), lambda x, y, g, d: aten.tanh_backward.grad_input(g, y, grad_input=d)),
    "hardswish": (lambda x, y: torch._C._nn.hardswish(x, out=y), lambda x, y, g, d: aten.hardswish_backward(g, x)),
    "hardsigmoid": (lambda x, y: torch._C._nn.hardsigmoid(x, out=y),
                    lambda x, y, g, d: aten.hardsigmoid_backward.grad_input(g, x, grad_input=d)),
    "softshrink": (lambda x, y: torch._C._nn.softshrink(x, out=y),
                   lambda x, y, g, d: aten.softshrink_backward.grad_input(g, x, 0.5, grad_input=d)),
}
CALLS = {"relu": torch.relu, "leaky_relu": torch.nn.functional.leaky_relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
NUMPY = {"relu": lambda x, y: numpy.maximum(x, 0, out=y), "tanh": lambda x, y: numpy.tanh(x, out=y)}


def nanoseconds(call):
    def once(count):
        begin = time.perf_counter_ns()
        for _ in range(count):
            call()
        return (time.perf_counter_ns() - begin) / count
    count = int(min(max(2e6 / max(once(1), once(1)), 1), 1e5))
    return min(once(count) for _ in range(5))


class Program:
    """One that is asked on stdin and answers on stdout."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, *case):
        print(*case, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


def torch_case(name, which, dtype, elements):
    x = torch.randn(elements).to(getattr(torch, dtype))
    y, g, d = torch.zeros_like(x), torch.randn_like(x), torch.zeros_like(x)
    if which == "call":
        return lambda: CALLS[name](x)
    forward, backward = TORCH[name]
    forward(x, y)
    return (lambda: forward(x, y)) if which == "forward" else (lambda: backward(x, y, g, d))


def cases(sizes):
    for name in TORCH:
        for dtype in "float32", "bfloat16":
            for which in "forward", "backward":
                for elements in sizes:
                    yield name, which, dtype, elements
    for name in CALLS:
        for elements in 1, 64:
            yield name, "call", "float32", elements


def bytes_moved(which, dtype, elements, name):
    mask = which == "backward" and name in ("relu", "leaky_relu", "relu6", "hardsigmoid", "softshrink")
    arrays = 2 + 1 / 32 if mask else 3 if which == "backward" else 2
    return elements * arrays * (4 if dtype == "float32" else 2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", help="the interpreter that has torch: the one that runs this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--names", nargs="+")
    args = parser.parse_args()
    relume = Program(args.app.parent / "bench_activation")
    program = args.app.parent / "bench_eltwise_onednn"
    onednn = Program(program) if program.exists() else None
    rows = []
    for threads in args.threads:
        torch.set_num_threads(threads)
        for name, which, dtype, elements in cases(args.sizes):
            if args.names and name not in args.names:
                continue
            on_torch = torch_case(name, which, dtype, elements)
            peers = {f"torch {torch.__version__.split('+')[0]}": lambda: nanoseconds(on_torch)}
            if onednn and which != "call":
                peers["oneDNN"] = lambda case=(name, which, dtype, elements, threads): onednn(*case)
            if which == "forward" and dtype == "float32" and name in NUMPY and threads == 1:
                a = numpy.random.default_rng(0).normal(size=elements).astype("float32")
                b = numpy.zeros_like(a)
                peers["numpy"] = lambda f=NUMPY[name]: nanoseconds(lambda: f(a, b))
            ours, copy, theirs = [], [], {peer: [] for peer in peers}
            with torch.no_grad():
                for _ in range(args.rounds):
                    ours.append(relume(name, which, dtype, elements, threads))
                    copy.append(relume(name, "copy", dtype, elements, threads))
                    for peer, measure in peers.items():
                        theirs[peer].append(measure())
            taken = statistics.median(ours)
            share = bytes_moved(which, dtype, elements, name) / bytes_moved("forward", dtype, elements, "") / taken
            for peer, times in theirs.items():
                if math.isnan(times[0]):
                    continue  # it has no such activation
                rows.append(report.row(f"{name} {which} {dtype} {elements}, {threads} threads", "ns", taken, peer,
                                       statistics.median(times)))
                rows[-1] |= {"share_of_copy": share * statistics.median(copy),
                             "gigabytes_per_second": bytes_moved(which, dtype, elements, name) / taken}
    report.write("activation", rows)


main()
