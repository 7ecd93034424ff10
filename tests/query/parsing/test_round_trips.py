"""Whatever is built can be written, read back, printed as code and run again, and is the same."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from random_filters import NAMES, Chance, conditions, entities, seeds, texts

from signtraker import query
from signtraker.query import Filter, Ordering, Q
from signtraker.query.cost import node_count
from signtraker.query.parsing.parse import parse_filter, parse_orderby
from signtraker.query.rendering import render, render_orders

if TYPE_CHECKING:
    from signtraker.query.nodes import Node

thorough: Final = settings(max_examples=1000, derandomize=True, deadline=None, database=None)
brief: Final = settings(max_examples=500, derandomize=True, deadline=None, database=None)
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
    assert eval(repr(made), {**vars(query), **NAMES}) == made  # noqa: S307 - this is what repr promises


@brief
@given(entities, seeds)
def test_orderings_are_read_back_and_printed_as_code(entity: str, seed: int) -> None:
    orders = Chance(seed, entity).orderings()
    for order in orders:
        made: Ordering[Any] = Ordering(order, entity)
        assert eval(repr(made), {**vars(query), **NAMES}) == made  # noqa: S307 - this is what repr promises
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
