"""Resolve the OData options of a list call: check them once and render them as query parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar, cast

from signtraker._common.short_repr import short_repr
from signtraker._core.request import encode
from signtraker._lists.arguments import RefusedError, count_of, text_of
from signtraker.exceptions import Problem, ValidationError, refuse
from signtraker.query import Field, Filter, ODataError, Ordering, QueryLimitError
from signtraker.query.filters import Orderable
from signtraker.query.limits import check_length, check_nodes, check_orderings
from signtraker.query.namespace import Namespace
from signtraker.query.nodes import And, Order, Path, conjunction
from signtraker.query.parsing.parse import parse_clauses, parse_filter
from signtraker.query.rendering import level, render
from signtraker.query.schema import ANY_LIST

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.config import Config
    from signtraker._core.request import Pairs
    from signtraker._lists.arguments import ListOptions
    from signtraker.query import ODataVersion
    from signtraker.query.nodes import Node

M = TypeVar("M")
FilterOption: TypeAlias = Filter[M] | str
"""A filter on the list's model, or OData text, which is sent unchanged."""
OrderBy: TypeAlias = str | Orderable[M] | Sequence[str | Orderable[M]]
"""A field, an ordering such as `Q.created.desc()`, OData text, or a sequence of these."""
Select: TypeAlias = str | Field[M, Any] | Sequence[str | Field[M, Any]]
"""Top-level fields, OData text, or a sequence of these."""


@dataclass(frozen=True, slots=True)
class ResolvedOptions:
    """The options of one call, checked and rendered; `query` defines what a request sends."""

    entity: str
    """The name of the list's model."""
    filter: FilterText | None = None
    orderby: str | None = None
    orders: tuple[Order, ...] | None = None
    """The ordering as trees; None without an ordering, or if the caller's own text can't be parsed."""
    select: str | None = None
    top: int | None = None
    skip: int | None = None

    def query(self, extra_params: Pairs = ()) -> Pairs:
        """Return the query parameters; the endpoint's own `extra_params` come first."""
        options: tuple[tuple[str, object], ...] = (
            ("$filter", None if self.filter is None else self.filter.text),
            ("$orderby", self.orderby),
            ("$select", self.select),
            ("$top", self.top),
            ("$skip", self.skip),
        )
        return (*extra_params, *((name, str(value)) for name, value in options if value is not None))


@dataclass(frozen=True, slots=True)
class FilterText:
    """A filter as it is sent: rendered from a tree, or the caller's own text."""

    text: str
    tree: Node | None
    """None for a text that can't be parsed here; the server decides about it."""
    is_own_text: bool = False
    """True if a part of it is the caller's own text."""
    is_and: bool = False
    """True if it is a chain of `and` that needs no more parentheses."""

    def joined(self, other: Node, entity: str, version: ODataVersion) -> FilterText:
        """Return a filter that requires this filter and another condition."""
        known = not self.is_own_text and self.tree is not None and level(self.tree) >= level(And(()))
        left = self.text if known or self.is_and else f"({self.text})"
        right = render(other, entity, version)
        right = right if level(other) >= level(And(())) else f"({right})"
        tree = None if self.tree is None else conjunction(self.tree, other)
        return FilterText(f"{left} and {right}", tree, self.is_own_text, is_and=True)


def resolve_options(
    entity: str, options: ListOptions, config: Config, extra_params: Pairs = (), *, limited: bool = True
) -> ResolvedOptions:
    """Check and render the options of a call; raise one error that names every option that can't be sent.

    Raises `QueryLimitError` if the query exceeds the server's limits (the server would respond with an error,
    or with a page in HTML), and `ValidationError` for any other mistake. `limited=False` skips the limits,
    for a filter that may be split.
    """
    version = config.odata_version
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    beyond_limits: list[Problem] = []
    resolvers: dict[str, Callable[[], object]] = {
        "filter": lambda: _filter(options.filter, entity, version),
        "orderby": lambda: _orderby(options.orderby, entity, version),
        "select": lambda: select_text(options.select, entity),
        "top": lambda: count_of(options.top),
        "skip": lambda: count_of(options.skip),
    }
    for name, resolver in resolvers.items():
        if getattr(options, name) is not None:
            try:
                found[name] = resolver()
            except (RefusedError, ODataError) as refusal:
                problems.append(Problem(name, str(refusal)))
    found["orderby"], found["orders"] = found.get("orderby") or (None, None)
    resolved = ResolvedOptions(entity, **found)
    if limited:
        beyond_limits = limit_problems(resolved, config, extra_params)
    refuse([*problems, *beyond_limits], ValidationError if problems else QueryLimitError)
    return resolved


def limit_problems(options: ResolvedOptions, config: Config, extra_params: Pairs = ()) -> list[Problem]:
    """Return a problem for each of the server's limits that a query exceeds."""
    limits = config.query_limits
    given = options.filter

    def nodes() -> None:
        if given is not None and given.tree is not None:
            version, rendered = config.odata_version, not given.is_own_text
            check_nodes(given.tree, options.entity, version, limits, rendered=rendered)

    def orderings() -> None:
        if options.orders is not None:
            check_orderings(options.orders, limits)

    def length() -> None:
        check_length(encode(options.query(extra_params)), limits)

    checks = (("filter", nodes), ("orderby", orderings), ("filter", length))
    problems: list[Problem] = []
    for name, check in checks:
        try:
            check()
        except QueryLimitError as limit:
            problems.append(Problem(name, limit.message))
    return problems


def _filter(value: object, entity: str, version: ODataVersion) -> FilterText:
    if is_filter(value):
        _check_entity(value, entity)
        return FilterText(value.render(version), value.node)
    if not isinstance(value, str):
        raise RefusedError(f"must be a filter such as Q.id == 5, or OData text, not {short_repr(value)}")
    text = text_of(value)
    try:
        tree = parse_filter(text, entity, version=version)
    except ODataError:
        tree = None
    return FilterText(text, tree, is_own_text=True)


def _orderby(value: object, entity: str, version: ODataVersion) -> tuple[str, tuple[Order, ...] | None]:
    """Return the text of `$orderby` and its clauses as trees, or None if the text can't be parsed."""
    parts = _parts("orderby", value)
    clauses = [_clauses(part, entity, version) for part in parts]
    known = [one for _, orders in clauses for one in orders or ()]
    all_known = all(orders is not None for _, orders in clauses)
    return ",".join(text for text, _ in clauses), tuple(known) if all_known else None


def _clauses(value: object, entity: str, version: ODataVersion) -> tuple[str, tuple[Order, ...] | None]:
    if _is_ordering(value):
        _check_entity(value, entity)
        return value.render(version), (value.order,)
    if _is_field(value):
        _check_entity(value, entity)
        return "/".join(value.path), (Order(Path(value.path, custom=value.custom)),)
    if not isinstance(value, str):
        raise RefusedError(
            f"takes fields, orderings such as Q.created.desc(), or OData text, not {short_repr(value)}"
        )
    text = text_of(value)
    try:
        return text, parse_clauses(text, entity, version=version)
    except ODataError:
        return text, None


def select_text(value: object, entity: str) -> str:
    """Return the text of `$select`."""
    return ",".join(_selected_name(part, entity) for part in _parts("select", value))


def _parts(name: str, value: object) -> Sequence[object]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return (value,)
    parts = cast("Sequence[object]", value)
    if not parts:
        raise RefusedError(f"must not be empty; leave {name} out")
    return parts


def _selected_name(value: object, entity: str) -> str:
    if _is_field(value):
        _check_entity(value, entity)
        top, *nested = value.path
        if nested:
            raise RefusedError(
                f"can't take {value!r}: the server's $select takes top-level fields only and drops nested "
                f"objects; call without select to get {top}"
            )
        return top
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, Namespace):
        raise RefusedError(
            f"can't take {value!r}: the server's $select drops nested objects; call without select to get it"
        )
    raise RefusedError(f"takes top-level fields such as Q.status, or OData text, not {short_repr(value)}")


def is_filter(value: object) -> TypeGuard[Filter[Any]]:
    """Return whether a value is a filter, of any list."""
    return isinstance(value, Filter)


def _is_ordering(value: object) -> TypeGuard[Ordering[Any]]:
    return isinstance(value, Ordering)


def _is_field(value: object) -> TypeGuard[Field[Any, Any]]:
    return isinstance(value, Field)


def _check_entity(value: Filter[Any] | Ordering[Any] | Field[Any, Any], entity: str) -> None:
    if value.entity not in {entity, ANY_LIST}:
        raise RefusedError(f"is for {value.entity}, and this list is of {entity}: {value!r}")
