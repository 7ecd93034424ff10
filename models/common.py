"""Parts that several of the API's records share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Id, Money, Text


class NamedRef(ResponseModel, frozen=True):
    """A reference to another record: its id and name."""

    id: int
    """The other record's id."""
    name: str | None = None
    """The other record's name."""


class RefRequest(RequestModel):
    """A reference to another record in a request; a received `NamedRef` serves as well."""

    id: Id
    """The other record's id."""
    name: Text | None = None
    """The other record's name; the id alone suffices."""

    @model_validator(mode="before")
    @classmethod
    def _from_received(cls, data: Any) -> Any:
        return (
            data.model_dump(include={"id", "name"}, exclude_unset=True)
            if isinstance(data, NamedRef)
            else data
        )


if TYPE_CHECKING:
    from typing import TypeAlias

    Ref: TypeAlias = RefRequest | NamedRef
else:
    Ref = RefRequest


class SalesOrderRef(ResponseModel, frozen=True):
    """The sales order behind an order, with its total in the tenant's currency."""

    id: int
    """The sales order's id."""
    order_total: Money | None = None
    """The total, in the tenant's currency."""


class JobSite(ResponseModel, frozen=True):
    """Where the sign stands. Latitude and longitude are decimal degrees."""

    id: int
    """The record's id, assigned by the server. The only field that every record surely has."""
    street_address: str | None = None
    """The street address in one line."""
    street_number: str | None = None
    """The house number."""
    street_name: str | None = None
    """The street without the house number."""
    street_line2: str | None = None
    """The second line of the address, for example the apartment."""
    city: str | None = None
    """The city."""
    state: str | None = None
    """The state or province, for example `UT`."""
    zip: str | None = None
    """The postal code."""
    country_code: str | None = None
    """The country: `US`, `CA` or `AU`; others pass."""
    latitude: float | None = None
    """The latitude in decimal degrees, north positive."""
    longitude: float | None = None
    """The longitude in decimal degrees, east positive."""
    directions: str | None = None
    """How to find the place."""
    listing_number: str | None = None
    """The number of the listing in the MLS."""
