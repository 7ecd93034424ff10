"""Everything that CI runs: lint, formatting, types, generated files, and the tests on every Python found.

The tests run against the wheel that was built from the sdist, not against the checkout.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from _environment import CACHE, ROOT, check_python, environment, find_pythons, install

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCES = ["signtraker", "tests", "scripts"]
SHIPPED = ["signtraker", "models", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "MANIFEST.in"]
GENERATORS = ["generate_keywords.py", "generate_query.py", "generate_aio.py", "generate_openapi.py"]


def build_wheel(python: Path) -> Path:
    """Return the wheel of what is in the checkout, built by way of the sdist; reused if nothing changed."""
    dist = CACHE / "dist"
    stamp = dist / "source"
    digest = _digest(SHIPPED)
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(dist, ignore_errors=True)
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            shutil.copytree(
                ROOT, source, symlinks=True, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")
            )
            log = Path(folder) / "log"
            command = [str(python), "-m", "build", "--no-isolation", "--outdir", str(dist), str(source)]
            with log.open("wb") as output:
                built = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
            if built.returncode:
                sys.exit(f"The build failed:\n{log.read_text()}")
        stamp.write_text(digest)
    return next(dist.glob("*.whl"))


def _digest(names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def install_wheel(python: Path, wheel: Path) -> None:
    """Install the wheel unless this very one is there."""
    stamp = python.parents[1] / "wheel"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        install(python, "--force-reinstall", str(wheel))
        stamp.write_text(digest)


def checks(python: Path) -> list[tuple[str, list[str]]]:
    """Return what is checked once, on the oldest Python."""
    command = str(python)
    return [
        ("lint", [command, "-m", "ruff", "check", "--cache-dir", str(CACHE / "ruff"), "."]),
        ("format", [command, "-m", "ruff", "format", "--check", "--cache-dir", str(CACHE / "ruff"), "."]),
        *((name, [command, f"scripts/{name}", "--check"]) for name in GENERATORS),
        ("mypy", [command, "-m", "mypy", "--cache-dir", str(CACHE / "mypy"), *SOURCES]),
        ("pyright", [command, "-m", "pyright", "--pythonpath", command]),
        ("typing", [command, "scripts/check_typing.py"]),
        ("openapi", [command, "scripts/check_openapi.py"]),
        ("window", [command, "scripts/check_window.py"]),
    ]


def tests(python: Path, version: tuple[int, int], arguments: list[str]) -> tuple[str, list[str]]:
    """Return the test run on one Python."""
    command = [str(python), "-m", "pytest", "-q", "-n", "2", *arguments]
    return f"tests on {version[0]}.{version[1]}", command


def perform(name: str, command: list[str]) -> bool:
    """Run one step and print how it went."""
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    passed = subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL).returncode == 0
    print(f"== {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - start:.1f} s", flush=True)
    return passed


def main() -> int:
    """Run every step, even after one has failed; exit 1 if any has."""
    check_python()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=["checks", "tests"], help="run only the checks, or only the tests")
    parser.add_argument(
        "--this-python", action="store_true", help="run on one Python, not on every one found"
    )
    parser.add_argument("pytest", nargs="*", help="passed to pytest, after --")
    options = parser.parse_args()
    pythons = find_pythons()
    if options.this_python:
        pythons = {sys.version_info[:2]: sys.executable}
    environments = {
        version: environment(f"test-{version[0]}.{version[1]}", python, "dev.txt")
        for version, python in pythons.items()
    }
    oldest = next(iter(environments.values()))
    wheel = build_wheel(oldest)
    for python in environments.values():
        install_wheel(python, wheel)
    steps: list[tuple[str, list[str]]] = []
    if options.only != "tests":
        steps += checks(oldest)
    if options.only != "checks":
        steps += [tests(python, version, options.pytest) for version, python in environments.items()]
    failed = [name for name, command in steps if not perform(name, command)]
    found = ", ".join(f"{major}.{minor}" for major, minor in pythons)
    print(f"\n{len(steps) - len(failed)} passed, {len(failed)} failed")
    print(f"Python {found}" + (f"; failed: {', '.join(failed)}" if failed else "; everything passed"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
