"""Check what scripts/test_scale says where Java is missing or too old; the tests that it runs need Spark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.once


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(ROOT / "scripts"), *sys.path])
    import run_scale_tests  # noqa: PLC0415 - the scripts are on the path only here

    return run_scale_tests


def test_a_sentence_says_how_to_get_java_where_there_is_none(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as no_java:
        runner.check_java()
    assert no_java.value.code == (
        f"Spark needs Java 17 or later, and there is none in JAVA_HOME={tmp_path}: install it (Debian:"
        " apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17), or set JAVA_HOME to"
        " where it is."
    )


def test_an_old_java_is_named_with_its_version(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SystemExit, match=r'says openjdk version "11\.0\.2"'):
        runner.check_java()


def test_the_tests_of_the_engines_run_unless_others_are_named(runner: ModuleType) -> None:
    assert runner.with_paths(["-k", "dlt"]) == ["-k", "dlt", "tests/scale"]
    one = ["tests/scale/test_dlt.py::test_x"]
    assert runner.with_paths(one) == one
