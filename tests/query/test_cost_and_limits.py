"""Check that queries beyond the server's limits are refused before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from signtraker.query import (
    Filter,
    Q,
    QueryLimitError,
    QueryLimits,
    any_of,
    split_filter,
)
from signtraker.query.cost import node_count
from signtraker.query.limits import check_length, check_nodes, check_orderings
from signtraker.query.nodes import In
from signtraker.query.parsing.parse import bind_filter, parse_clauses, parse_filter
from signtraker.query.server_limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "v4", "v3"),
    [
        ("Status eq 'x'", 4, 4),
        ("Id eq 5", 4, 5),
        ("OrderNumber eq 5", 4, 5),
        ("RebillInterval eq 5", 4, 5),
        ("Agent/Id eq 5", 5, 6),
        ("JobSite/Latitude gt 4.5e1", 5, 6),
        ("SalesOrder/OrderTotal gt 100", 5, 6),
        ("JobSite/City eq 'x'", 5, 5),
        ("Status eq null", 5, 5),
        ("Id gt null", 6, 6),
        ("Id eq OrderNumber", 7, 7),
        ("PostType/Id ne null", 7, 7),
        ("IsDueDateDefinitive eq true", 5, 5),
        ("IsDueDateDefinitive", 2, 2),
        ("startswith(Status,'x')", 4, 4),
        ("length(Status) eq 5", 5, 5),
        ("tolower(Status) eq 'x'", 5, 5),
        ("year(Created) eq 2024", 5, 5),
        ("indexof(Status,'x') ge 0", 6, 6),
        ("DueDate eq Created", 5, 5),
        ("not (Status eq 'x')", 5, 5),
        ("not startswith(Status,'x')", 5, 5),
        ("Status eq 'a' and Notes eq 'b'", 9, 9),
        ("Status eq 'a' or Notes eq 'b'", 9, 9),
        ("startswith(Status,'x') and endswith(Status,'y')", 9, 9),
        ("Id eq 1 and Status eq 'x'", 10, 11),
        ("Status eq 'a' and startswith(Notes,'b')", 10, 10),
        ("(Id mod Id) eq -2147483648", 7, 8),
        ("SalesOrder/OrderTotal add 5 gt 100", 7, 9),
    ],
)
def test_terms_cost_what_was_measured_on_the_servers_parsers(text: str, v4: int, v3: int) -> None:
    node = parse_filter(text, "Order")
    assert node_count(node, "Order", "v4") == v4
    assert node_count(node, "Order", "v3", rendered=False) == v3


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("Restrictions/any()", 3),
        ("Restrictions/all()", 4),
        ("Restrictions/any(one:one eq 'x')", 6),
        ("Restrictions/any(one:'UT' gt 'Sandy')", 6),
        ("'UT' gt 'PaymentRequired' and Restrictions/all(one:true and false)", 10),
    ],
)
def test_conditions_on_a_collection_cost_what_was_measured(text: str, nodes: int) -> None:
    node = parse_filter(text, "Award")
    assert node_count(node, "Award", "v4") == node_count(node, "Award", "v3") == nodes


def test_a_number_of_items_costs_the_same_in_a_tree_and_in_its_text() -> None:
    for text in ("Restrictions/$count gt 1", "Restrictions/$count add 1 gt 1"):
        cost = node_count(parse_filter(text, "Award"), "Award", "v4")
        assert cost == bind_filter(text, "Award", version="v4-7").count


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("Status in ('Designing')", 1),
        ("Id in (1, 2, 3)", 1),
        ("not (Status in ('Draft'))", 2),
        ("Id in (1) and Status eq 'Draft'", 7),
        ("(Notes gt 'UT') and Id in (0,-1)", 7),
    ],
)
def test_a_list_behind_in_counts_one_node_however_long(text: str, nodes: int) -> None:
    assert node_count(parse_filter(text, "Order", version="v4-7"), "Order", "v4") == nodes


def test_contains_costs_the_same_in_both_dialects() -> None:
    assert Q.status.contains("x").cost("v4") == Q.status.contains("x").cost("v3") == 4


def test_the_suffix_that_is_written_beside_an_id_spares_a_conversion() -> None:
    assert (Q.id == 5).render("v3") == "Id eq 5L"
    assert (Q.id == 5).cost("v3") == 4
    assert (-Q.id == 5).render("v3") == "-Id eq 5L"


def test_twenty_equal_terms_fit_and_twenty_mixed_ones_do_not() -> None:
    alike = Q.status.in_([f"s{number}" for number in range(20)])
    mixed = any_of([Q.status == f"s{number}" if number % 2 else Q.id == number for number in range(20)])
    assert alike.cost() == 99
    assert mixed.cost() > 100


def test_a_filter_of_too_many_nodes_is_refused_with_the_number_and_the_mend() -> None:
    long = Q.status.in_([f"s{number}" for number in range(21)])
    with pytest.raises(QueryLimitError, match=r"counts 104 nodes, and the server takes 100: ask in several"):
        check_nodes(long.node, "Order", "v4", DEFAULT_LIMITS)
    check_nodes(long.node, "Order", "v4", QueryLimits(nodes=104))


def test_a_text_is_counted_as_it_is_written() -> None:
    tree = parse_filter(" or ".join(f"Id eq {number}" for number in range(17)), "Order")
    check_nodes(tree, "Order", "v4", DEFAULT_LIMITS, rendered=False)
    check_nodes(tree, "Order", "v3", DEFAULT_LIMITS)
    with pytest.raises(QueryLimitError, match="101 nodes"):
        check_nodes(tree, "Order", "v3", DEFAULT_LIMITS, rendered=False)


def test_six_orderings_or_one_twice_are_refused() -> None:
    check_orderings(parse_clauses("Id,Status,Notes,Created,DueDate", "Order"), DEFAULT_LIMITS)
    with pytest.raises(QueryLimitError, match="6 orderings, and the server takes 5"):
        check_orderings(parse_clauses("Id,Status,Notes,Created,DueDate,OrderNumber", "Order"), DEFAULT_LIMITS)
    with pytest.raises(QueryLimitError, match="names Id twice"):
        check_orderings(parse_clauses("Id,Id desc", "Order"), DEFAULT_LIMITS)


def test_a_query_of_too_many_bytes_is_refused() -> None:
    check_length("q" * 2048, DEFAULT_LIMITS)
    with pytest.raises(QueryLimitError, match="2049 bytes long, and the server takes 2048"):
        check_length("q" * 2049, DEFAULT_LIMITS)


@pytest.mark.parametrize("value", [0, -1, True, "5"])
def test_a_limit_is_a_positive_number(value: int) -> None:
    with pytest.raises(ValueError, match="QueryLimits: nodes is a whole number of at least 1"):
        QueryLimits(nodes=value)


def test_a_filter_that_fits_is_not_split() -> None:
    assert split_filter(Q.id == 5) == [Q.id == 5]


def test_a_long_in_is_split_into_as_few_filters_as_fit_in_order() -> None:
    values = [f"status {number}" for number in range(205)]
    pieces = split_filter(Q.status.in_(values))
    assert [piece.cost() for piece in pieces] == [99] * 10 + [24]
    assert any_of(pieces) == Q.status.in_(values)


def test_what_is_joined_to_a_long_in_goes_with_every_piece() -> None:
    before, after = Q.due_date.is_null(), Q.notes.contains("x")
    pieces = split_filter(before & Q.status.in_([str(number) for number in range(100)]) & after)
    assert len(pieces) > 5
    for piece in pieces:
        assert piece.cost() <= 100
        assert str(piece).startswith("DueDate eq null and (Status eq ")
        assert str(piece).endswith(") and contains(Notes,'x')")


def test_a_piece_never_outgrows_the_bytes_that_are_left() -> None:
    values = ["é" * 100 + str(number) for number in range(8)]
    pieces = split_filter(Q.status.in_(values), other_bytes=500)
    assert len(pieces) == 4
    assert all(piece.encoded_length() + 500 <= 2048 for piece in pieces)


def test_the_in_operator_is_split_too() -> None:
    pieces = split_filter(Q.id.in_(range(1000), operator=True))
    assert all(isinstance(piece.node, In) and piece.cost() == 1 for piece in pieces)
    # A list counts one node, however long, so that only the length of the query cuts it.
    assert len(pieces) == 2
    assert split_filter(Q.id.in_(range(98), operator=True)) == [Q.id.in_(range(98), operator=True)]


def test_what_cannot_be_split_is_refused() -> None:
    wide: Filter[object] = Filter((Q.notes == "x" * 3000).node, "Order")
    with pytest.raises(QueryLimitError, match="can be cut into pieces that fit: make it simpler"):
        split_filter(wide)


USES: Final[list[Callable[[Any], object]]] = [
    (Q.id == 5).render,
    (Q.id == 5).cost,
    (Q.id == 5).encoded_length,
    Q.created.desc().render,
    lambda version: Q.parse("Id eq 5", version=version),
    lambda version: split_filter(Q.id == 5, version=version),
]


@pytest.mark.parametrize("version", ["v9", "V4", "v4-7", "", None, 4, ["v3"]])
@pytest.mark.parametrize("use", USES)
def test_an_unknown_odata_version_is_refused(use: Callable[[Any], object], version: object) -> None:
    with pytest.raises(ValueError, match=r"^the OData version is 'v3' or 'v4', not "):
        use(version)
