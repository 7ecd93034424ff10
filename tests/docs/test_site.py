"""Test what scripts/build_docs.py finds wrong in the reference and in the pages."""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def build_docs() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "scripts"), *sys.path])
        import build_docs  # noqa: PLC0415 - importable only here

        yield build_docs
        for name in ("build_docs", "docs_names", "generate_api"):
            sys.modules.pop(name, None)


def test_a_public_name_that_the_reference_lacks_or_has_twice_is_found(
    build_docs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "docs" / "reference", tmp_path / "reference")
    (tmp_path / "reference" / "version.md").write_text("::: signtraker.Order\n", encoding="utf-8")
    monkeypatch.setattr(build_docs, "DOCS", tmp_path)
    assert build_docs.reference_problems() == [
        "docs/reference has 2 entries `::: signtraker.Order`; it needs one",
        "docs/reference has 0 entries `::: signtraker.__version__`; it needs one",
    ]


def test_what_has_no_docstring_is_found_and_the_keys_of_a_typed_dict_need_none(
    build_docs: ModuleType, tmp_path: Path
) -> None:
    source = (
        'class Sign:\n    post: str\n    "The post."\n    city: str\n    _key: int\n'
        'class Keys(TypedDict):\n    "Keys."\n    a: int\n'
    )
    import griffe  # noqa: PLC0415 - installed for the oldest Python only

    module = griffe.visit("signs", filepath=tmp_path / "signs.py", code=source)
    assert build_docs.undescribed(module["Sign"]) == ["signs.Sign", "signs.Sign.city"]
    assert build_docs.undescribed(module["Keys"]) == []


def test_what_a_page_fetches_must_be_in_the_site(build_docs: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "there.png").touch()
    page = (
        '<img src="there.png?1"><img src="/gone.png">'
        '<script src="https://example.com/a.js"></script><a href="https://example.com">'
    )
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert build_docs.fetch_problems(tmp_path) == [
        "index.html fetches /gone.png, which does not exist",
        "index.html fetches https://example.com/a.js",
    ]


def test_llms_txt_takes_the_first_sentence_of_a_page(build_docs: ModuleType) -> None:
    page = "# Lists\n\n```python\nprint(1)\n```\n\nEach list, see [here](a.md), has\nan iterator. More."
    assert build_docs.first_sentence(page) == "Each list, see here, has an iterator."


def test_the_configuration_is_written_as_it_was_read(build_docs: ModuleType) -> None:
    config = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(f"all = {build_docs.toml(config)}") == {"all": config}
