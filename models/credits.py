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
    name: str | None = None
    awarded_by: NamedRef | None = None
    awarded_date: ReceivedMoment | None = None
    awarded_to: NamedRef | None = None
    expiration_date: ReceivedMoment | None = None
    total_amount: Money | None = None
    remaining_amount: Money | None = None
    restrictions: tuple[AwardRestriction, ...] | None = None


class CreateAwardRequest(RequestModel):
    """A new award. The reference marks no field as required."""

    name: Text | None = None
    awarded_by: Ref | None = None
    awarded_date: Moment | None = None
    awarded_to: Ref | None = None
    expiration_date: Moment | None = None
    total_amount: Amount | None = None
    remaining_amount: Amount | None = None
    restrictions: list[Text] | None = None
