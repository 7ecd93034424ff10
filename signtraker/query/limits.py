"""Check a query against the server's limits, and split a filter that goes beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from signtraker.exceptions import QueryLimitError
from signtraker.query.cost import node_count
from signtraker.query.filters import Filter
from signtraker.query.nodes import And, In, Literal, Node, Or, conjunction, disjunction
from signtraker.query.parsing.parse import repeated
from signtraker.query.schema import check_dialect
from signtraker.query.server_limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.query.nodes import Order
    from signtraker.query.schema import ODataVersion
    from signtraker.query.server_limits import QueryLimits

M = TypeVar("M")


def check_nodes(
    node: Node, entity: str, version: ODataVersion, limits: QueryLimits, *, rendered: bool = True
) -> None:
    """Raise QueryLimitError for a filter of too many nodes; `rendered` is False for the caller's own text."""
    count = node_count(node, entity, version, rendered=rendered)
    if count > limits.nodes:
        raise QueryLimitError(
            f"the filter counts {count} nodes, and the server takes {limits.nodes}: ask in several calls"
            " (the iterating calls split a long in_ themselves), or raise QueryLimits.nodes if the server"
            " is configured for more"
        )


def check_orderings(orders: tuple[Order, ...], limits: QueryLimits) -> None:
    """Raise QueryLimitError for too many orderings, or for one property twice."""
    if len(orders) > limits.orderings:
        raise QueryLimitError(
            f"there are {len(orders)} orderings, and the server takes {limits.orderings}: leave some out,"
            " or raise QueryLimits.orderings if the server is configured for more"
        )
    twice = repeated(orders)
    if twice is not None:
        raise QueryLimitError(f"the ordering names {twice} twice, and the server refuses that: name it once")


def check_length(query: str, limits: QueryLimits) -> None:
    """Raise QueryLimitError for an encoded query that is too long."""
    size = len(query.encode())
    if size > limits.query_bytes:
        raise QueryLimitError(
            f"the query is {size} bytes long, and the server takes {limits.query_bytes} (more is a 404):"
            " ask in several calls (the iterating calls split a long in_ themselves), or raise"
            " QueryLimits.query_bytes if the server is configured for more"
        )


def split_filter(
    whole: Filter[M],
    *,
    version: ODataVersion = "v4",
    limits: QueryLimits = DEFAULT_LIMITS,
    other_bytes: int = 0,
    other_nodes: int = 0,
) -> list[Filter[M]]:
    """Split a filter into the fewest filters within the limits that together keep the same rows.

    A long `in_`, or any other `or`, is cut into pieces, in order; what is joined to it by `and` goes with
    every piece. A row may be kept by several pieces. `other_bytes` and `other_nodes` are what the rest of the
    query takes. Raises QueryLimitError where cutting does not help.
    """

    def fits(node: Node) -> bool:
        one: Filter[M] = Filter(node, whole.entity, whole.height)
        length = one.encoded_length(version) + other_bytes
        return one.cost(version) + other_nodes <= limits.nodes and length <= limits.query_bytes

    check_dialect(version)
    if fits(whole.node):
        return [whole]
    rest, alternatives, join = _cut(whole.node)
    pieces = _pack(alternatives, lambda part: fits(conjunction(*rest[0], join(part), *rest[1])))
    if pieces is None:
        raise QueryLimitError(
            f"the filter counts {whole.cost(version)} nodes in {whole.encoded_length(version)} bytes, the"
            f" server takes {limits.nodes} nodes and {limits.query_bytes} bytes of query, and no `or` or in_"
            " in the filter can be cut into pieces that fit: make it simpler"
        )
    return [
        Filter(conjunction(*rest[0], join(part), *rest[1]), whole.entity, whole.height) for part in pieces
    ]


Nodes = tuple[Node, ...]


def _cut(node: Node) -> tuple[tuple[Nodes, Nodes], Nodes, Callable[[Nodes], Node]]:
    """Find the widest choice: what stands before and after it, its alternatives, and what joins them."""
    terms = node.terms if isinstance(node, And) else (node,)
    widths = [len(_alternatives(term)) for term in terms]
    at = widths.index(max(widths))
    return (terms[:at], terms[at + 1 :]), _alternatives(terms[at]), _joiner(terms[at])


def _alternatives(node: Node) -> Nodes:
    match node:
        case Or(terms):
            return terms
        case In(_, values):
            return values
        case _:
            return (node,)


def _joiner(node: Node) -> Callable[[Nodes], Node]:
    if not isinstance(node, In):
        return lambda part: disjunction(*part)
    operand = node.operand
    return lambda part: In(operand, tuple(one for one in part if isinstance(one, Literal)))


def _pack(alternatives: Nodes, fits: Callable[[Nodes], bool]) -> list[Nodes] | None:
    """Cut a sequence into the fewest runs that fit; None when one alternative alone does not."""
    pieces: list[Nodes] = []
    start = 0
    while start < len(alternatives):
        length = _longest(alternatives, start, fits)
        if not length:
            return None
        pieces.append(alternatives[start : start + length])
        start += length
    return pieces


def _longest(alternatives: Nodes, start: int, fits: Callable[[Nodes], Any]) -> int:
    """Return the length of the longest run from `start` that fits, by doubling and then halving."""
    room = len(alternatives) - start
    good, bad = 0, 1
    while bad <= room and fits(alternatives[start : start + bad]):
        good, bad = bad, bad * 2
    bad = min(bad, room + 1)
    while bad - good > 1:
        middle = (good + bad) // 2
        if fits(alternatives[start : start + middle]):
            good = middle
        else:
            bad = middle
    return good
