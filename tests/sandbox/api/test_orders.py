from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from plain_http import plain_client, rows

from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

_FULL = {
    "AgentId": 42,
    "PresetId": 7,
    "StreetNumber": "12",
    "StreetName": "O'Brien St",
    "City": "Söhne",
    "State": "UT",
    "Zip": "84070",
    "Apartment": "3b",
    "Directions": 'left of "the mill"',
    "ListingNumber": "MLS1",
    "ExternalID": "mine-1",
    "DueDate": "2026-12-24T00:00:00.000Z",
    "Notes": "  blanks stay  ",
}


def _mistakes(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 400
    assert answer.json()["Message"] == "The request is invalid."
    found: dict[str, list[str]] = answer.json()["ModelState"]
    return found


def test_an_order_that_was_created_reads_back_as_it_was_sent(api: httpx.Client) -> None:
    result = api.post("/api/orders", json=_FULL).json()
    assert result.keys() == {"Status", "Message", "RequestId", "OrderId"}
    assert result["Status"] == "Draft"
    order = api.get(f"/api/orders/{result['OrderId']}").json()
    assert order["Status"] == "Draft"
    assert order["Created"] == "2026-01-15T09:00:00.000Z"
    assert order["DueDate"] == "2026-12-24T00:00:00.000Z"
    assert order["Notes"] == "  blanks stay  "
    assert order["Agent"]["Id"] == 42
    site = order["JobSite"]
    assert site["StreetAddress"] == "12 O'Brien St"
    assert (site["StreetLine2"], site["City"], site["Zip"]) == ("3b", "Söhne", "84070")
    assert (site["Directions"], site["ListingNumber"]) == ('left of "the mill"', "MLS1")


def test_the_external_id_is_not_part_of_an_order(api: httpx.Client) -> None:
    key = api.post("/api/orders", json=_FULL).json()["OrderId"]
    assert "mine-1" not in api.get(f"/api/orders/{key}").text


def test_the_two_required_fields_are_enough(api: httpx.Client) -> None:
    key = api.post("/api/orders", json={"AgentId": 1, "PresetId": 1}).json()["OrderId"]
    order = api.get(f"/api/orders/{key}").json()
    assert (order["DueDate"], order["Notes"], order["JobSite"]["City"]) == (None, None, None)


def test_all_missing_fields_are_named_at_once(api: httpx.Client) -> None:
    assert _mistakes(api.post("/api/orders", json={"agent_id": 1})) == {
        "order.AgentId": ["The AgentId field is required."],
        "order.PresetId": ["The PresetId field is required."],
    }


def test_missing_references_are_refused(api: httpx.Client) -> None:
    assert _mistakes(api.post("/api/orders", json={"AgentId": 999, "PresetId": 99})) == {
        "order.AgentId": ["The agent 999 does not exist."],
        "order.PresetId": ["The order preset 99 does not exist."],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("AgentId", True),
        ("AgentId", "42"),
        ("AgentId", 1.5),
        ("AgentId", 2**63),
        ("PresetId", {}),
        ("City", 5),
        ("City", "\ud800"),
        ("Notes", ["a"]),
        ("DueDate", "tomorrow"),
        ("DueDate", 20260101),
        ("DueDate", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_field(
    api: httpx.Client, field: str, value: object
) -> None:
    body = json.dumps({**_FULL, field: value})
    answer = api.post("/api/orders", content=body, headers={"Content-Type": "application/json"})
    assert list(_mistakes(answer)) == [f"order.{field}"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-12-24", "2026-12-24T00:00:00.000Z"),
        ("2026-12-24T10:00:00", "2026-12-24T10:00:00.000Z"),
        ("2026-12-24T10:00:00+02:00", "2026-12-24T08:00:00.000Z"),
        ("2026-12-24T10:00:00.123456Z", "2026-12-24T10:00:00.123456Z"),
        ("2026-12-24T10:00:00.1234567Z", "2026-12-24T10:00:00.123456Z"),
    ],
)
def test_dates_are_kept_to_the_microsecond_in_utc(api: httpx.Client, sent: str, stored: str) -> None:
    key = api.post("/api/orders", json={**_FULL, "DueDate": sent}).json()["OrderId"]
    assert api.get(f"/api/orders/{key}").json()["DueDate"] == stored
    assert [row["Id"] for row in rows(api, filter=f"DueDate eq {stored} and Id eq {key}")] == [key]


def test_a_removal_is_requested_with_and_without_a_date(api: httpx.Client) -> None:
    key = rows(api, filter="Status eq 'Installed'", top=1)[0]["Id"]
    path = f"/api/orders/{key}/requestremoval"
    assert api.post(path, json={}).json() == {"DueDate": "2026-01-18T00:00:00.000Z"}
    dated = {"DueDate": "2026-02-01T00:00:00Z", "Notes": "call first"}
    assert api.post(path, json=dated).json() == {"DueDate": "2026-02-01T00:00:00.000Z"}
    order = api.get(f"/api/orders/{key}").json()
    assert order["RemovalRequestDate"] == "2026-01-15T09:00:00.000Z"
    assert order["RemovalDueDate"] == "2026-02-01T00:00:00.000Z"
    assert api.post("/api/orders/1/requestremoval", json={}).status_code == 404


def test_a_licensee_has_no_presets_and_creates_no_orders() -> None:
    with Sandbox(orders=1, national_account=False) as sandbox, plain_client(sandbox) as api:
        assert rows(api, "/api/orderpresets") == []
        assert api.post("/api/orders", json=_FULL).status_code == 400


@pytest.mark.slow
@pytest.mark.parametrize("in_a_file", [False, True])
def test_thirty_two_writers_lose_nothing_and_share_no_number(
    in_a_file: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
) -> None:
    start = threading.Barrier(32)

    def write_and_read(agent: int) -> list[dict[str, Any]]:
        start.wait()
        with plain_client(sandbox) as api:
            keys = [
                api.post("/api/orders", json={**_FULL, "AgentId": agent}).json()["OrderId"] for _ in range(4)
            ]
            return [api.get(f"/api/orders/{key}").json() for key in keys]

    database = tmp_path / "sandbox.db" if in_a_file else None
    with Sandbox(orders=0, database=database) as sandbox, ThreadPoolExecutor(32) as pool:
        written = [
            (n, one) for n, all_ in enumerate(pool.map(write_and_read, range(1, 33)), 1) for one in all_
        ]
        with plain_client(sandbox) as api:
            stored = rows(api)
    assert all(order["Agent"]["Id"] == agent for agent, order in written)
    assert sorted(stored, key=lambda one: one["Id"]) == sorted(
        (order for _, order in written), key=lambda one: one["Id"]
    )
    assert len({one["OrderNumber"] for one in stored}) == 128
