"""Define the states of a row, and the steps between them.

    planned ──► intended ──► created | accepted      kept
       ▲           │   └───► refused | not_sent      sent again by the next run
       └───────────┤   └───► unknown | no_id         searched for; sent again only by the policy "resend"
      taken back before it was sent

An intent without a result is what a killed process leaves behind: the next run reads it as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

StoredState: TypeAlias = Literal[
    "planned", "intended", "created", "accepted", "refused", "not_sent", "unknown", "no_id"
]
"""`no_id` is a success status without an id: its result is unknown, and it is never resent."""
BulkState: TypeAlias = Literal["created", "accepted", "refused", "not_sent", "unknown"]
"""The state of one request of a batch; `BulkOutcome` describes them."""
KEPT = frozenset({"created", "accepted"})
TO_SEND = frozenset({"planned", "refused", "not_sent"})
IN_DOUBT = frozenset({"intended", "unknown", "no_id"})


@dataclass(frozen=True, slots=True)
class RowRecord:
    """The record of a row.

    Times are seconds since 1970: by this machine's clock, and in a journal by the server's.
    """

    # Each request changes it a few times, and `replace` takes five times as long as a new one.

    state: StoredState = "planned"
    order_id: int | None = None
    request_id: int | None = None
    first_sent: float | None = None
    """The time before the first attempt that may have been processed."""
    last_sent: float | None = None
    """The latest time at which this machine may still have been sending."""

    def intend(self, now: float, longest_seconds: float) -> RowRecord:
        """Return the record of a row that is about to be sent, in a call that lasts so long at most."""
        first = self.first_sent if self.state in IN_DOUBT else None
        return RowRecord("intended", self.order_id, self.request_id, first or now, now + longest_seconds)

    def end(
        self, state: StoredState, now: float, order_id: int | None = None, request_id: int | None = None
    ) -> RowRecord:
        """Return the record of a row whose call has ended."""
        return RowRecord(state, order_id, request_id, self.first_sent, now)

    def shifted(self, seconds: float) -> RowRecord:
        """Return the record by a clock that is so many seconds ahead."""
        first = None if self.first_sent is None else self.first_sent + seconds
        last = None if self.last_sent is None else self.last_sent + seconds
        return RowRecord(self.state, self.order_id, self.request_id, first, last)

    def resume(self) -> RowRecord:
        """Return the record as a later run reads it."""
        return replace(self, state="unknown") if self.state == "intended" else self

    @property
    def shown(self) -> BulkState:
        """The state as an outcome shows it."""
        match self.state:
            case "planned":
                return "not_sent"
            case "intended" | "no_id":
                return "unknown"
            case _:
                return self.state


PLANNED: Final = RowRecord()
"""The record of a row that was never sent."""


@dataclass(frozen=True, slots=True)
class EarlierRuns:
    """The records of earlier runs in a journal."""

    records: Mapping[str, RowRecord] = field(default_factory=dict[str, RowRecord])
    """The records of this batch's rows, by their keys."""
    claimed: AbstractSet[int] = frozenset()
    """The ids of the orders that rows outside this batch made."""
    has_open_others: bool = False
    """Whether rows outside this batch are in doubt, or accepted without an order."""
