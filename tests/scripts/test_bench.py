"""Check how scripts/bench writes its table; the measures themselves are no tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.once
FIGURES: Final[dict[str, Any]] = {
    "machine": {"python": "3.11.7", "system": "Linux x86_64", "processor": "A fast one", "cores": 2},
    "measures": [
        {"measure": "import", "against": "published", "unit": "ratio", "median": 0.5, "lowest": 0.25}
        | {"highest": 1, "reach": 0.1},
        {"measure": "growth", "against": "", "unit": "bytes", "median": 2**20, "lowest": 0, "highest": 2**21}
        | {"reach": 2**26},
        {"measure": "tests", "against": "", "unit": "seconds", "median": 2.5, "lowest": 2, "highest": 3}
        | {"reach": 3},
    ],
}
TABLE = """Python 3.11.7, Linux x86_64, A fast one, 2 cores.

| measure | against | median | lowest | highest | to reach |
| --- | --- | ---: | ---: | ---: | ---: |
| import | published | 0.50 | 0.25 | 1.00 | 0.10 |
| growth | — | 1.0 MiB | 0.0 MiB | 2.0 MiB | 64.0 MiB |
| tests | — | 2.50 s | 2.00 s | 3.00 s | 3.00 s |"""


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(ROOT / "scripts"), *sys.path])
    import bench  # noqa: PLC0415 - the scripts are on the path only here

    return bench


def test_the_table_stands_between_the_markers_of_the_document(bench: ModuleType) -> None:
    document = f"# Before\n\n{bench.BEGIN}\nold\n{bench.END}\n\nAfter\n"
    written = bench.with_table(document, FIGURES)
    assert written == f"# Before\n\n{bench.BEGIN}\n\n{TABLE}\n\n{bench.END}\n\nAfter\n"
    assert bench.with_table(written, FIGURES) == written


def test_the_document_has_the_markers(bench: ModuleType) -> None:
    assert TABLE in bench.with_table(bench.DOCUMENT.read_text(encoding="utf-8"), FIGURES)
    with pytest.raises(ValueError, match="the document needs the lines"):
        bench.with_table("no markers", FIGURES)
