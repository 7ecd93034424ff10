"""Read responses into models. The error for an unreadable record keeps the others and the raw bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import pydantic
from pydantic import TypeAdapter
from pydantic_core import from_json

from signtraker._core.collector import collector_paused
from signtraker.exceptions import Problem, UnreadableResponseError
from signtraker.models._base import ResponseModel

if TYPE_CHECKING:
    from collections.abc import Sequence

T_co = TypeVar("T_co", covariant=True)
ResponseT = TypeVar("ResponseT", bound=ResponseModel)


class Reader(Protocol[T_co]):
    """Reads the body of a successful response, or raises `UnreadableResponseError`."""

    def __call__(self, body: bytes, /) -> T_co: ...


class WrongRecordError(Exception):
    """The response holds another record than the one that was asked for.

    It belongs to another request, as when two processes share a socket or a proxy mixes connections up.
    """


@dataclass(frozen=True, slots=True)
class ReadOne(Generic[ResponseT]):
    """Read a single record; `record_id` is the id that it must have, where that is known."""

    model: type[ResponseT]
    record_id: int | None = None

    def __call__(self, body: bytes, /) -> ResponseT:
        try:
            record = self.model.model_validate_json(body)
        except pydantic.ValidationError as error:
            raise unreadable(self.model.__name__, body, problems(error)) from None
        if self.record_id is not None and (received := vars(record).get("id")) != self.record_id:
            name = self.model.__name__
            raise WrongRecordError(
                f"{name} {received} was received, but {name} {self.record_id} was requested"
            )
        return record


@dataclass(frozen=True, slots=True)
class ReadList(Generic[ResponseT]):
    """A bare JSON array of records; `select` is the text of the `$select` that may have left fields out."""

    model: type[ResponseT]
    select: str | None = None

    def __call__(self, body: bytes, /) -> list[ResponseT]:
        with collector_paused(len(body)):
            try:
                if self.select is None:
                    return _read_list(self.model, body)
                from signtraker.models._selected import read_selected_list  # noqa: PLC0415 - as below

                return read_selected_list(self.model, body, self.select)
            except pydantic.ValidationError:
                return self._row_by_row(body)  # To keep the rows that can be read.

    def _row_by_row(self, body: bytes) -> list[ResponseT]:
        records: list[ResponseT] = []
        mistakes: list[Problem] = []
        for index, row in enumerate(self._rows(body)):
            try:
                records.append(self._read(row))
            except pydantic.ValidationError as error:
                mistakes += problems(error, prefix=f"[{index}]")
        if mistakes:
            raise unreadable(self.model.__name__, body, mistakes, partial=records)
        return records

    def _rows(self, body: bytes) -> list[Any]:
        rows: Any
        try:
            rows = from_json(body)
        except ValueError as error:
            raise unreadable(self.model.__name__, body, [Problem("", f"is no JSON: {error}")]) from None
        if isinstance(rows, list):
            return [*rows]
        raise unreadable(self.model.__name__, body, [Problem("", "is no JSON array")])

    def _read(self, row: Any) -> ResponseT:
        if self.select is None:
            return self.model.model_validate(row)
        from signtraker.models._selected import read_selected  # noqa: PLC0415 - most calls don't need it

        return read_selected(self.model, row)


@dataclass(frozen=True, slots=True)
class ReadNothing:
    """Read a response without a result: its body must be empty or JSON."""

    def __call__(self, body: bytes, /) -> None:
        try:
            if body.strip():
                from_json(body)
        except ValueError as error:
            raise unreadable("nothing", body, [Problem("", f"is no JSON: {error}")]) from None


@cache
def _adapter(model: type[ResponseModel]) -> TypeAdapter[Any]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]  # a model held in a variable


def _read_list(model: type[ResponseT], body: bytes) -> list[ResponseT]:
    records: list[ResponseT] = _adapter(model).validate_json(body)
    return records


def problems(error: pydantic.ValidationError, prefix: str = "") -> list[Problem]:
    """Return Pydantic's findings as problems under dotted Python names."""
    return [
        Problem(".".join(filter(None, (prefix, *(str(part) for part in found["loc"])))), found["msg"])
        for found in error.errors(include_url=False)
    ]


def unreadable(
    expected: str,
    body: bytes,
    mistakes: Sequence[Problem],
    partial: Sequence[ResponseModel] = (),
) -> UnreadableResponseError:
    """Return the error for a response that is not what was expected."""
    if body.lstrip()[:1] == b"<":
        reason = "it is a page, not JSON; does the base URL lead to the API?"
    elif not body.strip():
        reason = "it is empty"
    else:
        reason = "; ".join(str(one) for one in mistakes[:5])
        reason += f"; and {len(mistakes) - 5} more" if len(mistakes) > 5 else ""  # noqa: PLR2004 - the five that are shown
    return UnreadableResponseError(
        f"The response can't be read as {expected}: {reason}",
        partial=partial,
        problems=mistakes,
    )
