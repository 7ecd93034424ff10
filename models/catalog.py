"""Models of enterprises, offices and order presets: records with only an id and a name."""

from __future__ import annotations

from signtraker.models._base import ResponseModel


class Enterprise(ResponseModel, frozen=True):
    """An enterprise: a group of offices."""

    id: int
    """The record's id, assigned by the server. Every record has one."""
    name: str | None = None
    """The record's name."""


class Office(ResponseModel, frozen=True):
    """A real-estate office."""

    id: int
    """The record's id, assigned by the server. Every record has one."""
    name: str | None = None
    """The record's name."""


class OrderPreset(ResponseModel, frozen=True):
    """A kind of order that the installer has prepared (National Accounts only)."""

    id: int
    """The record's id, assigned by the server. Every record has one."""
    name: str | None = None
    """The record's name."""
