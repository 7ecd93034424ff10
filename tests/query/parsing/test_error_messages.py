"""Check the messages and positions for mistakes in a text, in the server's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from signtraker.query import ODataError, Q
from signtraker.query.parsing.parse import parse_filter, parse_orderby

if TYPE_CHECKING:
    from signtraker.query.schema import ServerVersion

EVERY: Final[tuple[ServerVersion, ...]] = ("v3", "v4", "v4-5", "v4-7")
V4: Final = EVERY[1:]
CASE_MATTERS: Final = EVERY[:3]
ORDER: Final = "SignTraker.Models.Order"
NOT_TRUE: Final = (
    "A unary operator with an incompatible type was detected."
    " Found operand type 'Edm.String' for operator kind 'Not'."
)
NO_SIGNATURE: Final = (
    "No function signature for the function with name 'length' matches the specified arguments."
    " The function signatures considered are: length(Edm.String Nullable=true)."
)
TOO_NESTED: Final = (
    "The Any/All nesting limit of '1' has been exceeded. 'MaxAnyAllExpressionDepth' can be configured on"
    " ODataQuerySettings or EnableQueryAttribute."
)
NOT_SINGLE: Final = (
    "The operand for a binary operator 'Equal' is not a single value. Binary operators require both operands"
    " to be single values."
)
NO_PATH: Final = (
    "Can only bind segments that are Navigation, Structural, Complex, or Collections. We found a segment"
    " 'Status' that isn't any of those. Please revise the query."
)
DUPLICATE: Final = "Duplicate property named 'Id' is not supported in '$orderby'."


def function(name: str, tail: str) -> str:
    return (
        f"An unknown function with name '{name}' was found. This may also be {tail}key lookup on a navigation"
        " property, which is not allowed."
    )


def operands(left: str, right: str, operator: str) -> str:
    return (
        "A binary operator with incompatible types was detected. Found operand types"
        f" '{left}' and '{right}' for operator kind '{operator}'."
    )


CASES: Final[list[tuple[str, tuple[ServerVersion, ...], str]]] = [
    ("(", EVERY, "Expression expected at position 1 in '('."),
    ("status eq 'x'", CASE_MATTERS, f"Could not find a property named 'status' on type '{ORDER}'."),
    ("nothing eq 'x'", EVERY, f"Could not find a property named 'nothing' on type '{ORDER}'."),
    (
        "JobSite/Town eq 'x'",
        EVERY,
        "Could not find a property named 'Town' on type 'SignTraker.Models.JobSite'.",
    ),
    (
        "Status/Length eq 1",
        ("v4", "v4-7"),
        "Could not find a property named 'Length' on type 'Edm.String'.",
    ),
    ("Status/Length eq 1", ("v3", "v4-5"), NO_PATH),
    ("contains(Status,'x')", ("v3",), function("contains", "a ")),
    ("substringof('x',Status)", V4, function("substringof", "a function import or a ")),
    ("Status eq 5", EVERY, operands("Edm.String", "Edm.Int32", "Equal")),
    ("Id eq 'a'", EVERY, operands("Edm.Int64", "Edm.String", "Equal")),
    ("Status and true", EVERY, operands("Edm.String", "Edm.Boolean", "And")),
    ("Status add 1 eq 2", EVERY, operands("Edm.String", "Edm.Int32", "Add")),
    ("SalesOrder/OrderTotal gt 100.5", ("v3",), operands("Edm.Decimal", "Edm.Double", "GreaterThan")),
    ("JobSite/Latitude gt 4.5M", EVERY, operands("Edm.Double", "Edm.Decimal", "GreaterThan")),
    ("JobSite/Latitude gt 45.12345678901234", V4, operands("Edm.Double", "Edm.Decimal", "GreaterThan")),
    (
        "Created gt datetime'2024-01-01T00:00:00'",
        ("v3",),
        operands("Edm.DateTimeOffset", "Edm.DateTime", "GreaterThan"),
    ),
    (
        "not Status",
        EVERY,
        NOT_TRUE,
    ),
    ("Id in (1,2,3)", ("v3", "v4-5"), "Syntax error at position 5 in 'Id in (1,2,3)'."),
    ("", EVERY, "The value for OData query '$filter' cannot be empty."),
    ("Id", EVERY, "The $filter expression must evaluate to a single boolean value."),
    ("Id EQ 1", CASE_MATTERS, "Syntax error at position 5 in 'Id EQ 1'."),
    (
        "Id eq 5000000000",
        ("v3",),
        "Unrecognized 'Edm.Int32' literal '5000000000' at '6' in 'Id eq 5000000000'.",
    ),
    ("Created gt 2024-13-01", EVERY, "Syntax error at position 18 in 'Created gt 2024-13-01'."),
    ("Created gt 2024-01-01", ("v3",), "Syntax error at position 18 in 'Created gt 2024-01-01'."),
    ("Id eq 1 1", EVERY, "Syntax error at position 9 in 'Id eq 1 1'."),
    ("(Id eq 1", EVERY, "')' or operator expected at position 8 in '(Id eq 1'."),
    ("length(Status", EVERY, "')' or ',' expected at position 13 in 'length(Status'."),
    ("Status eq 'x", EVERY, "There is an unterminated string literal at position 12 in 'Status eq 'x'."),
    ("Id eq #", EVERY, "Syntax error: character '#' is not valid at position 6 in 'Id eq #'."),
    (
        "length(Id) eq 1",
        EVERY,
        NO_SIGNATURE,
    ),
    (
        "Status/any(x: x eq 'a')",
        ("v4", "v4-7"),
        "Any/All may only be used following a collection.",
    ),
    ("Status/any(x: x eq 'a')", ("v3", "v4-5"), NO_PATH),
]


@pytest.mark.parametrize(
    ("text", "version", "sentence"),
    [(text, version, sentence) for text, versions, sentence in CASES for version in versions],
)
def test_a_bad_filter_is_refused_as_the_server_does(text: str, version: ServerVersion, sentence: str) -> None:
    with pytest.raises(ODataError) as caught:
        parse_filter(text, "Order", version=version)
    assert str(caught.value) == caught.value.message == sentence


@pytest.mark.parametrize(
    ("text", "entity", "sentence"),
    [
        ("Restrictions/any(1)", "Award", "An identifier was expected at position 17."),
        (
            "Restrictions/any(x: Restrictions/any(y: y eq x))",
            "Award",
            TOO_NESTED,
        ),
        (
            "Restrictions eq 'x'",
            "Award",
            NOT_SINGLE,
        ),
        (
            "Restrictions/any(x: x)",
            "Award",
            "The Any/All query expression must evaluate to a single boolean value.",
        ),
    ],
)
def test_conditions_on_collections_are_checked(text: str, entity: str, sentence: str) -> None:
    with pytest.raises(ODataError) as caught:
        parse_filter(text, entity)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Id desc,Id", DUPLICATE),
        (" ", "The value for OData query '$orderby' cannot be empty."),
        ("Id down", "Syntax error at position 7 in 'Id down'."),
        ("Agent", "The $orderby expression must evaluate to a single value of primitive type."),
        ("Id,", "Expression expected at position 3 in 'Id,'."),
    ],
)
def test_a_bad_ordering_is_refused_as_the_server_does(text: str, sentence: str) -> None:
    with pytest.raises(ODataError) as caught:
        parse_orderby(text, "Order")
    assert caught.value.message == sentence


def test_names_and_keywords_ignore_case_on_v4_7_alone() -> None:
    wanted = Q.job_site.city.contains("x") & (Q.id == 1)
    text = "CONTAINS(jobsite/CITY,'x') AND id EQ 1"
    assert parse_filter(text, "Order", version="v4-7") == wanted.node
    with pytest.raises(ODataError):
        parse_filter(text, "Order", version="v4-5")


def test_a_mistake_before_a_function_is_told_before_the_function() -> None:
    with pytest.raises(ODataError, match="Could not find a property named 'Foo'"):
        parse_filter("Foo/tolower(Status) eq 'x'", "Order")


def test_the_position_is_on_the_error() -> None:
    with pytest.raises(ODataError) as caught:
        Q.parse("Id eq ")
    assert caught.value.position == 6


def test_what_is_parsed_must_be_text() -> None:
    with pytest.raises(TypeError, match=r"Q\.parse takes text, not 5"):
        Q.parse(5)  # type: ignore[arg-type]  # the point
