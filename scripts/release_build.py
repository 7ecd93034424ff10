"""Build the sdist and the wheel of a commit, with the same bytes wherever and whenever it is done."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UMASK = 0o022


def commit_time(repository: Path = ROOT) -> int:
    """Return when the checked-out commit was made, in seconds since 1970."""
    return int(_git("log", "-1", "--format=%ct", at=repository))


def is_clean(repository: Path = ROOT) -> bool:
    """Return whether every file is committed."""
    return _git("status", "--porcelain", at=repository) == ""


def build(python: Path, outdir: Path, *, symlinks: bool = True) -> list[Path]:
    """Return the sdist of the checked-out commit, and the wheel that is built from it.

    Both are made in a fresh clone. Without `symlinks`, the clone has text files in place of links, as
    it is usual on Windows.
    """
    epoch = commit_time()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        _git("-c", f"core.symlinks={str(symlinks).lower()}", "clone", "-q", str(ROOT), str(clone))
        _build(python, "--sdist", clone, Path(folder) / "raw", epoch)
        [raw] = (Path(folder) / "raw").glob("*.tar.gz")
        outdir.mkdir(parents=True, exist_ok=True)
        sdist = outdir / raw.name
        normalise(raw, sdist, epoch)
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        _build(python, "--wheel", Path(folder) / raw.name.removesuffix(".tar.gz"), outdir, epoch)
        [wheel] = outdir.glob("*.whl")
    return [sdist, wheel]


def normalise(source: Path, target: Path, epoch: int) -> None:
    """Write a tar.gz again without what differs from build to build.

    That is the order, times, owners, and permissions beyond "executable or not". setuptools takes them from
    the files of the clone, and ignores `SOURCE_DATE_EPOCH` for an sdist.
    """
    with (
        tarfile.open(source) as old,
        target.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=file, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            executable = member.isdir() or bool(member.mode & 0o100)
            member.mode = 0o755 if executable else 0o644
            member.mtime = epoch
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)


def _build(python: Path, kind: str, source: Path, outdir: Path, epoch: int) -> None:
    command = [str(python), "-m", "build", "--no-isolation", kind, "--outdir", str(outdir), str(source)]
    settings = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    # A wheel holds the permissions of its files, and those that the build makes depend on the umask.
    run = subprocess.run(command, env=settings, umask=UMASK, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"The build failed:\n{run.stdout}{run.stderr}")


def _git(*arguments: str, at: Path = ROOT) -> str:
    command = ["git", *arguments]  # on PATH, as scripts/release was started from a checkout
    return subprocess.run(command, cwd=at, capture_output=True, text=True, check=True).stdout.strip()
