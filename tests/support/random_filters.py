"""Strategies for filters of every shape that the models allow."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from hypothesis import strategies as st

from signtraker.query.entities import ENTITIES, ROOTS
from signtraker.query.functions import SIGNATURES
from signtraker.query.nodes import (
    Arithmetic,
    ArithmeticOperator,
    Call,
    Comparison,
    ComparisonOperator,
    In,
    Lambda,
    Literal,
    Negative,
    Node,
    Not,
    Order,
    Path,
    Quantifier,
    conjunction,
    disjunction,
)
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker.query.nodes import Scalar
    from signtraker.query.schema import ODataVersion

NASTY: Final = (
    "", "'", "''", "O'Brien", "%", "_", "a%b_c", "a+b&c=d#e", "\\", "\n", "\x00", "\x7f", "Draft", "draft",
    "ß", "é", "日本", "😀", " ", " x ", "') or (Id ge 0", "null", "true", "5", "2024-01-01", "/", "--",
)  # fmt: skip
NUMBERS: Final = (Edm.INT32, Edm.INT64, Edm.DOUBLE, Edm.DECIMAL)
COMPARISONS: Final[tuple[ComparisonOperator, ...]] = ("eq", "ne", "gt", "ge", "lt", "le")
ARITHMETIC: Final[tuple[ArithmeticOperator, ...]] = ("add", "sub", "mul", "div", "mod")
QUANTIFIERS: Final[tuple[Quantifier, ...]] = ("any", "all")

texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=8))
ints = st.one_of(st.integers(-10, 10), st.integers(-(2**63), 2**63 - 1))
floats = st.floats(allow_nan=False, allow_infinity=False)
decimals = st.decimals(-(10**9), 10**9, places=4, allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
VALUES: Final[dict[Edm, st.SearchStrategy[Scalar]]] = {
    Edm.STRING: texts,
    Edm.BOOLEAN: st.booleans(),
    Edm.INT32: ints,
    Edm.INT64: ints,
    Edm.DOUBLE: st.one_of(floats, ints),
    Edm.DECIMAL: st.one_of(decimals, ints),
    Edm.DATETIME: moments,
    Edm.DATE: st.dates(),
}
entities = st.sampled_from(sorted(ROOTS))


@cache
def paths(entity: str, kind: Edm, *, collection: bool = False) -> list[Path]:
    """Return the paths of an entity that lead to a type."""
    return [path for path, found, many in _walk(entity, ()) if found is kind and many is collection]


def _walk(entity: str, before: tuple[str, ...]) -> Iterator[tuple[Path, Edm | None, bool]]:
    for one in ENTITIES[entity].properties.values():
        here = (*before, one.name)
        if one.entity:
            yield from _walk(one.entity, here)
        else:
            yield Path(here), one.type, one.collection


def literals(kind: Edm) -> st.SearchStrategy[Node]:
    """Return constants that fit beside a type."""
    return VALUES[kind].map(Literal)


@st.composite
def expressions(
    draw: st.DrawFn, entity: str, kind: Edm, version: ODataVersion = "v4", depth: int = 2
) -> Node:
    """Draw a value of a type that is no constant: a property, or a function or sum over one."""
    options: list[str] = ["path"] * bool(paths(entity, kind))
    calls = [
        (name, one.arguments)
        for name, signatures in SIGNATURES.items()
        for one in signatures
        if one.result.type is kind and kind is not Edm.BOOLEAN and (version == "v4" or name != "date")
        if all(_reachable(entity, wanted) for wanted in one.arguments[:1])
    ]
    options += ["call"] * bool(calls and depth)
    options += ["arithmetic", "negative"] * bool(kind in NUMBERS and options and depth)
    match draw(st.sampled_from(options)):
        case "path":
            return draw(st.sampled_from(paths(entity, kind)))
        case "call":
            name, arguments = draw(st.sampled_from(calls))
            first = draw(expressions(entity, arguments[0], version, depth - 1))
            rest = [
                draw(literals(wanted) if wanted is not Edm.INT32 else _places) for wanted in arguments[1:]
            ]
            return Call(name, (first, *rest))
        case "negative":
            return Negative(draw(expressions(entity, kind, version, depth - 1)))
        case _:
            sides = [draw(expressions(entity, kind, version, depth - 1)), draw(literals(kind))]
            left, right = draw(st.permutations(sides))
            return Arithmetic(draw(st.sampled_from(ARITHMETIC)), left, right)


_places = st.integers(0, 5).map(Literal)


def _reachable(entity: str, kind: Edm) -> bool:
    return bool(paths(entity, kind))


@st.composite
def conditions(draw: st.DrawFn, entity: str, version: ODataVersion = "v4", depth: int = 3) -> Node:
    """Draw a condition on an entity's rows."""
    if depth and draw(st.booleans()):
        inner = conditions(entity, version, depth - 1)
        match draw(st.sampled_from(["and", "or", "not"])):
            case "not":
                return Not(draw(inner))
            case "and":
                return conjunction(*draw(st.lists(inner, min_size=2, max_size=4)))
            case _:
                return disjunction(*draw(st.lists(inner, min_size=2, max_size=4)))
    return draw(leaves(entity, version))


@st.composite
def leaves(draw: st.DrawFn, entity: str, version: ODataVersion = "v4") -> Node:  # noqa: PLR0911 - one for each kind
    """Draw a condition without `and`, `or` and `not`."""
    kinds: list[Edm] = [kind for kind in VALUES if kind is not Edm.DATE and paths(entity, kind)]
    if version == "v4" and paths(entity, Edm.DATETIME):
        kinds.append(Edm.DATE)
    kind = draw(st.sampled_from(kinds))
    options = ["comparison", "null", "fields"]
    options += (
        ["in"] * (version == "v4") + ["check"] * (kind is Edm.STRING) + ["flag"] * (kind is Edm.BOOLEAN)
    )
    options += ["lambda"] * bool(paths(entity, Edm.STRING, collection=True))
    left = draw(expressions(entity, kind, version))
    operators = COMPARISONS[:2] if kind is Edm.BOOLEAN else COMPARISONS
    match draw(st.sampled_from(options)):
        case "comparison":
            return Comparison(draw(st.sampled_from(operators)), left, draw(literals(kind)))
        case "null":
            return Comparison(draw(st.sampled_from(COMPARISONS[:2])), left, Literal(None))
        case "fields":
            right = draw(expressions(entity, kind, version))
            return Comparison(draw(st.sampled_from(operators)), left, right)
        case "in":
            values = draw(st.lists(literals(kind), min_size=1, max_size=3, unique=True))
            return In(left, tuple(cast("Literal", one) for one in values))
        case "check":
            name = draw(st.sampled_from(["contains", "startswith", "endswith"]))
            return Call(name, (left, draw(literals(Edm.STRING))))
        case "lambda":
            return draw(lambdas(entity))
        case _:
            return left


@st.composite
def lambdas(draw: st.DrawFn, entity: str) -> Node:
    """Draw a condition on a collection."""
    collection = draw(st.sampled_from(paths(entity, Edm.STRING, collection=True)))
    item = Path(("x",), variable=True)
    texts_ = draw(literals(Edm.STRING))
    bodies: list[Node] = [
        Comparison(draw(st.sampled_from(COMPARISONS)), item, texts_),
        Call("startswith", (item, texts_)),
        Not(Comparison("eq", Call("tolower", (item,)), texts_)),
    ]
    body: Node | None = draw(st.sampled_from([None, *bodies]))
    quantifier: Quantifier = "any" if body is None else draw(st.sampled_from(QUANTIFIERS))
    return Lambda(quantifier, collection, "x", body)


@st.composite
def orderings(draw: st.DrawFn, entity: str) -> tuple[Order, ...]:
    """Draw up to five clauses that name no property twice."""
    kinds = [kind for kind in VALUES if kind is not Edm.DATE and paths(entity, kind)]
    chosen = draw(
        st.lists(st.sampled_from(kinds).flatmap(lambda kind: expressions(entity, kind)), max_size=5)
    )
    return tuple(Order(one, draw(st.booleans())) for one in dict.fromkeys(chosen))


NAMES: Final = {"UTC": UTC, "date": date, "datetime": datetime, "Decimal": Decimal}
"""What the code that a filter prints as needs beside the fields."""
