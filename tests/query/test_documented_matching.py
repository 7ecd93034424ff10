"""Check that every construct matches as `docs/reference/operators.md` says."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from signtraker import query
from signtraker.query import ODataError
from signtraker.query.functions import SIGNATURES
from signtraker.query.parsing.parse import parse_filter, parse_orderby

PAGE: Final = (Path(__file__).parents[2] / "docs" / "reference" / "operators.md").read_text(encoding="utf-8")
NAMES: Final[dict[str, Any]] = {
    **{name: getattr(query, name) for name in query.__all__},
    "UTC": UTC,
    "Decimal": Decimal,
    "date": date,
    "datetime": datetime,
    "now": datetime(2024, 3, 31, 12, tzinfo=UTC),
}
NONE: Final = "—"


def rows() -> list[tuple[str, str, str]]:
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in PAGE.splitlines() if line.startswith("| `")]
    return [(one[0], one[1], one[2]) for one in ([_plain(cell) for cell in line] for line in cells)]


def _plain(cell: str) -> str:
    return cell.strip().strip("`").replace("\\|", "|")


def test_the_table_names_every_function() -> None:
    text = " ".join(v4 for _, v4, _ in rows())
    assert {name for name in SIGNATURES if f"{name}(" not in text} == set()
    assert len(rows()) > 50


@pytest.mark.parametrize(("code", "v4", "v3"), rows())
def test_a_construct_becomes_what_the_table_says(code: str, v4: str, v3: str) -> None:
    made: Any = eval(code, NAMES)  # noqa: S307 - the table holds code
    assert made.render("v4") == v4
    if v3 == NONE:
        with pytest.raises(ODataError):
            made.render("v3")
    else:
        assert made.render("v3") == v3


@pytest.mark.parametrize(("code", "v4", "v3"), [row for row in rows() if ".field(" not in row[0]])
def test_the_servers_read_what_the_table_says(code: str, v4: str, v3: str) -> None:
    made: Any = eval(code, NAMES)  # noqa: S307 - the table holds code
    read: Any = parse_filter if isinstance(made, query.Filter) else parse_orderby
    generations = ["v4-7"] if " in (" in v4 else ["v4-5", "v4-7"]
    for version in generations:
        assert read(v4, made.entity, version=version)
    if v3 != NONE:
        assert read(v3, made.entity, version="v3")
