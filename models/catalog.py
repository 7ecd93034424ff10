"""The tenant's catalogue: records that are only an id and a name."""

from __future__ import annotations

from signtraker.models._base import ResponseModel


class Enterprise(ResponseModel):
    """An enterprise: a group of offices."""

    id: int
    name: str | None = None


class Office(ResponseModel):
    """A real-estate office."""

    id: int
    name: str | None = None


class OrderPreset(ResponseModel):
    """What an order consists of, prepared by the installer (National Accounts only)."""

    id: int
    name: str | None = None
