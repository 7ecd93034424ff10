"""Describe the server's entities as OData sees them: properties, their Edm types, and nullability.

The tables themselves are generated from the models (`signtraker/query/generated/entities.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from signtraker._common.short_repr import short_repr

ODataVersion: TypeAlias = Literal["v3", "v4"]
"""The dialect in which a query is written."""
ServerVersion: TypeAlias = Literal["v3", "v4", "v4-5", "v4-7"]
"""What reads a query: a server's generation, or `v4`, which takes what any v4 generation does."""

_SERVER_NAMES: Final = {"NamedRef": "Ref", "SalesOrderRef": "SalesOrder"}
"""What the server most likely calls the nested types (assumed)."""
ANY_LIST: Final = "*"
"""The entity of a filter that fits every list: `any_of([])` and `all_of([])` name no field."""


def check_dialect(version: object) -> None:
    """Raise ValueError for anything but the two dialects."""
    if version not in ("v3", "v4"):
        raise ValueError(f"the OData version is 'v3' or 'v4', not {short_repr(version)}")


class Edm(StrEnum):
    """The primitive types of the Entity Data Model that properties and literals have."""

    STRING = "Edm.String"
    BOOLEAN = "Edm.Boolean"
    INT32 = "Edm.Int32"
    INT64 = "Edm.Int64"
    SINGLE = "Edm.Single"
    DOUBLE = "Edm.Double"
    DECIMAL = "Edm.Decimal"
    DATETIME = "Edm.DateTimeOffset"
    DATE = "Edm.Date"
    UNZONED = "Edm.DateTime"
    """The type of v3's `datetime'…'`; no property of the API has it, nor any of the types below."""
    TIME = "Edm.Time"
    DURATION = "Edm.Duration"
    TIME_OF_DAY = "Edm.TimeOfDay"
    GUID = "Edm.Guid"
    BINARY = "Edm.Binary"


@dataclass(frozen=True, slots=True)
class Property:
    """One property: a primitive, a nested entity (`entity` set) or a collection of primitives."""

    name: str
    """The API's name, `DueDate`."""
    attribute: str
    """The model's name, `due_date`."""
    type: Edm | None
    """The primitive type (of the items, for a collection); None for a nested entity."""
    nullable: bool = True
    entity: str | None = None
    """The name of the nested entity, a key of `ENTITIES`."""
    collection: bool = False
    known: tuple[str, ...] = ()
    """The values that a text is known to have."""
    closed: bool = False
    """Whether it has no other values, as the API reference says."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity or nested type, with its properties by their API names."""

    name: str
    properties: dict[str, Property]

    @property
    def clr_name(self) -> str:
        """The type's name in the server's errors; the true names are not known."""
        return f"SignTraker.Models.{_SERVER_NAMES.get(self.name, self.name)}"
