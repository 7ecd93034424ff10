"""Run the Python blocks of the pages about engines, and compare their output with the text block after them.

Each block starts on a fresh sandbox, in an empty folder. tests/docs runs the blocks of all other pages.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from signtraker.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
MARK = "<!-- The blocks of this page run in scripts/test_scale. -->"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
TEXTS = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
BLOCKS = [
    pytest.param(match[1], match[2], id=f"{path.name}:{text[: match.start()].count(chr(10)) + 1}")
    for path, text in TEXTS.items()
    if MARK in text
    for match in BLOCK.finditer(text)
]


@pytest.mark.filterwarnings("default")  # Those of the engines are their own affair.
@pytest.mark.parametrize(("block", "printed"), BLOCKS)
def test_a_block_runs_and_prints_the_text_of_the_document(
    block: str,
    printed: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    if "pyspark" in block:
        # Spark's processes have the environment of the session, whose sandbox is the one of 100,000 orders.
        request.getfixturevalue("spark")
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        monkeypatch.setenv("SIGNTRAKER_BASE_URL", sandbox.url)
        monkeypatch.setenv("SIGNTRAKER_API_KEY", sandbox.api_key)
        exec(compile(block, "document", "exec"), {"__name__": "__main__"})  # noqa: S102 - the project's own documents
    out = capsys.readouterr().out
    if printed is not None:
        assert out == printed
