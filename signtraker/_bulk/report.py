"""Report the outcome of each request of a batch, as objects and as CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from signtraker._bulk.removals import OrderRemoval
from signtraker.exceptions import Problem, refuse
from signtraker.models._base import RequestModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from signtraker._bulk.outcome import BulkOutcome, BulkProgress
    from signtraker._bulk.states import BulkState

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
COLUMNS: Final = ("outcome", "order_id", "request_id", "message", "candidates")
"""The columns that the report adds; one that the caller has already gets the prefix `bulk_`."""
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class BulkReport(Generic[RequestT, ResultT]):
    """The outcomes of all requests, in the order of the requests. `str()` is a report to read."""

    outcomes: tuple[BulkOutcome[RequestT, ResultT], ...]
    """The outcome of each request."""
    progress: BulkProgress
    """The numbers of the run."""
    advice: str
    """A sentence on how to go on."""

    def with_state(self, *states: BulkState) -> list[BulkOutcome[RequestT, ResultT]]:
        """Return the outcomes in one of the states: `report.with_state("refused", "unknown")`."""
        return [one for one in self.outcomes if one.state in states]

    @property
    def is_complete(self) -> bool:
        """True if every request is created or accepted."""
        return self.progress.done == self.progress.total

    def write_csv(
        self, path: str | PathLike[str], *, rows: Iterable[Mapping[Any, object]] | None = None
    ) -> None:
        """Write a CSV file with a line for each request, in UTF-8.

        Args:
            path: The file, which is replaced.
            rows: The rows from which the requests were made, in the same order: their columns come first,
                as they are. By default, the fields of the requests that were set. A spreadsheet takes a text
                that begins with `=` for a formula: open the file as text if others wrote the texts.

        Raises:
            ValidationError: There are not as many rows as requests.
        """
        own = [_cells(one.request) for one in self.outcomes] if rows is None else [dict(row) for row in rows]
        if len(own) != len(self.outcomes):
            message = f"has {len(own)} rows, but there are {len(self.outcomes)} requests; give one for each"
            refuse([Problem("rows", message)])
        headings = list(dict.fromkeys(heading for row in own for heading in row))
        # Written as a whole, so that a cell that raises an error leaves an earlier file as it was.
        text = StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([*headings, *(_unused(name, headings) for name in COLUMNS)])
        for row, outcome in zip(own, self.outcomes, strict=True):
            writer.writerow([*(row.get(heading, "") for heading in headings), *_values(outcome)])
        Path(path).write_bytes(text.getvalue().encode())

    def __str__(self) -> str:
        listed = [
            one for one in self.outcomes if one.state in {"refused", "unknown"} or one.error is not None
        ]
        lines = [f"{self.progress}. {self.advice}".rstrip()]
        lines += [f"  [{one.index}] {one.state}: {one.message}" for one in listed[:_MOST_SHOWN]]
        more = len(listed) - _MOST_SHOWN
        return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def _unused(name: str, headings: list[Any]) -> str:
    while name in headings:
        name = f"bulk_{name}"
    return name


def _cells(request: object) -> dict[Any, object]:
    if isinstance(request, OrderRemoval):
        return {"OrderId": request.order_id, **request.request.payload()}
    return request.payload() if isinstance(request, RequestModel) else {}


def _values(outcome: BulkOutcome[Any, Any]) -> list[object]:
    candidates = " ".join(str(one.order.id) for one in outcome.candidates)
    return [outcome.state, outcome.order_id, outcome.request_id, outcome.message, candidates]
