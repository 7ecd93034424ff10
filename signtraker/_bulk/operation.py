"""Describe an operation that a batch consists of: how its rows are read, sent and looked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from signtraker._bulk.states import StoredState
    from signtraker._core.config import Config
    from signtraker._core.request import Request
    from signtraker._lists.find_created import CreatedCandidate

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
_MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """The properties by which a request is known again, in canonical text."""

    key: str | None
    """The caller's own key; None if the content is the key."""
    content: str
    """All that is sent."""
    visible: str
    """The part that the server shows later: requests that agree in it can't be told apart."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The meaning of a success status."""

    state: StoredState
    order_id: int | None = None
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """The traces of a request that the server shows."""

    matches: tuple[int, ...] = ()
    """The ids of the orders that agree in every field that is shown."""
    possible: tuple[int, ...] = ()
    """The ids of those that could be it, even allowing for changes that a server makes."""
    candidates: tuple[CreatedCandidate, ...] = ()
    note: str = ""

    def without(self, claimed: AbstractSet[int]) -> Findings:
        """Return the traces that belong to no other row."""
        return Findings(
            tuple(one for one in self.matches if one not in claimed),
            tuple(one for one in self.possible if one not in claimed),
            tuple(one for one in self.candidates if one.order.id not in claimed),
            self.note,
        )

    @property
    def told(self) -> str:
        """A sentence about what was found."""
        if self.note:
            return self.note
        if not self.candidates:
            return "No order was found that could be it"
        shown = ", ".join(str(one.order.id) for one in self.candidates[:_MOST_SHOWN])
        more = len(self.candidates) - _MOST_SHOWN
        return f"Orders that could be it, the most alike first: {shown}" + (
            f" and {more} more" if more > 0 else ""
        )


@dataclass(frozen=True, slots=True)
class Operation(Generic[RequestT, ResultT]):
    """One kind of write, many of which make a batch."""

    name: str
    """The method's name, which a journal stores."""
    argument: str
    """The name of the argument that holds the rows."""
    key_name: str
    """The name of the caller's own key."""
    key_advice: str
    """The advice on how to tell two rows apart."""
    read: Callable[[Any], RequestT]
    """Validate one row; raises `ValidationError`."""
    identify: Callable[[RequestT], Identity]
    build: Callable[[RequestT], Request[ResultT]]
    receipt: Callable[[RequestT, ResultT], Receipt]
    look: Callable[[RequestT, datetime, Config], Generator[Request[Any], Any, Findings]]
    """Look for traces of a request since a moment by the server's clock."""
    adopted: Callable[[int], Receipt]
    """The receipt of a request whose trace was found."""
    makes_orders: bool
    """Whether each row makes an order of its own, which then no other row can have made."""
    probe: Callable[[], Request[Any]]
    """A read that tells the server's time and nothing else."""
    could_be: Callable[[CreatedCandidate, RequestT], bool]
    """Tell whether another request could have made a candidate, too."""


def canonical(fields: Mapping[str, object]) -> str:
    """Write fields so that equal ones give equal text. Null counts as left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(given, sort_keys=True, separators=(",", ":"))
