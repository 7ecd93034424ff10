"""Check the types that are inferred of expressions, and whether they may be null."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Final
from uuid import UUID

import pytest

from signtraker.query.functions import Kind
from signtraker.query.infer import calculated, common_type, kind_of, literal_kind
from signtraker.query.nodes import Comparison, Literal, Node
from signtraker.query.parsing.parse import parse_filter
from signtraker.query.schema import Edm
from signtraker.query.single import to_single


def required(kind: Edm) -> Kind:
    return Kind(kind, nullable=False)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Id eq 5", required(Edm.BOOLEAN)),
        ("Id eq OrderNumber", Kind(Edm.BOOLEAN)),
        ("OrderNumber eq Id", Kind(Edm.BOOLEAN)),
        ("Id eq 5 and Id eq 6", required(Edm.BOOLEAN)),
        ("Id eq 5 or Status eq 'x'", Kind(Edm.BOOLEAN)),
        ("not (Id eq 5)", required(Edm.BOOLEAN)),
        ("Id in (1)", required(Edm.BOOLEAN)),
        ("isof(Id,'Edm.Int64')", Kind(Edm.BOOLEAN)),
    ],
)
def test_a_condition_is_a_boolean_that_may_be_null(text: str, kind: Kind) -> None:
    assert kind_of(parse_filter(text, "Order"), "Order") == kind


EXPRESSIONS: Final = [
    ("-Id", required(Edm.INT64)),
    ("Id add 5", required(Edm.INT64)),
    ("Id add OrderNumber", Kind(Edm.INT64)),
    ("OrderNumber add Id", Kind(Edm.INT64)),
    ("5 add null", Kind(Edm.INT32)),
    ("null add 5", Kind(Edm.INT32)),
    ("null add null", Kind(None)),
    ("Created sub Created", Kind(Edm.DURATION)),
    ("Created add duration'P1D'", Kind(Edm.DATETIME)),
    ("cast(Id,'Edm.String')", Kind(Edm.STRING)),
    ("length(Status)", required(Edm.INT32)),
    ("round(JobSite/Latitude)", required(Edm.DOUBLE)),
    ("round(SalesOrder/OrderTotal)", required(Edm.DECIMAL)),
    ("Agent/Id", required(Edm.INT64)),
    ("Agent/Name", Kind(Edm.STRING)),
]


@pytest.mark.parametrize(("text", "kind"), EXPRESSIONS)
def test_an_expression_has_the_type_that_the_server_gives_it(text: str, kind: Kind) -> None:
    assert kind_of(operand(f"{text} eq null", "Order"), "Order") == kind


def test_conditions_on_a_collection_and_its_size_have_types() -> None:
    assert kind_of(parse_filter("Restrictions/any(x:x eq 'a')", "Award"), "Award") == Kind(Edm.BOOLEAN)
    assert kind_of(operand("Restrictions/$count eq 1", "Award"), "Award") == required(Edm.INT64)


def operand(text: str, entity: str) -> Node:
    """Return the left side of a comparison."""
    comparison = parse_filter(text, entity)
    assert isinstance(comparison, Comparison)
    return comparison.left


def test_two_types_meet_in_the_wider_one() -> None:
    widths = [Edm.INT32, Edm.INT64, Edm.SINGLE, Edm.DOUBLE]
    for (low, left), (high, right) in product(enumerate(widths), repeat=2):
        assert common_type(left, right) is widths[max(low, high)]
    for one in widths[:3]:
        assert common_type(one, Edm.DECIMAL) is common_type(Edm.DECIMAL, one) is Edm.DECIMAL
    assert common_type(Edm.DATE, Edm.DATETIME) is common_type(Edm.DATETIME, Edm.DATE) is Edm.DATETIME
    for left, right in [(Edm.DOUBLE, Edm.DECIMAL), (Edm.STRING, Edm.INT32), (Edm.INT32, Edm.STRING)]:
        assert common_type(left, right) is None
    assert common_type(Edm.STRING, Edm.STRING) is Edm.STRING


def test_a_sum_may_be_null_if_a_side_may() -> None:
    for left, right in product((False, True), repeat=2):
        found = calculated("add", Kind(Edm.INT32, nullable=left), Kind(Edm.INT64, nullable=right))
        assert found == Kind(Edm.INT64, nullable=left or right)
        found = calculated("sub", Kind(Edm.DATE, nullable=left), Kind(Edm.DATE, nullable=right))
        assert found == Kind(Edm.DURATION, nullable=left or right)


def test_every_constant_has_a_type_and_few_are_nullable() -> None:
    kinds = {
        None: Kind(None),
        True: required(Edm.BOOLEAN),
        "a": Kind(Edm.STRING),
        b"a": Kind(Edm.BINARY),
        -(2**31): required(Edm.INT32),
        2**31 - 1: required(Edm.INT32),
        2**31: required(Edm.INT64),
        -(2**31) - 1: required(Edm.INT64),
        to_single(1.5): required(Edm.SINGLE),
        2.5: required(Edm.DOUBLE),
        Decimal("3.5"): required(Edm.DECIMAL),
        datetime.fromisoformat("2026-01-01T00:00:00Z"): required(Edm.DATETIME),
        date(2026, 1, 1): required(Edm.DATE),
        time(12): required(Edm.TIME_OF_DAY),
        timedelta(1): required(Edm.DURATION),
        UUID(int=5): required(Edm.GUID),
    }
    assert {value: literal_kind(Literal(value)) for value in kinds} == kinds
