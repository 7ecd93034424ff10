"""Run every Python block of the documents, and compare its output with the text block after it.

Each block starts on a fresh sandbox, in a folder that holds the CSV files of its page. The blocks of a
tutorial are one session: they are typed into one interpreter, as a reader pastes them.
"""

from __future__ import annotations

import code
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import signtraker

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
CSV_FILE = re.compile(r"^`([\w.-]+\.csv)`:\n\n```csv\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
# Such a page needs Spark, dlt and others: tests/scale/test_code_blocks.py runs its blocks.
OF_ENGINES = "<!-- The blocks of this page run in scripts/test_scale. -->"
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
# The skill of coding agents, where the package under test has it: a wheel without it fails.
SKILL = Path(signtraker.__file__).with_name(".agents") / "skills" / "signtraker" / "SKILL.md"
BLOCKS = [
    pytest.param(
        path,
        match[1],
        match[2],
        id=f"{path.name}:{path.read_text(encoding='utf-8')[: match.start()].count(chr(10)) + 1}",
    )
    for path in (ROOT / "README.md", SKILL, *sorted((ROOT / "docs").rglob("*.md")))
    if path not in TUTORIALS and OF_ENGINES not in path.read_text(encoding="utf-8")
    for match in BLOCK.finditer(path.read_text(encoding="utf-8"))
]


@pytest.mark.once
@pytest.mark.parametrize(("page", "block", "printed"), BLOCKS)
def test_a_block_runs_and_prints_the_text_of_the_document(
    page: Path,
    block: str,
    printed: str | None,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sandbox.reset()
    monkeypatch.setenv("SIGNTRAKER_BASE_URL", sandbox.url)
    monkeypatch.setenv("SIGNTRAKER_API_KEY", sandbox.api_key)
    monkeypatch.chdir(tmp_path)
    for name, text in CSV_FILE.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    exec(compile(block, "document", "exec"), {"__name__": "__main__"})  # noqa: S102 - the project's own documents
    out = capsys.readouterr().out
    if printed is not None:
        assert out == printed


class Console(code.InteractiveConsole):
    """An interpreter that keeps what it complains of."""

    complaints = ""

    def write(self, data: str) -> None:
        self.complaints += data


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.name)
def test_a_tutorial_can_be_pasted_block_by_block(
    page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    console = Console()
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    for block, printed in blocks:
        for line in [*block.splitlines(), ""]:
            console.push(line)
        assert console.complaints == ""
        out = capsys.readouterr().out
        assert not printed or out == printed
    assert blocks


@pytest.mark.once
def test_the_tests_that_a_page_shows_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [block for _, block, _ in (one.values for one in BLOCKS) if "\ndef test_" in str(block)]
    # Sessions of their own, without the plugins that a reader's tests don't need: they take seconds to load.
    # One for each block, because a block may choose the options of the session's sandbox.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = ["-p", "signtraker.sandbox.pytest_plugin", "-p", "no:cacheprovider"]
    for number, block in enumerate(shown):
        file = tmp_path / f"test_{number}.py"
        file.write_text(str(block), encoding="utf-8")
        assert pytest.main(["-q", *plugins, f"--rootdir={tmp_path}", str(file)]) == pytest.ExitCode.OK


def test_the_errors_of_the_readme_exist() -> None:
    from signtraker import exceptions  # noqa: PLC0415 - beside its only use

    named = set(re.findall(r"[─├└│ ]+ (\w+Error)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= set(vars(exceptions))
    assert named >= {"NetworkError", "ServerError", "RateLimitError"}
