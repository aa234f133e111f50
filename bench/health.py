"""What the monitor costs, its rules beside those that others document, and its cures beside chance."""
import argparse
import json
import pathlib
import statistics
import subprocess

import report

PUBLISHED = {"dead_units": ["SageMaker Debugger", "AutoTrainer", "keras-contrib"],
             "vanishing_gradient": ["SageMaker Debugger", "AutoTrainer"],
             "exploding_gradient": ["SageMaker Debugger", "AutoTrainer"]}
LAYERS = {"784-128-10": "linear(128) relu", "784-512-256-10": "linear(512) relu linear(256) relu",
          "784-32-32-10": "linear(32) relu linear(32) relu"}


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

    for way in ("nothing", "another seed", "random change"):
        for metric, measure in (("share mended", mended), ("score gained", gained)):
            rows.append({"case": case, "metric": metric, "relume": measure("relume"), "peer": way, "peer_value": measure(way),
                         "ratio": ahead(measure("relume"), measure(way))})
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--app", required=True, type=pathlib.Path)
    parser.add_argument("--python")
    args = parser.parse_args()
    program = args.app.parent / "bench_health"
    report.write("health", cost(program) + rules(program) + cures(program))


main()
