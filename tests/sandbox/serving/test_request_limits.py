"""Check the bounds of what is read and remembered, and that pages of other origins are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from signtraker.sandbox.serving.gate import LARGEST_BODY, RequestLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker.sandbox import Sandbox

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def fresh(sandbox: Sandbox) -> Sandbox:
    sandbox.reset()
    return sandbox


def chunks(length: int) -> Iterator[bytes]:
    piece = b" " * 1_000_000
    for _ in range(length // len(piece)):
        yield piece
    yield b" " * (length % len(piece))


@pytest.mark.slow
def test_a_body_beyond_the_limit_of_iis_is_a_413_and_is_not_remembered(
    fresh: Sandbox, api: httpx.Client
) -> None:
    answer = api.post("/api/orders", content=chunks(LARGEST_BODY + 1), headers=JSON)
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert [(request.body, request.status) for request in fresh.requests] == [(b"", 413)]
    assert api.post("/api/orders", content=chunks(LARGEST_BODY), headers=JSON).status_code == 400
    assert api.get("/api/orders/1001").status_code == 200


def test_the_oldest_requests_are_dropped_beyond_the_bound_and_counted(
    fresh: Sandbox, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RequestLog, "most_bytes", 10_000)
    for note in ("a", "b", "c"):
        api.post("/api/orders", json={"Notes": note * 4_000})
    assert [request.json["Notes"][0] for request in fresh.requests] == ["b", "c"]
    assert fresh.dropped_requests == 1
    listed = api.get("/sandbox/requests")
    assert (len(listed.json()), listed.headers["X-Sandbox-Dropped"]) == (2, "1")
    fresh.reset()
    assert fresh.dropped_requests == 0


def test_the_number_of_requests_that_are_remembered_is_bounded(
    fresh: Sandbox, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RequestLog, "most_requests", 2)
    for path in ("/api/agents", "/api/offices", "/api/enterprises"):
        api.get(path)
    assert [request.path for request in fresh.requests] == ["/api/offices", "/api/enterprises"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "null", "http://127.0.0.1.evil.example", ""]
)
def test_a_simple_request_of_another_origin_is_refused_and_uses_up_no_fault(
    fresh: Sandbox, api: httpx.Client, origin: str
) -> None:
    fault = fresh.faults.add(path="/api/orders", status=503)
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    answer = api.post("/api/orders", content=b"{}", headers=headers)
    assert answer.status_code == 403
    assert "cannot use the sandbox" in answer.json()["Message"]
    assert list(fresh.faults) == [fault]
    assert fresh.requests[0].fault is None


def test_a_page_of_the_sandbox_itself_may_use_the_api(fresh: Sandbox, api: httpx.Client) -> None:
    assert api.get("/api/orders/1001", headers={"Origin": fresh.url}).status_code == 200


def test_a_long_body_does_not_break_the_next_request_of_its_connection(fresh: Sandbox) -> None:
    headers = {"X-Sandbox-Token": fresh.control_token, **JSON}
    fresh.orders.add(notes="to be forgotten")
    limits = httpx.Limits(max_connections=1)
    with httpx.Client(base_url=fresh.url, headers=headers, limits=limits, trust_env=False) as client:
        for length in (65_537, 1_000_000):
            assert client.post("/sandbox/faults", content=b"x" * length).status_code == 413
            answer = client.post("/sandbox/reset", content=b"{}")
            assert (answer.status_code, fresh.count_orders()) == (200, 300)


@pytest.mark.parametrize("number", ["1e1000000", "-1e1000000", "1e18", "999999999999999999999"])
def test_an_amount_that_no_column_holds_is_a_mistake_in_the_payload(api: httpx.Client, number: str) -> None:
    answer = api.post("/api/credits/awards", content=f'{{"TotalAmount": {number}}}', headers=JSON)
    assert answer.status_code == 400
    assert "to type 'System.Decimal'. Path 'TotalAmount'." in answer.text


@pytest.mark.parametrize("number", ["1e-1000000", "0e1000000", "-0.0", "999999999999999999"])
def test_an_amount_with_any_exponent_that_a_column_holds_is_stored(api: httpx.Client, number: str) -> None:
    answer = api.post("/api/credits/awards", content=f'{{"TotalAmount": {number}}}', headers=JSON)
    assert answer.status_code == 200
