"""Check the search for the order that an unconfirmed request may have created."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import CreateOrderRequest, CreateOrderResult, UnconfirmedWriteError, ValidationError

if TYPE_CHECKING:
    from signtraker import SignTrakerClient
    from signtraker.sandbox import Sandbox

REQUEST = CreateOrderRequest(
    agent_id=1, preset_id=1, street_number="12", street_name="O'Brien & Söhne Way", city="Sandy",
    listing_number="MLS-1", due_date=date(2026, 12, 24),
)  # fmt: skip


def test_an_order_whose_response_was_lost_is_found_with_its_matching_fields(
    either: SignTrakerClient, sandbox: Sandbox
) -> None:
    before = sandbox.clock.now()
    sandbox.faults.add(method="POST", path="/api/orders", reset="before_answer")
    with pytest.raises(UnconfirmedWriteError, match="find_created"):
        either.orders.create_order(REQUEST)
    either.orders.create_order(agent_id=1, preset_id=1, listing_number="MLS-2")
    either.orders.create_order(agent_id=2, preset_id=1, listing_number="MLS-1")
    either.orders.create_order(agent_id=1, preset_id=1, street_name="Main St")
    best, *others = either.orders.find_created(REQUEST, since=before)
    assert best.order.job_site is not None
    assert best.order.job_site.listing_number == "MLS-1"
    assert best.matched == (
        "agent_id", "listing_number", "street_number", "street_name", "city", "due_date",
    )  # fmt: skip
    assert best.differs == ()
    assert all(one.differs for one in others)
    assert either.orders.find_created(REQUEST, since=before + timedelta(days=1)) == []
    sandbox.reset()


def test_an_order_with_a_normalised_address_is_a_candidate(client: SignTrakerClient) -> None:
    since = datetime(2000, 1, 1, tzinfo=UTC)
    client.orders.create_order(agent_id=3, preset_id=1, street_name="  MAIN   st ", city="Sandy")
    given = {"agent_id": 3, "preset_id": 1, "street_name": "Main St", "city": "Draper"}
    best = client.orders.find_created(given, since=since)[0]
    assert best.matched == ("agent_id", "street_name")
    assert best.differs == ("city",)


@pytest.mark.parametrize("since", [datetime(2026, 1, 1), "2026-01-01", None])  # noqa: DTZ001 - the mistake
def test_a_since_without_a_time_zone_is_refused(client: SignTrakerClient, since: Any) -> None:
    with pytest.raises(ValidationError, match="since: must be a datetime with a time zone"):
        client.orders.find_created(REQUEST, since=since)
    with pytest.raises(ValidationError, match="preset_id: is required"):
        client.orders.find_created({"agent_id": 1}, since=datetime.now(UTC))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"OrderId": 5}, "created"),
        ({"OrderId": 5, "RequestId": 6}, "created"),
        ({"RequestId": 6}, "accepted"),
        ({"Status": "Draft"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_result_is_created_only_with_the_id_of_an_order(answer: dict[str, object], state: str) -> None:
    assert CreateOrderResult.model_validate(answer).state == state
