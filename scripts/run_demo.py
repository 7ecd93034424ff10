"""Create the demo's environment if it does not exist, and run the demo in it."""

from __future__ import annotations

import os
import subprocess
import sys

from _environment import ROOT, check_python, environment


def main() -> int:
    """Run the demo from this checkout."""
    check_python()
    python = environment("demo", sys.executable, "sandbox.txt")
    source = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [str(python), str(ROOT / "scripts" / "demo.py")], env=source, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
