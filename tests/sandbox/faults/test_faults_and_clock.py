"""Check faults, the ledger, the clock and the reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints

import httpx
import pytest
from plain_http import plain_client, rows

from signtraker.sandbox import Fault, Sandbox, SandboxError
from signtraker.sandbox.faults.fault import FaultParameters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signtraker.sandbox.faults.fault import Reset

_ORDER = {"AgentId": 1, "PresetId": 1, "ExternalID": "mine"}


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.reset()
    return shared


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(orders=20) as running:
        yield running


def test_a_status_with_retry_after_replaces_the_work(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add(method="POST", status=503, retry_after=7, message="Busy.")
    answer = api.post("/api/orders", json=_ORDER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == {"Message": "Busy."}
    assert sandbox.ledger == []
    assert api.post("/api/orders", json=_ORDER).status_code == 200
    assert [one.fault is None for one in sandbox.requests] == [False, True]


def test_a_status_can_come_after_the_work_was_done(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add(status=500, after_work=True)
    assert api.post("/api/orders", json=_ORDER).status_code == 500
    assert [one.action for one in sandbox.ledger] == ["order.created"]


@pytest.mark.parametrize(("reset", "work"), [("before_work", 0), ("before_answer", 1), ("during_answer", 1)])
def test_a_connection_is_lost_before_or_after_the_work(
    sandbox: Sandbox, api: httpx.Client, reset: Reset, work: int
) -> None:
    sandbox.faults.add(reset=reset)
    with pytest.raises(httpx.TransportError):
        api.post("/api/orders", json=_ORDER)
    assert len(sandbox.ledger) == work


def test_a_connection_closed_after_the_response_loses_no_data(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add(reset="after_answer")
    assert api.get("/api/orders/1001").status_code == 200
    with plain_client(sandbox) as other:
        assert other.get("/api/orders/1001").status_code == 200


def test_a_cut_body_is_no_json_and_a_garbled_one_is_no_text(sandbox: Sandbox, api: httpx.Client) -> None:
    for body in ("cut", "garbled"):
        sandbox.faults.add(body=body)
        answer = api.get("/api/orders/1001")
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"."):
            answer.json()


def test_a_page_of_html_can_replace_any_response(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add(body="html", status=502)
    answer = api.get("/api/orders")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE HTML")


def test_extra_fields_unknown_values_and_wrong_types(sandbox: Sandbox, api: httpx.Client) -> None:
    plain = api.get("/api/orders/1001").json()
    answers: dict[str, Any] = {}
    for body in ("extra_fields", "unknown_enum", "wrong_types"):
        sandbox.faults.add(body=body)
        answers[body] = api.get("/api/orders/1001").json()
    assert answers["extra_fields"]["Introduced"] == "later"
    assert answers["extra_fields"]["JobSite"]["City"] == plain["JobSite"]["City"]
    assert answers["unknown_enum"]["Status"] == "SomethingNew"
    assert answers["unknown_enum"]["Agent"] == plain["Agent"]
    assert answers["wrong_types"]["Id"] == [1001]
    assert answers["wrong_types"]["Agent"]["Name"] == {"unexpected": plain["Agent"]["Name"]}


def test_a_trickling_body_arrives_whole(sandbox: Sandbox, api: httpx.Client) -> None:
    plain = api.get("/api/enterprises").json()
    sandbox.faults.add(trickle=0)
    assert api.get("/api/enterprises").json() == plain


def test_a_delayed_response_exceeds_the_timeout_of_the_client(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add(delay_after=3600)
    with pytest.raises(httpx.ReadTimeout):
        api.post("/api/orders", json=_ORDER, timeout=httpx.Timeout(30, read=0.05))
    while not sandbox.ledger:  # The client may have given up before the work was done.
        pass
    assert [one.action for one in sandbox.ledger] == ["order.created"]


def test_every_fault_counts_every_request_that_it_matches(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add(status=500)
    sandbox.faults.add(status=503, nth=2)
    assert [api.get("/api/offices").status_code for _ in range(3)] == [500, 503, 200]


def test_a_fault_that_is_exhausted_is_removed(sandbox: Sandbox, api: httpx.Client) -> None:
    twin = sandbox.faults.add(status=503, times=2)
    lasting = sandbox.faults.add(path="/api/agents", status=500, times=None)
    sandbox.faults.add(twin)
    api.get("/api/offices")
    assert list(sandbox.faults) == [twin, lasting, twin]
    api.get("/api/offices")
    assert list(sandbox.faults) == [lasting, twin]
    for _ in range(2):
        api.get("/api/offices")
    assert list(sandbox.faults) == [lasting]
    assert len(sandbox.faults) == 1


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_comes_without_one(sandbox: Sandbox, api: httpx.Client, status: int) -> None:
    sandbox.faults.add(status=status, trickle=0)
    answer = api.get("/api/offices")
    assert (answer.status_code, answer.content) == (status, b"")
    assert api.get("/api/offices").status_code == 200


def test_faults_choose_requests_by_method_path_count_and_probability(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    sandbox.faults.add(path="/api/orders/*", nth=2, times=2, status=500)
    found = [api.get("/api/orders/1001").status_code for _ in range(4)]
    assert found == [200, 500, 500, 200]
    assert api.get("/api/offices").status_code == 200
    sandbox.faults.clear()
    sandbox.faults.add(Fault(probability=0.5, seed=3, times=None, status=500))
    drawn = [api.get("/api/enterprises").status_code for _ in range(20)]
    assert set(drawn) == {200, 500}
    sandbox.faults.clear()
    sandbox.faults.add(probability=0.5, seed=3, times=None, status=500)
    assert [api.get("/api/enterprises").status_code for _ in range(20)] == drawn


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"status": 503, "staus": 500},
        {"status": "503"},
        {"status": 503, "message": "two\nlines"},
        {"reset": "sometimes"},
        {"body": "wet"},
        {"nth": 0, "status": 500},
        {"times": 0, "status": 500},
        {"probability": 2, "status": 500},
        {"delay_after": -1},
        {"status": 99},
        {"delay_before": float("nan")},
        {"delay_after": float("inf")},
        {"trickle": float("nan")},
        {"status": 503, "retry_after": " 1 "},
        {"status": 503, "retry_after": "1\r\nSet-Cookie: a=b"},
        {"status": 503, "retry_after": ""},
        {"status": 503, "retry_after": "é"},
        {"status": 204, "reset": "during_answer"},
        {"status": 304, "body": "html"},
    ],
)
def test_a_fault_that_could_never_occur_is_refused(sandbox: Sandbox, parameters: dict[str, Any]) -> None:
    with pytest.raises(SandboxError):
        sandbox.faults.add(**parameters)


def test_the_keywords_of_add_have_the_types_of_the_faults_fields() -> None:
    fields = {name: hint for name, hint in get_type_hints(Fault).items() if name in Fault.model_fields}
    assert get_type_hints(FaultParameters) == fields


def test_every_parameter_of_a_fault_has_a_description() -> None:
    assert [name for name, field in Fault.model_fields.items() if not field.description] == []


def test_the_ledger_lists_actions_and_records(sandbox: Sandbox, api: httpx.Client) -> None:
    result = api.post("/api/orders", json=_ORDER).json()
    sandbox.clock.advance(days=3)
    api.post(f"/api/orders/{result['OrderId']}/requestremoval", json={})
    api.post("/api/orders", json={"AgentId": 1})
    created, removal = sandbox.ledger
    assert (created.id, created.action) == (result["RequestId"], "order.created")
    assert (created.subject_id, created.external_id) == (result["OrderId"], "mine")
    assert (removal.action, removal.subject_id) == ("removal.requested", result["OrderId"])


def test_a_reset_restores_records_clock_faults_and_requests(sandbox: Sandbox, api: httpx.Client) -> None:
    before = rows(api)
    first = api.post("/api/orders", json=_ORDER).json()
    sandbox.clock.advance(days=30)
    sandbox.faults.add(times=None, status=500)
    sandbox.reset()
    assert sandbox.requests == []
    assert rows(api) == before
    assert api.post("/api/orders", json=_ORDER).json() == first


def test_records_of_an_earlier_run_are_not_reset(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    with Sandbox(orders=1, database=path) as first:
        later = first.clock.advance(days=1)
    with Sandbox(database=path) as second:
        assert second.clock.now() == later
        with pytest.raises(SandboxError, match="earlier run"):
            second.reset()
