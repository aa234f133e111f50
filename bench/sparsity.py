"""One layer behind ReLU, dense and sparse, by the share of its inputs that are off: the widths of small networks to those that
no cache holds, one row a call. Draws docs/images/sparsity.svg."""
import argparse
import pathlib
import subprocess

import report

HERE = pathlib.Path(__file__).parent
# Inputs, hidden units, outputs: the last layer is what has zeros to leave out.
WIDTHS = ["16-256-256", "16-512-512", "16-1024-1024", "16-4096-4096", "16-16384-16384"]
BLOCK = "4096-16384-4096"


def merged(programs, widths, turns, *options):
    """Of some processes the quickest of each."""
    runs = [report.run([programs / "bench_sparsity", widths, *options]).result for _ in range(turns)]
    return [{"off": at[0]["off"], "dense": min(p["dense"] for p in at), "sparse": min(p["sparse"] for p in at)}
            for at in zip(*runs)]


def rows_of(case, points):
    return [report.row(f"{case}, {100 * p['off']:.0f} % off", "µs a row", p["sparse"], "dense", p["dense"]) for p in points]


def draw(curves, path):
    data = "".join(f"$d{i} << EOD\n" + "".join(f"{100 * p['off']} {p['sparse'] / p['dense']}\n" for p in points) + "EOD\n"
                   for i, (_, points) in enumerate(curves))
    colours = ["#56b4e9", "#0072b2", "#009e73", "#e69f00", "#d55e00", "#000000"]
    lines = ", ".join(f"$d{i} u 1:2 w lp lw 2 pt 7 ps 0.5 lc rgb '{colours[i]}' t '{name}'"
                      for i, (name, _) in enumerate(curves))
    script = (f"{data}set terminal svg size 820,460 font 'sans,13' background '#ffffff'\nset output '{path}'\n"
              "set xlabel 'inputs that are off, %'\nset ylabel 'time over dense'\nset xrange [0:100]\nset yrange [0:1.2]\n"
              f"set grid lc rgb '#dddddd'\nset key bottom left\nplot {lines}, 1 lc rgb '#999999' dt 2 notitle\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python")
    parser.add_argument("--turns", default=2, type=int)
    args = parser.parse_args()
    programs = args.app.parent
    rows, curves = [], []
    for widths in [*WIDTHS, BLOCK]:
        points = merged(programs, widths, args.turns)
        _, hidden, outputs = widths.split("-")
        name = f"block {BLOCK}" if widths == BLOCK else f"{hidden} to {outputs}"
        rows += rows_of(name, points)
        curves.append((name, points))
    # What a permutation of units could bring at most: those that fire together lie together, 16 of them.
    for widths in ("16-1024-1024", "16-4096-4096"):
        rows += rows_of(f"{widths[3:].replace('-', ' to ')}, 16 together", merged(programs, widths, args.turns, 16))
    draw(curves, HERE.parent / "docs/images/sparsity.svg")
    report.write("sparsity", rows)


main()
