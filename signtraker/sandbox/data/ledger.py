"""Define an entry of the ledger, the append-only record of the work that was done for clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One piece of work that was done for a client."""

    id: int
    """The number of the entry, from 1."""
    at: datetime
    """The time of the work, by the sandbox's clock."""
    action: str
    """What was done: `order.created`."""
    subject_id: int
    """The Id of the record."""
    external_id: str | None
    """The `ExternalID` of the payload, if there was one."""
