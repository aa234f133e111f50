"""A training step from forward to optimizer: relume beside PyTorch, eager and compiled, JAX and scikit-learn, in turns."""
import argparse
import pathlib
import statistics

import report

HERE = pathlib.Path(__file__).parent
CASES = [("10-5-1", 1), ("4-64-64-2", 32), ("13-64-64-1", 64), ("784-128-10", 64), ("784-512-256-10", 64),
         ("784-512-256-10", 256), ("784-1024-1024-10", 128)]
PEERS = {"torch eager": ["train_step_torch.py"], "torch.compile": ["train_step_torch.py", "--compile"],
         "JAX jit": ["train_step_jax.py"], "sklearn": ["train_step_sklearn.py"]}


def commands(args, step):
    """What is run for each name. bfloat16 is a peer of float32 here, so that it stands in the same table."""
    ours = [args.app.parent / "bench_train_step", *step]
    peers = {name: [args.python, HERE / "peers" / script[0], *step, *script[1:]] for name, script in PEERS.items()
             if name in args.peers}
    return {"relume": ours} | ({"relume bf16": [*ours, "bf16"]} if args.bf16 else {}) | peers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", required=True, help="the interpreter that has the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--networks", nargs="+", default=[widths for widths, _ in CASES])
    parser.add_argument("--optimizers", nargs="+", default=["sgd", "adam"])
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--bf16", action="store_true", help="relume's own step in bfloat16 too")
    args = parser.parse_args()
    rows = []
    for threads in args.threads:
        for widths, batch in CASES:
            for optimizer in args.optimizers if widths in args.networks else []:
                rows += measure(args, threads, widths, batch, optimizer)
    report.write("train", rows)


def measure(args, threads, widths, batch, optimizer):
    results = {}
    for _ in range(args.rounds):
        for name, command in commands(args, [widths, batch, optimizer, threads, args.seconds]).items():
            results.setdefault(name, []).append(report.run(command).result)
    taken = {name: statistics.median(r["microseconds"] for r in all) for name, all in results.items()}
    case = f"{widths} batch {batch} {optimizer}, {threads} thread{'s' if threads > 1 else ''}"
    rows = [report.row(case, "µs a step", taken["relume"], name, value) for name, value in taken.items() if name != "relume"]
    gflops = statistics.median(r["gflops"] for r in results["relume"])
    share = statistics.median(r["gflops"] / r["peak"] for r in results["relume"])
    for row in rows:
        row |= {"gflops": gflops, "share_of_peak": share}
    return rows


main()
