"""Parse the five list options of a query string, and refuse invalid ones with the server's messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signtraker.query.errors import ODataError, ServerError
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.parsing.parse import bind_filter, parse_orderby
from signtraker.query.parsing.select import read_select
from signtraker.sandbox.api.responses import api_error, invalid_query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker.query.nodes import Node, Order
    from signtraker.sandbox.settings import Settings

_SHARED_OPTIONS = frozenset(
    {"$filter", "$orderby", "$top", "$skip", "$select", "$expand", "$format", "$skiptoken"}
)
_OPTIONS = {
    "v3": _SHARED_OPTIONS | {"$inlinecount"},
    "v4-5": _SHARED_OPTIONS | {"$count", "$deltatoken"},
    "v4-7": _SHARED_OPTIONS | {"$count", "$deltatoken", "$apply"},
}
_LARGEST_INT32 = 2**31 - 1
_COUNTS = {"$count": ("true", "false"), "$inlinecount": ("allpages", "none")}
MOST_ORDERINGS = 5
MOST_NODES = 100


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The options of a list request."""

    where: Node | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    skip: int | None = None
    chosen: tuple[str, ...] | None = None
    """The top-level properties that `$select` and `$expand` leave."""


def read_query(pairs: Iterable[tuple[str, str]], entity: str, settings: Settings) -> ListQuery:
    """Read the options out of the decoded query string, in the order in which the server does.

    Raises the refusal that the server sends.
    """
    options = _options(pairs, settings)
    top = _whole("$top", options.get("$top"), settings, settings.max_top)
    skip = _whole("$skip", options.get("$skip"), settings, None)
    _check_count(options)
    try:
        return ListQuery(
            top=top,
            skip=skip,
            order=_order(options.get("$orderby"), entity, settings),
            where=_filter(options.get("$filter"), entity, settings),
            chosen=_chosen(options.get("$select"), options.get("$expand"), entity, settings),
        )
    except ServerError as error:
        raise api_error(500, error.message) from error
    except ODataError as error:
        raise invalid_query(error.message) from error


def _check_count(options: dict[str, str]) -> None:
    """Refuse an invalid value of the count option. A valid one has no effect: a JSON array has no count."""
    for name, values in _COUNTS.items():
        value = options.get(name)
        if value is not None and value.strip().lower() not in values:
            raise invalid_query(
                f"Invalid value '{value}' for {name} query option found. Valid values are"
                f" '{', '.join(values)}'."
            )


def _order(text: str | None, entity: str, settings: Settings) -> tuple[Order, ...]:
    if text is None:
        return ()
    order = parse_orderby(text, entity, version=settings.server)
    if len(order) > MOST_ORDERINGS:
        raise invalid_query(
            "The number of clauses in $orderby query option exceeded the maximum number allowed."
            f" The maximum number of $orderby clauses allowed is {MOST_ORDERINGS}."
        )
    return order


def _filter(text: str | None, entity: str, settings: Settings) -> Node | None:
    if text is None:
        return None
    bound = bind_filter(text, entity, version=settings.server)
    if bound.count > MOST_NODES:
        raise invalid_query(
            f"The node count limit of '{MOST_NODES}' has been exceeded. To increase the limit, set"
            " the 'MaxNodeCount' property on EnableQueryAttribute or ODataValidationSettings."
        )
    return bound.node


def _chosen(
    select: str | None, expand: str | None, entity: str, settings: Settings
) -> tuple[str, ...] | None:
    """Return which properties a row keeps: nested ones are kept by `$expand` alone."""
    if select is None and expand is None:
        return None
    properties = ENTITIES[entity].properties
    expanded = [_known(name, entity, settings) for name in _names(expand)]
    for name in expanded:
        if properties[name].entity is None:
            raise invalid_query(
                f"Property '{name}' on type '{ENTITIES[entity].clr_name}' is not a navigation"
                " property or complex property. Only navigation properties can be expanded."
            )
    names = [name for name, known in properties.items() if known.entity is None]
    selected = [] if select is None else read_select(select, settings.server)
    if selected and "*" not in selected:
        names = [_selected(name, entity, settings) for name in selected]
    return *(name for name in names if properties[name].entity is None), *expanded


def _selected(name: str, entity: str, settings: Settings) -> str:
    first, slash, _ = name.partition("/")
    known = _known(first, entity, settings)
    if not slash:
        return known
    if settings.is_v3:
        raise invalid_query(
            "Only properties specified in $expand can be traversed in $select query options."
            f" Selected item was '{known}'."
        )
    raise invalid_query(
        "Found a path with multiple navigation properties or a bad complex property path in a"
        " select clause. Please reword your query such that each level of select or expand only"
        " contains either TypeSegments or Properties."
    )


def _known(name: str, entity: str, settings: Settings) -> str:
    known = ENTITIES[entity]
    if name in known.properties:
        return name
    if settings.server == "v4-7":
        for candidate in known.properties:
            if candidate.lower() == name.lower():
                return candidate
    raise invalid_query(f"Could not find a property named '{name}' on type '{known.clr_name}'.")


def _names(text: str | None) -> list[str]:
    return [] if text is None else [name.strip() for name in text.split(",")]


def _options(pairs: Iterable[tuple[str, str]], settings: Settings) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in pairs:
        if not name.startswith("$"):
            continue
        if name not in _OPTIONS[settings.server]:
            raise api_error(400, f"The query parameter '{name}' is not supported.")
        if name in options:
            raise invalid_query(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
        if not value.strip():
            raise invalid_query(f"The value for OData query '{name}' cannot be empty.")
        options[name] = value
    return options


def _whole(name: str, text: str | None, settings: Settings, limit: int | None) -> int | None:
    """Read `$top` or `$skip`."""
    if text is None:
        return None
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        if settings.is_v3:
            raise invalid_query(f"Failed to convert '{text}' to an integer.")
        raise invalid_query(
            f"Invalid value '{text}' for {name} query option found. The {name} query option"
            " requires a non-negative integer value."
        )
    ceiling = _LARGEST_INT32 if limit is None else limit
    if int(digits) > ceiling:
        raise invalid_query(
            f"The limit of '{ceiling}' for {name[1:].capitalize()} query has been exceeded."
            f" The value from the incoming request is '{digits}'."
        )
    return int(digits)
