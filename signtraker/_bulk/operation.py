"""Describe an operation that a batch consists of: how its rows are read, sent and searched for."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from signtraker._core.request import Request
from signtraker._core.response import ReadNothing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from signtraker._bulk.states import StoredState
    from signtraker._core.config import Config
    from signtraker._lists.find_created import CreatedCandidate
    from signtraker._lists.listing import Listing
    from signtraker.models import Order

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
_MOST_SHOWN: Final = 5
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Identity:
    """Identify a request in later runs, by canonical text."""

    key: str | None
    """The caller's own key; None if the content is the key."""
    content: str
    """All that is sent."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The state and the ids that a successful response gives."""

    state: StoredState
    order_id: int | None = None
    request_id: int | None = None
    answer: str = ""
    """The server's message about it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The orders that may be the result of a request."""

    matches: tuple[int, ...] = ()
    """The ids of the orders that agree in every field that is shown."""
    possible: tuple[int, ...] = ()
    """The ids of the orders that may match if the server normalised the address."""
    candidates: tuple[CreatedCandidate, ...] = ()
    note: str = ""

    def without(self, claimed: AbstractSet[int]) -> Findings:
        """Return the findings that belong to no other row."""
        return Findings(
            tuple(one for one in self.matches if one not in claimed),
            tuple(one for one in self.possible if one not in claimed),
            tuple(one for one in self.candidates if one.order.id not in claimed),
            self.note,
        )

    @property
    def message(self) -> str:
        """A sentence about what was found."""
        if self.note:
            return self.note
        if not self.candidates:
            return "No matching order was found"
        shown = ", ".join(str(one.order.id) for one in self.candidates[:_MOST_SHOWN])
        more = len(self.candidates) - _MOST_SHOWN
        return f"Possible orders, the best match first: {shown}" + (f" and {more} more" if more > 0 else "")


def _never(_candidate: CreatedCandidate, _request: object) -> bool:
    return False


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
    """The advice on how to distinguish two rows."""
    read: Callable[[Any], RequestT]
    """Validate one row; raises `ValidationError`."""
    identify: Callable[[RequestT], Identity]
    visible: Callable[[RequestT], str]
    """Write the part that the server shows later: requests that agree in it can't be distinguished."""
    build: Callable[[RequestT], Request[ResultT]]
    receipt: Callable[[RequestT, ResultT], Receipt]
    search: Callable[[RequestT, datetime, Config], Generator[Request[Any], Any, Findings]]
    """Search for the results of a request since a time of the server's clock."""
    adopted: Callable[[int], Receipt]
    """The receipt of a request whose result was found."""
    creates_orders: bool
    """True if each row creates an order, so that one order can't match two rows."""
    server_time_request: Callable[[], Request[Any]]
    """A read that shows the server's time, and no records."""
    may_match: Callable[[CreatedCandidate, RequestT], bool] = _never
    """Return whether another request may have created a candidate, too."""


def server_time_request(orders: Listing[Order]) -> Request[None]:
    """Return a read of no orders, whose response shows the server's time."""
    return Request("GET", orders.path, ReadNothing(), (("$top", "0"),))


def composed(text: str) -> str:
    """Return a text in the Unicode form NFC: `é` as one character, however it was typed or exported."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def canonical(fields: Mapping[str, object]) -> str:
    """Write fields so that equal ones give equal text, in any Unicode form. Null counts as left out."""
    given = {
        name: composed(value) if isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
    return _ENCODER.encode(given)
