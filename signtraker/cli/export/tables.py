"""Describe the tables of an export: one for each list, with a column for each field. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from signtraker._common.integers import INT64_MAX
from signtraker._common.printable import printable
from signtraker.cli.columns import columns_of
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker.cli.columns import Column
    from signtraker.cli.resources import Resource

_TYPES: Final = {
    Edm.INT32: "INTEGER",
    Edm.INT64: "INTEGER",
    Edm.BOOLEAN: "INTEGER",
    Edm.DECIMAL: "INTEGER",
    Edm.DOUBLE: "REAL",
}
_UNITS: Final = {Edm.DECIMAL: ", in cents", Edm.DATETIME: ", in UTC", Edm.BOOLEAN: ", 0 or 1"}
_OWN: Final = """\
  -- the whole record as the API's JSON
  "record" TEXT NOT NULL,
  -- the run of the export that has read the record last; see the table exports
  "run" INTEGER NOT NULL,
  -- 0 if the server no longer lists the record
  "is_listed" INTEGER NOT NULL DEFAULT 1"""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table of an export."""

    column: Column

    @property
    def name(self) -> str:
        """The column's name: `job_site_city`; an amount says its unit, `sales_order_order_total_cents`."""
        name = "_".join(self.column.path)
        return f"{name}_cents" if self.column.type is Edm.DECIMAL else name

    @property
    def definition(self) -> str:
        """The column in SQL."""
        if self.column.path == ("id",):
            return '"id" INTEGER PRIMARY KEY'
        kind = "TEXT" if self.column.is_list else _TYPES.get(self.column.type, "TEXT")
        return f'"{self.name}" {kind}'

    @property
    def comment(self) -> str:
        """The column's comment: the API's name, and the unit."""
        return "/".join(self.column.keys) + _UNITS.get(self.column.type, "")

    def value(self, record: Any) -> object:
        """Return the record's value as SQLite keeps it."""
        return stored(self.column.read(record))


def stored(value: object) -> object:
    """Return a value as SQLite keeps it.

    An amount is a whole number of cents, since a REAL is not exact and texts don't compare as numbers; one
    that is finer than a cent keeps its fraction, as a REAL. A time has the same width whatever its
    fraction, so that texts sort by time.
    """
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case Decimal():
            cents = value * 100
            is_whole = cents == cents.to_integral_value() and abs(cents) <= INT64_MAX
            return int(cents) if is_whole else float(cents)
        case list() | tuple():
            return printable(json.dumps(value, ensure_ascii=False))
        case str():
            return printable(value)
        case int() if abs(value) > INT64_MAX:
            return str(value)
        case _:
            return value


@cache
def fields_of(model: str) -> tuple[Field, ...]:
    """Return the fields of a model's table, in the order of the API."""
    return tuple(Field(one) for one in columns_of(model))


def table_of(resource: Resource) -> str:
    """Return the name of a list's table: `change_orders`."""
    return resource.name.replace("-", "_")


def schema(resource: Resource) -> str:
    """Return the SQL that makes a list's table; SQLite keeps the comments, and `.schema` shows them."""
    lines = [f"  -- {one.comment}\n  {one.definition},\n" for one in fields_of(resource.model)]
    return f'CREATE TABLE "{table_of(resource)}" (\n{"".join(lines)}{_OWN}\n)'


def record_json(record: Any) -> str:
    """Return a record as the API's JSON, with the keys that the server sent."""
    try:
        text: str = record.model_dump_json(by_alias=True, exclude_unset=True)
    except ValueError:
        # Half of a surrogate pair, which JSON can hold and UTF-8 can't.
        plain = record.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return printable(json.dumps(plain, ensure_ascii=False))
    return text


def quoted_names(names: Iterable[str]) -> str:
    """Return column names for SQL."""
    return ", ".join(f'"{one}"' for one in names)
