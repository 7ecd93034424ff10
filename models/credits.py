"""Awards: credit given to an agent."""

from __future__ import annotations

from typing import Literal, TypeAlias

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Amount, Moment, Money, ReceivedMoment, Text
from signtraker.models.common import NamedRef, Ref

AwardRestriction: TypeAlias = Literal["Printing"] | str
"""What an award may be spent on. Only a sample of the values is known; others pass."""


class Award(ResponseModel, frozen=True):
    """Credit given to an agent, and what remains of it."""

    id: int
    """The record's id, assigned by the server. The only field that every record surely has."""
    name: str | None = None
    """The award's name."""
    awarded_by: NamedRef | None = None
    """The person who gave the award."""
    awarded_date: ReceivedMoment | None = None
    """The moment at which it was given, in UTC."""
    awarded_to: NamedRef | None = None
    """The agent who has it."""
    expiration_date: ReceivedMoment | None = None
    """The moment at which it ends, in UTC; None if it does not."""
    total_amount: Money | None = None
    """The amount that was given, in the tenant's currency."""
    remaining_amount: Money | None = None
    """The amount that is left, in the tenant's currency."""
    restrictions: tuple[AwardRestriction, ...] | None = None
    """What it may be spent on; only a sample of the values is known."""


class CreateAwardRequest(RequestModel):
    """A new award. The reference marks no field as required."""

    name: Text | None = None
    """The award's name."""
    awarded_by: Ref | None = None
    """The person who gives the award."""
    awarded_date: Moment | None = None
    """The moment at which it is given. A day means midnight UTC."""
    awarded_to: Ref | None = None
    """The agent who gets it."""
    expiration_date: Moment | None = None
    """The moment at which it ends. A day means midnight UTC."""
    total_amount: Amount | None = None
    """The amount, in the tenant's currency."""
    remaining_amount: Amount | None = None
    """The amount that is left, in the tenant's currency."""
    restrictions: list[Text] | None = None
    """What it may be spent on."""
