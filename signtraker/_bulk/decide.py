"""Decide whether to adopt, resend or leave a row that may have been processed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from signtraker._bulk.operation import Findings
    from signtraker._bulk.plan import UnknownPolicy
    from signtraker._bulk.states import StoredState


@dataclass(frozen=True, slots=True)
class UncertainRow:
    """A row in doubt, and what is known around it."""

    state: StoredState
    policy: UnknownPolicy
    findings: Findings
    """The findings that no other row claims."""
    has_duplicate: bool
    """True if another row equals it in every visible field, or may have created the matching order."""
    grace_is_over: bool
    was_resent: bool
    """Whether this run sent it again already."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision about a row in doubt."""

    action: Literal["adopt", "resend", "leave", "search_later"]
    why: str = ""


def decide(row: UncertainRow) -> Decision:
    """Return what the policy allows, and `leave` wherever more than one explanation is possible."""
    found = row.findings
    if row.policy == "leave" or len(found.matches) > 1:
        return Decision("leave", found.message)
    if found.matches and row.has_duplicate:
        return Decision("leave", f"{found.message}; another request of the batch may have created it")
    if found.matches:
        return Decision("adopt")
    if not row.grace_is_over:
        return Decision("search_later")
    return Decision("leave", found.message) if row.policy == "adopt" else _decide_to_resend(row)


def _decide_to_resend(row: UncertainRow) -> Decision:
    found = row.findings
    if found.possible:
        return Decision(
            "leave", f"{found.message}; the server may have changed an address, so it is not resent"
        )
    if row.state == "no_id":
        return Decision("leave", f"{found.message}; the server responded with a success, so it is not resent")
    if row.was_resent:
        return Decision("leave", f"{found.message}; it was resent once in this run already")
    return Decision("resend")
