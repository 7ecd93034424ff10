"""Count the nodes of a filter as each generation of the server does, and the length of a query.

The rules were measured on Microsoft's parsers: every operator, function, property, row variable, constant and
implicit conversion counts one.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from signtraker.query.functions import Kind
from signtraker.query.infer import call_kind, literal_kind, path_kind, promoted
from signtraker.query.nodes import (
    And,
    Arithmetic,
    Call,
    Comparison,
    In,
    Lambda,
    Literal,
    Negative,
    Not,
    Or,
    Path,
)
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from signtraker.query.nodes import Node
    from signtraker.query.schema import ODataVersion

SAFE_IN_QUERY: Final = "$!'()*,/:@"
"""What the query of a URL may hold as it is (RFC 3986), less what separates its parts.

A server counts encoded bytes, so nothing is encoded without need.
"""


def node_count(node: Node, entity: str, version: ODataVersion = "v4", *, rendered: bool = True) -> int:
    """Return how many nodes the server counts in a filter.

    In v3, `render` writes `5L` beside an Int64, which spares a conversion; `rendered=False` counts a text in
    which such numbers have no `L`.
    """
    return _Scale(entity, version, rendered).weigh(node).total


def encoded_length(text: str) -> int:
    """Return the length of a text in bytes as a part of a URL's query."""
    return len(quote(text, safe=SAFE_IN_QUERY))


class _Weight(NamedTuple):
    node: Node
    total: int
    kind: Kind


class _Scale(NamedTuple):
    entity: str
    version: ODataVersion
    rendered: bool

    def weigh(self, node: Node) -> _Weight:  # noqa: PLR0911 - one case for each kind of node
        match node:
            case Literal():
                return _Weight(node, 1, literal_kind(node))
            case Path(segments, variable):
                count = len(segments) + (not variable)
                return _Weight(node, count, path_kind(node, self.entity))
            case Call(name, arguments):
                return self._call(node, name, [self.weigh(one) for one in arguments])
            case Not(operand) | Negative(operand):
                inner = self.weigh(operand)
                return _Weight(node, 1 + inner.total, inner.kind)
            case Comparison(_, left, right):
                return self._comparison(node, self.weigh(left), self.weigh(right))
            case Arithmetic(_, left, right):
                return self._arithmetic(node, self.weigh(left), self.weigh(right))
            case And(terms) | Or(terms):
                return self._chain(node, terms)
            case In():
                # The validator of 7.x has no case for `in`: it counts one node, however long the list (ran).
                return _Weight(node, 1, Kind(Edm.BOOLEAN, nullable=False))
            case Lambda(_, collection, _, predicate):
                body = 0 if predicate is None else self.weigh(predicate).total
                return _Weight(node, 1 + self.weigh(collection).total + body, Kind(Edm.BOOLEAN))

    def _call(self, node: Node, name: str, arguments: list[_Weight]) -> _Weight:
        nulls = sum(one.kind.type is None for one in arguments)
        count = 1 + nulls + sum(one.total for one in arguments)
        return _Weight(node, count, call_kind(name, tuple(one.kind for one in arguments)))

    def _comparison(self, node: Node, left: _Weight, right: _Weight) -> _Weight:
        count = 1 + left.total + right.total + self._conversions(left, right)
        nullable = left.kind.nullable or right.kind.nullable
        return _Weight(node, count, Kind(Edm.BOOLEAN, nullable=nullable))

    def _arithmetic(self, node: Node, left: _Weight, right: _Weight) -> _Weight:
        count = 1 + left.total + right.total + self._conversions(left, right)
        return _Weight(node, count, promoted(left.kind, right.kind))

    def _conversions(self, left: _Weight, right: _Weight) -> int:
        left, right = self._written(left, right), self._written(right, left)
        target = promoted(left.kind, right.kind)
        return self._converted(left, target, right) + self._converted(right, target, left)

    def _written(self, one: _Weight, other: _Weight) -> _Weight:
        """Give a v3 number the type that its text has: Int64 where `render` adds an `L`."""
        if self.version == "v4" or not isinstance(one.node, Literal) or one.kind.type is not Edm.INT32:
            return one
        long = self.rendered and other.kind.type is Edm.INT64
        return one._replace(kind=Kind(Edm.INT64, nullable=False)) if long else one

    def _converted(self, one: _Weight, target: Kind, other: _Weight) -> bool:
        if not isinstance(one.node, Literal):
            # A required value is converted to a nullable one where the other side may be null.
            return one.kind.type is not target.type or (target.nullable and not one.kind.nullable)
        value = one.node.value
        if value is None:
            return not (isinstance(other.node, Literal) and other.node.value is None)
        if self.version == "v4" and not isinstance(value, bool | date):
            return False  # v4 reads numbers and text as the other side's type right away
        return one.kind != target and one.kind.type is not Edm.STRING

    def _chain(self, node: Node, terms: tuple[Node, ...]) -> _Weight:
        first, *rest = (self.weigh(one) for one in terms)
        count, nullable = first.total, first.kind.nullable
        for term in rest:
            count += 1 + term.total + (term.kind.nullable is not nullable)
            nullable = nullable or term.kind.nullable
        return _Weight(node, count, Kind(Edm.BOOLEAN, nullable=nullable))
