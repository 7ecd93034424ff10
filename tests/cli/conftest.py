"""Run the command in this process, against the sandbox of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import Command, Result

from signtraker.cli.run import run
from signtraker.sandbox.clock import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signtraker.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the profiles of whoever runs the tests out of them, and the terminal's width the same."""
    monkeypatch.setenv("SIGNTRAKER_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def offline(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a command without any settings; its time is the sandbox's."""

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(arguments, clock=lambda: REFERENCE)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def command(offline: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Yield the command with the sandbox's address and key in its environment; reset it for other tests."""
    sandbox.reset()
    monkeypatch.setenv("SIGNTRAKER_BASE_URL", sandbox.url)
    monkeypatch.setenv("SIGNTRAKER_API_KEY", sandbox.api_key)
    monkeypatch.setenv("SIGNTRAKER_RETRY_BACKOFF_SECONDS", "0")
    yield offline
    sandbox.reset()
