"""A training step from forward to optimizer: relume beside PyTorch, eager and compiled, in turns."""
import argparse
import pathlib
import statistics

import report

HERE = pathlib.Path(__file__).parent
CASES = [("10-5-1", 1), ("4-64-64-2", 32), ("13-64-64-1", 64), ("784-128-10", 64), ("784-512-256-10", 64),
         ("784-512-256-10", 256), ("784-1024-1024-10", 128)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", required=True, help="the interpreter that has torch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--compile", action="store_true", help="beside torch.compile too (needs a C++ compiler)")
    args = parser.parse_args()
    rows = []
    for threads in args.threads:
        for widths, batch in CASES:
            for optimizer in ("sgd", "adam"):
                step = [widths, batch, optimizer, threads, args.seconds]
                torch = [args.python, HERE / "peers/train_step_torch.py", *step]
                peers = {"torch eager": torch} | ({"torch.compile": [*torch, "--compile"]} if args.compile else {})
                ours, theirs = [], {name: [] for name in peers}
                for _ in range(args.rounds):
                    ours.append(report.run([args.app.parent / "bench_train_step", *step]).result)
                    for name, command in peers.items():
                        theirs[name].append(report.run(command).result)
                case = f"{widths} batch {batch} {optimizer}, {threads} threads"
                taken = statistics.median(r["microseconds"] for r in ours)
                for name, results in theirs.items():
                    rows.append(report.row(case, "µs a step", taken, name, statistics.median(r["microseconds"] for r in results)))
                rows[-1]["gflops"] = statistics.median(r["gflops"] for r in ours)
    report.write("train", rows)


main()
