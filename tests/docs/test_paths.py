"""Check that every file and folder that a document or a docstring names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.once
FILE = re.compile(r"(?<![\w/.-])(?:[\w.-]+/)*[\w-]+\.(?:py|md|toml|json)\b(?!/)")
FOLDER = re.compile(r"`((?:[\w.-]+/)+)`")
ADDRESS = re.compile(r"https?://\S+")
# Created by scripts/test and scripts/release; written by the users of the sandbox, of the command and of dlt.
ELSEWHERE = {".cache/", "conftest.py", "config.toml", "dist/", "secrets.toml"}
SKILL = ROOT / "signtraker" / ".agents" / "skills" / "signtraker" / "SKILL.md"
DOCUMENTS = [SKILL, *sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
SOURCES = [
    path
    for folder in ("models", "signtraker", "scripts", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "models" not in path.relative_to(ROOT / folder).parts or folder == "tests"
]


def missing(text: str, beside: Path) -> list[str]:
    """Return the paths in a text that exist neither in the checkout or the package nor beside its file."""
    plain = ADDRESS.sub("", text)
    named = {*FILE.findall(plain), *FOLDER.findall(plain)} - ELSEWHERE
    bases = (ROOT, ROOT / "signtraker", beside)
    return sorted(name for name in named if not any((base / name).exists() for base in bases))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_in_a_document_exists(document: Path) -> None:
    assert missing(document.read_text(encoding="utf-8"), document.parent) == []


def test_every_path_in_a_docstring_exists() -> None:
    wrong: list[str] = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names = missing(ast.get_docstring(node) or "", path.parent)
                wrong += [f"{path.relative_to(ROOT)}: {name}" for name in names]
    assert wrong == []


def test_a_path_that_does_not_exist_is_found() -> None:
    text = "See `docs/nowhere.md`, [query](docs/guides/queries.md), `nowhere/` and https://example.com/page.json."
    assert missing(text, ROOT) == ["docs/nowhere.md", "nowhere/"]
