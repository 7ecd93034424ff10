"""Check the parts of scripts/release that need no build: what it refuses, and that its archives are alike."""

from __future__ import annotations

import io
import re
import sys
import tarfile
from importlib import import_module
from importlib.metadata import distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import signtraker

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.once
ROOT = Path(__file__).parents[2]
CHANGELOG = "# Changelog\n\n## 0.3.0 - {date}\n\n### Added\n\n## 0.2.0 - 2026-01-31\n"


@pytest.fixture(scope="module")
def scripts() -> Iterator[Any]:
    """Import modules of scripts/, which are on the path only here."""
    sys.path.insert(0, str(ROOT / "scripts"))
    yield import_module
    sys.path.remove(str(ROOT / "scripts"))


@pytest.mark.parametrize(
    ("date", "version", "tag", "problem"),
    [
        pytest.param("Unreleased", "0.3.0", None, None, id="rehearsal"),
        pytest.param("2026-02-28", "0.3.0", "v0.3.0", None, id="release"),
        pytest.param("Unreleased", "0.3.0", "v0.3.0", "has no date", id="tag without a date"),
        pytest.param("28.2.2026", "0.3.0", None, "neither 'Unreleased' nor a day", id="date of another form"),
        pytest.param("2026-02-28", "0.4.0", "v0.4.0", "begins with 0.3.0", id="other version"),
        pytest.param("2026-02-28", "0.3.0", "v0.3", "must be v0.3.0", id="other tag"),
    ],
)
def test_the_version_the_changelog_and_the_tag_agree(
    scripts: Any, date: str, version: str, tag: str | None, problem: str | None
) -> None:
    text = CHANGELOG.format(date=date)
    problems = "".join(scripts("release_checks").version_problems(version, text, tag))
    assert problem in problems if problem else problems == ""


def test_the_changelog_of_this_version_is_accepted(scripts: Any) -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert scripts("release_checks").version_problems(signtraker.__version__, text, None) == []


def test_a_file_that_is_missing_or_too_much_is_named(scripts: Any) -> None:
    names = ["signtraker/orders.py", "tests/test_orders.py", "signtraker/__pycache__/orders.cpython-311.pyc"]
    assert scripts("release_checks").content_problems(names, ["signtraker/py.typed"]) == [
        "signtraker/py.typed is missing",
        "signtraker/__pycache__/orders.cpython-311.pyc doesn't belong there",
        "tests/test_orders.py doesn't belong there",
    ]


def test_the_installed_wheel_has_what_a_user_needs(scripts: Any, pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--expect-wheel"):
        pytest.skip("the checkout is no wheel")
    checks = scripts("release_checks")
    wheel = distribution("signtraker")
    names = [str(path) for path in wheel.files or () if path.suffix != ".pyc" and ".." not in path.parts]
    assert checks.content_problems(names, checks.NEEDED) == []
    assert checks.metadata_problems(wheel.read_text("METADATA") or "") == []


def test_two_builds_of_an_archive_become_the_same_bytes(scripts: Any, tmp_path: Path) -> None:
    def pack(name: str, members: list[str], mode: int, moment: int) -> bytes:
        raw, target = tmp_path / f"{name}.raw", tmp_path / f"{name}.tar.gz"
        with tarfile.open(raw, "w:gz") as archive:
            for member in members:
                info = tarfile.TarInfo(member)
                info.size, info.mode, info.mtime = len(member), mode, moment
                info.uid, info.uname = moment, name
                archive.addfile(info, io.BytesIO(member.encode()))
        scripts("release_build").normalise(raw, target, 1_700_000_000)
        return target.read_bytes()

    packed = pack("mine", ["a/setup.py", "a/README.md"], 0o600, 5)
    assert packed == pack("yours", ["a/README.md", "a/setup.py"], 0o664, 7)
    assert packed != pack("executable", ["a/README.md", "a/setup.py"], 0o775, 7)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert [(one.name, one.mode, one.mtime) for one in archive] == [
            ("a/README.md", 0o644, 1_700_000_000),
            ("a/setup.py", 0o644, 1_700_000_000),
        ]


@pytest.mark.parametrize(
    ("expression", "permissive"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
        ("MIT AND (GPL-3.0-only OR ISC)", True),
        ("MIT OR Apache-2.0 AND GPL-3.0-only", True),
        ("LGPL-3.0-or-later", False),
        ("unknown", False),
    ],
)
def test_a_licence_expression_is_judged(scripts: Any, expression: str, *, permissive: bool) -> None:
    assert scripts("release_licences").is_permissive(expression) is permissive


def test_the_dependencies_are_under_permissive_licences(scripts: Any) -> None:
    licences = scripts("release_licences")
    found = {one.metadata["Name"].lower(): one for one in distributions()}
    needed = ["annotated-types", "anyio", "h11", "httpcore", "httpx", "idna", "pydantic", "python-dateutil"]
    assert [name for name in needed if not licences.is_permissive(licences.licence(found[name]))] == []


def test_the_workflows_pin_every_action_to_a_commit_and_name_its_version() -> None:
    workflows = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    used = [line.strip(" -") for text in workflows for line in text.splitlines() if "uses:" in line]
    pinned = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert len(used) > 5
    assert [line for line in used if not pinned.fullmatch(line)] == []
