"""Check the awards of agents over HTTP, with both clients."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from signtraker import AwardQ, CreateAwardRequest, RefRequest

if TYPE_CHECKING:
    from signtraker import SignTrakerClient


def test_an_award_is_given_and_found_by_its_agent(either: SignTrakerClient) -> None:
    name = type(either).__name__
    agent = either.agents.create_agent(
        user_name=f"{name}@example.com",
        email=f"{name}@example.com",
        first_name="Zoë",
        last_name="O'Brien",
        office={"id": 1},
        cellular_phone="+1 801 555 0100",
        payment_mode="Prepay",
    )
    award = either.credits.create_award(
        CreateAwardRequest(
            name="Welcome",
            awarded_to=RefRequest(id=agent.id),
            total_amount=Decimal("25.10"),
            remaining_amount=25.10,
            restrictions=["Printing"],
        )
    )
    assert (award.total_amount, award.restrictions) == (Decimal("25.1"), ("Printing",))
    assert either.credits.list_awards(awarded_to=agent.id) == [award]
    assert list(either.credits.iter_awards(awarded_to=agent.id)) == [award]
    spendable = AwardQ.restrictions.contains("Printing") & (AwardQ.id == award.id)
    assert either.credits.list_awards(filter=spendable) == [award]
