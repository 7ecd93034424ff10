"""Run every example of docs/guides/command.md on a terminal, in its order, and compare what it shows.

`pytest --renew-screens tests/cli/test_document.py` writes what they show into the document.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pseudo_terminal import run_on_terminal, screen

from signtraker.cli import dates
from signtraker.cli.run import run
from signtraker.cli.settings import read_profiles
from signtraker.sandbox.clock import REFERENCE

if TYPE_CHECKING:
    from command_line import Command

    from signtraker.sandbox import Sandbox

DOCUMENT = Path(__file__).parents[2] / "docs" / "guides" / "command.md"
BLOCK = re.compile(r"(?:^`([\w.]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEXT = DOCUMENT.read_text(encoding="utf-8")
BLOCKS = BLOCK.findall(TEXT)
EXAMPLE = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
STYLE = re.compile(r"<[a-z ]*>|</>")


def shown_by(line: str, command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a terminal shows of a line of commands, joined by pipes, whose questions get a yes."""
    *first, last = [shlex.split(one) for one in line.split(" | ")]
    for words in first:
        assert words[0] == "signtraker"
        piped = command(*words[1:]).out
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped.encode())))
    assert last[0] == "signtraker"

    def call() -> int:
        return run(last[1:], clock=lambda: REFERENCE)

    _, written = run_on_terminal(call, {"[y/N] ": "y\n"}, keep_stdin=bool(first))
    return STYLE.sub("", screen(written)).replace(sandbox.url.removeprefix("http://"), "acme.signtraker.com")


@pytest.mark.slow
@pytest.mark.once
def test_every_example_shows_what_the_document_says(
    command: Command,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGER", "cat")
    monkeypatch.setenv("TERM", "xterm-256color")
    document = TEXT
    for name, kind, text in BLOCKS:
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        if kind == "toml":
            (tmp_path / "config.toml").touch(0o600)
            (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        # What differs from machine to machine is run, and not compared.
        for line in text.splitlines() if kind == "sh" else ():
            assert command(*shlex.split(line.partition(" > ")[0])[1:]).code == 0, line
        for line, output in EXAMPLE.findall(text) if kind == "console" else ():
            shown = shown_by(line, command, sandbox, monkeypatch)
            document = document.replace(f"$ {line}\n{output}", f"$ {line}\n{shown}")
    assert TEXT.count("\n$ signtraker ") > 10
    if pytestconfig.getoption("--renew-screens"):
        DOCUMENT.write_text(document, encoding="utf-8")
    assert document == TEXT or pytestconfig.getoption("--renew-screens")


def test_the_profiles_of_the_document_can_be_read() -> None:
    [text] = [text for _, kind, text in BLOCKS if kind == "toml"]
    profiles, default = read_profiles(text, Path("config.toml"))
    assert (list(profiles), default) == (["acme", "test"], "acme")


def test_the_table_of_dates_is_that_of_the_module() -> None:
    table = re.findall(r"^\|.*\|$", dates.__doc__ or "", re.MULTILINE)
    assert len(table) > 5
    assert "\n".join(table) in TEXT
