"""Check that any filter can be rendered, parsed, printed as code and run again, and is the same."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_filters import NAMES, Chance, conditions, entities, seeds, texts
from thoroughness import same_each_time

from signtraker import query
from signtraker.query import AwardQ, Filter, Ordering, Q
from signtraker.query.cost import node_count
from signtraker.query.parsing.parse import bind_filter, parse_filter, parse_orderby
from signtraker.query.rendering import render, render_orders

if TYPE_CHECKING:
    from signtraker.query.nodes import Node
    from signtraker.query.schema import ODataVersion, ServerVersion

pytestmark = pytest.mark.once
NAMESPACE: Final[dict[str, Any]] = {**{name: getattr(query, name) for name in query.__all__}, **NAMES}
"""What the printed code may use; names of a lazy module are not in `vars` before their first use."""

thorough: Final = same_each_time(400)
brief: Final = same_each_time(200)
GUID: Final = "guid'3f2504e0-4f89-11d3-9a0c-0305e82c3301'"
v4_filters: Final = conditions()
v3_filters: Final = conditions("v3")


@thorough
@given(v4_filters)
def test_v4_text_is_read_back_as_the_same_tree(case: tuple[str, Node]) -> None:
    entity, node = case
    assert parse_filter(render(node, entity), entity) == node


@thorough
@given(v3_filters)
def test_v3_text_is_read_back_as_the_same_tree(case: tuple[str, Node]) -> None:
    entity, node = case
    assert parse_filter(render(node, entity, "v3"), entity, version="v3") == node


@brief
@given(v3_filters)
def test_every_v4_generation_reads_what_needs_no_in_operator(case: tuple[str, Node]) -> None:
    entity, node = case
    text = render(node, entity)
    assert parse_filter(text, entity, version="v4-5") == node
    assert parse_filter(text, entity, version="v4-7") == node


@brief
@given(v4_filters)
def test_the_printed_code_makes_the_same_filter(case: tuple[str, Node]) -> None:
    made: Filter[Any] = Filter(case[1], case[0])
    assert eval(repr(made), NAMESPACE) == made  # noqa: S307 - this is what repr promises


@brief
@given(entities, seeds)
def test_orderings_are_read_back_and_printed_as_code(entity: str, seed: int) -> None:
    orders = Chance(seed, entity).orderings()
    for order in orders:
        made: Ordering[Any] = Ordering(order, entity)
        assert eval(repr(made), NAMESPACE) == made  # noqa: S307 - this is what repr promises
    if orders:
        assert parse_orderby(render_orders(orders, entity), entity) == orders


@brief
@given(v4_filters)
def test_equal_filters_hash_alike_and_survive_pickling(case: tuple[str, Node]) -> None:
    made: Filter[Any] = Filter(case[1], case[0])
    again: Filter[Any] = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own bytes
    assert again == made
    assert hash(again) == hash(made)
    assert str(again) == str(made)


@brief
@given(v4_filters)
def test_no_parentheses_can_be_left_out(case: tuple[str, Node]) -> None:
    entity, node = case
    text = render(node, entity)
    for at in _removable(text):
        shorter = _without(text, at)
        try:
            same = parse_filter(shorter, entity) == node
        except query.ODataError:
            same = False
        assert not same, shorter


@brief
@given(v3_filters)
def test_v3_never_costs_less_than_v4(case: tuple[str, Node]) -> None:
    entity, node = case
    assert node_count(node, entity, "v3", rendered=False) >= node_count(node, entity, "v4")


@brief
@given(texts)
def test_any_text_can_be_compared_with(text: str) -> None:
    made = Q.notes == text
    assert Q.parse(str(made)) == made
    assert Q.parse(made.render("v3"), version="v3") == made


@brief
@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001 - the zone is drawn apart
    st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_is_the_same_filter_in_every_zone(moment: datetime, minutes: int) -> None:
    here = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert (Q.created > here) == (Q.created > here.astimezone(UTC))
    assert hash(Q.created > here) == hash(Q.created > here.astimezone(UTC))
    assert Q.parse(str(Q.created > here)) == (Q.created > here)


def _removable(text: str) -> list[int]:
    """Return where parentheses open that group, and neither call nor list."""
    found: list[int] = []
    quoted = False
    for at, character in enumerate(text):
        quoted ^= character == "'"
        before = text[:at].rsplit(" ", 1)[-1] if at else ""
        groups = before.strip("(-") == "" and not text[:at].endswith(" in ")
        if character == "(" and not quoted and groups:
            found.append(at)
    return found


def _without(text: str, start: int) -> str:
    depth, quoted = 0, False
    for at in range(start, len(text)):
        quoted ^= text[at] == "'"
        if not quoted:
            depth += (text[at] == "(") - (text[at] == ")")
        if not depth:
            return text[:start] + text[start + 1 : at] + text[at + 1 :]
    raise AssertionError(text)


@pytest.mark.slow
@pytest.mark.parametrize("generation", ["v3", "v4-5", "v4-7", "v4"])
def test_every_text_that_microsoft_accepts_is_written_and_read_again_as_the_same_tree(
    generation: ServerVersion,
) -> None:
    dialect: ODataVersion = "v3" if generation == "v3" else "v4"
    accepted = 0
    for entity, text in microsoft_texts():
        try:
            first = bind_filter(text, entity, version=generation)
        except query.ODataError:
            continue
        accepted += 1
        again = bind_filter(render(first.node, entity, dialect), entity, version=generation)
        assert again.node == first.node, text
        assert again.count == node_count(first.node, entity, dialect), text
        assert repr(Filter[Any](first.node, entity))
    assert accepted > 900


def microsoft_texts() -> list[tuple[str, str]]:
    """Return the lists and texts on which Microsoft's parsers were asked."""
    lines = Path(__file__).with_name("microsoft_verdicts.jsonl").read_text("utf-8").splitlines()
    return [(entity, text) for entity, text, *_ in map(json.loads, lines)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("5.5 gt 4.25", "5.5f gt 4.25f"),
        ("40.5 ge 1.5d", "40.5d ge 1.5d"),
        ("Id gt 5.5", "Id gt 5.5f"),
        ("JobSite/Latitude gt 40.5", "JobSite/Latitude gt 40.5e0"),
        ("SalesOrder/OrderTotal gt 218.96106", "SalesOrder/OrderTotal gt 218.9611M"),
        ("-(5) lt 0", "-(5) lt 0"),
        ("$it/Id eq 5", "Id eq 5"),
        ("Id lt -INF or JobSite/Latitude gt NaN", "Id lt -INF or JobSite/Latitude gt NaN"),
        ("time(Created) gt 12:00", "time(Created) gt 12:00:00"),
        ("DueDate sub Created gt duration'P1DT2H'", "DueDate sub Created gt duration'P1DT7200S'"),
        ("binary'0FFF' eq null", "binary'0FFF' eq null"),
        ("'Printing' in Restrictions", "Restrictions/any(x:x eq 'Printing')"),
        (r"Status in ('a\nb','c')", r"Status in ('a\u000ab','c')"),
    ],
)
def test_v4_literals_keep_their_type_when_they_are_written(text: str, written: str) -> None:
    root = AwardQ if "Restrictions" in text else Q
    made: Filter[Any] = root.parse(text)
    assert str(made) == written
    assert root.parse(written) == made


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("JobSite/Latitude gt 45.12345678901234", "JobSite/Latitude gt 45.12345678901234e0"),
        ("Id eq 5", "Id eq 5L"),
        ("5.5f gt 4.25f", "5.5f gt 4.25f"),
        (
            "guid'3f2504e0-4f89-11d3-9a0c-0305e82c3301' eq null",
            "guid'3f2504e0-4f89-11d3-9a0c-0305e82c3301' eq null",
        ),
        ("X'0F' eq binary'0f'", "X'0f' eq X'0f'"),
        ("time'PT1H' lt time'PT2H'", "time'P0DT3600S' lt time'P0DT7200S'"),
        ("isof(Status,'Edm.String')", "isof(Status,'Edm.String')"),
    ],
)
def test_v3_literals_keep_their_type_when_they_are_written(text: str, written: str) -> None:
    made = Q.parse(text, version="v3")
    assert made.render("v3") == written
    assert Q.parse(written, version="v3") == made


@pytest.mark.parametrize(
    "text", ["date(Created) eq 2024-01-01", "time(Created) gt 12:00", "now() gt Created", "Id in (1)"]
)
def test_what_v3_has_no_words_for_is_not_written(text: str) -> None:
    with pytest.raises(query.ODataError, match="v3 has no"):
        Q.parse(text).render("v3")
