"""Decide where the next page of a list starts: which condition or offset requests the following rows.

By key (keyset pagination): a page requests the rows after the last one. They are greater in the first term
of the ordering, or equal in the first and greater in the second, and so on; the last term is the Id. Rows
that are inserted, deleted or changed in the meantime don't move this position. Nulls come first in ascending
order and last in descending order, as in SQL Server and .NET (assumed). `ByKey.rest` requests nulls that a
server puts last in ascending order.

By offset: a page skips as many rows as were received. Rows that leave the filter in the meantime move the
others forward, so some may be missed. It is used only if the ordering has no keys (`Keys.of` returns None).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol, cast

from signtraker._common.integers import INT32_MAX, INT64_MAX
from signtraker._lists.options import FilterText
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.infer import kind_of
from signtraker.query.matching import evaluate
from signtraker.query.nodes import Comparison, Literal, Order, Path, conjunction, disjunction
from signtraker.query.rendering import render, render_orders
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signtraker._lists.options import ResolvedOptions
    from signtraker.query import ODataVersion
    from signtraker.query.nodes import Node, Scalar

BY_ID = Order(Path(("Id",)))
_CHUNK = 64
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = 1000


class SeenIds:
    """A set of ids that needs one bit for each id if the ids lie close together."""

    def __init__(self) -> None:
        self._chunks: dict[int, int] = {}

    def add(self, number: int) -> bool:
        """Add an id; return whether it is new."""
        chunk, bit = divmod(number, _CHUNK)
        before = self._chunks.get(chunk, 0)
        self._chunks[chunk] = after = before | 1 << bit
        return after != before


class HasId(Protocol):
    """A row of a list."""

    @property
    def id(self) -> int:
        """The record's id."""
        ...


class StuckError(Exception):
    """The server's pages can't be combined; the message says what the server did."""


class Position(Protocol):
    """The position of an iteration: after the rows that were received."""

    def page(self, options: ResolvedOptions, version: ODataVersion, /) -> ResolvedOptions:
        """Return the options that request the next page."""
        ...

    def longest_page(self, options: ResolvedOptions, version: ODataVersion, /) -> ResolvedOptions:
        """Return the options of the longest query that may be needed, to check it before the first one."""
        ...

    def new_rows(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of a page that did not come before, and move the position after them."""
        ...

    def rest(self) -> Position | None:
        """Return the position of the rows that this one can't reach; None if there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    """One term of an ordering by key: a property, its direction, type and nullability."""

    path: Path
    descending: bool
    kind: Edm
    nullable: bool

    def condition_after(self, value: Scalar) -> Node | None:
        """Return the condition for the rows after a value; None if there are none."""
        if value is None:
            return None if self.descending else Comparison("ne", self.path, Literal(None))
        after: list[Node] = []
        if isinstance(value, bool):
            if value is self.descending:
                after.append(Comparison("eq", self.path, Literal(not value)))
        else:
            after.append(Comparison("lt" if self.descending else "gt", self.path, Literal(value)))
        if self.descending and self.nullable:
            after.append(Comparison("eq", self.path, Literal(None)))
        return disjunction(*after) if after else None


@dataclass(frozen=True, slots=True)
class Keys:
    """The terms of an ordering. The last one is the Id."""

    entity: str
    terms: tuple[Key, ...]

    @classmethod
    def of(cls, entity: str, orders: Iterable[Order] | None) -> Keys | None:
        """Return the keys of an ordering; None if it holds an expression or can't be parsed."""
        terms: list[Key] = []
        for order in (*orders, BY_ID) if orders is not None else ():
            kind = kind_of(order.expression, entity)
            if not isinstance(order.expression, Path) or kind.type is None:
                return None
            terms.append(Key(order.expression, order.descending, kind.type, kind.nullable))
            if order.expression == BY_ID.expression:
                return cls(entity, tuple(terms))
        return None

    @property
    def orderby(self) -> str:
        """The text of `$orderby`, which ends with the Id."""
        return render_orders(tuple(Order(one.path, one.descending) for one in self.terms), self.entity)

    @property
    def names(self) -> tuple[str, ...]:
        """The top-level properties that `$select` must fetch."""
        return tuple(dict.fromkeys(one.path.segments[0] for one in self.terms))

    @property
    def has_nested(self) -> bool:
        """True if a key is a property of a nested object, which `$select` drops."""
        return any(len(one.path.segments) > 1 for one in self.terms)

    def values(self, row: HasId) -> tuple[Scalar, ...]:
        """Return the values of a row from which the next page continues."""
        return tuple(evaluate(one.path, row, self.entity) for one in self.terms)

    def condition_after(self, values: tuple[Scalar, ...]) -> Node | None:
        """Return the condition for the rows after a row with these values; None if there are none."""
        condition: Node | None = None
        for key, value in reversed(tuple(zip(self.terms, values, strict=True))):
            if isinstance(value, datetime) and key.descending and value.microsecond % _MILLISECOND:
                # A .NET DateTime has a resolution of 0.1 microseconds, and `datetime` of 1: the server's
                # value may be a little later. Rows of that microsecond come again and are recognised by id.
                condition = key.condition_after(value + _MICROSECOND)
                continue
            after = key.condition_after(value)
            same = Comparison("eq", key.path, Literal(value))
            parts = [after, conjunction(same, condition) if condition is not None else None]
            known = [one for one in parts if one is not None]
            condition = disjunction(*known) if known else None
        return condition

    def longest(self) -> tuple[Scalar, ...]:
        """Return values that make the longest condition."""
        return tuple(_LONGEST[one.kind] for one in self.terms)


_LONGEST: dict[Edm, Scalar] = {
    Edm.STRING: "x" * 64,  # Longer texts are rare; a page after one raises an error if it exceeds the limits.
    Edm.BOOLEAN: False,
    Edm.INT32: -INT32_MAX,
    Edm.INT64: INT64_MAX,
    Edm.DOUBLE: -1.2345678901234567e-300,
    Edm.DECIMAL: Decimal(-(10**18)) - Decimal("0.0001"),
    Edm.DATETIME: datetime.fromisoformat("2000-01-01T01:01:01.001+00:00"),
}


class ByKey:
    """The position after a row, described by the row's values in the ordering."""

    def __init__(self, keys: Keys, last: tuple[Scalar, ...] | None = None) -> None:
        self._keys = keys
        self._last = last
        self._seen = SeenIds()
        self._has_met_null = False

    @property
    def goes_by_id(self) -> bool:
        """True if the ordering is by the Id alone, in either direction."""
        return len(self._keys.terms) == 1

    @property
    def is_descending(self) -> bool:
        """True if the first term of the ordering is descending."""
        return self._keys.terms[0].descending

    def beginning_after(self, record_id: int | None) -> ByKey:
        """Return the position after an id, in an ordering by the Id alone; None begins the list."""
        return ByKey(self._keys, None if record_id is None else (record_id,))

    def page(self, options: ResolvedOptions, version: ODataVersion) -> ResolvedOptions:
        """Return the options that request the next page."""
        return self._page(options, version, self._last)

    def longest_page(self, options: ResolvedOptions, version: ODataVersion) -> ResolvedOptions:
        """Return the options of the longest query that may be needed."""
        return self._page(options, version, self._keys.longest())

    def _page(
        self, options: ResolvedOptions, version: ODataVersion, last: tuple[Scalar, ...] | None
    ) -> ResolvedOptions:
        ordered = replace(options, orderby=self._keys.orderby)
        after = None if last is None else self._keys.condition_after(last)
        return ordered if after is None else with_condition(ordered, after, version)

    def new_rows(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of a page that did not come before, and move the position after them."""
        if self.goes_by_id:
            self._last = self._check_ids([row.id for row in rows])
            return rows
        for row in rows:
            self._last = self._keys.values(row)
            self._has_met_null = self._has_met_null or self._last[0] is None
        fresh = [row for row in rows if self._seen.add(row.id)]
        if not fresh:
            raise StuckError(
                f"all rows of a page came before, from Id {rows[0].id}: the server ignores $filter or"
                " $orderby, or more rows than fit in a page differ by less than a microsecond"
            )
        return fresh

    def _check_ids(self, ids: list[int]) -> tuple[Scalar, ...]:
        """Return the position after a page in the order of its ids; raise if they are in another one."""
        before = ids if self._last is None else [cast("int", self._last[0]), *ids]
        is_after = operator.lt if self.is_descending else operator.gt
        for earlier, later in pairwise(before):
            if not is_after(later, earlier):
                raise StuckError(
                    f"Id {later} came after Id {earlier}: the server ignores $filter or $orderby"
                )
        return (ids[-1],)

    def rest(self) -> Position | None:
        """Return the position of the rows that this one can't reach; None if there are none.

        Rows whose first key is null come first in ascending order. If none came, the server may have put them
        last, where a condition with `gt` does not find them: one more request looks for them.
        """
        first = self._keys.terms[0]
        if first.descending or not first.nullable or self._has_met_null or self._last is None:
            return None
        return _Nulls(first, Keys(self._keys.entity, self._keys.terms[1:]), seen=self._seen)


class _Nulls(ByKey):
    """The position among the rows whose first key is null."""

    def __init__(self, key: Key, keys: Keys, seen: SeenIds) -> None:
        super().__init__(keys)
        self._is_null = Comparison("eq", key.path, Literal(None))
        self._before = seen

    def _page(
        self, options: ResolvedOptions, version: ODataVersion, last: tuple[Scalar, ...] | None
    ) -> ResolvedOptions:
        return super()._page(with_condition(options, self._is_null, version), version, last)

    def new_rows(self, rows: Sequence[Any]) -> Sequence[Any]:
        return [row for row in super().new_rows(rows) if self._before.add(row.id)]

    def rest(self) -> Position | None:
        return None


class ByOffset:
    """The position after the number of rows that were received."""

    def __init__(self) -> None:
        self._received = 0
        self._seen = SeenIds()

    def page(self, options: ResolvedOptions, _version: ODataVersion) -> ResolvedOptions:
        """Return the options that request the next page."""
        return replace(_with_tie_break(options), skip=self._received)

    def longest_page(self, options: ResolvedOptions, _version: ODataVersion) -> ResolvedOptions:
        """Return the options of the longest query that may be needed."""
        return replace(_with_tie_break(options), skip=INT32_MAX)

    def new_rows(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of a page that did not come before: rows come again if others were inserted."""
        fresh = [row for row in rows if self._seen.add(row.id)]
        if not fresh:
            raise StuckError(
                f"all rows of a page came before, from Id {rows[0].id}: the server ignores $skip, or rows are"
                " inserted faster than they are read"
            )
        self._received += len(rows)
        return fresh

    def rest(self) -> Position | None:
        """Return None: an offset reaches every row."""
        return None


def _with_tie_break(options: ResolvedOptions) -> ResolvedOptions:
    if options.orders is not None and any(one.expression == BY_ID.expression for one in options.orders):
        return options
    return replace(options, orderby=f"{options.orderby},Id")


def with_condition(options: ResolvedOptions, condition: Node, version: ODataVersion) -> ResolvedOptions:
    """Return the options with one more condition on the rows."""
    if options.filter is None:
        return replace(options, filter=FilterText(render(condition, options.entity, version), condition))
    return replace(options, filter=options.filter.joined(condition, options.entity, version))


def hidden_attributes(entity: str, names: Iterable[str], select: str | None) -> tuple[str, ...]:
    """Return the attributes that are fetched as keys although the caller's `$select` leaves them out."""
    if select is None:
        return ()
    selected = {one.strip() for one in select.split(",")}
    if "*" in selected:
        return ()
    known = ENTITIES[entity].properties
    return tuple(known[one].attribute for one in names if one not in selected and one in known)
