"""Find the columns of a record by their names, and format their values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from signtraker._common.printable import printable
from signtraker.cli.errors import UsageError
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

_NUMBERS: Final = frozenset({Edm.INT32, Edm.INT64, Edm.DOUBLE, Edm.DECIMAL, Edm.SINGLE})
_HEADINGS: Final = {
    "job_site.street_address": "Address",
    "sales_order.order_total": "Total",
    "due_date": "Due",
    "expiration_date": "Expires",
    "awarded_date": "Awarded",
    "cellular_phone": "Mobile",
    "payment_mode": "Pays by",
    "is_inactive": "Inactive",
    "total_amount": "Total",
    "remaining_amount": "Left",
}
STATUS_STYLES: Final = {
    "Installed": ("green",),
    "Completed": ("green",),
    "Draft": ("cyan",),
    "Designing": ("blue",),
    "PaymentRequired": ("yellow",),
    "Removed": ("dim",),
    "Cancelled": ("dim",),
}
"""The colours of the known statuses; others have none."""
_SHORT: Final = frozenset({Edm.DATETIME, Edm.BOOLEAN}) | _NUMBERS


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record, or of a record in it."""

    path: tuple[str, ...]
    """The attributes, `("job_site", "city")`."""
    keys: tuple[str, ...]
    """The API's names, `("JobSite", "City")`."""
    type: Edm
    is_list: bool = False

    @property
    def name(self) -> str:
        """The name by which `--columns` takes it: `job_site.city`."""
        return ".".join(self.path)

    @property
    def heading(self) -> str:
        """The heading of a table."""
        known = _HEADINGS.get(self.name)
        if known:
            return known
        *parents, last = self.path
        return (parents[-1] if parents and last == "name" else last).replace("_", " ").capitalize()

    @property
    def is_number(self) -> bool:
        """True if it stands at the right of its column."""
        return self.type in _NUMBERS

    @property
    def may_shrink(self) -> bool:
        """True if a table may cut its values; a number or a date would become another one."""
        return self.type not in _SHORT and self.name != "status"

    def read(self, record: Any) -> Any:
        """Return the value of a record; None if the record or the one that holds it has none."""
        value = record
        for name in self.path:
            value = getattr(value, name, None)
        return value


@cache
def columns_of(model: str) -> tuple[Column, ...]:
    """Return every column of a model, those of nested records among them, in the order of the API."""
    return tuple(_columns(model, (), ()))


def _columns(entity: str, path: tuple[str, ...], keys: tuple[str, ...]) -> list[Column]:
    found: list[Column] = []
    for one in ENTITIES[entity].properties.values():
        place = (*path, one.attribute), (*keys, one.name)
        if one.entity is not None:
            found += _columns(one.entity, *place)
        elif one.type is not None:
            found.append(Column(*place, one.type, one.collection))
    return found


def choose(model: str, names: str) -> list[Column]:
    """Return the columns that a text such as `id,city,agent` names, in its order.

    A name is a path (`job_site.city`, `JobSite/City`), its last part or its heading in a table where only one
    column has it, or a nested record, which stands for its name. Raises `UsageError` for any other.
    """
    found = [_find(model, name.strip()) for name in names.split(",") if name.strip()]
    if not found:
        raise UsageError("--columns names no column; write e.g. --columns id.")
    return found


def _find(model: str, name: str) -> Column:
    columns = columns_of(model)
    by_name: dict[str, Column] = {}
    for one in columns:
        by_name[one.name] = by_name["/".join(one.keys)] = one
    for one in columns:
        if one.path[-1] == "name":
            by_name.setdefault(".".join(one.path[:-1]), one)
    endings = [one for one in columns if one.path[-1] == name]
    endings = endings or [one for one in columns if one.heading.lower() == name.lower()]
    found = by_name.get(name) or (endings[0] if len(endings) == 1 else None)
    if found is not None:
        return found
    if endings:
        raise UsageError(
            f"--columns: {name} is ambiguous; write one of {', '.join(one.name for one in endings)}."
        )
    known = [*by_name, *(one.path[-1] for one in columns), *(one.heading.lower() for one in columns)]
    near = get_close_matches(name.lower(), known, n=1)
    hint = (
        f"did you mean {near[0]}?" if near else f"the columns are {', '.join(one.name for one in columns)}."
    )
    raise UsageError(f"--columns: there is no column {name!r}; {hint}")


def by_names(model: str, names: Sequence[str]) -> list[Column]:
    """Return the columns of these full names."""
    known = {one.name: one for one in columns_of(model)}
    return [known[name] for name in names]


def pruned(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """Return the JSON of a record with only these columns, nested as the API nests them."""
    found: dict[str, Any] = {}
    for column in columns:
        place, source = found, row
        for key in column.keys[:-1]:
            nested: Mapping[str, Any] | None = source.get(key)
            source = nested or {}
            place = place.setdefault(key, {})
        place[column.keys[-1]] = source.get(column.keys[-1])
    return found


def exact(value: object) -> str:
    """Format a value for a file: whole, with times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return "; ".join(map(str, cast("Sequence[object]", value)))
    return printable(str(value))


def on_one_line(text: str) -> str:
    """Replace what a terminal would obey or break at: control characters, tabs and line breaks."""
    return "".join(one if one.isprintable() else " " for one in printable(text))


def short(value: object, zone: tzinfo, *, with_time: bool = False) -> str:
    """Format a value for people: dates short, amounts with two digits, nothing for None.

    A time at midnight UTC is a date to the API (assumed): it is shown as that day in every time zone.
    """
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case datetime():
            text = _short_time(value, zone, with_time=with_time)
        case Decimal():
            text = f"{value:,.2f}" if value == round(value, 2) else f"{value:,}"
        case list() | tuple():
            text = ", ".join(map(str, cast("Sequence[object]", value)))
        case _:
            text = str(value)
    return on_one_line(text)


def _short_time(moment: datetime, zone: tzinfo, *, with_time: bool) -> str:
    in_utc = moment.astimezone(UTC)
    if in_utc.time() == time():
        return in_utc.date().isoformat()
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M" if with_time else "%Y-%m-%d")
