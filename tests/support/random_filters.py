"""Draw filters of every shape that the models allow, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from signtraker.query.functions import SIGNATURES
from signtraker.query.generated.entities import ENTITIES, ROOTS
from signtraker.query.literals import INT32, utc
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
KINDS: Final = (
    Edm.STRING, Edm.BOOLEAN, Edm.INT32, Edm.INT64, Edm.DOUBLE, Edm.DECIMAL, Edm.DATETIME,
)  # fmt: skip
NUMBERS: Final = (Edm.INT32, Edm.INT64, Edm.DOUBLE, Edm.DECIMAL)
COMPARISONS: Final[tuple[ComparisonOperator, ...]] = ("eq", "ne", "gt", "ge", "lt", "le")
ARITHMETIC: Final[tuple[ArithmeticOperator, ...]] = ("add", "sub", "mul", "div", "mod")
_HALF: Final = 0.5
QUANTIFIERS: Final[tuple[Quantifier, ...]] = ("any", "all")

ZONES: Final = tuple(timezone(timedelta(minutes=minutes)) for minutes in (0, 60, -420, 345, 840, -765))
_HIGHEST: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


@dataclass(frozen=True)
class Range:
    """Which constants a filter may hold, and what it may compute of fractions."""

    integers: int = 2**63 - 1
    exponents: int = 300
    """Of two, in floats."""
    years: tuple[int, int] = (2, 9998)
    fractions: tuple[ArithmeticOperator, ...] = ARITHMETIC
    nasty: float = 0.5
    """The share of texts that are among the nasty ones; the others are of any characters."""


class Chance:
    """Draws filters on one entity, in the words of one dialect."""

    def __init__(
        self,
        seed: int,
        entity: str,
        version: ODataVersion = "v4",
        within: Range = Range(),
    ) -> None:
        self._random = Random(seed)
        self._entity = entity
        self._version = version
        self._within = within

    def condition(self, depth: int = 3) -> Node:
        """Draw a condition on the entity's rows."""
        if not depth or self.happens(_HALF):
            return self._leaf()
        count = self._random.randint(2, 4)
        match self._random.choice(("and", "or", "not")):
            case "not":
                return Not(self.condition(depth - 1))
            case "and":
                return conjunction(*(self.condition(depth - 1) for _ in range(count)))
            case _:
                return disjunction(*(self.condition(depth - 1) for _ in range(count)))

    def applied(self, name: str) -> Call | None:
        """Draw something that a function is applied to; None where the entity has nothing for it."""
        fitting = [one for one in SIGNATURES[name] if paths(self._entity, one.arguments[0])]
        return self._call(name, self._random.choice(fitting).arguments, 2) if fitting else None

    def operator(self) -> ComparisonOperator:
        """Draw a comparison."""
        return self._random.choice(COMPARISONS)

    def part(self, text: str) -> str:
        """Draw a part of a text, as often as not with the letters' case changed."""
        places = sorted(self._random.randint(0, len(text)) for _ in range(2))
        found = text[slice(*places)]
        return found.swapcase() if self.happens(_HALF) else found

    def orderings(self) -> tuple[Order, ...]:
        """Draw up to five clauses that name no property twice."""
        chosen = [self._expression(self._kind(), 2) for _ in range(self._random.randint(0, 5))]
        return tuple(Order(one, self.happens(_HALF)) for one in dict.fromkeys(chosen))

    def happens(self, share: float) -> bool:
        """Say yes in this share of the cases."""
        return self._random.random() < share

    def text(self) -> str:
        """Draw a text, most likely one that breaks something."""
        if self.happens(self._within.nasty):
            return self._random.choice(NASTY)
        codes = (self._random.randint(0, _HIGHEST) for _ in range(self._random.randint(0, 8)))
        return "".join(chr(code) for code in codes if code not in _SURROGATES)

    def moment(self) -> datetime:
        """Draw a moment in any zone."""
        first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in self._within.years)
        second = self._random.randrange((last - first) // timedelta(seconds=1))
        part = self._random.choice((0, 0, 1, 500_000, 999_999))
        moment = first + timedelta(seconds=second, microseconds=part)
        return moment.astimezone(self._random.choice(ZONES))

    def amount(self) -> Decimal:
        """Draw an amount of money, with up to four decimal places."""
        most = min(self._within.integers, 10**9)
        return (
            Decimal(self._random.randint(-most, most) * 10**4 + self._random.choice((0, 1, 2500, 9999)))
            / 10**4
        )

    def integer(self) -> int:
        """Draw a whole number, as often a small one as any."""
        most = self._random.choice((10, 60, self._within.integers))
        return self._random.randint(-most, most)

    def double(self) -> float:
        """Draw a float, as often one of a few digits as any."""
        if self.happens(_HALF):
            return self._random.randint(-1000, 1000) / 8
        exponent = self._random.randint(-self._within.exponents, self._within.exponents)
        return self._random.uniform(-1, 1) * 2.0**exponent

    def value(self, kind: Edm) -> Scalar:  # noqa: PLR0911 - one case for each type
        """Draw a constant as it is kept in a filter."""
        match kind:
            case Edm.STRING:
                return self.text()
            case Edm.BOOLEAN:
                return self.happens(_HALF)
            case Edm.DOUBLE:
                return self._random.choice((self.double, self.integer))()
            case Edm.DECIMAL:
                return self._random.choice((self.amount, self.integer))()
            case Edm.DATETIME:
                return utc(self.moment(), "a constant")
            case Edm.DATE:
                return self.moment().date()
            case _:
                return self.integer()

    def _kind(self) -> Edm:
        return self._random.choice([kind for kind in KINDS if paths(self._entity, kind)])

    def _literal(self, kind: Edm) -> Literal:
        return Literal(self.value(kind))

    def _expression(self, kind: Edm, depth: int) -> Node:
        """Draw a value of a type that is no constant: a property, or a function or sum over one."""
        found, calls = paths(self._entity, kind), self._calls(kind) if depth else []
        options = ["path"] * bool(found) + ["call"] * bool(calls)
        if kind in NUMBERS and options and depth:
            options += ["sum", "negative"] * bool(found or depth > 1)
        match self._random.choice(options):
            case "path":
                return self._random.choice(found)
            case "call":
                return self._call(*self._random.choice(calls), depth)
            case "negative":
                return Negative(self._expression(kind, depth - 1))
            case _:
                sides = [self._expression(kind, depth - 1), self._literal(kind)]
                self._random.shuffle(sides)
                operators = self._within.fractions if kind in {Edm.DOUBLE, Edm.DECIMAL} else ARITHMETIC
                return Arithmetic(self._random.choice(operators), *sides)

    def _calls(self, kind: Edm) -> list[tuple[str, tuple[Edm, ...]]]:
        """Return the functions that make a type of something that the entity has."""
        return [
            (name, one.arguments)
            for name, signatures in SIGNATURES.items()
            for one in signatures
            if one.result.type is kind and kind is not Edm.BOOLEAN
            if self._version == "v4" or name != "date"
            if paths(self._entity, one.arguments[0])
        ]

    def _call(self, name: str, arguments: tuple[Edm, ...], depth: int) -> Call:
        first = self._expression(arguments[0], depth - 1)
        rest = (
            Literal(self._random.randint(0, 5)) if kind is Edm.INT32 else self._literal(kind)
            for kind in arguments[1:]
        )
        return Call(name, (first, *rest))

    def _leaf(self) -> Node:  # noqa: PLR0911 - one for each kind
        kind = self._kind()
        if kind is Edm.DATETIME and self._version == "v4" and self.happens(_HALF):
            kind = Edm.DATE
        options = ["comparison", "null", "fields"]
        options += ["in"] * (self._version == "v4" and kind not in {Edm.DATE, Edm.DATETIME})
        options += ["check"] * (kind is Edm.STRING)
        options += ["flag"] * (kind is Edm.BOOLEAN)
        options += ["lambda"] * bool(paths(self._entity, Edm.STRING, collection=True))
        left = self._expression(kind, 2)
        operator = self._random.choice(COMPARISONS[:2] if kind is Edm.BOOLEAN else COMPARISONS)
        match self._random.choice(options):
            case "comparison":
                return Comparison(operator, left, self._literal(kind))
            case "null":
                return Comparison(self._random.choice(COMPARISONS[:2]), left, Literal(None))
            case "fields":
                return Comparison(operator, left, self._expression(kind, 2))
            case "in":
                values = [self._literal(kind) for _ in range(self._random.randint(1, 3))]
                kept = [one for one in dict.fromkeys(values) if _fits_list(one, kind)]
                return In(left, tuple(kept)) if kept else Comparison("eq", left, Literal(None))
            case "check":
                name = self._random.choice(("contains", "startswith", "endswith"))
                return Call(name, (left, self._literal(kind)))
            case "lambda":
                return self._lambda()
            case _:
                return left

    def _lambda(self) -> Node:
        collection = self._random.choice(paths(self._entity, Edm.STRING, collection=True))
        item, text = Path(("x",), variable=True), self._literal(Edm.STRING)
        bodies: tuple[Node, ...] = (
            Comparison(self._random.choice(COMPARISONS), item, text),
            Call("startswith", (item, text)),
            Not(Comparison("eq", Call("tolower", (item,)), text)),
        )
        body = self._random.choice((None, *bodies))
        quantifier: Quantifier = "any" if body is None else self._random.choice(QUANTIFIERS)
        return Lambda(quantifier, collection, "x", body)


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


def _fits_list(one: Literal, kind: Edm) -> bool:
    """Return whether a server reads a constant in the list behind `in`."""
    if isinstance(one.value, int) and kind is Edm.INT32:
        return one.value in INT32
    return one.value != ""


# A strategy for each choice would take ten times as long to draw, and thousands of filters are wanted.
seeds: Final = st.integers(0, 2**64 - 1)
entities: Final = st.sampled_from(sorted(ROOTS))
texts: Final = seeds.map(lambda seed: Chance(seed, "Order").text())


def conditions(version: ODataVersion = "v4") -> st.SearchStrategy[tuple[str, Node]]:
    """Return any entity with any condition on its rows."""
    return st.tuples(entities, seeds).map(
        lambda drawn: (drawn[0], Chance(drawn[1], drawn[0], version).condition())
    )


NAMES: Final = {"UTC": UTC, "date": date, "datetime": datetime, "Decimal": Decimal}
"""What the code that a filter prints as needs beside the fields."""
