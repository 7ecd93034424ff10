"""The OData options of a list call: checked, and turned into a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from signtraker.exceptions import Problem, ValidationError
from signtraker.models._sentences import shown
from signtraker.query import Field, Filter, Ordering

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._request import Pairs

M = TypeVar("M")
FilterOption: TypeAlias = Filter[M] | str
OrderBy: TypeAlias = str | Ordering[M] | Field[M, Any] | Sequence[str | Ordering[M] | Field[M, Any]]
Select: TypeAlias = str | Field[M, Any] | Sequence[str | Field[M, Any]]

_INT32_MAX = 2**31 - 1
_INT64_MAX = 2**63 - 1


def list_query(
    entity: str,
    *,
    filter: object = None,  # noqa: A002 - the documented name
    top: object = None,
    skip: object = None,
    orderby: object = None,
    select: object = None,
    own: Pairs = (),
) -> Pairs:
    """Return the query of a list call; `own` are the endpoint's own parameters.

    Raises `ValidationError` naming every option that can't be sent.
    """
    checks: dict[str, Callable[[], str]] = {
        "filter": lambda: _filter_text(filter, entity),
        "orderby": lambda: _joined("orderby", orderby, lambda part: _ordering_text(part, entity)),
        "select": lambda: _joined("select", select, lambda part: _selected_name(part, entity)),
        "top": lambda: _count(top),
        "skip": lambda: _count(skip),
    }
    given = {"filter": filter, "orderby": orderby, "select": select, "top": top, "skip": skip}
    pairs: list[tuple[str, str]] = list(own)
    problems: list[Problem] = []
    for name, check in checks.items():
        if given[name] is not None:
            try:
                pairs.append((f"${name}", check()))
            except _RefusedError as refusal:
                problems.append(Problem(name, str(refusal)))
    refuse(problems)
    return tuple(pairs)


class _RefusedError(Exception):
    """One option can't be sent; the text says why."""


def refuse(problems: Sequence[Problem]) -> None:
    """Raise a `ValidationError` that lists the problems, if there are any."""
    if problems:
        raise ValidationError(f"Not sent: {'; '.join(str(one) for one in problems)}", problems=problems)


def record_id(name: str, value: object) -> int:
    """Check an id before it becomes part of a path or a query."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _INT64_MAX:
        refuse([Problem(name, f"must be a positive id, not {shown(value)}")])
    return cast("int", value)


def text_parameter(name: str, value: object) -> str:
    """Check a text before it becomes part of a query."""
    try:
        return _text(value)
    except _RefusedError as refusal:
        raise ValidationError(
            f"Not sent: {name}: {refusal}", problems=[Problem(name, str(refusal))]
        ) from None


def _filter_text(value: object, entity: str) -> str:
    if isinstance(value, Filter):
        _same_entity(cast("Filter[Any]", value), entity)
        return str(cast("Filter[Any]", value))
    if isinstance(value, str):
        return _text(value)
    raise _RefusedError(f"must be a filter such as Q.id == 5, or OData text, not {shown(value)}")


def _joined(name: str, value: object, text: Callable[[object], str]) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = cast("Sequence[object]", value)
        if not parts:
            raise _RefusedError(f"must not be empty; leave {name} out")
        return ",".join(text(part) for part in parts)
    return text(value)


def _ordering_text(value: object, entity: str) -> str:
    if isinstance(value, Ordering):
        _same_entity(cast("Ordering[Any]", value), entity)
        return str(cast("Ordering[Any]", value))
    if isinstance(value, Field):
        field = cast("Field[Any, Any]", value)
        _same_entity(field, entity)
        return "/".join(field.path)
    if isinstance(value, str):
        return _text(value)
    raise _RefusedError(
        f"takes fields, orderings such as Q.created.desc(), or OData text, not {shown(value)}"
    )


def _selected_name(value: object, entity: str) -> str:
    if isinstance(value, Field):
        field = cast("Field[Any, Any]", value)
        _same_entity(field, entity)
        if len(field.path) > 1:
            raise _RefusedError(
                f"can't take {field!r}: the server's $select knows top-level fields only, and drops nested "
                f"objects; leave select out to get {field.path[0]}"
            )
        return field.path[0]
    if isinstance(value, str):
        return _text(value)
    raise _RefusedError(f"takes top-level fields such as Q.status, or OData text, not {shown(value)}")


def _same_entity(value: Filter[Any] | Ordering[Any] | Field[Any, Any], entity: str) -> None:
    if value.entity != entity:
        raise _RefusedError(f"is for {value.entity}, and this list is of {entity}: {value!r}")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _RefusedError(f"must be text that is not blank, not {shown(value)}; leave it out instead")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _RefusedError(
            f"holds half of a surrogate pair, which UTF-8 can't carry: {shown(value)}"
        ) from None
    return value


def _count(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _INT32_MAX:
        raise _RefusedError(f"must be a whole number from 0 to {_INT32_MAX}, not {shown(value)}")
    return str(value)
