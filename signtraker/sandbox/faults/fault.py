"""Describe faults: the requests that go wrong, and the way they do."""

from __future__ import annotations

import math
import random
import threading
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, Unpack, get_args

from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

Reset: TypeAlias = Literal["before_work", "before_answer", "during_answer", "after_answer"]
Body: TypeAlias = Literal["cut", "garbled", "html", "empty", "wrong_types", "extra_fields", "unknown_enum"]
BODILESS = frozenset({204, 304})
"""The statuses whose responses end with their headers (RFC 9112, section 6.3)."""
ROUTES = (
    "/api/orders", "/api/orders/{id}", "/api/orders/{id}/requestremoval", "/api/agents", "/api/agents/{id}",
    "/api/agents/activate", "/api/agents/deactivate", "/api/changeorders", "/api/changeorders/{id}",
    "/api/services", "/api/services/{id}", "/api/credits/awards", "/api/enterprises", "/api/offices",
    "/api/orderpresets",
)  # fmt: skip
"""The paths of the API, one of which a fault must match; a test holds them against the OpenAPI document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, and for which requests.

    Of the requests that match `method` and `path`, those from the `nth` on suffer it, `times` of
    them (None: all), each with `probability`. What is not named stays as it is.
    """

    method: str | None = None
    path: str | None = None
    """A path, in which `*` stands for anything: `/api/orders/*`."""
    nth: int = 1
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    """Of the draws that `probability` makes."""
    status: int | None = None
    """This status instead of the work, or of its answer where `after_work` is set."""
    after_work: bool = False
    message: str = "An error has occurred."
    retry_after: str | int | None = None
    """The `Retry-After` header: seconds, or a date as HTTP writes it."""
    delay_before: float = 0.0
    """Seconds before the work is done."""
    delay_after: float = 0.0
    """Seconds between the work and its answer."""
    reset: Reset | None = None
    """Where the connection is lost."""
    body: Body | None = None
    """What becomes of the answer's body."""
    trickle: float | None = None
    """The body comes byte by byte, so many seconds apart."""

    def __post_init__(self) -> None:
        """Refuse what could never happen."""
        if self.path is not None:
            _check_path(self.path)
        self._check_times()
        for name, kind in (("reset", Reset), ("body", Body)):
            value = getattr(self, name)
            if value is not None and value not in get_args(kind):
                choices = ", ".join(get_args(kind))
                raise SandboxError(f"{name}={value!r} is no known fault; choose one of {choices}.")
        if self.status is not None and not 200 <= self.status <= 599:  # noqa: PLR2004 - HTTP's range
            raise SandboxError(f"status={self.status} is no status of an answer.")
        if self.status in BODILESS and (self.body is not None or self.reset == "during_answer"):
            raise SandboxError(f"An answer with status={self.status} has no body in which it could go wrong.")
        waiting = str(self.retry_after)
        if not (waiting.isascii() and waiting.isprintable()) or waiting != waiting.strip() or not waiting:
            raise SandboxError(
                f"retry_after={self.retry_after!r} cannot be a header: write seconds, or a date in ASCII."
            )

    def _check_times(self) -> None:
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise SandboxError("nth and times count from 1.")
        if not 0 <= self.probability <= 1:
            raise SandboxError(f"probability={self.probability} must lie between 0 and 1.")
        delays = (self.delay_before, self.delay_after, self.trickle or 0)
        if not all(math.isfinite(delay) for delay in delays):
            raise SandboxError("A delay must have an end: it is a number of seconds.")
        if min(delays) < 0:
            raise SandboxError("A delay cannot be negative.")

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault is meant for such a request."""
        return (self.method is None or self.method.upper() == method) and (
            self.path is None or fnmatchcase(path.lower(), self.path.lower())
        )


def _check_path(path: str) -> None:
    """Raise `SandboxError` for a path under which the API has no route."""
    if not any(_may_match(path, route) for route in ROUTES):
        near = get_close_matches(path.lower(), ROUTES, n=1, cutoff=0.3) or [ROUTES[0]]
        raise SandboxError(
            f"path={path!r} matches no route of the API, so the fault would never strike;"
            f" did you mean {near[0].replace('{id}', '*')!r}?"
        )


def _may_match(pattern: str, route: str) -> bool:
    """Return whether a fault's path matches some request to a route."""
    segments = pattern.lower().split("/")
    filled = [
        segments[at].replace("*", "1") if one == "{id}" and at < len(segments) and segments[at] else one
        for at, one in enumerate(route.split("/"))
    ]
    requests = ("/".join(filled), route.replace("{id}", "1"))
    return any(fnmatchcase(one, pattern.lower()) for one in requests)


class FaultParameters(TypedDict, total=False):
    """The parameters of a `Fault`, all by name."""

    method: str | None
    path: str | None
    nth: int
    times: int | None
    probability: float
    seed: int
    status: int | None
    after_work: bool
    message: str
    retry_after: str | int | None
    delay_before: float
    delay_after: float
    reset: Reset | None
    body: Body | None
    trickle: float | None


@dataclass(slots=True, eq=False)
class _Entry:
    fault: Fault
    rng: random.Random
    seen: int = 0
    suffered: int = field(default=0)

    @property
    def is_exhausted(self) -> bool:
        """True if it has struck as often as it may."""
        return self.fault.times is not None and self.suffered >= self.fault.times

    def strikes(self) -> bool:
        """Tell whether a request that suits, and was counted, suffers."""
        fault = self.fault
        if self.seen < fault.nth:
            return False
        if fault.probability < 1 and self.rng.random() >= fault.probability:
            return False
        self.suffered += 1
        return True


class Faults:
    """The faults in force, in the order they were added; of several that suit, the first strikes.

    Each counts every request that suits it. One that has struck `times` times is in force no more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Fault]:
        return iter([entry.fault for entry in self._entries])

    def add(self, fault: Fault | None = None, **parameters: Unpack[FaultParameters]) -> Fault:
        """Add a fault, given whole or by its parameters; raises `SandboxError` for one that can't strike."""
        fault = Fault(**parameters) if fault is None else fault
        with self._lock:
            self._entries.append(_Entry(fault, random.Random(fault.seed)))
        return fault

    @property
    def never_struck(self) -> list[Fault]:
        """The faults in force that no request has met yet: a test that ends with any did not test them."""
        return [entry.fault for entry in self._entries if not entry.suffered]

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._entries.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Count a request, and tell what goes wrong with it."""
        with self._lock:
            suited = [entry for entry in self._entries if entry.fault.matches(method, path)]
            # All count, whichever strikes: the third request is the third for each of them.
            for entry in suited:
                entry.seen += 1
            struck = next((entry for entry in suited if entry.strikes()), None)
            if struck is None:
                return None
            if struck.is_exhausted:
                self._entries.remove(struck)
            return struck.fault
