"""Run every Python block of the documents, and compare its output with the text block after it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(match[1], match[2], id=f"{path.name}:{path.read_text()[: match.start()].count(chr(10)) + 1}")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    for match in BLOCK.finditer(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("code", "printed"), BLOCKS)
def test_a_block_runs_and_prints_the_text_of_the_document(
    code: str,
    printed: str | None,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SIGNTRAKER_BASE_URL", sandbox.url)
    monkeypatch.setenv("SIGNTRAKER_API_KEY", sandbox.api_key)
    exec(compile(code, "document", "exec"), {"__name__": "__main__"})  # noqa: S102 - the project's own documents
    out = capsys.readouterr().out
    if printed is not None:
        assert out == printed


def test_the_errors_of_the_readme_exist() -> None:
    from signtraker import exceptions  # noqa: PLC0415 - beside its only use

    named = set(re.findall(r"[─├└│ ]+ (\w+Error)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= set(vars(exceptions))
    assert named >= {"NetworkError", "ServerError", "RateLimitError"}
