"""Check the life of an order, from request to removal, as the clock is advanced; and its payments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from plain_http import plain_client, rows

from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_ORDER = {"AgentId": 1, "PresetId": 1}


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.reset()
    return shared


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(orders=40) as running:
        yield running


def _place(api: httpx.Client, **fields: object) -> int:
    key: int = api.post("/api/orders", json={**_ORDER, **fields}).json()["OrderId"]
    return key


def _order(api: httpx.Client, key: int) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/orders/{key}").json()
    return found


def test_a_draft_is_installed_and_removed_as_time_passes(sandbox: Sandbox, api: httpx.Client) -> None:
    key = _place(api, DueDate="2026-01-20T00:00:00Z")
    sandbox.clock.advance(days=4)
    assert _order(api, key)["Status"] == "Draft"
    sandbox.clock.advance(days=1)
    order = _order(api, key)
    assert (order["Status"], order["DateInstalled"]) == ("Installed", "2026-01-20T00:00:00.000Z")
    api.post(f"/api/orders/{key}/requestremoval", json={"DueDate": "2026-03-01T00:00:00Z"})
    sandbox.clock.set(datetime(2026, 3, 2, tzinfo=UTC))
    order = _order(api, key)
    assert (order["Status"], order["RemovalDate"]) == ("Removed", "2026-03-01T00:00:00.000Z")


def test_an_order_is_designing_before_it_is_a_draft_with_design_days() -> None:
    with Sandbox(orders=0, design_days=2) as sandbox, plain_client(sandbox) as api:
        result = api.post("/api/orders", json={**_ORDER, "DueDate": "2026-01-16T00:00:00Z"}).json()
        key = result["OrderId"]
        seen = [_order(api, key)["Status"]]
        sandbox.clock.advance(days=1)
        seen.append(_order(api, key)["Status"])
        later = _place(api)
        sandbox.clock.advance(days=1)
        seen.append(_order(api, key)["Status"])
        sandbox.clock.advance(days=1)
        assert (result["Status"], seen) == ("Designing", ["Designing", "Designing", "Installed"])
        # Due before its design was done, it was installed as soon as it could be.
        assert _order(api, key)["DateInstalled"] == "2026-01-17T09:00:00.000Z"
        assert _order(api, later)["Status"] == "Draft"


@pytest.mark.once
def test_one_long_step_of_the_clock_does_what_many_short_ones_do() -> None:
    def after(*steps: float) -> list[dict[str, Any]]:
        with Sandbox(orders=0, design_days=1) as sandbox, plain_client(sandbox) as api:
            for due in (None, "2026-01-17T00:00:00Z", "2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"):
                _place(api, DueDate=due)
            for days in steps:
                sandbox.clock.advance(days=days)
            return rows(api)

    assert after(20) == after(*[0.5] * 40) == after(1, 2, 17)


def test_overdue_work_is_done_as_soon_as_the_clock_moves(sandbox: Sandbox, api: httpx.Client) -> None:
    key = _place(api, DueDate="2020-01-01T00:00:00Z")
    sandbox.clock.advance(minutes=1)
    assert _order(api, key)["DateInstalled"] == "2026-01-15T09:00:00.000Z"
    overdue = rows(api, filter="DateInstalled lt Created or RemovalDate lt DateInstalled")
    assert overdue == []


def test_work_without_a_due_date_is_done_after_three_days(sandbox: Sandbox, api: httpx.Client) -> None:
    key = _place(api)
    install = rows(api, filter="Status eq 'Installed'", top=1)[0]["Id"]
    service = {"InstallId": install, "PresetId": 1, "OverridePriceLimit": False}
    (placed,) = api.post("/api/services", json=service).json()
    now = sandbox.clock.advance(days=2, hours=23, minutes=59)
    assert _order(api, key)["Status"] == "Draft"
    assert now == datetime(2026, 1, 18, 8, 59, tzinfo=UTC)
    sandbox.clock.advance(hours=2)
    assert _order(api, key)["DateInstalled"] == "2026-01-18T09:00:00.000Z"
    done = api.get(f"/api/services/{placed['Id']}").json()
    assert (done["Status"], done["CompletionDate"]) == ("Completed", "2026-01-18T09:00:00.000Z")


def test_an_order_that_requires_payment_does_not_change(sandbox: Sandbox, api: httpx.Client) -> None:
    waiting = rows(api, filter="Status eq 'PaymentRequired'")
    sandbox.clock.advance(days=900)
    assert rows(api, filter="Status eq 'PaymentRequired'") == waiting != []


def test_a_removal_needs_an_installed_sign(sandbox: Sandbox, api: httpx.Client) -> None:
    key = _place(api)
    path = f"/api/orders/{key}/requestremoval"
    expected = {"Message": f"The removal cannot be requested: The sign of order {key} is not installed."}
    refused = api.post(path, json={})
    assert (refused.status_code, refused.json()) == (400, expected)
    sandbox.clock.advance(days=3)
    assert api.post(path, json={}).status_code == 200
    sandbox.clock.advance(days=3)
    again = api.post(path, json={})
    assert (again.status_code, again.json()) == (400, expected)


@pytest.mark.parametrize(
    ("path", "parameter"), [("/api/services", "service"), ("/api/changeorders", "changeOrder")]
)
def test_a_follow_up_needs_an_installed_sign(
    sandbox: Sandbox, api: httpx.Client, path: str, parameter: str
) -> None:
    key = _place(api)
    answer = api.post(path, json={"InstallId": key, "PresetId": 1, "OverridePriceLimit": True})
    assert answer.status_code == 400
    sentence = f"The sign of order {key} is not installed."
    assert answer.json()["ModelState"] == {f"{parameter}.InstallId": [sentence]}


def _remaining(api: httpx.Client, *keys: int) -> list[float]:
    known = {one["Id"]: one["RemainingAmount"] for one in rows(api, "/api/credits/awards")}
    return [known[key] for key in keys]


@pytest.fixture
def ordering(sandbox: Sandbox, api: httpx.Client) -> dict[str, int]:
    """Return what makes an order for 65.00, for an agent whose awards are those of the test alone."""
    agent = {
        "UserName": "spender",
        "Email": "spender@example.com",
        "FirstName": "Ada",
        "LastName": "Quist",
        "Office": {"Id": 1},
        "CellularPhone": "385-555-0000",
        "PaymentMode": "Terms",
    }
    return {"AgentId": api.post("/api/agents", json=agent).json()["Id"]}


def _award_to(api: httpx.Client, ordering: dict[str, int], amount: float, *kinds: str, **more: str) -> int:
    fields = {"AwardedTo": {"Id": ordering["AgentId"]}, "TotalAmount": amount, "Restrictions": kinds, **more}
    key: int = api.post("/api/credits/awards", json=fields).json()["Id"]
    return key


def test_an_order_uses_the_awards_that_expire_first(api: httpx.Client, ordering: dict[str, int]) -> None:
    endless = _award_to(api, ordering, 50)
    late = _award_to(api, ordering, 20.5, ExpirationDate="2026-12-01")
    soon = _award_to(api, ordering, 30.25, ExpirationDate="2026-02-01")
    _place(api, **ordering)
    assert _remaining(api, soon, late, endless) == [0, 0, 35.75]
    _place(api, **ordering)
    assert _remaining(api, soon, late, endless) == [0, 0, 0]
    _place(api, **ordering)
    assert _remaining(api, soon, late, endless) == [0, 0, 0]


def test_an_order_uses_no_expired_or_restricted_award(
    sandbox: Sandbox, api: httpx.Client, ordering: dict[str, int]
) -> None:
    printing = _award_to(api, ordering, 10, "Printing")
    both = _award_to(api, ordering, 10, "Printing", "Installation")
    expired = _award_to(api, ordering, 10, ExpirationDate="2026-01-15T09:00:00Z")
    expiring = _award_to(api, ordering, 10, ExpirationDate="2026-01-15T09:01:00Z")
    _place(api, **ordering)
    assert _remaining(api, printing, both, expired, expiring) == [10, 0, 10, 0]


def test_a_refused_order_uses_no_award(api: httpx.Client, ordering: dict[str, int]) -> None:
    award = _award_to(api, ordering, 10)
    assert api.post("/api/orders", json={**ordering, "PresetId": 99}).status_code == 400
    assert _remaining(api, award) == [10]
