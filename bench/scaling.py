"""How the cost of a training step grows with batch, width and depth, and that of a run with its rows: beside PyTorch."""
import argparse
import pathlib
import statistics
import subprocess
import tempfile

import numpy as np
import report

HERE = pathlib.Path(__file__).parent
GROWTH = {"batch": [("64-256-256-10", batch, batch) for batch in (1, 4, 16, 64, 256, 1024)],
          "width": [(f"{width}-{width}-{width}-10", 64, width) for width in (16, 32, 64, 128, 256, 512, 1024)],
          "depth": [("-".join(["128"] * (depth + 1)) + "-10", 64, depth) for depth in (1, 2, 4, 8, 16, 32)]}


def exponent(sizes, costs):
    """Of the power law through the larger half of the sizes, where it has settled."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(costs[half:]), 1)[0])


def steps(args, widths, batch):
    step = [widths, batch, "adam", 1, args.seconds]
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(report.run([args.app.parent / "bench_train_step", *step]).result["microseconds"])
        theirs.append(report.run([args.python, HERE / "peers/train_step_torch.py", *step]).result["microseconds"])
    return statistics.median(ours), statistics.median(theirs)


def grow(args, name):
    sizes, ours, theirs, rows = [], [], [], []
    for widths, batch, size in GROWTH[name]:
        a, b = steps(args, widths, batch)
        sizes.append(size), ours.append(a), theirs.append(b)
        rows.append(report.row(f"{name} {size}", "µs a step", a, "torch eager", b))
    rows.append({"case": f"{name}: fitted exponent", "metric": "larger half", "relume": exponent(sizes, ours),
                 "peer": "torch eager", "peer_value": exponent(sizes, theirs), "ratio": 1.0})
    return rows, (name, sizes, ours, theirs)


def grow_rows(args):
    """Whole runs of two epochs on tables of 20 numbers, from start-up to the written model; and their peak memory."""
    sizes, seconds, rows = [1000, 4000, 16000, 64000, 256000], {"relume": [], "torch": []}, []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rng = np.random.default_rng(1)
            x = rng.standard_normal((size, 20)).astype(np.float32)
            file = pathlib.Path(folder) / "data.npz"
            np.savez(file, x_train=x, y_train=(x[:, 0] * x[:, 1] > 0).astype(np.int64))
            options = ["--epochs", 2, "--batch", 64]
            ours = report.run([args.app, "train", file, "--hidden", "64,64", *options, "--threads", 1, "--quiet", "--json",
                               "--out", pathlib.Path(folder) / "run"])
            theirs = report.run([args.python, HERE / "peers/table_torch.py", file, *options])
        seconds["relume"].append(ours.seconds), seconds["torch"].append(theirs.seconds)
        rows.append(report.row(f"rows {size}", "seconds", ours.seconds, "torch", theirs.seconds))
        rows.append(report.row(f"rows {size}", "peak memory MB", ours.megabytes, "torch", theirs.megabytes))
    rows.append({"case": "rows: fitted exponent", "metric": "larger half", "relume": exponent(sizes, seconds["relume"]),
                 "peer": "torch", "peer_value": exponent(sizes, seconds["torch"]), "ratio": 1.0})
    return rows, ("rows", sizes, [s * 1e6 for s in seconds["relume"]], [s * 1e6 for s in seconds["torch"]])


def draw(curves, path):
    """Four panels, both axes logarithmic."""
    data = "".join(f"${name} << EOD\n" + "".join(f"{x} {a} {b}\n" for x, a, b in zip(*rest)) + "EOD\n"
                   for name, *rest in curves)
    panels = "".join(f"set title '{name}'\nplot ${name} u 1:2 w lp lw 2 pt 7 lc rgb '#0072b2' t 'relume', "
                     f"${name} u 1:3 w lp lw 2 pt 5 lc rgb '#d55e00' t 'PyTorch'\n" for name, *_ in curves)
    script = (f"{data}set terminal svg size 900,680 font 'sans,13' background '#ffffff'\nset output '{path}'\n"
              f"set logscale xy\nset format y '10^{{%L}}'\nset ylabel 'µs'\nset grid lc rgb '#dddddd'\nset key bottom right\n"
              f"set multiplot layout 2,2\n{panels}unset multiplot\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", required=True, help="the interpreter that has torch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5)
    args = parser.parse_args()
    rows, curves = [], []
    for name in GROWTH:
        more, curve = grow(args, name)
        rows += more
        curves.append(curve)
    more, curve = grow_rows(args)
    draw(curves + [curve], HERE.parent / "docs/images/scaling.svg")
    report.write("scaling", rows + more)


main()
