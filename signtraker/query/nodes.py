"""Define the nodes of a filter's tree: immutable, comparable, hashable and picklable.

Nodes hold no fields of `Q` (whose `==` builds filters) and know no dialect: `render`, `parse`, `cost`,
`match` and the sandbox's SQL all work on these same classes.

    Boolean   And, Or, Not, Comparison, In, Lambda, Call (contains, startswith, endswith), Path (of a Boolean)
    Value     Path, Literal, Call, Arithmetic, Negative
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias
from typing import Literal as OneOf
from uuid import UUID

if TYPE_CHECKING:
    from signtraker.query.schema import Edm

MAX_HEIGHT: Final = 128
"""The greatest depth of a tree. Servers read less (about 100 parentheses); recursion over it is safe."""

Scalar: TypeAlias = (
    str | int | float | bool | Decimal | datetime | date | time | timedelta | UUID | bytes | None
)
Quantifier: TypeAlias = OneOf["any", "all"]
ComparisonOperator: TypeAlias = OneOf["eq", "ne", "gt", "ge", "lt", "le"]
ArithmeticOperator: TypeAlias = OneOf["add", "sub", "mul", "div", "mod"]


@dataclass(frozen=True, slots=True)
class Path:
    """A property by its API names: `Path(("JobSite", "City"))`.

    Inside a `Lambda` the first segment is the row variable, and `variable` is true. `custom` is the type of a
    property that the models do not know, as the caller of `Q.field` gave it.
    """

    segments: tuple[str, ...]
    variable: bool = False
    custom: Edm | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant. Equal only to a literal of the same type: `1`, `1.0` and `True` are three constants."""

    value: Scalar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[type, Scalar]:
        return type(self.value), self.value


@dataclass(frozen=True, slots=True)
class Call:
    """An OData function by its v4 name, arguments in v4 order: `contains(haystack, needle)`."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left add right` and its like."""

    operator: ArithmeticOperator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left eq right` and its like."""

    operator: ComparisonOperator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In:
    """`operand in (…)`, the operator that only v4 7.x has; `Q`'s `in_` builds an `Or` instead."""

    operand: Node
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`collection/any(variable: predicate)`; `predicate` is None in a bare `any()`."""

    quantifier: Quantifier
    collection: Path
    variable: str
    predicate: Node | None


@dataclass(frozen=True, slots=True)
class Not:
    """`not (operand)`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class And:
    """Two or more terms, none of which is itself an `And`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more terms, none of which is itself an `Or`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One clause of `$orderby`."""

    expression: Node
    descending: bool = False


Node: TypeAlias = Path | Literal | Call | Arithmetic | Negative | Comparison | In | Lambda | Not | And | Or


_LEAVES: Final = (Path, Literal)


def conjunction(*terms: Node) -> Node:
    """Join terms by `and`, flat; a single term stays itself."""
    flat = tuple([part for term in terms for part in (term.terms if isinstance(term, And) else (term,))])
    return flat[0] if len(flat) == 1 else And(flat)


def disjunction(*terms: Node) -> Node:
    """Join terms by `or`, flat; a single term stays itself."""
    flat = tuple([part for term in terms for part in (term.terms if isinstance(term, Or) else (term,))])
    return flat[0] if len(flat) == 1 else Or(flat)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly under a node."""
    match node:
        case Path() | Literal():
            return ()
        case Call(arguments=nodes) | And(nodes) | Or(nodes):
            return nodes
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return left, right
        case Not(operand) | Negative(operand):
            return (operand,)
        case In(operand, values):
            return operand, *values
        case Lambda(_, collection, _, predicate):
            return (collection,) if predicate is None else (collection, predicate)


def height(node: Node) -> int:
    """Return how deep a tree nests: 1 for a path or a constant."""
    if isinstance(node, Comparison) and isinstance(node.left, _LEAVES) and isinstance(node.right, _LEAVES):
        return 2  # Most are so: `Status eq 'Draft'`.
    level: tuple[Node, ...] = (node,)
    count = 0
    while level:
        level = tuple(child for one in level for child in children(one))
        count += 1
    return count


def free_variable(node: Node, bound: frozenset[str] = frozenset()) -> str | None:
    """Return a row variable that stands outside the `any` or `all` it belongs to, or None."""
    match node:
        case Literal() | Path(variable=False):
            return None
        case Comparison(_, Path(variable=False), Literal()):
            return None
        case Path(segments):
            return None if segments[0] in bound else segments[0]
        case Lambda(_, _, variable, predicate):
            return None if predicate is None else free_variable(predicate, bound | {variable})
        case _:
            found = (free_variable(child, bound) for child in children(node))
            return next((one for one in found if one), None)


def holds_lambda(node: Node) -> bool:
    """Say whether an `any` or `all` stands anywhere in a tree."""
    level: tuple[Node, ...] = (node,)
    while level:
        if any(isinstance(one, Lambda) for one in level):
            return True
        level = tuple(child for one in level for child in children(one))
    return False
