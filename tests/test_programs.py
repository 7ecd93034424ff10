"""Run short versions of five typical programs against the sandbox."""

from __future__ import annotations

import asyncio
import csv
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from scripted_server import Reply, ScriptedServer

from signtraker import (
    AgentQ,
    AsyncSignTrakerClient,
    CreateOrderRequest,
    NotFoundError,
    Q,
    QueryLimitError,
    SignTrakerClient,
    UnconfirmedWriteError,
    ValidationError,
    check_rows,
    merge_patch,
)
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

DENVER = ZoneInfo("America/Denver")


@pytest.fixture
def tenant() -> Iterator[Sandbox]:
    """Give each program a sandbox of its own."""
    with Sandbox(orders=300, seed=3) as sandbox:
        yield sandbox


def test_a_nightly_sync_copies_every_order_of_its_days_once(tenant: Sandbox) -> None:
    days = [(date(2025, month, 1), date(2025, month, 28)) for month in range(1, 13)]
    copied: dict[int, str | None] = {}
    for first, last in days:
        where = Q.created.between(first, last, tz=DENVER) & Q.agent.id.not_in([])
        for order in tenant.client.orders.iter_orders(filter=where, orderby=Q.created, page_size=25):
            assert order.id not in copied
            copied[order.id] = order.status
    kept = [one for one in tenant.orders.all() if any(_within(one.created, *pair) for pair in days)]
    assert copied == {one.id: one.status for one in kept}


def _within(moment: Any, first: date, last: date) -> bool:
    return bool(first <= moment.astimezone(DENVER).date() <= last)


def test_bulk_entry_from_a_csv_file_reports_bad_rows_and_orders_the_good_ones_once(tenant: Sandbox) -> None:
    file = io.StringIO("Agent,Preset,Street,MLS\n1,1,O'Brien & Söhne +1%,A-1\n2,1,Main St,A-2\nx,1,Oak,A-3\n")
    columns = {"Agent": "agent_id", "Preset": "preset_id", "Street": "street_name", "MLS": "listing_number"}
    checked = check_rows(CreateOrderRequest, csv.DictReader(file), columns=columns)
    assert [str(one) for one in checked.problems] == ["row 4, column Agent: agent_id must be an int, not 'x'"]
    made = [tenant.client.orders.create_order(one).order_id for one in checked.requests]
    found = tenant.client.orders.list_orders(filter=Q.job_site.listing_number.in_(["A-1", "A-2", "A-3"]))
    assert sorted(one.id for one in found) == sorted(filter(None, made))
    assert {one.job_site.street_name for one in found if one.job_site} == {"O'Brien & Söhne +1%", "Main St"}


def test_a_web_service_shares_one_async_client(tenant: Sandbox) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncSignTrakerClient(tenant.api_key, tenant.url) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/orders/{order_id}")
    async def read(order_id: int) -> dict[str, Any]:
        try:
            order = await app.state.client.orders.get_order(order_id)
        except NotFoundError:
            raise HTTPException(404, "no such order") from None
        return {"id": order.id, "status": order.status}

    async def visit() -> tuple[list[int], int]:
        transport = httpx.ASGITransport(app)
        async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://app") as visitor:
            pages = await asyncio.gather(*(visitor.get(f"/orders/{one}") for one in range(1001, 1041)))
            missing = await visitor.get("/orders/999999")
        return [one.json()["id"] for one in pages], missing.status_code

    assert asyncio.run(visit()) == (list(range(1001, 1041)), 404)


def test_agent_maintenance_sends_only_the_fields_that_changed(tenant: Sandbox) -> None:
    client = tenant.client
    agent = client.agents.list_agents(filter=AgentQ.payment_mode == "Prepay", top=1)[0]
    after = agent.model_copy(update={"payment_mode": "ACH", "cc_email": None, "notes": "Gate code 5"})
    changes = merge_patch(agent, after)
    assert changes.payload() == {"PaymentMode": "ACH", "Notes": "Gate code 5"} | (
        {} if agent.cc_email is None else {"CcEmail": None}
    )
    assert client.agents.update_agent(agent.id, changes, before=agent).payment_mode == "ACH"
    with pytest.raises(ValidationError, match="notes: must be text, not 5"):
        client.agents.update_agent(agent.id, {"notes": 5})


def test_a_removal_planner_requests_the_removal_of_each_installed_sign_once(tenant: Sandbox) -> None:
    standing = Q.date_installed.is_not_null() & Q.removal_date.is_null() & Q.removal_request_date.is_null()
    waiting = {one.id for one in tenant.client.orders.list_orders(filter=standing)}
    asked: list[int] = []
    for order in tenant.client.orders.iter_orders(filter=standing, orderby=Q.created, page_size=10):
        tenant.client.orders.request_removal(order.id, due_date=date(2027, 1, 4))
        asked.append(order.id)
    assert sorted(asked) == sorted(waiting)
    assert len(asked) > 50


def test_the_error_of_an_unconfirmed_write_names_its_own_listing() -> None:
    """Let two creations fail at the same time: each error says how to find its own order."""
    with ScriptedServer([Reply.reset()]) as server, SignTrakerClient("key", server.url) as client:

        def create(number: int) -> str:
            with pytest.raises(UnconfirmedWriteError) as caught:
                client.orders.create_order(agent_id=1, preset_id=1, listing_number=f"MLS-{number}")
            return str(caught.value)

        with ThreadPoolExecutor(2) as threads:
            messages = list(threads.map(create, range(2)))
    assert [[f"MLS-{one}" in message for one in range(2)] for message in messages] == [
        [True, False],
        [False, True],
    ]


def test_a_call_beyond_a_limit_raises_an_error_that_is_a_validation_error_too(
    tenant: Sandbox,
) -> None:
    with pytest.raises(QueryLimitError, match="the server takes 100") as caught:
        tenant.client.orders.list_orders(filter=Q.status.in_([f"s{one}" for one in range(50)]))
    assert isinstance(caught.value, ValidationError)
    assert [one.field for one in caught.value.problems] == ["filter"]
    with pytest.raises(ValidationError, match="orderby") as mixed:
        tenant.client.orders.list_orders(
            filter=Q.status.in_([f"s{one}" for one in range(50)]), orderby="", top=1
        )
    assert not isinstance(mixed.value, QueryLimitError)
