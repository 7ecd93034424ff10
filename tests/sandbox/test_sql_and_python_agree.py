"""A filter keeps the same orders when the sandbox evaluates it in SQL as when it is matched locally."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_http import plain_client, rows

from signtraker.models import Order
from signtraker.query.cost import node_count
from signtraker.query.match import holds
from signtraker.query.nodes import (
    And,
    Arithmetic,
    Call,
    Comparison,
    Literal,
    Negative,
    Node,
    Not,
    Or,
    Path,
)
from signtraker.query.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from signtraker.sandbox import Sandbox

_ODD_TEXTS = ("", "%", "_", "a\x00b", "\x00", "O'Brien", "  Söhne ", "STRASSE", "straße", "𝄞 clef", "é")
_TEXT_PATHS = ("Status", "Notes", "JobSite/City", "JobSite/StreetLine2", "PostType/Name", "Agent/Name")
_WHOLE_PATHS = ("Id", "OrderNumber", "RebillInterval", "Agent/Id", "PostType/Id")
_MOMENT_PATHS = ("Created", "DueDate", "DateInstalled", "RemovalDate")
_FLAG_PATHS = ("IsDueDateDefinitive", "IsRemovalDueDateDefinitive")


def _paths(names: tuple[str, ...]) -> st.SearchStrategy[Node]:
    return st.sampled_from([Path(tuple(name.split("/"))) for name in names])


def _call(name: str, *arguments: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.tuples(*arguments).map(lambda drawn: Call(name, drawn))


def _arithmetic(operand: st.SearchStrategy[Node], *operators: Any) -> st.SearchStrategy[Node]:
    return st.builds(Arithmetic, st.sampled_from(operators), operand, operand)


_plain_text = st.one_of(
    _paths(_TEXT_PATHS),
    st.sampled_from((*_ODD_TEXTS, "Draft", "Sandy", "raft", "Oak")).map(Literal),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3).map(Literal),
)
_text = st.one_of(
    _plain_text,
    _call("tolower", _plain_text),
    _call("toupper", _plain_text),
    _call("trim", _plain_text),
    _call("concat", _plain_text, _plain_text),
    _call("substring", _paths(("Status", "JobSite/City")), st.integers(0, 9).map(Literal)),
    _call(
        "substring",
        _paths(("Status", "JobSite/City")),
        st.integers(0, 9).map(Literal),
        st.integers(0, 9).map(Literal),
    ),
)
_moment = st.one_of(
    _paths(_MOMENT_PATHS),
    st.datetimes(datetime(2023, 12, 1), datetime(2026, 3, 1), timezones=st.just(UTC)).map(Literal),  # noqa: DTZ001 - the zone is Hypothesis's to add
)
_day = st.one_of(
    _call("date", _paths(_MOMENT_PATHS)),
    st.dates(date(2023, 12, 1), date(2026, 3, 1)).map(Literal),
)
_simple_whole = st.one_of(
    _paths(_WHOLE_PATHS),
    st.one_of(st.integers(-50, 50), st.integers(1001, 1100)).map(Literal),
)
_whole = st.one_of(
    _simple_whole,
    _arithmetic(_simple_whole, "add", "sub", "mul", "div", "mod"),
    _paths(_WHOLE_PATHS).map(Negative),
    _call("length", _text),
    _call("indexof", _text, _plain_text),
    *(_call(part, _paths(_MOMENT_PATHS)) for part in ("year", "month", "day", "hour", "minute", "second")),
)
_amount = st.one_of(
    _paths(("SalesOrder/OrderTotal",)),
    st.decimals(0, 500, places=2).map(Literal),
    _arithmetic(
        st.one_of(_paths(("SalesOrder/OrderTotal",)), st.integers(1, 9).map(Decimal).map(Literal)),
        "add",
        "sub",
        "mul",
    ),
    *(_call(name, _paths(("SalesOrder/OrderTotal",))) for name in ("round", "floor", "ceiling")),
)
_double = st.one_of(
    _paths(("JobSite/Latitude", "JobSite/Longitude")),
    st.floats(-130, 60, allow_nan=False).map(Literal),
    *(_call(name, _paths(("JobSite/Latitude",))) for name in ("round", "floor", "ceiling")),
)
_flag = st.one_of(_paths(_FLAG_PATHS), st.booleans().map(Literal))


def _compared(side: st.SearchStrategy[Node], *operators: Any) -> st.SearchStrategy[Node]:
    return st.builds(Comparison, st.sampled_from(operators), side, side)


_ALL = ("eq", "ne", "gt", "ge", "lt", "le")
_condition = st.one_of(
    *(_compared(side, *_ALL) for side in (_text, _moment, _day, _whole, _amount, _double)),
    _compared(_flag, "eq", "ne"),
    _paths(_FLAG_PATHS),
    st.builds(
        Comparison,
        st.sampled_from(("eq", "ne")),
        st.one_of(_paths(_TEXT_PATHS), _paths(_MOMENT_PATHS), _paths(_WHOLE_PATHS)),
        st.just(Literal(None)),
    ),
    *(_call(name, _text, _plain_text) for name in ("contains", "startswith", "endswith")),
)


def _joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        inner.map(Not),
        terms.map(lambda drawn: And(_flat(drawn, And))),
        terms.map(lambda drawn: Or(_flat(drawn, Or))),
        st.builds(Comparison, st.sampled_from(("eq", "ne")), inner, _flag),
    )


def _flat(terms: tuple[Node, ...], kind: type[And | Or]) -> tuple[Node, ...]:
    return tuple(part for term in terms for part in (term.terms if isinstance(term, kind) else (term,)))


_filters = st.recursive(_condition, _joined, max_leaves=4)


class Both:
    """The same orders twice: behind HTTP and SQL, and as models."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        self._models = [Order.model_validate(row) for row in rows(api, orderby="Id desc", top=150)]

    def __repr__(self) -> str:
        return "Both()"

    def by_sql(self, text: str) -> list[int | None]:
        found = rows(self._api, filter=text, select="Id", orderby="Id desc")
        return [row["Id"] for row in found if row["Id"] >= (self._models[-1].id or 0)]

    def by_python(self, node: Node) -> list[int | None]:
        return [one.id for one in self._models if holds(node, one, "Order")]


@pytest.fixture(scope="module")
def both(sandbox: Sandbox) -> Iterator[Both]:
    with plain_client(sandbox) as api:
        for agent, text in enumerate(_ODD_TEXTS, start=1):
            fields = {"AgentId": agent, "PresetId": 1, "Notes": text, "City": text, "Apartment": text}
            assert api.post("/api/orders", json=fields).status_code == 200
        yield Both(api)


@settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(node=_filters)
def test_sql_keeps_what_python_keeps(node: Node, both: Both) -> None:
    text = render(node, "Order", "v4")
    if node_count(node, "Order") <= 100 and len(text) <= 600:
        assert both.by_sql(text) == both.by_python(node), text
