"""Create the environment of the documentation if it does not exist, and build the site in it."""

from __future__ import annotations

import subprocess
import sys

from _environment import ROOT, check_python, environment


def main() -> int:
    """Build the site from this checkout."""
    check_python()
    python = environment("docs", sys.executable, "docs.txt")
    command = [str(python), str(ROOT / "scripts" / "build_docs.py"), *sys.argv[1:]]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
