"""`python -m relume` and the command `relume`: the command line, which the package brings along."""

import os
import sys
from pathlib import Path


def main() -> None:
    program = Path(__file__).parent / "bin" / "relume"
    os.execv(program, ["relume", *sys.argv[1:]])


if __name__ == "__main__":
    main()
