"""Create virtual environments in `.cache/` from locked versions; keep them until the lock file changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache"
OLDEST = (3, 11)
_PROBE = "import ensurepip, sys, venv; print(*sys.version_info[:2], sys.executable)"


def check_python() -> None:
    """Exit with a message if this Python is too old."""
    if sys.version_info[:2] < OLDEST:
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"This needs Python 3.11 or later, and python3 is {found}: put a newer python3 first on PATH."
        )


def find_pythons() -> dict[tuple[int, int], str]:
    """Return an interpreter for each version from 3.11 on that is on PATH or installed by pyenv."""
    names = ["python3", *(f"python3.{minor}" for minor in range(OLDEST[1], 30))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [sys.executable, *filter(None, map(shutil.which, names))]
    candidates += map(str, sorted(pyenv.glob("versions/3.*/bin/python3")))
    found: dict[tuple[int, int], str] = {}
    for candidate in candidates:
        version = _version(candidate)
        if version is not None and version >= OLDEST:
            found.setdefault(version, candidate)
    return dict(sorted(found.items()))


def _version(python: str) -> tuple[int, int] | None:
    """Return the version of an interpreter; None if it can't create environments, like a pyenv shim."""
    run = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, check=False)
    words = run.stdout.split()
    return (int(words[0]), int(words[1])) if run.returncode == 0 else None


def environment(name: str, python: str, lock: str, *, from_source: tuple[str, ...] = ()) -> Path:
    """Return the Python of an environment with the locked versions; create it if necessary.

    `from_source` names the packages that have no wheel; all others are installed from theirs.
    """
    home = CACHE / name
    lock_file = ROOT / "requirements" / lock
    stamp = home / "locked"
    digest = hashlib.sha256(lock_file.read_bytes() + python.encode()).hexdigest()
    interpreter = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if stamp.exists() and stamp.read_text() == digest:
        return interpreter
    print(f"Creating the environment {name} from requirements/{lock} …", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    run([python, "-m", "venv", str(home)])
    sources = [part for one in from_source for part in ("--no-binary", one)]
    install(interpreter, "--require-hashes", "--only-binary", ":all:", *sources, "-r", str(lock_file))
    stamp.write_text(digest)
    return interpreter


def install(python: Path, *arguments: str) -> None:
    """Install packages with pip in an environment."""
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    run([*pip, "--disable-pip-version-check", *arguments])


def run(command: list[str], *, cwd: Path = ROOT) -> None:
    """Run a command. Raises `CalledProcessError` if it fails."""
    subprocess.run(command, cwd=cwd, check=True)
