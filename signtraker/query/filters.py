"""Define filters and orderings: immutable values that combine, compare, print, and know their cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeGuard, TypeVar

from signtraker._common.short_repr import short_repr
from signtraker.query.cost import node_count
from signtraker.query.encoding import encoded_length
from signtraker.query.errors import ODataError
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.matching import holds
from signtraker.query.nodes import (
    MAX_HEIGHT,
    And,
    Literal,
    Node,
    Not,
    Or,
    conjunction,
    disjunction,
    free_variable,
    height,
)
from signtraker.query.rendering import Writer, render_orders
from signtraker.query.reprs import filter_code, value_code
from signtraker.query.schema import ANY_LIST, check_dialect

if TYPE_CHECKING:
    from signtraker.query.nodes import Order
    from signtraker.query.schema import ODataVersion

M = TypeVar("M")
_LISTS = frozenset({*ENTITIES, ANY_LIST})
ADVICE = (
    "a filter is neither true nor false: combine filters with & | ~ instead of `and`, `or`, `not`, put each"
    " comparison in parentheses, and write .between(low, high) instead of low <= field <= high"
)


@dataclass(frozen=True, repr=False)
class Filter(Generic[M]):
    """A condition on the rows of one list, made from the fields of `Q` or read by `Q.parse`.

    Filters combine with `&`, `|` and `~`, are equal when their trees are, and can be hashed and pickled.
    `str()` is the OData v4 text.
    """

    node: Node
    """The tree, without fields: what rendering, costs and local evaluation work on."""
    entity: str
    """The name of the list's model, such as `"Order"`."""
    height: int = field(default=0, compare=False)
    """The depth of the tree; counted when not given."""

    def __post_init__(self) -> None:
        _check_tree(self.node, self.entity)
        if not self.height:
            object.__setattr__(self, "height", height(self.node))
        if self.height > MAX_HEIGHT:
            raise ValueError(
                f"this filter nests {self.height} levels deep, and no server reads more than about 100: "
                "write it flatter"
            )

    def __and__(self, other: Filter[M]) -> Filter[M]:
        check_filter(other, self.entity, "&")
        return self._joined(And, other)

    def __or__(self, other: Filter[M]) -> Filter[M]:
        check_filter(other, self.entity, "|")
        return self._joined(Or, other)

    def _joined(self, join: type[And | Or], other: Filter[M]) -> Filter[M]:
        """Join two filters, flat; the height of a chain is known without walking its terms again."""
        first = self.node.terms if isinstance(self.node, join) else (self.node,)
        second = other.node.terms if isinstance(other.node, join) else (other.node,)
        # A term alone goes one level down; a chain has two or more.
        tall = max(self.height + (len(first) == 1), other.height + (len(second) == 1))
        entity = other.entity if self.entity == ANY_LIST else self.entity
        return make_filter(join(first + second), entity, tall)

    def __invert__(self) -> Filter[M]:
        return Filter(Not(self.node), self.entity, self.height + 1)

    def __bool__(self) -> NoReturn:
        raise TypeError(ADVICE)

    if not TYPE_CHECKING:  # Type checkers reject these; defined for the error message.

        def __rand__(self, other: object) -> NoReturn:
            check_filter(other, self.entity, "&")

        def __ror__(self, other: object) -> NoReturn:
            check_filter(other, self.entity, "|")

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return filter_code(self.node, self.entity)

    def render(self, version: ODataVersion = "v4") -> str:
        """Return the OData text; raises ODataError if the OData version can't express it."""
        check_dialect(version)
        writer = Writer(self.entity, version)
        try:
            text = writer.write(self.node)
        except ODataError:
            check_bound(self.node, self)
            raise
        if writer.has_variable:
            check_bound(self.node, self)
        return text

    def cost(self, version: ODataVersion = "v4") -> int:
        """Return how many nodes the server counts (it takes 100 unless configured otherwise)."""
        check_dialect(version)
        return node_count(self._whole, self.entity, version)

    def encoded_length(self, version: ODataVersion = "v4") -> int:
        """Return the length of the text in bytes, percent-encoded as in a URL."""
        return encoded_length(self.render(version))

    def matches(self, record: M) -> bool:
        """Say whether the filter keeps a record, with the server's logic.

        A comparison with null is unknown, neither true nor false, and a row for which the whole is unknown is
        dropped; only `is_null` finds null. Text compares case-sensitively; parts of moments are those in UTC.
        Raises TypeError for anything but a model of the list.
        """
        _check_record(record, self.entity)
        return holds(self._whole, record, self.entity) is True

    @cached_property
    def _whole(self) -> Node:
        check_bound(self.node, self)
        return self.node


def make_filter(node: Node, entity: str, known_height: int = 0) -> Filter[Any]:
    """Return a filter of a tree that fields or filters have made, so that only its height is checked.

    A frozen dataclass takes three times as long to make itself.
    """
    tall = known_height or height(node)
    if tall > MAX_HEIGHT or entity not in _LISTS:
        return Filter(node, entity, tall)
    kind: type[Filter[Any]] = Filter
    made = kind.__new__(kind)
    fields = made.__dict__
    fields["node"], fields["entity"], fields["height"] = node, entity, tall
    return made


class Orderable(Generic[M]):
    """A field or an ordering: the common type of a list that holds both."""

    __slots__ = ()


@dataclass(frozen=True, repr=False)
class Ordering(Orderable[M], Generic[M]):
    """One clause of an ordering, made by `.asc()` or `.desc()`. `str()` is the OData text."""

    order: Order
    """The clause, without fields."""
    entity: str
    """The name of the list's model, such as `"Order"`."""

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        direction = "desc" if self.order.descending else "asc"
        return f"{value_code(self.order.expression, self.entity)}.{direction}()"

    def render(self, version: ODataVersion = "v4") -> str:
        """Return the OData text; raises ODataError if the OData version can't express it."""
        check_dialect(version)
        check_bound(self.order.expression, self)
        return render_orders((self.order,), self.entity, version)


def all_of(filters: Iterable[Filter[M]]) -> Filter[M]:
    """Join filters by `and`. An empty list keeps every row (`true`)."""
    parts = _parts(filters, "all_of")
    if not parts:
        return Filter(Literal(True), ANY_LIST)  # noqa: FBT003 - the constant itself
    return Filter(
        conjunction(*(one.node for one in parts)), _common_entity(parts), _joined_height(And, parts)
    )


def any_of(filters: Iterable[Filter[M]]) -> Filter[M]:
    """Join filters by `or`. An empty list keeps no row (`false`)."""
    parts = _parts(filters, "any_of")
    if not parts:
        return Filter(Literal(False), ANY_LIST)  # noqa: FBT003 - the constant itself
    return Filter(disjunction(*(one.node for one in parts)), _common_entity(parts), _joined_height(Or, parts))


def check_bound(node: Node, made: Filter[Any] | Ordering[Any]) -> None:
    """Raise ODataError for a tree with a row variable that no `any` or `all` binds."""
    variable = free_variable(node)
    if variable:
        raise ODataError(
            f"{made!r}: {variable} stands for one item of a collection, and means nothing outside of the"
            " .any(…) or .all(…) whose function was given it"
        )


def _check_tree(node: object, entity: object) -> None:
    if not isinstance(node, Node):
        raise TypeError(
            f"a Filter is made of a tree of nodes, not of {short_repr(node)}: write Q.id == 5, or Q.parse(…)"
            " for text"
        )
    if not isinstance(entity, str) or entity not in _LISTS:
        raise TypeError(f"a Filter is on a list's model, such as 'Order', not on {short_repr(entity)}")


def _check_record(record: object, entity: str) -> None:
    if entity == ANY_LIST:
        return
    if entity not in {one.__name__ for one in type(record).__mro__}:
        raise TypeError(
            f"a filter on {entity} matches models of that name, not {short_repr(record)};"
            f" {entity}.model_validate(…) makes one of a mapping"
        )


def check_filter(value: object, entity: str, operator: str) -> None:
    """Raise TypeError unless the value is a filter on the entity."""
    if not _is_filter(value):
        raise TypeError(
            f"{operator} joins filters, not {short_repr(value)}: put each comparison in parentheses,"
            " write .is_true() for a field that is true or false, and Q.parse(…) for text"
        )
    if value.entity != entity and ANY_LIST not in {value.entity, entity}:
        raise TypeError(f"a filter on {entity} and one on {value.entity} do not combine: {value!r}")


def check_iterable(values: object, wanted: str) -> None:
    """Raise TypeError, saying what is wanted, unless the value can be iterated over."""
    if not isinstance(values, Iterable):
        raise TypeError(f"{wanted}, not {short_repr(values)}")


def _is_filter(value: object) -> TypeGuard[Filter[Any]]:
    return isinstance(value, Filter)


def _parts(filters: Iterable[Filter[M]], name: str) -> tuple[Filter[M], ...]:
    check_iterable(filters, f"{name} takes a list of filters")
    parts = tuple(filters)
    entity = ANY_LIST
    for one in parts:
        check_filter(one, entity, name)
        entity = _common_entity((one,)) if entity == ANY_LIST else entity
    return parts


def _common_entity(parts: tuple[Filter[Any], ...]) -> str:
    """Return the list that the filters are on; they are checked to be on one."""
    return next((one.entity for one in parts if one.entity != ANY_LIST), ANY_LIST)


def _joined_height(join: type[And | Or], parts: tuple[Filter[M], ...]) -> int:
    """Return the height of a flat chain without walking its terms again."""
    if len(parts) == 1:
        return parts[0].height
    return 1 + max(one.height - isinstance(one.node, join) for one in parts)
