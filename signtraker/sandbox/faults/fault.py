"""Describe faults: which requests fail, and how."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypedDict, Unpack

from pydantic import Field, field_validator, model_validator

from signtraker.sandbox.settings import CheckedModel, SandboxError

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
"""The paths of the API, one of which a fault must match; a test compares them with the OpenAPI document."""


class Fault(CheckedModel):
    """Describe one failure, and the requests that it applies to.

    It applies to the requests that match `method` and `path`, from the `nth` on, `times` of them, each with
    `probability`. Raises `SandboxError` for a fault that could never occur or has no effect.
    """

    method: str | None = None
    """The HTTP method; None matches all."""
    path: str | None = None
    """The path, where `*` matches any text: `/api/orders/*`; None matches all."""
    nth: int = Field(default=1, ge=1)
    """The number of the first request that it applies to, among those that match."""
    times: int | None = Field(default=1, ge=1)
    """The number of requests that it applies to; None for all."""
    probability: float = Field(default=1.0, ge=0, le=1)
    """The share of the requests that it applies to."""
    seed: int = 0
    """The seed of the random numbers that `probability` is compared with."""
    status: int | None = Field(default=None, ge=200, le=599)
    """The status that is sent instead of doing the work, or after it with `after_work`."""
    after_work: bool = False
    """Do the work before `status` is sent."""
    message: str = "An error has occurred."
    """The `Message` in the body of `status`."""
    retry_after: str | int | None = None
    """The `Retry-After` header: seconds, or an HTTP date."""
    delay_before: float = Field(default=0.0, ge=0)
    """The seconds to wait before the work."""
    delay_after: float = Field(default=0.0, ge=0)
    """The seconds to wait between the work and the response."""
    reset: Reset | None = None
    """The moment at which the connection is reset."""
    body: Body | None = None
    """The change to the body of the response."""
    trickle: float | None = Field(default=None, ge=0)
    """The seconds between two bytes of the body."""

    @field_validator("method", "path", "message")
    @classmethod
    def _check_text(cls, text: str | None) -> str | None:
        if text is not None and not text.isprintable():
            raise ValueError("should be printable text")
        return text

    @field_validator("path")
    @classmethod
    def _check_path(cls, path: str | None) -> str | None:
        if path is None or any(_may_match(path, route) for route in ROUTES):
            return path
        near = get_close_matches(path.lower(), ROUTES, n=1, cutoff=0.3) or [ROUTES[0]]
        raise ValueError(f"matches no route of the API; did you mean {near[0].replace('{id}', '*')!r}?")

    @field_validator("retry_after")
    @classmethod
    def _check_header(cls, value: str | int | None) -> str | int | None:
        text = str(value)
        if not (text.isascii() and text.isprintable()) or text != text.strip() or not text:
            raise ValueError("cannot be a header: write seconds, or a date in ASCII")
        return value

    @model_validator(mode="after")
    def _check_effect(self) -> Self:
        named = (self.status, self.reset, self.body, self.trickle, self.retry_after)
        if all(one is None for one in named) and not self.delay_before and not self.delay_after:
            raise SandboxError(
                "A fault without an effect: name one of status, reset, body, delay_before, delay_after,"
                " trickle, retry_after."
            )
        if self.status in BODILESS and (self.body is not None or self.reset == "during_answer"):
            raise SandboxError(f"A response with status={self.status} has no body that could be changed.")
        return self

    def matches(self, method: str, path: str) -> bool:
        """Return True if the fault may apply to such a request."""
        return (self.method is None or self.method.upper() == method) and (
            self.path is None or fnmatchcase(path.lower(), self.path.lower())
        )

    def parameters(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults."""
        return self.model_dump(exclude_defaults=True)


def _may_match(pattern: str, route: str) -> bool:
    """Return True if a fault's path matches some request to a route."""
    segments = pattern.lower().split("/")
    filled = [
        segments[at].replace("*", "1") if one == "{id}" and at < len(segments) and segments[at] else one
        for at, one in enumerate(route.split("/"))
    ]
    requests = ("/".join(filled), route.replace("{id}", "1"))
    return any(fnmatchcase(one, pattern.lower()) for one in requests)


class FaultParameters(TypedDict, total=False):
    """Type the keywords of `Faults.add`; a test compares them with the fields of `Fault`.

    Type checkers read the types of keywords from a TypedDict only (PEP 692).
    """

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
    matched: int = 0
    taken: int = 0

    @property
    def is_exhausted(self) -> bool:
        return self.fault.times is not None and self.taken >= self.fault.times

    def take(self) -> bool:
        """Decide whether the fault applies to a request that matches and was counted."""
        fault = self.fault
        if self.matched < fault.nth:
            return False
        if fault.probability < 1 and self.rng.random() >= fault.probability:
            return False
        self.taken += 1
        return True


class Faults:
    """Hold the faults in force, in the order they were added.

    Each counts every request that it matches; the first that applies is taken. A fault that was taken
    `times` times is removed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Fault]:
        return iter([entry.fault for entry in self._entries])

    def add(self, fault: Fault | None = None, **parameters: Unpack[FaultParameters]) -> Fault:
        """Add a fault, or make one of the parameters of `Fault` and add it.

        Raises `SandboxError` for a fault that could never occur or has no effect.
        """
        fault = Fault(**parameters) if fault is None else fault
        with self._lock:
            self._entries.append(_Entry(fault, random.Random(fault.seed)))
        return fault

    @property
    def unused(self) -> list[Fault]:
        """The faults in force that applied to no request yet: a test that ends with one did not test it."""
        return [entry.fault for entry in self._entries if not entry.taken]

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._entries.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Count a request, and return the fault that applies to it."""
        with self._lock:
            matching = [entry for entry in self._entries if entry.fault.matches(method, path)]
            # All count, whichever is taken: the third request is the third for each of them.
            for entry in matching:
                entry.matched += 1
            taken = next((entry for entry in matching if entry.take()), None)
            if taken is None:
                return None
            if taken.is_exhausted:
                self._entries.remove(taken)
            return taken.fault
