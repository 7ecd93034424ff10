"""Decide what becomes of a row that may have been processed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from signtraker._bulk.operation import Findings
    from signtraker._bulk.plan import UnknownPolicy
    from signtraker._bulk.states import StoredState


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row in doubt, and what is known around it."""

    state: StoredState
    policy: UnknownPolicy
    findings: Findings
    """The traces that no other row claims."""
    has_twin: bool
    """Whether another row is equal in all that the server shows, or could have made the match, too."""
    grace_is_over: bool
    was_resent: bool
    """Whether this run sent it again already."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a row in doubt."""

    action: Literal["adopt", "resend", "leave", "look_again"]
    why: str = ""


def decide(doubt: Doubt) -> Decision:
    """Return what the policy allows, and `leave` wherever more than one explanation is possible."""
    found = doubt.findings
    if doubt.policy == "leave" or len(found.matches) > 1:
        return Decision("leave", found.told)
    if found.matches and doubt.has_twin:
        return Decision("leave", f"{found.told}; another request of the batch may have made it")
    if found.matches:
        return Decision("adopt")
    if not doubt.grace_is_over:
        return Decision("look_again")
    return Decision("leave", found.told) if doubt.policy == "adopt" else _decide_to_resend(doubt)


def _decide_to_resend(doubt: Doubt) -> Decision:
    found = doubt.findings
    if found.possible:
        return Decision("leave", f"{found.told}; the server may have changed an address, so it is not resent")
    if doubt.state == "answered":
        return Decision("leave", f"{found.told}; the server answered with a success, so it is not resent")
    if doubt.was_resent:
        return Decision("leave", f"{found.told}; it was resent once in this run already")
    return Decision("resend")
