"""Make the environment of the engines, once, and run the tests of `tests/scale` in it.

They are no part of scripts/test: Spark and dlt take a gigabyte of disk, and Spark needs Java 17.
Arguments are passed to pytest: `scripts/test_scale -k dlt` runs the tests of dlt only.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from _environment import ROOT, check_python, environment

JAVA = 17
NO_JAVA = (
    "Spark needs Java 17 or later, and {found}: install it (Debian: apt-get install openjdk-17-jre-headless;"
    " macOS: brew install openjdk@17), or set JAVA_HOME to where it is."
)


def check_java() -> None:
    """Exit with a sentence if Java is missing or too old for Spark."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if java is None:
        where = f"there is none in JAVA_HOME={home}" if home else "java is not on PATH"
        sys.exit(NO_JAVA.format(found=where))
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA:
        first = told.strip().partition("\n")[0] or "no version"
        sys.exit(NO_JAVA.format(found=f"{java} says {first}"))


def with_paths(arguments: list[str]) -> list[str]:
    """Return the arguments for pytest, with the folder of the tests unless they name a file or a folder."""
    named = any((ROOT / one.partition("::")[0]).exists() for one in arguments)
    return arguments if named else [*arguments, "tests/scale"]


def main() -> int:
    """Run the tests against this checkout."""
    check_python()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    _, arguments = parser.parse_known_args()
    check_java()
    python = environment("scale", sys.executable, "scale.txt", from_source=("pyspark",))
    source = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYSPARK_PYTHON": str(python),  # else Spark starts its workers with the first python3 on PATH
    }
    command = [str(python), "-m", "pytest", "-q", *with_paths(arguments)]
    return subprocess.run(command, cwd=ROOT, env=source, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
