"""The activations against double precision over all finite float32 numbers; the full sweep writes docs/accuracy.md."""
import argparse
import pathlib
import sys

import report

HERE = pathlib.Path(__file__).parent
HEAD = """# Accuracy

Every activation at its default parameters, float32, on all finite numbers (2³² less the NaNs and infinities), against
double precision. *Distance* counts the floats between the result and the correctly rounded one; *error* is the distance
from the exact value in units of its last place, of which correct rounding takes up to 0.5. `./dev bench accuracy` makes
this table.

| activation | promised distance | {levels} |
|---|---|{lines}|
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python", help="not needed: nothing is measured beside")
    parser.add_argument("--sample", type=int, default=1, help="only every n-th number")
    args = parser.parse_args()
    results = report.run([args.app.parent / "bench_accuracy", args.sample]).result
    levels = list(dict.fromkeys(r["level"] for r in results))
    table = HEAD.format(levels=" | ".join(levels), lines="|".join("---" for _ in levels))
    for name in dict.fromkeys(r["name"] for r in results):
        of = {r["level"]: r for r in results if r["name"] == name}
        cells = [f"{of[level]['distance']} (error {of[level]['error']:.2f} at {of[level]['at']})" for level in levels]
        table += f"| {name} | {of[levels[0]]['promised']:g} | {' | '.join(cells)} |\n"
    print(table)
    if args.sample == 1:
        (HERE.parent / "docs/accuracy.md").write_text(table)
    broken = sorted({r["name"] for r in results if r["distance"] > r["promised"]})
    if broken:
        sys.exit(f"accuracy: further off than promised: {', '.join(broken)}")


main()
