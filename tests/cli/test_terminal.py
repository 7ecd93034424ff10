"""Drive the command on a pseudo-terminal, and compare its screens with the approved ones in `screens/`.

`pytest --renew-screens tests/cli/test_terminal.py` writes the screens anew; look at the difference then.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pseudo_terminal import run_on_terminal, run_process_on_terminal, screen

from signtraker.cli.run import run
from signtraker.sandbox.clock import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from command_line import Command

    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once

SCREENS = Path(__file__).parent / "screens"
YES = {"[y/N] ": "y\n"}
NO = {"[y/N] ": "maybe\n", "? [y/N] ": "n\n"}
SIGNS = """\
Agent,Preset,House number,Street,City,Zip,External ID
1,1,12,Elm St,Sandy,84070,A-1
2,99,7,Oak Ave,Boise,83702,A-2
3,2,9,Oak Ave,Boise,83702,A-3
"""
SESSIONS: dict[str, tuple[str, Mapping[str, str]]] = {
    "orders-list": ("orders list --orderby -created --limit 6", {}),
    "orders-list-columns": (
        "orders list --limit 3 --columns id,zip,latitude,total,created,notes,directions,agent",
        {},
    ),
    "orders-list-nothing": ("orders list --city Nowhere", {}),
    "orders-get": ("orders get 1005 --timezone America/Denver", {}),
    "agents-list": ("agents list --limit 4", {}),
    "awards-get": ("awards get 2", {}),
    "filter-mistake": ("orders list --filter 'JobSite/City eq Sandy'", {}),
    "orders-create": ("orders create --agent-id 1 --preset-id 2 --street-name 'Elm St' --due tomorrow", YES),
    "orders-create-no": ("orders create --agent-id 1 --preset-id 2", {"[y/N] ": "no\n"}),
    "orders-remove": ("orders remove 1002 1004 --due 'next friday'", YES),
    "agents-update": ("agents update 5 --email mia@example.com --clear office_phone", YES),
    "orders-import": ("orders import signs.csv", YES),
}


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "signs.csv").write_text(SIGNS, encoding="utf-8")
    for name, value in {"TERM": "xterm-256color", "PAGER": "cat", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_screen_is_the_approved_one(
    command: Command, sandbox: Sandbox, pytestconfig: pytest.Config, name: str
) -> None:
    text, answers = SESSIONS[name]
    arguments = [one.strip("'") for one in re.findall(r"'[^']*'|\S+", text)]
    code, written = run_on_terminal(lambda: run(arguments, clock=lambda: REFERENCE), answers)
    shown = screen(written).replace(sandbox.url.removeprefix("http://"), "acme.signtraker.com")
    shown = f"$ signtraker {text}\n{shown}[exit code {int(code)}]\n"
    path = SCREENS / f"{name}.txt"
    if pytestconfig.getoption("--renew-screens"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
    lines = re.sub(r"<[a-z ]*>|</>", "", shown).splitlines()[1:-1]
    assert [one for one in lines if len(one) > 80 and not one.startswith("signtraker:")] == []


def _process(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "signtraker", *arguments]


@pytest.mark.slow
def test_ctrl_c_ends_an_import_that_the_same_command_resumes(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = [f"1,2,{number},Elm St,K-{number}" for number in range(60)]
    headings = "agent_id,preset_id,street_number,street_name,external_id"
    (tmp_path / "many.csv").write_text("\n".join([headings, *rows]), encoding="utf-8")
    # The rows after those that the test waits for take so long that it can't be late.
    sandbox.faults.add(method="POST", path="/api/orders", delay_after=0.02, times=8)
    sandbox.faults.add(method="POST", path="/api/orders", nth=9, delay_after=1, times=None)
    arguments = ("orders", "import", "many.csv", "--yes", "--concurrency", "2")
    code, written = run_process_on_terminal(_process(*arguments), os.environ, {"5/60": "\x03"})
    sandbox.faults.clear()
    assert code == 130, written
    assert "█" in written
    shown = screen(written)
    assert "Interrupted: 60 in all: " in shown
    assert "Give the same command again: it sends what is not done." in shown
    assert "Traceback" not in shown
    assert 5 <= len(sandbox.ledger) < 60
    assert command(*arguments).code == 0
    assert len({one.external_id for one in sandbox.ledger}) == len(sandbox.ledger) == 60


@pytest.mark.slow
def test_ctrl_c_at_a_question_sends_nothing(command: Command, sandbox: Sandbox) -> None:
    arguments = ("orders", "create", "--agent-id", "1", "--preset-id", "2")
    code, written = run_process_on_terminal(_process(*arguments), os.environ, {"[y/N] ": "\x03"}, then="\n")
    assert (code, sandbox.ledger) == (130, [])
    assert written.endswith("Interrupted.\r\n")


@pytest.mark.slow
def test_a_pager_that_ends_early_and_a_broken_pipe_are_no_errors(command: Command) -> None:
    environ = {**os.environ, "PAGER": "head -n 2"}
    code, written = run_process_on_terminal(_process("orders", "list"), environ, {})
    assert code == 0, written
    assert "1001" in written.splitlines()[1]
    assert "Traceback" not in written
    # A pipe is not paged, and gets UTF-8 even where the system has another encoding.
    environ = {**os.environ, "PAGER": "false", "PYTHONIOENCODING": "ascii"}
    shell = f"{sys.executable} -W error -m signtraker orders list | head -n 2"
    piped = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", shell],
        env=environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (piped.returncode, piped.stderr) == (0, "")
    assert "Montréal" in piped.stdout.splitlines()[1]
    assert "\x1b" not in piped.stdout


def test_no_color_and_a_dumb_terminal_show_no_colours(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            code, written = run_on_terminal(lambda: run(["orders", "list", "--limit", "2"]), {})
        assert code == 0
        assert "\x1b" not in written
        assert "  Id  Status" in written
