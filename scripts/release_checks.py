"""Check a version, a changelog and the contents of an sdist and a wheel; each check returns what is wrong."""

from __future__ import annotations

import re
import tarfile
import zipfile
from datetime import date
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEADING: Final = re.compile(r"^## (?P<version>\S+) - (?P<date>.+)$", re.MULTILINE)
UNRELEASED: Final = "Unreleased"
NEEDED: Final = (
    "signtraker/__init__.py",
    "signtraker/.agents/skills/signtraker/SKILL.md",
    "signtraker/py.typed",
    "signtraker/models/orders.py",
    "signtraker/cli/report/templates/report.html",
    "signtraker/sandbox/dashboard/static/style.css",
    "signtraker/sandbox/dashboard/templates/layout.html",
)
SDIST_NEEDED: Final = (
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "models/orders.py",
    "signtraker/.agents/skills/signtraker/SKILL.md",
    "signtraker/py.typed",
)
UNWANTED: Final = re.compile(
    r"(^|/)(tests?|docs|scripts|__pycache__|\.[^/]*cache|build|dist)(/|$)|\.py[co]$|~$|\.env$"
)
METADATA: Final = ("Summary", "License-Expression", "Requires-Python", "Description-Content-Type")


def version_problems(version: str, changelog: str, tag: str | None) -> list[str]:
    """Return whether the changelog begins with this version, and, for a tag, whether it has a date."""
    heading = HEADING.search(changelog)
    if heading is None:
        return ["CHANGELOG.md has no heading such as '## 1.2.3 - 2026-01-31'"]
    problems: list[str] = []
    if heading["version"] != version:
        problems.append(
            f"CHANGELOG.md begins with {heading['version']}, and the version is {version}: change one of them"
        )
    if heading["date"] == UNRELEASED:
        if tag is not None:
            problems.append(
                f"{version} has no date in CHANGELOG.md: replace {UNRELEASED!r} by the day of the release"
            )
    elif not _is_day(heading["date"]):
        problems.append(
            f"CHANGELOG.md: {heading['date']!r} is neither {UNRELEASED!r} nor a day such as 2026-01-31"
        )
    if tag is not None and tag != f"v{version}":
        problems.append(f"the tag is {tag}, and must be v{version}")
    return problems


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def wheel_problems(wheel: Path) -> list[str]:
    """Return what a wheel lacks or holds too much of."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        text = archive.read(metadata).decode()
    home = metadata.rpartition("/")[0]
    own = [name for name in names if not name.startswith((f"{home}/", "signtraker/"))]
    return [
        *content_problems(names, (*NEEDED, f"{home}/licenses/LICENSE", f"{home}/entry_points.txt")),
        *(f"{name} is outside the package" for name in own),
        *metadata_problems(text),
    ]


def sdist_problems(sdist: Path) -> list[str]:
    """Return what an sdist lacks or holds too much of."""
    with tarfile.open(sdist) as archive:
        names = [member.name.partition("/")[2] for member in archive if not member.isdir()]
    return content_problems(names, SDIST_NEEDED)


def content_problems(names: Iterable[str], needed: Iterable[str]) -> list[str]:
    """Return which needed files are missing, and which files don't belong there."""
    found = set(names)
    return [
        *(f"{name} is missing" for name in needed if name not in found),
        *(f"{name} doesn't belong there" for name in sorted(found) if UNWANTED.search(name)),
    ]


def metadata_problems(text: str) -> list[str]:
    """Return what the metadata of a wheel lacks."""
    metadata = HeaderParser().parsestr(text)
    return [
        *(f"the metadata has no {name}" for name in METADATA if not metadata[name]),
        *([] if str(metadata.get_payload()).strip() else ["the metadata has no description"]),
    ]
