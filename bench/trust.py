"""What a run survives: kills at random moments, faults of memory and of the system, many threads; what a checkpoint costs.

Each kind of run is made once without a kill. Then it is killed again and again, gone on with until it ends, and its files
are held against the first one's, byte for byte. tests/faults lets each allocation and each call of the system fail, and
bench/soak.cpp has threads at work all the time.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

import report

TABLE = "../shared/data/tabular/titanic.csv"
IMAGES = "../shared/data/mnist"
KINDS = {
    "table, early stopping": ["builtin:moons", "--hidden", "32,16", "--epochs", "30", "--patience", "6"],
    "table, regression, cures": ["builtin:friedman", "--layers", "linear(32) relu linear(16) relu", "--epochs", "20",
                                 "--on-dead", "revive", "--on-explode", "backoff", "--lr", "0.05"],
    "batchnorm, dropout, bf16": ["builtin:spirals", "--layers", "linear(48) batchnorm relu dropout(0.2)", "--epochs", "20",
                                 "--precision", "bf16"],
    "table with text": [TABLE, "--epochs", "15", "--hidden", "32"],
    "images": [IMAGES, "--epochs", "1", "--hidden", "32"],
}


def train(app, words, folder, resume=False):
    command = [app, "train", *words, "--seed", "3", "--threads", "1", "--quiet", "--resume" if resume else "--out", folder]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def has_checkpoint(folder):
    return any((folder / "checkpoint" / f"{name}.safetensors").exists() for name in ("checkpoint", "previous"))


def train_whole(app, words, folder):
    begin = time.perf_counter()
    process = train(app, words, folder)
    if process.wait() != 0:
        raise SystemExit(f"bench: {process.stderr.read().decode()}")
    return time.perf_counter() - begin


def train_killed(app, words, folder, seconds, kills):
    """Kills the run so often at most; how often it was."""
    killed = 0
    while True:
        process = train(app, words, folder, has_checkpoint(folder))
        if killed < kills:
            try:
                process.wait(random.uniform(0, seconds))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        status = process.wait()
        if status == 0:
            return killed
        if status != -signal.SIGKILL:
            raise SystemExit(f"bench: {process.stderr.read().decode()}")
        killed += 1


def kills_survived(app, kind, words, wanted, work):
    words = [*words, "--checkpoint-every", "40" if "images" in kind else "3"]
    whole = work / "whole"
    seconds = train_whole(app, words, whole)
    killed = survived = rounds = 0
    while killed < wanted:
        parts = work / f"parts{rounds}"
        now = train_killed(app, words, parts, seconds, min(10, wanted - killed))
        same = all((whole / f).read_bytes() == (parts / f).read_bytes() for f in ("model.safetensors", "last.safetensors"))
        killed, survived, rounds = killed + now, survived + now * same, rounds + 1
    print(f"{kind:<28} {survived:>5} of {killed} kills survived, in {rounds} runs of {seconds:.1f} s")
    return report.row(kind, "kills survived", survived, "kills tried", killed, smaller_is_better=False)


def checkpoint_cost(app, work, rounds=5):
    """A second of training between checkpoints beside none: the least of some rounds of each."""
    words = ["builtin:spirals", "--hidden", "512,256", "--epochs", "120", "--patience", "120"]
    seconds = {every: min(train_whole(app, [*words, "--checkpoint-every", every], work / f"cost{every}{i}")
                          for i in range(rounds)) for every in ("1h", "1s")}
    print(f"a checkpoint each second     {100 * (seconds['1s'] / seconds['1h'] - 1):.2f} % of a run of {seconds['1h']:.1f} s")
    return report.row("checkpoint each second, 512-256", "seconds", seconds["1s"], "without", seconds["1h"])


def faults_survived(program, every, work):
    """Each so-many-th place of a training and a prediction; the test's name with what it tried."""
    found = work / "faults.json"
    subprocess.run([program, "--gtest_filter=FaultsIn*", f"--gtest_output=json:{found}"], stdout=subprocess.DEVNULL,
                   env=dict(os.environ, RELUME_FAULTS_EVERY=str(every)))
    for suite in json.loads(found.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            name, tried = f"{suite['name']}.{test['name']}", int(test["tried"])
            survived = int(test["survived"])
            print(f"{name:<38} {survived:>6} of {tried} faults survived, {test['without_harm']} of them without any effect")
            yield report.row(name, "faults survived", survived, "faults tried", tried, smaller_is_better=False)


def soak(program, minutes):
    result = report.run([program, minutes]).result
    print(f"{result['threads']} threads for {result['minutes']} minutes: {result['rounds']} rounds, {result['different']} of "
          f"them different; {result['kib']:.0f} KiB, {result['kib_a_minute']} KiB more a minute")
    return report.row("soak", "rounds alike", result["rounds"] - result["different"], "rounds", result["rounds"],
                      smaller_is_better=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True)
    parser.add_argument("--python", help="not used")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--faults-every", type=int, default=1, help="each so-many-th place alone")
    parser.add_argument("--soak", type=float, default=30, help="minutes")
    args = parser.parse_args()
    app = pathlib.Path(args.app).resolve()
    kinds = {kind: words for kind, words in KINDS.items() if ":" in words[0] or os.path.exists(words[0])}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for i, (kind, words) in enumerate(kinds.items()):
            work = pathlib.Path(folder) / str(i)
            wanted = args.kills * (i + 1) // len(kinds) - args.kills * i // len(kinds)
            rows.append(kills_survived(app, kind, words, wanted, work))
        rows.append(checkpoint_cost(app, pathlib.Path(folder)))
        rows += faults_survived(app.parent / "test_faults", args.faults_every, pathlib.Path(folder))
    rows.append(soak(app.parent / "bench_soak", args.soak))
    report.write("trust", rows)


if __name__ == "__main__":
    main()
