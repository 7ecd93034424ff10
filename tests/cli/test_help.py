from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

from signtraker.cli import main
from signtraker.cli.resources import RESOURCES

if TYPE_CHECKING:
    from command_line import Command

COMMANDS = [
    *([one.name, verb] for one in RESOURCES for verb in ("list", "get")),
    *(["orders", verb] for verb in ("create", "import", "remove")),
    ["agents", "update"],
]


@pytest.mark.slow
@pytest.mark.once
def test_the_help_of_every_command_begins_with_examples_and_fits_80_columns(offline: Command) -> None:
    for words in [[], *COMMANDS]:
        result = offline(*words, "--help")
        assert (result.code, result.err) == (0, "")
        assert result.out.index("Examples:") < result.out.index("Options:")
        assert [line for line in result.out.splitlines() if len(line) > 80] == []
        for example in re.findall(r"^ +signtraker (\S+) (\S+)", result.out, re.MULTILINE):
            assert list(example) in COMMANDS or example[0] in {"sandbox", "report", "doctor", "export"}


@pytest.mark.once
@pytest.mark.slow
def test_help_loads_neither_the_client_nor_rich_nor_the_models() -> None:
    script = (
        "import sys; from signtraker.cli import main; code = main(['orders', 'list', '--help']);"
        "print(code, *sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    code, *loaded = run.stdout.splitlines()[-1].split()
    assert code == "0"
    # Typer itself loads pydantic.
    slow = {"httpx", "rich", "signtraker.client", "signtraker.models", "signtraker.query", "dateutil", "yaml"}
    assert not slow & set(loaded)


def test_without_the_extra_one_sentence_says_how_to_get_it() -> None:
    script = (
        "import sys; sys.modules['typer'] = None; from signtraker.cli import main; sys.exit(main(['orders']))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == ('signtraker: The command needs typer; get it with: pip install "signtraker[cli]"\n')


def test_the_distribution_installs_the_command() -> None:
    [command] = [one for one in entry_points(group="console_scripts") if one.name == "signtraker"]
    assert command.load() is main


def test_the_version_is_shown(offline: Command) -> None:
    assert re.fullmatch(r"signtraker \d+\.\d+\S*\n", offline("--version").out)


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_and_values(shell: str) -> None:
    assert "Draft" in completed(shell, "signtraker orders list --status Dr")
    assert "id,job_site.city" in completed(shell, "signtraker orders list --columns id,job_site.c")


def completed(shell: str, words: str) -> str:
    """Return what the command suggests to a shell for the last of the words."""
    variables = {
        "COMP_WORDS": words,
        "COMP_CWORD": "4",
        "_TYPER_COMPLETE_ARGS": words,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    environ = {**os.environ, **variables, "_SIGNTRAKER_COMPLETE": f"complete_{shell}"}
    run = subprocess.run(
        [sys.executable, "-m", "signtraker"], env=environ, capture_output=True, text=True, check=False
    )
    assert "Installed" not in run.stdout
    assert "job_site.zip" not in run.stdout
    return run.stdout + run.stderr


def test_the_sandbox_is_the_one_of_the_package(offline: Command) -> None:
    assert offline("sandbox", "--orders", "-1").err == "orders=-1 should be greater than or equal to 0.\n"
