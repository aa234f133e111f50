"""relume's files as others read them: each test runs the command line and opens what it wrote with another reader."""

import os
import subprocess

import pytest


@pytest.fixture(scope="session")
def relume():
    app = os.environ["RELUME_APP"]

    def run(*arguments: str, status: int = 0) -> str:
        done = subprocess.run([app, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == status, done.stderr
        return done.stdout

    return run
