"""Tables at default settings: the mean over five seeds on held-out rows, relume beside scikit-learn's MLP of 64, 64."""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

import report

HERE = pathlib.Path(__file__).parent
TABLES = [  # file, options, metric, whether smaller is better
    ("california_housing.csv", ["--target", "median_house_value"], "rmse", True),
    ("titanic.csv", ["--target", "Survived"], "accuracy", False),
    ("banknote.csv", [], "accuracy", False),
    ("winequality_white.csv", ["--task", "regression"], "rmse", True),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True)
    parser.add_argument("--data", type=pathlib.Path, default=HERE.parent.parent / "shared/data/tabular")
    parser.add_argument("--python", required=True, help="the interpreter that has scikit-learn")
    parser.add_argument("--rounds", type=int, default=5)
    args, rest = parser.parse_known_args()
    rows = []
    for file, options, metric, smaller in TABLES:
        ours, theirs = [], []
        for seed in range(1, args.rounds + 1):
            with tempfile.TemporaryDirectory() as folder:
                ours.append(report.run([args.app, "train", args.data / file, *options, "--test", "0.2", "--seed", seed,
                                        "--quiet", "--json", "--out", pathlib.Path(folder) / "run", *rest]))
            theirs.append(report.run([args.python, HERE / "peers/table_sklearn.py", args.data / file, *options, "--seed", seed]))
        rows.append(report.row(file, metric, statistics.mean(r.result["test"][metric] for r in ours), "scikit-learn",
                               statistics.mean(r.result[metric] for r in theirs), smaller))
        rows.append(report.row(file, "seconds", statistics.median(r.seconds for r in ours), "scikit-learn",
                               statistics.median(r.seconds for r in theirs)))
    report.write("tables", rows)


main()
