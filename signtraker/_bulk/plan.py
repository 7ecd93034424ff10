"""Validate all requests of a batch, and give each a key that identifies it in later runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar, cast, get_args

from signtraker._bulk.operation import composed
from signtraker._common.integers import INT64_MAX, whole_number
from signtraker._common.short_repr import short_repr
from signtraker.exceptions import Problem, ValidationError
from signtraker.models._base import RequestModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._bulk.operation import Identity, Operation
    from signtraker._bulk.outcome import BulkProgress
    from signtraker._core.config import Config

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
UnknownPolicy: TypeAlias = Literal["leave", "adopt", "resend"]
"""What a batch does with a request that may have been processed.

`"leave"` reports it. `"adopt"` takes the order that only this request can have created. `"resend"` adopts
where it can, and sends the request again if nothing is found after a grace time.
"""
MAX_CONCURRENCY: Final = 100
"""The connection pool has as many slots for writes."""
LONGEST_GRACE: Final = 86_400.0
_HIGHEST_RATE: Final = 10_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Row(Generic[RequestT]):
    """One request of a batch."""

    index: int
    request: RequestT
    identity: Identity
    number: int = 1
    """Its place among the equal requests of the batch, from 1."""

    @property
    def key(self) -> str:
        """The key that identifies it in a later run: the caller's own, or the content and a number."""
        return self.equal_key(self.number)

    def equal_key(self, number: int) -> str:
        """Return the key of the equal request that has this number."""
        own = self.identity.key
        base = f"content {self.identity.content}" if own is None else f"key {own}"
        return f"{base} #{number}"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run, checked."""

    journal: str | PathLike[str] | None = None
    max_concurrency: int = 8
    max_per_second: float | None = None
    unknown: UnknownPolicy = "leave"
    grace_seconds: float = 900.0
    progress: Callable[[BulkProgress], object] | None = None

    def __post_init__(self) -> None:
        found: list[Problem] = []
        if not _is_number(self.max_concurrency, 1, MAX_CONCURRENCY) or int(self.max_concurrency) != (
            self.max_concurrency
        ):
            message = f"must be a whole number from 1 to {MAX_CONCURRENCY}"
            found.append(Problem("max_concurrency", f"{message}, not {short_repr(self.max_concurrency)}"))
        rate = self.max_per_second
        if rate is not None and (not _is_number(rate, 0, _HIGHEST_RATE) or rate == 0):
            message = f"must be a number above 0 and at most {_HIGHEST_RATE:,.0f}, or None"
            found.append(Problem("max_per_second", f"{message}, not {short_repr(rate)}"))
        if self.unknown not in get_args(UnknownPolicy):
            message = f"must be one of {', '.join(map(repr, get_args(UnknownPolicy)))}"
            found.append(Problem("unknown", f"{message}, not {short_repr(self.unknown)}"))
        if not _is_number(self.grace_seconds, 0, LONGEST_GRACE):
            message = f"must be a number of seconds from 0 to {LONGEST_GRACE:,.0f}"
            found.append(Problem("grace_seconds", f"{message}, not {short_repr(self.grace_seconds)}"))
        progress = cast("object", self.progress)
        if progress is not None and not callable(progress):
            message = f"must be a function of a BulkProgress, not {short_repr(progress)}"
            found.append(Problem("progress", message))
        if inspect.iscoroutinefunction(progress):
            found.append(Problem("progress", "must be a plain function, since nothing awaits an async one"))
        journal = cast("object", self.journal)
        if journal is not None and not _is_path(journal):
            found.append(Problem("journal", f"must be the path of a file, not {short_repr(journal)}"))
        _refuse(found)


@dataclass(frozen=True, slots=True)
class BatchPlan(Generic[RequestT, ResultT]):
    """A batch that was checked: what to send, and how."""

    operation: Operation[RequestT, ResultT]
    rows: tuple[Row[RequestT], ...]
    options: Options
    config: Config
    decided: Mapping[Row[RequestT], int] = field(default_factory=dict[Any, int])
    """The orders that the caller found out to be the results of rows."""


def make_plan(
    operation: Operation[RequestT, ResultT],
    requests: object,
    config: Config,
    options: Options,
    *,
    allow_identical: object = False,
    decided: object = None,
) -> BatchPlan[RequestT, ResultT]:
    """Validate every request; raises one `ValidationError` that lists the mistakes of all.

    An exception that reading the requests raises comes out as it is.
    """
    if not isinstance(allow_identical, bool):
        message = f"must be True or False, not {short_repr(allow_identical)}"
        _refuse([Problem("allow_identical", message)])
    name = operation.argument
    given = requests
    if not isinstance(requests, Iterable) or isinstance(requests, str | bytes | Mapping | RequestModel):
        message = f"must be an iterable of requests, not {short_repr(given)}"
        _refuse([Problem(name, message)])
    found: list[Problem] = []
    read: list[tuple[int, RequestT]] = []
    for index, given in enumerate(cast("Iterable[Any]", requests)):
        try:
            read.append((index, operation.read(given)))
        except ValidationError as error:
            place = f"{name}[{index}]"
            found += [Problem(f"{place}.{one.field}".rstrip("."), one.message) for one in error.problems]
    rows, clashes = _identify(operation, read, allow_identical=bool(allow_identical))
    by_row, mistakes = _decided(operation, rows, decided)
    _refuse(found + clashes + mistakes)
    return BatchPlan(operation, tuple(rows), options, config, by_row)


def _decided(
    operation: Operation[RequestT, ResultT], rows: list[Row[RequestT]], decided: object
) -> tuple[dict[Row[RequestT], int], list[Problem]]:
    """Find the rows that the caller has decided about."""
    if decided is None:
        return {}, []
    if not isinstance(decided, Mapping):
        message = f"must map each {operation.key_name} to the id of its order, not {short_repr(decided)}"
        return {}, [Problem("decided", message)]
    known = {row.identity.key: row for row in rows if row.identity.key is not None}
    found: dict[Row[RequestT], int] = {}
    problems: list[Problem] = []
    for key, given in cast("Mapping[object, object]", decided).items():
        row = known.get(composed(key).strip()) if isinstance(key, str) else None
        order_id = whole_number(given)
        if row is None:
            message = f"{short_repr(key)} is the {operation.key_name} of no request"
        elif order_id is None or not 0 < order_id <= INT64_MAX:
            message = f"{short_repr(key)} must name the id of an order, not {short_repr(given)}"
        elif order_id in found.values():
            message = f"{short_repr(key)} names order {order_id}, as another one does"
        else:
            found[row] = order_id
            continue
        problems.append(Problem("decided", message))
    return found, problems


def _identify(
    operation: Operation[RequestT, ResultT], read: list[tuple[int, RequestT]], *, allow_identical: bool
) -> tuple[list[Row[RequestT]], list[Problem]]:
    """Give each request the key by which a later run knows it again. It is never the position."""
    rows: list[Row[RequestT]] = []
    problems: list[Problem] = []
    first: dict[str, tuple[int, str]] = {}
    count: dict[str, int] = {}
    name = operation.argument
    for index, request in read:
        identity = operation.identify(request)
        base = f"content {identity.content}" if identity.key is None else f"key {identity.key}"
        place, content = first.setdefault(base, (index, identity.content))
        number = count[base] = count.get(base, 0) + 1
        if number > 1 and identity.key is not None:
            same = "equals" if content == identity.content else "has other content than"
            message = f"has the same {operation.key_name} as {name}[{place}], and {same} it"
            problems.append(Problem(f"{name}[{index}]", f"{message}; {operation.key_advice}"))
        elif number > 1 and not allow_identical:
            message = f"equals {name}[{place}]; {operation.key_advice}, or pass allow_identical=True"
            problems.append(Problem(f"{name}[{index}]", f"{message} if both are meant"))
        rows.append(Row(index, request, identity, number))
    return rows, problems


def _is_path(value: object) -> bool:
    text = str(value)
    return isinstance(value, str | PathLike) and text != "" and "\0" not in text


def _is_number(value: object, least: float, most: float) -> bool:
    # NaN is in no range.
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _refuse(problems: list[Problem]) -> None:
    if problems:
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        listed = "; ".join(map(str, problems))
        raise ValidationError(f"Nothing was sent, {count}: {listed}", problems=problems)
