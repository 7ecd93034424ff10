"""Parts that several of the API's records share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Id, Money, Text


class NamedRef(ResponseModel, frozen=True):
    """A reference to another record: its id and name."""

    id: int
    name: str | None = None


class RefRequest(RequestModel):
    """A reference to another record in a request; a received `NamedRef` serves as well."""

    id: Id
    name: Text | None = None

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
    order_total: Money | None = None


class JobSite(ResponseModel, frozen=True):
    """Where the sign stands. Latitude and longitude are decimal degrees."""

    id: int
    street_address: str | None = None
    street_number: str | None = None
    street_name: str | None = None
    street_line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    directions: str | None = None
    listing_number: str | None = None
