"""Run everything that CI runs: lint, formatting, types, generated files, and the tests on every Python found.

The tests run against the wheel that was built from the sdist, not against the checkout:
`PYTHONSAFEPATH` keeps the checkout off `sys.path`, in the tests and in every process that they start.

What Python compiles is kept in `.cache/compiled`, also where PYTHONDONTWRITEBYTECODE is set: the tests start
hundreds of processes, and each would compile the same modules again.
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
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from _environment import CACHE, ROOT, check_python, environment, find_pythons, install

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor, Future

Version: TypeAlias = tuple[int, int]
WORKERS = 2
COMPILED = CACHE / "compiled"
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


class Step(NamedTuple):
    """A command with a line of its own in the output."""

    name: str
    command: list[str]
    needs_checkout: bool = False
    """Whether Python may import what is in the checkout, as the scripts do; the tests must not."""


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
    """Return the checks that run once, on the oldest Python; the longest first, to keep both cores busy."""
    command = str(python)
    commands: dict[str, list[str]] = {
        "pyright": [command, "-m", "pyright", "--pythonpath", command],
        "mypy": [command, "-m", "mypy", "--cache-dir", str(CACHE / "mypy"), *SOURCES],
        "typing": [command, "scripts/check_typing.py"],
        "docs": [str(ROOT / "scripts" / "docs")],
        "openapi": [command, "scripts/check_openapi.py"],
        "lint": [command, "-m", "ruff", "check", "--cache-dir", str(CACHE / "ruff"), "."],
        "format": [command, "-m", "ruff", "format", "--check", "--cache-dir", str(CACHE / "ruff"), "."],
        **{name: [command, f"scripts/{name}", "--check"] for name in GENERATORS},
    }
    return [Step(name, command, needs_checkout=True) for name, command in commands.items()]


def collection(python: Path, version: Version) -> Step:
    """Return the step that imports all tests once, so that no worker needs to compile them."""
    return Step(f"collection on {_name(version)}", [str(python), "-m", "pytest", "-q", "--collect-only"])


def tests(python: Path, version: Version, arguments: list[str]) -> Step:
    """Return the test run on one Python."""
    # Three workers keep two cores busy: many tests wait for a socket, a process or a deadline. The tests of a
    # group, such as those in a browser, stay in one worker.
    options = ["-q", "-n", "3", "--dist", "loadgroup", "--expect-wheel", *arguments]
    return Step(f"tests on {_name(version)}", [str(python), "-m", "pytest", *options])


def _name(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def fast(python: Path, arguments: list[str]) -> list[Step]:
    """Return the quick run: lint, formatting, mypy, and every test that is not marked `slow`."""
    quick = [step for step in checks(python) if step.name in {"lint", "format", "mypy"}]
    return [*quick, tests(python, sys.version_info[:2], ["-m", "not slow", *arguments])]


def perform(step: Step) -> bool:
    """Run one step, printing as it goes."""
    print(f"\n== {step.name}", flush=True)
    start = time.monotonic()
    run = subprocess.run(step.command, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, env=_variables(step))
    return _report(step.name, run.returncode, start)


def perform_quietly(step: Step) -> bool:
    """Run one step beside others, and print its output if it fails."""
    start = time.monotonic()
    run = subprocess.run(
        step.command,
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_variables(step),
    )
    with _PRINTING:
        if run.returncode:
            print(f"\n== {step.name}\n{run.stdout.decode(errors='replace')}", end="")
        return _report(step.name, run.returncode, start)


def _variables(step: Step) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    safe = {} if step.needs_checkout else {"PYTHONSAFEPATH": "1"}
    return {**kept, **safe, "PYTHONPYCACHEPREFIX": str(COMPILED)}


def _report(name: str, code: int, start: float) -> bool:
    print(f"== {name}: {'FAILED' if code else 'passed'} in {time.monotonic() - start:.1f} s", flush=True)
    return code == 0


def make_environments(pythons: dict[Version, str], pool: Executor) -> dict[Version, Future[Path]]:
    """Begin to make an environment for each Python, with the wheel, which is built with the oldest.

    Only that one gets what the checks need.
    """

    def make(version: Version) -> Path:
        lock = "dev.txt" if version == min(pythons) else "test.txt"
        return environment(f"test-{_name(version)}", pythons[version], lock)

    def finish(version: Version) -> Path:
        python = bare[version].result()
        install_wheel(python, wheel.result())
        return python

    bare = {version: pool.submit(make, version) for version in sorted(pythons)}
    wheel = pool.submit(lambda: build_wheel(bare[min(pythons)].result()))
    return {version: pool.submit(finish, version) for version in sorted(pythons)}


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
    oldest, *newer = sorted(pythons)
    # Installing waits for the disk and the network, so the checks begin beside it, once they can.
    with ThreadPoolExecutor(2 * len(pythons) + 1) as makers, ThreadPoolExecutor(WORKERS) as pool:
        made = make_environments(pythons, makers)
        python = made[oldest].result()
        if options.fast:
            *first, last = fast(python, options.pytest)
            then = [last]
        else:
            first = checks(python) if options.only != "tests" else []
            then = [tests(python, oldest, options.pytest)]
        running = [pool.submit(perform_quietly, step) for step in first]
        then += [tests(made[one].result(), one, [*NOT_ONCE, *options.pytest]) for one in newer]
        if options.only == "checks":
            then = []
        elif not options.fast:
            collections = [collection(made[one].result(), one) for one in made]
            running += [pool.submit(perform_quietly, step) for step in collections]
            first += collections
        passed = [one.result() for one in running]
    passed += [perform(step) for step in then]
    failed = [step.name for step, fine in zip([*first, *then], passed, strict=True) if not fine]
    found = ", ".join(f"{major}.{minor}" for major, minor in pythons)
    print(f"\n{len(passed) - len(failed)} passed, {len(failed)} failed")
    print(f"Python {found}" + (f"; failed: {', '.join(failed)}" if failed else "; everything passed"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
