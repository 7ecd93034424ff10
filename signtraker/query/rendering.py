"""Render trees as OData v3 or v4 text, with the fewest parentheses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from signtraker.query.errors import ODataError
from signtraker.query.infer import kind_of
from signtraker.query.literals import literal_text
from signtraker.query.nodes import (
    And,
    Arithmetic,
    Call,
    Comparison,
    In,
    Lambda,
    Literal,
    Negative,
    Node,
    Not,
    Or,
    Path,
)
from signtraker.query.parsing.json_lists import write_list
from signtraker.query.parsing.signatures import V3_FUNCTIONS
from signtraker.query.parsing.syntax import LEVELS
from signtraker.query.schema import Edm
from signtraker.query.single import Single

if TYPE_CHECKING:
    from signtraker.query.nodes import Order
    from signtraker.query.schema import ODataVersion

_UNARY: Final = 6
_PRIMARY: Final = 7


def render(node: Node, entity: str, version: ODataVersion = "v4") -> str:
    """Return the text of a filter or expression; raises ODataError for what the dialect can't say."""
    return Writer(entity, version).write(node)


def render_orders(orders: tuple[Order, ...], entity: str, version: ODataVersion = "v4") -> str:
    """Return the text of `$orderby`."""
    clauses = (render(one.expression, entity, version) + " desc" * one.descending for one in orders)
    return ",".join(clauses)


_LEVEL_OF: Final[dict[type, int]] = {
    Or: LEVELS["or"],
    And: LEVELS["and"],
    Comparison: LEVELS["eq"],
    In: LEVELS["in"],
    Not: _UNARY,
    Negative: _UNARY,
}


def level(node: Node) -> int:
    """Return how tight a node's outermost operator binds."""
    return LEVELS[node.operator] if isinstance(node, Arithmetic) else _LEVEL_OF.get(type(node), _PRIMARY)


class Writer:
    """Writes trees of one list in one dialect."""

    def __init__(self, entity: str, version: ODataVersion) -> None:
        self._entity = entity
        self._version: ODataVersion = version
        self.has_variable: bool = False
        """Whether a row variable was written, of whatever collection."""

    def write(self, node: Node) -> str:  # noqa: C901, PLR0911 - one case for each kind of node
        """Return the text of a tree; raises ODataError for what the dialect can't say."""
        match node:
            # The most frequent kinds come first, and without patterns for their fields, which take longer.
            case Comparison() | Arithmetic():
                return self._binary(node.operator, node.left, node.right)
            case Path():
                self.has_variable = self.has_variable or node.variable
                return "/".join(node.segments) or "$it"
            case And():
                return " and ".join([self._at(term, LEVELS["and"] + 1) for term in node.terms])
            case Or():
                return " or ".join([self._at(term, LEVELS["or"] + 1) for term in node.terms])
            case Literal():
                return literal_text(node.value, self._version)
            case Call(name, arguments):
                return self._call(name, arguments)
            case Lambda(quantifier, collection, variable, predicate):
                body = "" if predicate is None else f"{variable}:{self.write(predicate)}"
                return f"{self.write(collection)}/{quantifier}({body})"
            case Not(operand):
                return f"not {self._at(operand, _UNARY)}"
            case Negative(Literal() as operand):
                return f"-({self._exactly(operand)})"  # without the brackets it is a negative constant
            case Negative(operand):
                return f"-{self._at(operand, _UNARY)}"
            case In(operand, values):
                return self._membership(operand, values)

    def _at(self, node: Node, wanted: int) -> str:
        text = self.write(node)
        return text if level(node) >= wanted else f"({text})"

    def _binary(self, operator: str, left: Node, right: Node) -> str:
        own = LEVELS[operator]
        first = (
            self.write(left) if isinstance(left, Path) else self._beside(left, right) or self._at(left, own)
        )
        second = self._beside(right, left) or self._at(right, own + 1)
        return f"{first} {operator} {second}"

    def _beside(self, node: Node, other: Node) -> str:
        """Write a constant that depends on what it stands beside, or return "".

        v3's constant for an Int64 has its `L`, which spares the server a conversion; v4's double beside
        anything but a double has its `d`, without which it could be a Single.
        """
        if not isinstance(node, Literal):
            return ""
        if not isinstance(node.value, int if self._version == "v3" else float):
            return literal_text(node.value, self._version)
        kind = kind_of(other, self._entity).type
        if self._version == "v3":
            return literal_text(node.value, "v3", long=kind is Edm.INT64)
        return "" if kind is Edm.DOUBLE and not isinstance(other, Literal) else self._exactly(node)

    def _exactly(self, literal: Literal) -> str:
        """Write a constant so that it has its type whatever it stands beside."""
        value = literal.value
        is_double = isinstance(value, float) and not isinstance(value, Single) and math.isfinite(value)
        return f"{value!r}d" if is_double and self._version == "v4" else self.write(literal)

    def _call(self, name: str, arguments: tuple[Node, ...]) -> str:
        texts = [self.write(one) for one in arguments]
        if name == "$count":
            return "/".join([*texts, name])
        if self._version == "v3":
            if name == "contains":
                name, texts = "substringof", texts[::-1]
            elif name not in V3_FUNCTIONS and name not in {"cast", "isof"}:
                raise ODataError(f"v3 has no function '{name}'; compare with moments instead")
        return f"{name}({','.join(texts)})"

    def _membership(self, operand: Node, values: tuple[Literal, ...]) -> str:
        if self._version == "v3":
            raise ODataError("v3 has no operator 'in'; leave out operator=True")
        listed = write_list([one.value for one in values])
        return f"{self._at(operand, LEVELS['in'] + 1)} in {listed}"
