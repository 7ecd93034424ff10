"""Make the environment of the sandbox, once, and run `chaos.py` in it."""

from __future__ import annotations

import os
import subprocess
import sys

from _environment import ROOT, check_python, environment


def main() -> int:
    """Run it from this checkout."""
    check_python()
    python = environment("demo", sys.executable, "sandbox.txt")
    source = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), str(ROOT / "scripts" / "chaos.py"), *sys.argv[1:]]
    return subprocess.run(command, env=source, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
