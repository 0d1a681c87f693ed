#!/usr/bin/env python3
"""tools/quickstart --once goes through, every step with the exit code it should have.

usage: run_quickstart.py --build DIRECTORY
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from markdown import ROOT
from run_commands import free_port


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    with tempfile.TemporaryDirectory(prefix="vouch-quickstart-") as folder:
        done = subprocess.run([ROOT / "tools/quickstart", "--once", "--port", str(free_port()),
                               "--dir", folder, "--build", build], timeout=240)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
