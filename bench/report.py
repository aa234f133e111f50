"""Running what is measured, and the table that every bench ends with."""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time


@dataclasses.dataclass
class Run:
    result: dict  # the last line of stdout, read as JSON
    seconds: float  # wall time of the whole process
    megabytes: float  # largest resident set


def run(command):
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed")
    return Run(json.loads(output.splitlines()[-1]), seconds, usage.ru_maxrss / 1024)


def row(case, metric, relume, peer, peer_value, smaller_is_better=True):
    """A ratio above 1 means that relume is ahead."""
    ratio = peer_value / relume if smaller_is_better else relume / peer_value
    return {"case": case, "metric": metric, "relume": relume, "peer": peer, "peer_value": peer_value, "ratio": ratio}


def write(name, rows):
    for r in rows:
        print(f"{r['case']:<46} {r['metric']:<15} {r['relume']:>10.4g}   {r['peer']:<20} {r['peer_value']:>10.4g}  "
              f"{r['ratio']:.2f}x")
    folder = pathlib.Path(__file__).parent / "out"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n")
