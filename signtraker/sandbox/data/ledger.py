"""An append-only record of the work that the sandbox did for its clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One piece of work that was done for a client."""

    id: int
    at: datetime
    action: str
    """What was done: `order.created`."""
    subject_id: int
    """The record it was done to."""
    external_id: str | None
    """The caller's own key, where there was one."""
