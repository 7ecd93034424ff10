"""Run everything that CI runs: lint, formatting, types, generated files, and the tests on every Python found.

The tests run against the wheel that was built from the sdist, not against the checkout:
`PYTHONSAFEPATH` keeps the checkout off `sys.path`, in the tests and in every process that they start.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from _environment import CACHE, ROOT, check_python, environment, find_pythons, install

if TYPE_CHECKING:
    from collections.abc import Iterable

Step: TypeAlias = tuple[str, list[str]]
WORKERS = 2
_PRINTING = threading.Lock()
SOURCES = ["signtraker", "tests", "scripts"]
SHIPPED = [
    "signtraker",
    "models",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "MANIFEST.in",
]
NOT_ONCE = ["-m", "not once"]
"""Newer Pythons leave out the tests for which each Python is the same, which take a third of the time."""
GENERATORS = [
    "generate_payloads.py",
    "generate_query.py",
    "generate_aio.py",
    "generate_openapi.py",
    "generate_api.py",
    "generate_arrow_page.py",
]


def build_wheel(python: Path) -> Path:
    """Return the wheel of what is in the checkout, built by way of the sdist; reused if nothing changed."""
    dist = CACHE / "dist"
    stamp = dist / "source"
    digest = _digest(SHIPPED)
    if not stamp.exists() or stamp.read_text() != digest:
        shutil.rmtree(dist, ignore_errors=True)
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            shutil.copytree(ROOT, source, symlinks=True, ignore=_not_shipped)
            log = Path(folder) / "log"
            command = [str(python), "-m", "build", "--no-isolation", "--outdir", str(dist), str(source)]
            with log.open("wb") as output:
                built = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
            if built.returncode:
                sys.exit(f"The build failed:\n{log.read_text()}")
        stamp.write_text(digest)
    return next(dist.glob("*.whl"))


def _not_shipped(folder: str, names: list[str]) -> set[str]:
    """Leave out what is hidden, such as .git and .cache; the skill of coding agents is shipped."""
    return shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")(folder, names) - {".agents"}


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


def checks(python: Path) -> list[Step]:
    """Return the checks that run once, on the oldest Python."""
    command = str(python)
    return [
        ("lint", [command, "-m", "ruff", "check", "--cache-dir", str(CACHE / "ruff"), "."]),
        ("format", [command, "-m", "ruff", "format", "--check", "--cache-dir", str(CACHE / "ruff"), "."]),
        *((name, [command, f"scripts/{name}", "--check"]) for name in GENERATORS),
        ("mypy", [command, "-m", "mypy", "--cache-dir", str(CACHE / "mypy"), *SOURCES]),
        ("pyright", [command, "-m", "pyright", "--pythonpath", command]),
        ("typing", [command, "scripts/check_typing.py"]),
        ("openapi", [command, "scripts/check_openapi.py"]),
        ("docs", [str(ROOT / "scripts" / "docs")]),
    ]


def tests(python: Path, version: tuple[int, int], arguments: list[str]) -> Step:
    """Return the test run on one Python."""
    # Three workers keep two cores busy: many tests wait for a socket, a process or a deadline. The tests of a
    # group, such as those in a browser, stay in one worker.
    options = ["-q", "-n", "3", "--dist", "loadgroup", "--expect-wheel", *arguments]
    return f"tests on {version[0]}.{version[1]}", [str(python), "-m", "pytest", *options]


def fast(python: Path, arguments: list[str]) -> list[Step]:
    """Return the quick run: lint, formatting, mypy, and every test that is not marked `slow`."""
    quick = [step for step in checks(python) if step[0] in {"lint", "format", "mypy"}]
    return [*quick, tests(python, sys.version_info[:2], ["-m", "not slow", *arguments])]


def perform(step: Step) -> bool:
    """Run one step, printing as it goes."""
    name, command = step
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    safe = {**os.environ, "PYTHONSAFEPATH": "1"}
    run = subprocess.run(command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, env=safe)
    return _report(name, run.returncode, time.monotonic() - start)


def perform_quietly(step: Step) -> bool:
    """Run one step beside others, and print its output when it has ended."""
    name, command = step
    start = time.monotonic()
    run = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with _PRINTING:
        print(f"\n== {name}\n{run.stdout.decode(errors='replace')}", end="")
        return _report(name, run.returncode, time.monotonic() - start)


def _report(name: str, code: int, seconds: float) -> bool:
    print(f"== {name}: {'FAILED' if code else 'passed'} in {seconds:.1f} s", flush=True)
    return code == 0


def make_environments(pythons: dict[tuple[int, int], str]) -> dict[tuple[int, int], Path]:
    """Return an environment for each Python; only the oldest needs what the checks need."""

    def make(version: tuple[int, int]) -> Path:
        lock = "dev.txt" if version == min(pythons) else "test.txt"
        return environment(f"test-{version[0]}.{version[1]}", pythons[version], lock)

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip(pythons, pool.map(make, pythons), strict=True))


def main() -> int:
    """Run every step, even after one has failed; exit 1 if any has."""
    check_python()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=["checks", "tests"], help="run only the checks, or only the tests")
    parser.add_argument(
        "--this-python", action="store_true", help="run on one Python, not on every one found"
    )
    parser.add_argument(
        "--fast", action="store_true", help="run lint, formatting, mypy and the quick tests, on one Python"
    )
    parser.add_argument("pytest", nargs="*", help="passed to pytest, after --")
    options = parser.parse_args()
    pythons = find_pythons()
    if options.this_python or options.fast:
        pythons = {sys.version_info[:2]: sys.executable}
    environments = make_environments(pythons)
    oldest = next(iter(environments.values()))
    wheel = build_wheel(oldest)
    for python in environments.values():
        install_wheel(python, wheel)
    if options.fast:
        *first, last = fast(oldest, options.pytest)
        then = [last]
    else:
        first = checks(oldest) if options.only != "tests" else []
        oldest_version = min(environments)
        then = [
            tests(python, version, [*(() if version == oldest_version else NOT_ONCE), *options.pytest])
            for version, python in environments.items()
        ]
    with ThreadPoolExecutor(WORKERS) as pool:
        passed = list(pool.map(perform_quietly, first))
    passed += [perform(step) for step in then if options.only != "checks"]
    failed = [name for (name, _), fine in zip([*first, *then], passed, strict=False) if not fine]
    found = ", ".join(f"{major}.{minor}" for major, minor in pythons)
    print(f"\n{len(passed) - len(failed)} passed, {len(failed)} failed")
    print(f"Python {found}" + (f"; failed: {', '.join(failed)}" if failed else "; everything passed"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
