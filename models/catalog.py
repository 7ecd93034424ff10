"""The tenant's catalogue: records that are only an id and a name."""

from __future__ import annotations

from signtraker.models._base import ResponseModel


class Enterprise(ResponseModel, frozen=True):
    """An enterprise: a group of offices."""

    id: int
    name: str | None = None


class Office(ResponseModel, frozen=True):
    """A real-estate office."""

    id: int
    name: str | None = None


class OrderPreset(ResponseModel, frozen=True):
    """What an order consists of, prepared by the installer (National Accounts only)."""

    id: int
    name: str | None = None
