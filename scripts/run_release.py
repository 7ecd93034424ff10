"""Build the sdist and the wheel twice, and check all that a release needs; upload nothing.

The files are in `dist/` at the end. The checks are:

- version    the changelog begins with the version and, with --tag, has its date; every file is committed
- build      two builds in different folders have the same bytes, one from a checkout without symlinks
- contents   the wheel has types, templates and styles, and no tests or caches; twine checks the metadata
- installs   on each Python found, the wheel and the sdist work with the newest versions of the extras, and
             the wheel works with the lowest ones, and without extras; Spark and dlt on the oldest Python only
- licences   the licences of all dependencies are permissive
- tests      the quick tests pass with the lowest and with the newest versions
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import release_build
import release_checks
from _environment import CACHE, ROOT, check_python, environment, find_pythons, run

if TYPE_CHECKING:
    from collections.abc import Callable

DIST = ROOT / "dist"
WORK = CACHE / "release"
STEPS = ("version", "build", "contents", "installs", "licences", "tests")
WHEELS_ONLY = ("greenlet", "orjson", "pandas", "pyarrow", "pydantic-core", "pyyaml", "sqlalchemy")
"""Packages with C code: their lowest version is the lowest that has a wheel for the Python."""
ENGINES = {"dlt": "dlt", "spark": "pyspark"}
"""The extras with packages of hundreds of megabytes: they are installed on the oldest Python only."""
WORKERS = "2"


class CheckError(Exception):
    """A check found something wrong; the message says what."""


class Release:
    """The steps, each of which raises `CheckError` or `CalledProcessError`."""

    def __init__(self, tools: Path, pythons: dict[tuple[int, int], str], tag: str | None) -> None:
        self._tools = tools
        self._uv = tools.with_name("uv")
        self._pythons = pythons
        self._tag = tag
        self._metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        extras = list(self._metadata["optional-dependencies"])
        self._all = ",".join(extras)
        self._light = ",".join(name for name in extras if name not in ENGINES)

    def version(self) -> None:
        """Check the version against the changelog, and that every file is committed."""
        source = (ROOT / "signtraker" / "_version.py").read_text(encoding="utf-8")
        version = source.partition('__version__ = "')[2].partition('"')[0]
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        problems = release_checks.version_problems(version, changelog, self._tag)
        if not release_build.is_clean():
            problems.append("there are changes that are not committed, and they would not be built")
        _refuse(problems)
        print(f"signtraker {version}" + ("" if self._tag else ", a rehearsal without a tag"))

    def build(self) -> None:
        """Build twice and compare: in folders of different names, with and without symlinks."""
        shutil.rmtree(DIST, ignore_errors=True)
        first = release_build.build(self._tools, DIST)
        with tempfile.TemporaryDirectory(prefix="another place ") as folder:
            second = release_build.build(self._tools, Path(folder), symlinks=False)
            pairs = zip(first, second, strict=True)
            _refuse([f"two builds of {a.name} differ" for a, b in pairs if _digest(a) != _digest(b)])
        print("Two builds, one without symlinks, have the same bytes.")

    def contents(self) -> None:
        """Check what is in the files, and how the description renders."""
        sdist, wheel = self._files()
        _refuse([*release_checks.sdist_problems(sdist), *release_checks.wheel_problems(wheel)])
        run([str(self._tools), "-m", "twine", "check", "--strict", str(sdist), str(wheel)])

    def installs(self) -> None:
        """Use the package in clean environments."""
        sdist, wheel = self._files()
        for version, python in self._pythons.items():
            name = ".".join(map(str, version))
            is_oldest = version == min(self._pythons)
            extras = self._all if is_oldest else self._light
            missing = ["--missing", "pytest"]
            if not is_oldest:
                missing += ENGINES.values()
            lowest = self._lowest(name, python, extras)
            self._smoke(self._install(f"newest-{name}", python, f"{wheel}[{extras}]"), *missing)
            self._smoke(self._install(f"lowest-{name}", python, "-r", str(lowest), str(wheel)), *missing)
            missing += ENGINES.values()
            self._smoke(self._install(f"sdist-{name}", python, f"{sdist}[{self._light}]"), *missing)
            self._smoke(self._install(f"plain-{name}", python, str(wheel)), "--plain")

    def licences(self) -> None:
        """List the licences in the environment with all extras, which `installs` has made."""
        oldest = ".".join(map(str, min(self._pythons)))
        found = _interpreter(WORK / f"newest-{oldest}")
        if not found.exists():
            raise CheckError(f"there is no environment newest-{oldest}: run the step installs first")
        run([str(found), "-I", str(ROOT / "scripts" / "release_licences.py")], cwd=WORK)

    def tests(self) -> None:
        """Run the quick tests on the oldest Python, with the lowest and then with the newest versions."""
        _, wheel = self._files()
        python = self._pythons[min(self._pythons)]
        lowest = self._lowest("tests", python, self._light)
        group = ["--group", f"{ROOT / 'pyproject.toml'}:dev"]
        options = ["-q", "-n", WORKERS, "--dist", "loadgroup", "--expect-wheel", "-m", "not slow"]
        safe = {**os.environ, "PYTHONSAFEPATH": "1"}
        problems: list[str] = []
        for name, versions in (
            ("lowest", ["-c", str(lowest), "-r", str(lowest), str(wheel)]),
            ("newest", [f"{wheel}[{self._light}]"]),
        ):
            print(f"With the {name} versions:", flush=True)
            found = self._install(f"tests-{name}", python, *versions, *group)
            tested = subprocess.run([str(found), "-m", "pytest", *options], cwd=ROOT, env=safe, check=False)
            if tested.returncode:
                problems.append(f"tests fail with the {name} versions, which {found.parents[1]} has")
        _refuse(problems)

    def _files(self) -> tuple[Path, Path]:
        if not DIST.is_dir():
            raise CheckError("there is no dist/: build first")
        [sdist], [wheel] = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
        return sdist, wheel

    def _install(self, name: str, python: str, *what: str) -> Path:
        """Return the Python of a new environment that has just this."""
        home = WORK / name
        shutil.rmtree(home, ignore_errors=True)
        run([str(self._uv), "venv", "--quiet", "--python", python, str(home)])
        found = _interpreter(home)
        # The version is the same for each commit, so a cached wheel of an earlier one must not be taken.
        fresh = ["--reinstall-package", "signtraker", "--refresh-package", "signtraker"]
        run([str(self._uv), "pip", "install", "--quiet", "--python", str(found), *fresh, *what], cwd=WORK)
        return found

    def _lowest(self, name: str, python: str, extras: str) -> Path:
        """Return a file with the lowest versions that the ranges of the package and its extras allow."""
        target = WORK / f"lowest-{name}.txt"
        wheels = [option for package in WHEELS_ONLY for option in ("--only-binary", package)]
        command = [
            str(self._uv),
            "pip",
            "compile",
            "--quiet",
            "--python",
            python,
            "--resolution",
            "lowest-direct",
        ]
        chosen = [option for extra in extras.split(",") for option in ("--extra", extra)]
        options = [*chosen, "--no-header", "--no-annotate", *wheels, "-o", str(target)]
        target.unlink(missing_ok=True)  # uv would keep the versions in it
        subprocess.run(
            [*command, *options, "pyproject.toml"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        return target

    def _smoke(self, python: Path, *arguments: str) -> None:
        print(f"{python.parents[1].name}: ", end="", flush=True)
        run([str(python), "-I", str(ROOT / "scripts" / "release_smoke.py"), *arguments], cwd=WORK)


def _interpreter(home: Path) -> Path:
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _refuse(problems: list[str]) -> None:
    if problems:
        raise CheckError("\n".join(problems))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def perform(name: str, step: Callable[[], None]) -> bool:
    """Run one step, and print how long it took."""
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    try:
        step()
        passed = True
    except (CheckError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        passed = False
    print(f"== {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - start:.1f} s", flush=True)
    return passed


def main() -> int:
    """Run the steps, also after one has failed; print the files, and exit 1 if one has failed."""
    check_python()
    parser = argparse.ArgumentParser(
        prog="scripts/release", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--tag", help="the tag that is released, such as v1.2.3; the changelog must have its date"
    )
    parser.add_argument(
        "--only", nargs="+", choices=STEPS, default=STEPS, metavar="STEP", help="only these steps"
    )
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    pythons = find_pythons()
    tools = environment("release-tools", next(iter(pythons.values())), "release.txt")
    release = Release(tools, pythons, options.tag)
    failed = [name for name in STEPS if name in options.only and not perform(name, getattr(release, name))]
    found = ", ".join(".".join(map(str, version)) for version in pythons)
    print(f"\nPython {found}; " + (f"failed: {', '.join(failed)}" if failed else "everything passed"))
    if not failed and DIST.is_dir():
        for path in sorted(DIST.iterdir()):
            print(f"{_digest(path)}  dist/{path.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
