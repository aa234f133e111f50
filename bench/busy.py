"""All threads beside one thread of the same job, on a machine as it is and beside programs that never rest.

Each pair is measured in turn within one run, several times, and the medians of the rounds are compared: what else runs
on the machine meanwhile meets both alike. A step's time is the mean of a second, so that each time that a thread was
kept waiting counts.
"""
import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import tempfile

import report

STEPS = [("784-1024-1024-10", 128), ("784-512-256-10", 64), ("784-128-10", 64), ("13-64-64-1", 64)]
TABLE = pathlib.Path("../shared/data/tabular/taxis.csv")


@contextlib.contextmanager
def busy(count):
    programs = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True)
    parser.add_argument("--python", help="not used")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--table", default=TABLE, help="a CSV file to learn the last column of")
    args = parser.parse_args()
    step = pathlib.Path(args.app).parent / "bench_train_step"

    def step_of(widths, batch):
        return lambda threads: report.run([step, widths, batch, "adam", threads, 1]).result["mean"]

    def job_of(command):
        def seconds(threads):
            with tempfile.TemporaryDirectory() as folder:
                return report.run([args.app, "train", *command, "--seed", 1, "--threads", threads, "--quiet", "--json",
                                   "--out", pathlib.Path(folder) / "run"]).seconds
        return seconds

    cases = [(f"{widths}, {batch}, Adam", "µs a step", step_of(widths, batch)) for widths, batch in STEPS]
    cases.append(("train builtin:spirals", "seconds", job_of(["builtin:spirals", "--epochs", 40])))
    if pathlib.Path(args.table).exists():
        cases.append((f"train {pathlib.Path(args.table).name}", "seconds", job_of([args.table, "--epochs", 15])))

    rows = []
    for programs in (0, len(os.sched_getaffinity(0))):
        with busy(programs):
            for case, metric, measure in cases:
                pairs = [(measure(args.threads), measure(1)) for _ in range(args.rounds)]
                ours, alone = (statistics.median(side) for side in zip(*pairs))
                rows.append(report.row(f"{case}, {programs} busy", metric, ours, "one thread", alone))
    report.write("busy", rows)


if __name__ == "__main__":
    main()
