"""Check that a fault that matches no route is refused, and that unused faults are listed."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plain_http import plain_client

from signtraker import ServerError
from signtraker.sandbox import Fault, Sandbox, SandboxError
from signtraker.sandbox.faults.fault import ROUTES

if TYPE_CHECKING:
    import httpx

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_known_routes_are_those_of_the_openapi_document() -> None:
    assert set(ROUTES) == set(json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"])


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("api/orders", "/api/orders"),
        ("/order", "/api/orders"),
        ("/orders/*", "/api/orders"),
        ("/api/agnets", "/api/agents"),
        ("/api/orders/1/removal", "/api/orders/"),
        ("/api/awards", "/api/credits/awards"),
        ("", "/api/orders"),
    ],
)
def test_a_path_that_matches_no_route_is_refused_with_the_nearest_one(path: str, near: str) -> None:
    with pytest.raises(SandboxError, match="matches no route of the API") as caught:
        Fault(path=path, status=503)
    assert f"did you mean '{near}" in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "*", "/api/*", "/api/orders", "/api/orders*", "/api/orders/*", "/api/orders/1001", "/API/Orders/1001",
        "/api/orders/*/requestremoval", "/api/orders/7/requestremoval", "*/awards", "/api/o*",
        "/api/agents/activate",
    ],
)  # fmt: skip
def test_a_path_that_matches_a_route_is_accepted(path: str) -> None:
    assert Fault(path=path, status=503).path == path


def test_a_wrong_path_is_refused_over_the_control_api_too(sandbox: Sandbox) -> None:
    with plain_client(sandbox) as api:
        answer = api.post("/sandbox/faults", json="GET /order status=503", headers=token(sandbox))
    assert answer.status_code == 400
    assert "matches no route of the API" in answer.text


def token(sandbox: Sandbox) -> dict[str, str]:
    return {"X-Sandbox-Token": sandbox.control_token}


def test_faults_that_applied_to_no_request_are_listed(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.reset()
    hit = sandbox.faults.add(method="GET", path="/api/orders", status=500, times=None)
    missed = sandbox.faults.add(path="/api/agents", status=503)
    with pytest.raises(ServerError):
        sandbox.client.with_options(max_retries=0).orders.list_orders()
    assert sandbox.faults.unused == [missed]
    assert list(sandbox.faults) == [hit, missed]
    listed = api.get("/sandbox/faults/unused").json()
    assert [one["path"] for one in listed] == ["/api/agents"]
    sandbox.reset()


def test_the_server_logs_no_accesses(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    access = logging.getLogger("uvicorn.access")
    before = (access.propagate, access.level)
    try:
        access.propagate = True  # As a user's own logging configuration may leave it.
        access.setLevel(logging.INFO)
        with caplog.at_level(logging.DEBUG), Sandbox(orders=1) as own:
            access.propagate = True
            own.client.orders.list_orders()
            own.client.orders.get_order(1001)
    finally:
        access.propagate, access.level = before
    assert [one for one in caplog.records if one.name == "uvicorn.access"] == []


def test_an_order_is_added_with_its_listing_number(sandbox: Sandbox) -> None:
    order = sandbox.orders.add(listing_number="MLS-1")
    assert order.job_site is not None
    assert order.job_site.listing_number == "MLS-1"
    assert sandbox.client.orders.get_order(order.id).job_site == order.job_site
