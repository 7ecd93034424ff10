"""Define the outcome of a row and the progress of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from signtraker._bulk.states import BulkState
    from signtraker._lists.find_created import CreatedCandidate
    from signtraker.exceptions import SignTrakerError

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
Source: TypeAlias = Literal["run", "journal", "adopted", "decided"]


@dataclass(frozen=True, slots=True)
class BulkOutcome(Generic[RequestT, ResultT]):
    """The outcome of one request of a batch.

    `state` is one of

    - `"created"`: the order exists; `order_id` is its id.
    - `"accepted"`: the server took the request, and named no order yet.
    - `"refused"`: the server refused it, and nothing happened. The next run sends it again.
    - `"not_sent"`: it was not processed: it never reached the server, was refused with 429, or has
      not started. The next run sends it again.
    - `"unknown"`: it may have been processed. It is not sent again by default; see `candidates`.
    """

    index: int
    """The place of the request in what was given, from 0."""
    # Not in the repr: it holds people's addresses.
    request: RequestT = field(repr=False)
    """The request, checked."""
    state: BulkState
    """The state of the request, one of the five above."""
    message: str
    """A sentence about it."""
    order_id: int | None = None
    """The id of the order that was created or changed; None if it is not known."""
    request_id: int | None = None
    """The server's number of the request; None if it gave none."""
    result: ResultT | None = None
    """The server's response; None if it came in an earlier run, or not at all."""
    error: SignTrakerError | None = None
    """The error of this run's call; None if it succeeded, or if this run sent nothing."""
    candidates: tuple[CreatedCandidate, ...] = field(default=(), repr=False)
    """For `"unknown"`: orders that the request may have created and that no other request claims."""
    source: Source = "run"
    """Whether this run sent it, an earlier one did (`"journal"`), a match was adopted, or you decided."""


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """The numbers of a run so far."""

    total: int
    """The number of requests in the batch."""
    created: int
    """The number of requests whose order exists."""
    accepted: int
    """The number of requests that the server took without naming an order."""
    refused: int
    """The number of requests that the server refused."""
    unknown: int
    """The number of requests that may have been processed."""
    not_sent: int
    """Includes the requests that have not started yet."""
    under_way: int
    """Includes requests whose intent is saved, and that wait until another one ends."""

    @property
    def done(self) -> int:
        """The number of requests that are created or accepted."""
        return self.created + self.accepted

    def __str__(self) -> str:
        parts = [
            f"{count} {name}"
            for name, count in (
                ("created", self.created),
                ("accepted", self.accepted),
                ("refused", self.refused),
                ("unknown", self.unknown),
                ("not sent", self.not_sent),
                ("under way", self.under_way),
            )
            if count
        ]
        return f"{self.total} in all: {', '.join(parts) or 'nothing to do'}"
