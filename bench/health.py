"""What the monitor costs, its rules beside those that others document, its cures beside chance, and whether runs at
default settings give no error. --only cost,rules does those parts alone."""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

import report

PUBLISHED = {"dead_units": ["SageMaker Debugger", "AutoTrainer", "keras-contrib"],
             "vanishing_gradient": ["SageMaker Debugger", "AutoTrainer"],
             "exploding_gradient": ["SageMaker Debugger", "AutoTrainer"]}
LAYERS = {"784-128-10": "linear(128) relu", "784-512-256-10": "linear(512) relu linear(256) relu",
          "784-32-32-10": "linear(32) relu linear(32) relu"}


DATA = pathlib.Path(__file__).parent.parent.parent / "shared/data"
HEALTHY = {"titanic": ["tabular/titanic.csv", "--target", "Survived"], "banknote": ["tabular/banknote.csv"],
           "wine": ["tabular/winequality_white.csv"],
           "housing": ["tabular/california_housing.csv", "--target", "median_house_value"], "MNIST": ["mnist"]}


def ahead(ours, theirs):
    """Their nothing to our something is a hundred times."""
    return min(ours / theirs, 100.0) if theirs > 0 else 100.0 if ours > 0 else 1.0


def lines(command):
    out = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def cost(program):
    rows = []
    for name, layers in LAYERS.items():
        for batch in (32, 64):
            taken = lines([program, "cost", layers, batch])[0]
            rows.append(report.row(f"{name} batch {batch} adam, 1 thread", "µs, watched", taken["watched"], "not watched",
                                   taken["plain"]))
    return rows


def rules(program):
    """Recall on the trainings with a rule's fault; false alarms on those without any (a detector of dead units is right
    where a tenth of a layer is)."""
    runs, rows = lines([program, "rules"]), []
    healthy = [run for run in runs if not run["rule"]]
    for rule, detectors in PUBLISHED.items():
        faulty = [run for run in runs if run["rule"] == rule]

        def found(detector):
            return sum(rule in run["said"].get(detector, []) for run in faulty) / len(faulty)

        def alarms(detector):
            return sum(rule in run["said"].get(detector, []) and not (rule == "dead_units" and run["tenth_is_dead"])
                       for run in healthy) / len(healthy)

        for detector in detectors:
            case = f"{rule}: {len(faulty)} faults, {len(healthy)} healthy"
            rows.append({"case": case, "metric": "recall", "relume": found("relume"), "peer": detector,
                         "peer_value": found(detector), "ratio": ahead(found("relume"), found(detector))})
            rows.append({"case": case, "metric": "false alarms", "relume": alarms("relume"), "peer": detector,
                         "peer_value": alarms(detector), "ratio": 1.0})
    for detector in ("SageMaker Debugger", "AutoTrainer", "keras-contrib"):
        ours, theirs = (statistics.median(run["cost"][name] for run in runs) for name in ("relume", detector))
        rows.append(report.row(f"one look, median of {len(runs)} networks", "µs", ours, detector, theirs))
    return rows


def cures(program):
    runs, rows = lines([program, "cures"]), []
    for run in runs:
        print("  ".join([f"{run['name']:<75}"] + [f"{name} {run[name]:.3f}" for name in list(run) if name != "name"]))
    failing = [run for run in runs if run["nothing"] < run["healthy"] - 0.02]
    case = f"{len(failing)} failing trainings"

    def mended(way):
        return sum(run[way] >= run["healthy"] - 0.02 for run in failing) / len(failing)

    def gained(way):
        return statistics.mean(run[way] - run["nothing"] for run in failing)

    behind = [run["name"] for run in failing if run["relume"] < run["random change"] - 0.02]
    print(f"a random change does better in {len(behind)} of {len(failing)}: {'; '.join(behind)}")
    for way in ("nothing", "another seed", "random change"):
        for metric, measure in (("share mended", mended), ("score gained", gained)):
            rows.append({"case": case, "metric": metric, "relume": measure("relume"), "peer": way, "peer_value": measure(way),
                         "ratio": ahead(measure("relume"), measure(way))})
    return rows


def healthy(app):
    rows = []
    for name, (data, *options) in HEALTHY.items():
        errors = warnings = 0
        for seed in range(1, 6):
            with tempfile.TemporaryDirectory() as folder:
                command = [app, "train", DATA / data, *options, "--seed", seed, "--quiet", "--json", "--out", f"{folder}/run"]
                severities = [finding["severity"] for finding in report.run(command).result["findings"]]
            errors += severities.count("error")
            warnings += severities.count("warning")
        case = f"{name} at default settings, 5 seeds"
        for metric, found in (("errors", errors), ("warnings", warnings)):
            rows.append({"case": case, "metric": metric, "relume": found, "peer": "asked: no errors", "peer_value": 0,
                         "ratio": 0.0 if found and metric == "errors" else 1.0})
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python")
    parser.add_argument("--only", default="cost,rules,cures,healthy", help="parts, separated by commas")
    args = parser.parse_args()
    program = args.app.parent / "bench_health"
    parts = {"cost": lambda: cost(program), "rules": lambda: rules(program), "cures": lambda: cures(program),
             "healthy": lambda: healthy(args.app)}
    report.write("health", [row for part in args.only.split(",") for row in parts[part]()])


main()
