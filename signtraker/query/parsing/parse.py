"""Parse query texts to trees, typed against the models, with the server's own sentences for what is wrong.

The grammar is in `syntax`, the meaning of names in `bind`. Time is linear in the length of the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker.query.errors import ODataError
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.nodes import Order, Path
from signtraker.query.parsing.bind import Binder
from signtraker.query.parsing.generations import GENERATIONS
from signtraker.query.parsing.syntax import read_filter, read_orderby

if TYPE_CHECKING:
    from signtraker.query.nodes import Node
    from signtraker.query.parsing.bound import Bound
    from signtraker.query.schema import ServerVersion


def parse_filter(text: str, entity: str, *, version: ServerVersion = "v4") -> Node:
    """Read the text of `$filter` on an entity; raises ODataError as the server would."""
    return bind_filter(text, entity, version=version).node


def bind_filter(text: str, entity: str, *, version: ServerVersion) -> Bound:
    """Read the text of `$filter` with its type and its count of nodes; raises ODataError as above."""
    _not_empty("$filter", text)
    generation = GENERATIONS[version]
    return Binder(ENTITIES[entity], generation).filter(read_filter(text, generation))


def parse_orderby(text: str, entity: str, *, version: ServerVersion = "v4") -> tuple[Order, ...]:
    """Read the text of `$orderby` on an entity; raises ODataError as the server would."""
    orders = parse_clauses(text, entity, version=version)
    twice = repeated(orders)
    if twice is not None:
        raise ODataError(f"Duplicate property named '{twice}' is not supported in '$orderby'.")
    return orders


def parse_clauses(text: str, entity: str, *, version: ServerVersion = "v4") -> tuple[Order, ...]:
    """Read the text of `$orderby` clause by clause, whether or not they go together."""
    _not_empty("$orderby", text)
    generation = GENERATIONS[version]
    binder = Binder(ENTITIES[entity], generation)
    clauses = read_orderby(text, generation)
    return tuple(Order(binder.ordering(form), descending) for form, descending in clauses)


def repeated(orders: tuple[Order, ...]) -> str | None:
    """Return the path of the first property that the clauses name twice, or None."""
    seen: set[Path] = set()
    for order in orders:
        if isinstance(order.expression, Path):
            if order.expression in seen:
                return "/".join(order.expression.segments)
            seen.add(order.expression)
    return None


def _not_empty(option: str, text: str) -> None:
    if not text.strip():
        raise ODataError(f"The value for OData query '{option}' cannot be empty.")
