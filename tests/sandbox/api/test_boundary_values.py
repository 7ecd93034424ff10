"""Check places that are on no map, dates after the last one, and filters of another list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import httpx
import pytest
from plain_http import plain_client

from signtraker import AgentQ, Q
from signtraker.sandbox import Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker.models import Agent
    from signtraker.query import Filter


@pytest.fixture
def small() -> Iterator[Sandbox]:
    with Sandbox(orders=0) as running:
        yield running


def test_the_map_leaves_out_impossible_coordinates(small: Sandbox) -> None:
    beyond = small.orders.add(latitude=1e308, longitude=-1e308)
    at_the_edge = small.orders.add(latitude=90, longitude=-180)
    page = httpx.get(small.url, trust_env=False)
    assert page.status_code == 200
    drawing = page.text.partition("<svg")[2].partition("</svg>")[0]
    assert f"Order {at_the_edge.id}," in drawing
    assert f"Order {beyond.id}," not in drawing


@pytest.mark.parametrize("name", ["latitude", "longitude", "total"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_not_added(small: Sandbox, name: str, number: float) -> None:
    given = {name: number}
    with pytest.raises(SandboxError, match=f"{name}=.* is not a finite number"):
        small.orders.add(
            latitude=given.get("latitude"), longitude=given.get("longitude"), total=given.get("total")
        )
    with pytest.raises(SandboxError, match="is not a finite amount"):
        small.awards.add(1, number)
    assert len(small.orders) == 0


def test_a_removal_after_the_last_date_is_refused(small: Sandbox) -> None:
    standing = small.orders.add(status="Installed")
    small.clock.set(datetime(9999, 12, 30, tzinfo=UTC))
    with plain_client(small) as api:
        answer = api.post(f"/api/orders/{standing.id}/requestremoval", json={})
    assert answer.status_code == 400
    assert "end of the calendar" in answer.json()["Message"]


def test_a_filter_of_another_list_is_refused(small: Sandbox) -> None:
    assert small.agents.all(AgentQ.id == 1)
    with pytest.raises(SandboxError, match="A filter of Order cannot choose records of Agent"):
        small.agents.all(cast("Filter[Agent]", Q.status == "Draft"))
