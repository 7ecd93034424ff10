"""Count the nodes of a filter as each generation of the server does.

Every operator, function, property, row variable, constant and implicit conversion counts one (measured on
Microsoft's parsers); an `in` counts one, however long its list. The rules are those by which texts are read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from signtraker.query.errors import ODataError
from signtraker.query.functions import Kind
from signtraker.query.infer import literal_kind, path_kind, property_at
from signtraker.query.literals import double_text
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
from signtraker.query.parsing.bound import Bound
from signtraker.query.parsing.generations import GENERATIONS
from signtraker.query.parsing.numbers import guessed_kind
from signtraker.query.parsing.operations import Operations
from signtraker.query.schema import Edm
from signtraker.query.single import Single

if TYPE_CHECKING:
    from signtraker.query.nodes import Node
    from signtraker.query.parsing.generations import Generation
    from signtraker.query.schema import ODataVersion

_REQUIRED_FLAG: Final = Kind(Edm.BOOLEAN, nullable=False)
_FLAG: Final = Kind(Edm.BOOLEAN)


def node_count(node: Node, entity: str, version: ODataVersion = "v4", *, rendered: bool = True) -> int:
    """Return how many nodes the server counts in a filter.

    In v3, `render` writes `5L` beside an Int64, which spares a conversion; `rendered=False` counts a text in
    which such numbers have no `L`. Raises ODataError for a filter that the dialect refuses.
    """
    return _Counter(entity, GENERATIONS[version], rendered).bound(node).count


@dataclass(frozen=True, slots=True)
class _Counter:
    """Types a tree as the server types its text."""

    entity: str
    generation: Generation
    rendered: bool

    def bound(self, node: Node) -> Bound:  # noqa: C901, PLR0911 - one case for each kind of node
        operations = Operations(self.generation)
        match node:
            case Literal(value):
                kind = literal_kind(node)
                if (
                    isinstance(value, float)
                    and not isinstance(value, Single)
                    and self.generation.guesses_numbers
                ):
                    guessed = guessed_kind(double_text(value), whole=False)
                    kind = Kind(Edm.SINGLE if guessed == "single" else Edm.DOUBLE, nullable=False)
                if isinstance(value, timedelta) and self.generation.is_v3:
                    kind = Kind(Edm.TIME, nullable=False)  # time'PT1H', as v3 has no other duration
                return Bound(node, kind, 1, constant=True, is_day=kind.type is Edm.DATE)
            case Path():
                return self._path(node)
            case Call(name, arguments):
                return self._call(name, [self.bound(one) for one in arguments])
            case Not(operand):
                return operations.unary("not", self.bound(operand))
            case Negative(operand):
                return operations.unary("-", self.bound(operand))
            case Comparison(operator, left, right) | Arithmetic(operator, left, right):
                first, second = self.bound(left), self.bound(right)
                return operations.binary(operator, self._beside(first, second), self._beside(second, first))
            case And(terms) | Or(terms):
                return operations.chain("and" if isinstance(node, And) else "or", map(self.bound, terms))
            case In():
                return Bound(node, _REQUIRED_FLAG, 1)
            case Lambda(quantifier, collection, _, predicate):
                count = 1 + self.bound(collection).count + (predicate is None and quantifier == "all")
                if predicate is not None and not (quantifier == "any" and isinstance(predicate, Literal)):
                    count += self.bound(predicate).count
                return Bound(node, _FLAG, count)

    def _path(self, path: Path) -> Bound:
        found = None if path.variable or path.custom else property_at(self.entity, path.segments)
        return Bound(
            path,
            path_kind(path, self.entity),
            len(path.segments) + (not path.variable),
            nested=found.entity if found else None,
            collection=bool(found and found.collection),
        )

    def _call(self, name: str, arguments: list[Bound]) -> Bound:
        operations = Operations(self.generation)
        if name in {"cast", "isof"}:
            return operations.typed(name, arguments)
        if name == "$count":
            return Bound(
                Call(name, ()), Kind(Edm.INT64, nullable=False), 1 + sum(one.count for one in arguments)
            )
        if name == "contains" and self.generation.is_v3:
            name, arguments = "substringof", arguments[::-1]
        if name not in self.generation.functions:
            raise ODataError(f"the server knows no function '{name}'")
        return operations.call(name, name, arguments)

    def _beside(self, one: Bound, other: Bound) -> Bound:
        """Give a v3 number the type that its text has: Int64 where `render` adds an `L`."""
        if not self.generation.is_v3 or not isinstance(one.node, Literal) or one.kind.type is not Edm.INT32:
            return one
        long = self.rendered and other.kind.type is Edm.INT64
        return replace(one, kind=Kind(Edm.INT64, nullable=False)) if long else one
