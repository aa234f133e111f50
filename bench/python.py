"""The Python package: a call's cost beside NumPy and PyTorch, fits beside scikit-learn, the import, the watched loop."""
import argparse
import pathlib
import statistics
import subprocess
import timeit
import warnings

import numpy as np
import relume
import relume.sklearn
import report
import sklearn.datasets
import sklearn.neural_network
import torch

DATA = pathlib.Path(__file__).parent.parent.parent / "shared/data"


def in_turns(calls, rounds):
    """The median seconds of each of several functions that are called one after the other."""
    taken = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(call())
    return {name: statistics.median(times) for name, times in taken.items()}


def timed(function, *arguments):
    begin = timeit.default_timer()
    function(*arguments)
    return timeit.default_timer() - begin


def nanoseconds(function, argument, loops):
    timer = timeit.Timer("f(x)", globals={"f": function, "x": argument})
    return lambda: timer.timeit(loops) / loops * 1e9


def calls(rounds):
    for n in (1, 64, 4096):
        x = np.random.default_rng(0).normal(size=n).astype(np.float32)
        t, zero = torch.from_numpy(x), np.float32(0)
        np.testing.assert_array_equal(relume.relu(x), np.maximum(x, zero))
        loops = 200_000 if n < 1000 else 50_000
        taken = in_turns({"relume": nanoseconds(relume.relu, x, loops),
                          "numpy": nanoseconds(lambda x: np.maximum(x, zero), x, loops),
                          "torch": nanoseconds(torch.relu, t, loops)}, rounds)
        for peer in ("numpy", "torch"):
            yield report.row(f"relu of {n} elements", "ns a call", taken["relume"], peer, taken[peer])


def mnist(rows):
    folder = DATA / "mnist"
    if not folder.is_dir():
        return None
    import gzip

    def read(name, offset):
        path = next(folder.glob(name + "*"))
        opened = gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
        return np.frombuffer(opened.read(), dtype=np.uint8, offset=offset)

    X, y = read("train-images", 16).reshape(-1, 784), read("train-labels", 8)
    X_test, y_test = read("t10k-images", 16).reshape(-1, 784), read("t10k-labels", 8)
    return X[:rows] / 255.0, y[:rows], X_test / 255.0, y_test


def digits():
    X, y = sklearn.datasets.load_digits(return_X_y=True)
    return X[:1300] / 16, y[:1300], X[1300:] / 16, y[1300:]


def table():
    X, y = sklearn.datasets.make_classification(120_000, 20, n_informative=10, n_classes=3, random_state=0)
    return X[:100_000], y[:100_000], X[100_000:], y[100_000:]


def fits(seeds):
    for name, data, options in [("digits", digits(), {}), ("MNIST, 20,000 rows", mnist(20_000), {"max_iter": 10}),
                                ("table of 100,000 x 20", table(), {"max_iter": 10})]:
        if data is None:
            print(f"{name}: skipped: no shared data")
            continue
        for dtype in (np.float64, np.float32):
            X, y, X_test, y_test = data
            X, X_test = X.astype(dtype), X_test.astype(dtype)
            seconds, scores = {}, {}
            for seed in range(seeds):
                for peer, kind in [("relume", relume.sklearn.MLPClassifier), ("scikit-learn", sklearn.neural_network.MLPClassifier)]:
                    model = kind(random_state=seed, **options)
                    seconds.setdefault(peer, []).append(timed(model.fit, X, y))
                    scores.setdefault(peer, []).append(model.score(X_test, y_test))
            case = f"fit of {name}, {np.dtype(dtype).name}"
            yield report.row(case, "seconds", statistics.median(seconds["relume"]), "scikit-learn",
                             statistics.median(seconds["scikit-learn"]))
            spread = statistics.stdev(scores["scikit-learn"]) if seeds > 1 else 0
            yield report.row(case, "test accuracy", statistics.mean(scores["relume"]), f"scikit-learn ±{spread:.4f}",
                             statistics.mean(scores["scikit-learn"]), smaller_is_better=False)


def imports(python, rounds):
    def process(code):
        return lambda: timed(lambda: subprocess.run([python, "-c", code], check=True))

    taken = in_turns({"numpy": process("import numpy"), "relume": process("import numpy, relume")}, rounds)
    milliseconds = {name: 1e3 * value for name, value in taken.items()}
    yield report.row("start with import relume", "ms", milliseconds["relume"], "numpy alone", milliseconds["numpy"])


def torch_loop(watched, steps=150):
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(784, 512), torch.nn.ReLU(), torch.nn.Linear(512, 256), torch.nn.ReLU(),
                              torch.nn.Linear(256, 10))
    X, y = torch.randn(2048, 784), torch.randint(0, 10, (2048,))
    optimizer, criterion = torch.optim.Adam(net.parameters()), torch.nn.CrossEntropyLoss()
    monitor = relume.health.watch(net) if watched else None

    def loop():
        for step in range(steps):
            begin = step * 64 % 2048
            optimizer.zero_grad()
            loss = criterion(net(X[begin:begin + 64]), y[begin:begin + 64])
            loss.backward()
            optimizer.step()

    loop()
    seconds = timed(loop)
    if monitor:
        monitor.close()
    return seconds / steps * 1e6


def watch(rounds):
    taken = in_turns({"watched": lambda: torch_loop(True), "alone": lambda: torch_loop(False)}, rounds)
    yield report.row("torch 784-512-256-10, batch 64, Adam, watched", "µs a step", taken["watched"], "not watched",
                     taken["alone"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app")
    parser.add_argument("--python", required=True, help="the interpreter that has the peers and relume")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(args.threads)
    relume.set_num_threads(args.threads)
    rows = [*calls(args.rounds), *imports(args.python, 3 * args.rounds), *watch(5 * args.rounds), *fits(args.seeds)]
    report.write("python", rows)


main()
