"""Check the OData options of a list call, and write them as a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar, cast

from signtraker._common.integers import INT32_MAX, INT64_MAX, whole_number
from signtraker._common.short_repr import short_repr
from signtraker._core.request import encode
from signtraker.exceptions import Problem, ValidationError, refuse
from signtraker.query import Field, Filter, ODataError, Ordering, QueryLimitError
from signtraker.query.filters import Orderable
from signtraker.query.limits import check_length, check_nodes, check_orderings
from signtraker.query.namespace import Namespace
from signtraker.query.schema import ANY_LIST

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.config import Config
    from signtraker._core.request import Pairs
    from signtraker.query import ODataVersion, QueryLimits

M = TypeVar("M")
FilterOption: TypeAlias = Filter[M] | str
"""A filter of the list, or OData text, which is sent as it is."""
OrderBy: TypeAlias = str | Orderable[M] | Sequence[str | Orderable[M]]
"""A field, an ordering such as `Q.created.desc()`, OData text, or a sequence of these."""
Select: TypeAlias = str | Field[M, Any] | Sequence[str | Field[M, Any]]
"""Top-level fields, OData text, or a sequence of these."""


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The OData options of one call as the caller gave them; None where left out."""

    filter: object = None
    top: object = None
    skip: object = None
    orderby: object = None
    select: object = None


def list_query(entity: str, options: ListOptions, config: Config, extra_params: Pairs = ()) -> Pairs:
    """Return the query of a list call; raises `ValidationError` naming every option that can't be sent.

    A query beyond the server's limits can't: it would be answered with an error, or a page in HTML.
    """
    version, limits = config.odata_version, config.query_limits
    texts: dict[str, Callable[[], str]] = {
        "filter": lambda: filter_text(options.filter, entity, version, limits),
        "orderby": lambda: orderby_text(options.orderby, entity, version, limits),
        "select": lambda: select_text(options.select, entity),
        "top": lambda: _count(options.top),
        "skip": lambda: _count(options.skip),
    }
    pairs: list[tuple[str, str]] = [*extra_params]
    problems: list[Problem] = []
    beyond_limits: list[Problem] = []
    for name, text in texts.items():
        if getattr(options, name) is not None:
            try:
                pairs.append((f"${name}", text()))
            except QueryLimitError as limit:
                beyond_limits.append(Problem(name, str(limit)))
            except (_RefusedError, ODataError) as refusal:
                problems.append(Problem(name, str(refusal)))
    try:
        check_length(encode(pairs), limits)
    except QueryLimitError as limit:
        beyond_limits.append(Problem("filter", str(limit)))
    refuse([*problems, *beyond_limits], ValidationError if problems else QueryLimitError)
    return tuple(pairs)


class _RefusedError(Exception):
    """One option can't be sent; the text says why."""


def checked_id(name: str, value: object) -> int:
    """Check an id before it becomes part of a path or a query. Any integer will do, numpy's too."""
    number = whole_number(value)
    if number is None:
        refuse([Problem(name, f"must be an int, not {short_repr(value)}")])
    elif not 0 < number <= INT64_MAX:
        refuse([Problem(name, f"must be a positive id, not {short_repr(value)}")])
    return number or 0


def text_parameter(name: str, value: object) -> str:
    """Check a text before it becomes part of a query."""
    try:
        return _text(value)
    except _RefusedError as refusal:
        raise ValidationError(
            f"Not sent: {name}: {refusal}", problems=[Problem(name, str(refusal))]
        ) from None


def filter_text(value: object, entity: str, version: ODataVersion, limits: QueryLimits) -> str:
    """Return the text of `$filter`."""
    if is_filter(value):
        _same_entity(value, entity)
        check_nodes(value.node, entity, version, limits)
        return value.render(version)
    if isinstance(value, str):
        text = _text(value)
        check_nodes(text, entity, version, limits)
        return text
    raise _RefusedError(f"must be a filter such as Q.id == 5, or OData text, not {short_repr(value)}")


def orderby_text(value: object, entity: str, version: ODataVersion, limits: QueryLimits) -> str:
    """Return the text of `$orderby`."""
    text = _joined("orderby", value, lambda part: _ordering_text(part, entity, version))
    check_orderings(text, entity, version, limits)
    return text


def select_text(value: object, entity: str) -> str:
    """Return the text of `$select`."""
    return _joined("select", value, lambda part: _selected_name(part, entity))


def _joined(name: str, value: object, text: Callable[[object], str]) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = cast("Sequence[object]", value)
        if not parts:
            raise _RefusedError(f"must not be empty; leave {name} out")
        return ",".join(text(part) for part in parts)
    return text(value)


def _ordering_text(value: object, entity: str, version: ODataVersion) -> str:
    if _is_ordering(value):
        _same_entity(value, entity)
        return value.render(version)
    if _is_field(value):
        _same_entity(value, entity)
        return "/".join(value.path)
    if isinstance(value, str):
        return _text(value)
    raise _RefusedError(
        f"takes fields, orderings such as Q.created.desc(), or OData text, not {short_repr(value)}"
    )


def _selected_name(value: object, entity: str) -> str:
    if _is_field(value):
        _same_entity(value, entity)
        top, *nested = value.path
        if nested:
            raise _RefusedError(
                f"can't take {value!r}: the server's $select knows top-level fields only, and drops nested "
                f"objects; leave select out to get {top}"
            )
        return top
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Namespace):
        raise _RefusedError(
            f"can't take {value!r}: the server's $select drops nested objects; leave select out to get it"
        )
    raise _RefusedError(f"takes top-level fields such as Q.status, or OData text, not {short_repr(value)}")


def is_filter(value: object) -> TypeGuard[Filter[Any]]:
    """Return whether this is a filter, on whatever list."""
    return isinstance(value, Filter)


def _is_ordering(value: object) -> TypeGuard[Ordering[Any]]:
    return isinstance(value, Ordering)


def _is_field(value: object) -> TypeGuard[Field[Any, Any]]:
    return isinstance(value, Field)


def check_same_list(value: Filter[Any], entity: str) -> None:
    """Raise `ValidationError` for a filter on another list."""
    try:
        _same_entity(value, entity)
    except _RefusedError as refusal:
        refuse([Problem("filter", str(refusal))])


def _same_entity(value: Filter[Any] | Ordering[Any] | Field[Any, Any], entity: str) -> None:
    if value.entity not in {entity, ANY_LIST}:
        raise _RefusedError(f"is for {value.entity}, and this list is of {entity}: {value!r}")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _RefusedError(f"must be text that is not blank, not {short_repr(value)}; leave it out instead")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _RefusedError(
            f"holds half of a surrogate pair, which UTF-8 can't carry: {short_repr(value)}"
        ) from None
    return value


def _count(value: object, lowest: int = 0) -> str:
    number = whole_number(value)
    if number is None or not lowest <= number <= INT32_MAX:
        raise _RefusedError(f"must be a whole number from {lowest} to {INT32_MAX}, not {short_repr(value)}")
    return str(number)


def counts(lowest: int, **given: object) -> None:
    """Raise `ValidationError` naming every number that is not from `lowest` to 2,147,483,647."""
    problems: list[Problem] = []
    for name, value in given.items():
        try:
            _count(value, lowest)
        except _RefusedError as refusal:
            problems.append(Problem(name, str(refusal)))
    refuse(problems)
