"""MNIST to the end, from start-up to the test accuracy: relume beside PyTorch, the same recipe, in turns."""
import argparse
import pathlib
import statistics
import tempfile

import report

HERE = pathlib.Path(__file__).parent


def relume(app, data, epochs, threads, seed, precision="float32"):
    with tempfile.TemporaryDirectory() as folder:
        return report.run([app, "train", data, "--hidden", "512,256", "--epochs", epochs, "--batch", 128, "--seed", seed,
                           "--threads", threads, "--precision", precision, "--quiet", "--json", "--out", pathlib.Path(folder) / "run"])


def torch(python, data, epochs, threads, seed):
    return report.run([python, HERE / "peers/mnist_torch.py", data, "--epochs", epochs, "--threads", threads, "--seed", seed])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True)
    parser.add_argument("--data", default=HERE.parent.parent / "shared/data/mnist")
    parser.add_argument("--python", required=True, help="the interpreter that has torch")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bf16", action="store_true", help="relume in bfloat16 too, where the machine multiplies it faster")
    args = parser.parse_args()

    rows = []
    for threads in (1, 2):
        ours, rounded, theirs = [], [], []
        for seed in range(1, args.rounds + 1):
            ours.append(relume(args.app, args.data, args.epochs, threads, seed))
            if args.bf16:
                rounded.append(relume(args.app, args.data, args.epochs, threads, seed, "bf16"))
            theirs.append(torch(args.python, args.data, args.epochs, threads, seed))
        case = f"MNIST 784-512-256-10, {args.epochs} epochs, {threads} threads"
        rows.append(report.row(case, "seconds", statistics.median(r.seconds for r in ours),
                               f"torch {theirs[0].result['torch']}", statistics.median(r.seconds for r in theirs)))
        rows.append(report.row(case, "peak memory MB", statistics.median(r.megabytes for r in ours), "torch",
                               statistics.median(r.megabytes for r in theirs)))
        rows.append(report.row(case, "test accuracy", statistics.mean(r.result["test"]["accuracy"] for r in ours), "torch",
                               statistics.mean(r.result["test_accuracy"] for r in theirs), smaller_is_better=False))
        if rounded:
            rows.append(report.row(case, "seconds", statistics.median(r.seconds for r in ours), "relume bf16",
                                   statistics.median(r.seconds for r in rounded)))
            rows.append(report.row(case, "test accuracy", statistics.mean(r.result["test"]["accuracy"] for r in ours),
                                   "relume bf16", statistics.mean(r.result["test"]["accuracy"] for r in rounded),
                                   smaller_is_better=False))
    report.write("mnist", rows)


main()
