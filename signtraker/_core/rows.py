"""Check requests without a client: one payload, or the rows of a CSV file, a spreadsheet or a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, Union, cast, get_args, get_origin

import pydantic

from signtraker._common.integers import whole_number
from signtraker._common.short_repr import short_repr
from signtraker._common.words import counted
from signtraker._core.body import validated
from signtraker.exceptions import Problem, ValidationError
from signtraker.models._base import RequestModel, api_name, unknown_field

if TYPE_CHECKING:
    from collections.abc import Callable

RequestT = TypeVar("RequestT", bound=RequestModel)
_MOST_SHOWN: Final = 20


def check(model: type[RequestT], data: RequestT | Mapping[str, object]) -> RequestT:
    """Return a request that has passed the checks of sending, and send nothing.

    Args:
        model: The request model, such as `CreateOrderRequest`.
        data: A mapping of Python names or API names, or a request that may have skipped its checks.

    Raises:
        ValidationError: The SDK's own, which lists every mistake in `problems`.
    """
    _check_model(model)
    return validated(model, data, {}, "Not valid")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One mistake in one row."""

    row: int
    """The number of the row as a spreadsheet shows it; the row of headings is the one before the first."""
    column: str | None
    """The heading of the cell; None if the mistake is not in one cell."""
    field: str
    """The field by its Python name."""
    message: str
    """A sentence about the mistake."""

    def __str__(self) -> str:
        place = f"row {self.row}" if self.column is None else f"row {self.row}, column {self.column}"
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class CheckedRow(Generic[RequestT]):
    """A row without a mistake."""

    row: int
    """The number of the row as a spreadsheet shows it."""
    request: RequestT
    """The checked request, ready to send."""
    source: Mapping[Any, object]
    """The row as it was given."""


@dataclass(frozen=True, slots=True)
class CheckedRows(Generic[RequestT]):
    """The rows that can be sent, and every problem of the others. `str()` is a report."""

    good: tuple[CheckedRow[RequestT], ...]
    """The rows without a mistake, in their order."""
    problems: tuple[RowProblem, ...]
    """Every mistake in the other rows."""

    @property
    def requests(self) -> list[RequestT]:
        """The requests of the good rows, in their order."""
        return [one.request for one in self.good]

    def all_or_raise(self) -> list[RequestT]:
        """Return the requests of all rows; raises `ValidationError` if any row has a problem."""
        if self.problems:
            found = [Problem(f"row {one.row}: {one.field}", one.message) for one in self.problems]
            raise ValidationError(f"Not valid: {self}", problems=found)
        return self.requests

    def __str__(self) -> str:
        bad = len({one.row for one in self.problems})
        good = counted(len(self.good), "row is", "rows are")
        lines = [
            f"{good} good, {counted(bad, 'row has', 'rows have')} {counted(len(self.problems), 'problem')}"
        ]
        lines += [f"  {one}" for one in self.problems[:_MOST_SHOWN]]
        more = len(self.problems) - _MOST_SHOWN
        return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def check_rows(
    model: type[RequestT],
    rows: Iterable[Mapping[Any, object]],
    *,
    columns: Mapping[str, str] | None = None,
    ignore_extra: bool = False,
    first_row: int = 2,
) -> CheckedRows[RequestT]:
    """Check rows of cells as `csv.DictReader`, openpyxl or `DataFrame.to_dict("records")` give them.

    Cells are read leniently: ids and amounts as text, whole numbers as floats, numbers where text belongs,
    numpy's values, `yes` and `no`, a spreadsheet's dates (a datetime at midnight without a zone means the
    day). Empty cells, NaN and NaT count as left out. A time of day without a zone stays a mistake.

    Args:
        model: The request model, such as `CreateOrderRequest`.
        rows: The rows. An exception that reading them raises comes out as it is.
        columns: The field for each heading that is not itself a field's name: `{"Strasse": "street_name"}`.
            `office.id` names a field of a nested object.
        ignore_extra: Whether to ignore columns that are no fields; otherwise each is a problem.
        first_row: The number of the first row: 2, since row 1 holds the headings.

    Raises:
        ValidationError: `columns` names a field that does not exist, or one field twice.
    """
    _check_model(model)
    sheet = _Sheet(model, _checked_columns(model, columns or {}), ignore_extra=ignore_extra)
    good: list[CheckedRow[RequestT]] = []
    problems: list[RowProblem] = []
    for number, row in enumerate(rows, first_row):
        if not isinstance(cast("object", row), Mapping):
            message = f"must be a mapping of headings to cells, not {short_repr(row)}"
            problems.append(RowProblem(number, None, "", message))
            continue
        data, headings, found = sheet.read(number, row, first_row - 1)
        problems += found
        try:
            request = model.model_validate(data).revalidated()
        except pydantic.ValidationError as error:
            problems += [_row_problem(number, one, headings) for one in error.errors(include_url=False)]
        else:
            if all(one.row != number for one in found):
                good.append(CheckedRow(number, request, row))
    return CheckedRows(tuple(good), tuple(problems))


def _row_problem(number: int, error: Any, headings: Mapping[str, str]) -> RowProblem:
    field = ".".join(map(str, error["loc"]))
    return RowProblem(number, headings.get(field), field, f"{field} {error['msg']}")


def _check_model(model: object) -> None:
    is_request_model = isinstance(model, type) and issubclass(cast("type[object]", model), RequestModel)
    if not is_request_model:
        raise TypeError(f"give a request model such as CreateOrderRequest, not {short_repr(model)}")


def _checked_columns(model: type[RequestModel], columns: Mapping[str, str]) -> dict[str, str]:
    problems: list[Problem] = []
    taken: dict[str, str] = {}
    for heading, field in columns.items():
        if _annotation(model, field) is None:
            message = f"{heading!r} is mapped to {field!r}, which {unknown_field(model, field)}"
            problems.append(Problem("columns", message))
        elif field in taken:
            message = f"{taken[field]!r} and {heading!r} are both mapped to {field}; keep one of them"
            problems.append(Problem("columns", message))
        taken[field] = heading
    if problems:
        listed = "; ".join(map(str, problems))
        raise ValidationError(f"Not valid: {listed}", problems=problems)
    return dict(columns)


class _Sheet:
    """Reads rows that have the same headings."""

    def __init__(self, model: type[RequestModel], columns: dict[str, str], *, ignore_extra: bool) -> None:
        self._model = model
        self._columns = columns
        self._ignore_extra = ignore_extra
        self._known: dict[str, str | None] = {}

    def read(
        self, number: int, row: Mapping[Any, object], heading_row: int
    ) -> tuple[dict[str, Any], dict[str, str], list[RowProblem]]:
        """Return a row's payload, the heading of each field, and the problems of columns and cells."""
        data: dict[str, Any] = {}
        headings: dict[str, str] = {}
        problems: list[RowProblem] = []
        for heading, cell in row.items():
            if heading is None:
                # csv.DictReader collects what is beyond the headings under None.
                message = f"has more cells than there are headings: {short_repr(cell)}"
                problems.append(RowProblem(number, None, "", message))
                continue
            name = str(heading)
            is_new = name not in self._known
            field = self._field(name)
            if field is None:
                if is_new and not self._ignore_extra:
                    message = unknown_field(self._model, name)
                    message += "; map it with columns=…, or give ignore_extra=True"
                    problems.append(RowProblem(heading_row, name, name, message))
                continue
            headings[field] = name
            value = _read_cell(cell, _annotation(self._model, field))
            if value is not None:
                *parents, last = field.split(".")
                place = data
                for parent in parents:
                    place = place.setdefault(parent, {})
                place[last] = value
        return data, headings, problems

    def _field(self, heading: str) -> str | None:
        if heading not in self._known:
            name = self._columns.get(heading, heading).strip()
            by_api_name = {api_name(one): one for one in self._model.model_fields}
            name = by_api_name.get(name, name)
            self._known[heading] = name if _annotation(self._model, name) is not None else None
        return self._known[heading]


def _annotation(model: type[RequestModel], field: str) -> type | None:
    """Return the plain type of a field, or of one in a nested model (`office.id`); None if there is none."""
    first, _, rest = field.partition(".")
    info = model.model_fields.get(first)
    if info is None:
        return None
    plain = _plain(info.annotation)
    if rest:
        return _annotation(plain, rest) if issubclass(plain, RequestModel) else None
    return plain


def _plain(annotation: Any) -> type:
    """Strip `| None` and `Annotated` from an annotation; a literal is text."""
    if hasattr(annotation, "__metadata__"):
        return _plain(annotation.__origin__)
    if get_origin(annotation) in {Union, UnionType}:
        return _plain(next(one for one in get_args(annotation) if one is not type(None)))
    if get_origin(annotation) is Literal:
        return str
    return cast("type", get_origin(annotation) or annotation)


def _read_cell(cell: object, kind: type | None) -> object:
    """Return a cell as the field's type where that is certain, or as it is; None for an empty one."""
    if cell is None or type(cell).__name__ == "NAType" or (isinstance(cell, str) and not cell.strip()):
        return None
    if isinstance(cell, float | datetime) and cell != cell:  # noqa: PLR0124 - NaN and NaT equal nothing
        return None
    reader = _READERS.get(kind) if kind is not None else None
    return cell if reader is None else reader(cell)


def _whole(cell: object) -> object:
    if isinstance(cell, str):
        text = cell.strip().removesuffix(".0")
        return int(text) if text.isascii() and text.removeprefix("-").isdigit() else cell
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def _text(cell: object) -> object:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # A spreadsheet holds a zip code as a number.
    number = whole_number(cell)
    return cell.strip() if isinstance(cell, str) else cell if number is None else str(number)


def _moment(cell: object) -> object:
    if isinstance(cell, str):
        return cell.strip()
    is_midnight = (
        isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second, cell.microsecond) == (0,) * 4
    )
    if isinstance(cell, datetime) and is_midnight and cell.utcoffset() is None:
        return date(cell.year, cell.month, cell.day)
    return cell


def _amount(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    try:
        return Decimal(cell.strip())
    except InvalidOperation:
        return cell


def _flag(cell: object) -> object:
    if type(cell).__module__ == "numpy":
        return bool(cell)
    word = str(cell).strip().lower() if isinstance(cell, str | int | float) else ""
    return _FLAGS.get(word.removesuffix(".0"), cell)


_FLAGS: Final = {
    "true": True,
    "yes": True,
    "y": True,
    "1": True,
    "false": False,
    "no": False,
    "n": False,
    "0": False,
}
_READERS: Final[dict[type, Callable[[object], object]]] = {
    int: _whole,
    str: _text,
    datetime: _moment,
    Decimal: _amount,
    bool: _flag,
}
