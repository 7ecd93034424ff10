"""Check the sandbox's control API, and faults that are written as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from plain_http import plain_client

from signtraker.sandbox import Fault, Sandbox, SandboxError
from signtraker.sandbox.faults.parse import parse_rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(orders=5) as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.reset()
    return shared


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"X-Sandbox-Token": sandbox.control_token}
    with httpx.Client(base_url=f"{sandbox.url}/sandbox", headers=headers, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("POST /api/orders status=503 nth=2", Fault(method="POST", path="/api/orders", status=503, nth=2)),
        ("* status=500 times=all", Fault(path="*", status=500, times=None)),
        ("GET reset=before_work", Fault(method="GET", reset="before_work")),
        ("status=500 after_work", Fault(status=500, after_work=True)),
        ("status=500 after_work=no", Fault(status=500)),
        ("/api/* body=cut probability=0.5 seed=7", Fault(path="/api/*", body="cut", probability=0.5, seed=7)),
        (
            "status=429 retry_after=5 message='Slow down.'",
            Fault(status=429, retry_after="5", message="Slow down."),
        ),
        ("delay_before=1 delay_after=0.5 trickle=0", Fault(delay_before=1, delay_after=0.5, trickle=0)),
    ],
)
def test_a_fault_is_a_line_of_text(text: str, fault: Fault) -> None:
    assert parse_rule(text) == fault
    assert Fault(**fault.parameters()) == fault


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("POST /api/orders", "without an effect"),
        ("", "without an effect"),
        ("POST /api/orders staus=503", "'staus' is no parameter of a fault; did you mean status?"),
        ("status=soon", "status='soon' should be a valid integer"),
        ("status=503 nth=0", "nth='0' should be greater than or equal to 1"),
        ("status=99", "status='99' should be greater than or equal to 200"),
        ("probability=often status=500", "probability='often' should be a valid number"),
        ("delay_after=nan", "delay_after='nan' should be a finite number"),
        ("status=500 after_work=perhaps", "after_work='perhaps' should be a valid boolean"),
        ("reset=sometimes", "reset='sometimes' should be 'before_work', "),
        ("status=500 status=501", "status is given twice"),
        ("post /api/orders status=500", "'post' is neither a method, a path nor name=value"),
        ("message='unended", "cannot be read: No closing quotation"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_fault_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(SandboxError) as caught:
        parse_rule(text)
    assert reason in str(caught.value)
    assert text in str(caught.value)


def test_faults_are_set_shown_and_cleared(sandbox: Sandbox, control: httpx.Client) -> None:
    given = {"method": "GET", "path": "/api/orders*", "status": 503, "retry_after": 2}
    assert control.post("/faults", json=given).json() == given
    assert control.post("/faults", json="/api/agents body=html").json() == {
        "path": "/api/agents",
        "body": "html",
    }
    assert control.get("/faults").json() == [given, {"path": "/api/agents", "body": "html"}]
    with plain_client(sandbox) as api:
        assert api.get("/api/orders").status_code == 503
    assert control.delete("/faults").json() == []
    assert list(sandbox.faults) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"status": "503"}, "status='503' should be a valid integer."),
        ({"status": True}, "status=True should be a valid integer."),
        ({"when": "now"}, "'when' is no parameter of a fault"),
        ({"method": "GET"}, "without an effect"),
        ({"reset": "later"}, "reset='later' should be 'before_work', "),
        ({"message": "a\r\nb", "status": 500}, "should be printable text"),
        ([], "A JSON object is expected, not []."),
        ("status=x", "status='x' should be a valid integer"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_a_sentence(
    control: httpx.Client, body: object, reason: str
) -> None:
    answer = control.post("/faults", json=body)
    assert answer.status_code == 400
    assert reason in answer.json()["Message"]


def test_the_clock_is_read_and_moved(sandbox: Sandbox, control: httpx.Client) -> None:
    assert control.get("/clock").json() == {"now": "2026-01-15T09:00:00.000Z"}
    with plain_client(sandbox) as api:
        key = api.post("/api/orders", json={"AgentId": 1, "PresetId": 1}).json()["OrderId"]
        assert control.post("/clock", json={"days": 3, "hours": 1}).json() == {
            "now": "2026-01-18T10:00:00.000Z"
        }
        assert api.get(f"/api/orders/{key}").json()["Status"] == "Installed"
    moved = control.post("/clock", json={"now": "2026-03-01T00:00:00+01:00"})
    assert moved.json() == {"now": "2026-02-28T23:00:00.000Z"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"days": -1}, "cannot go back"),
        ({"weeks": 1}, "'weeks' is no parameter of a move; choose one of now, days, hours, minutes."),
        ({"days": "1"}, "days='1' should be a valid number."),
        ({"days": 1e9}, "."),
        ({"now": "soon"}, "now='soon' should be a valid datetime"),
        ({"now": "2026-03-01", "days": 1}, "either now, or by how much"),
        ({}, "Say where to move to"),
        ([], "A JSON object is expected, not []."),
    ],
)
def test_a_wrong_move_of_the_clock_is_refused_with_the_reason(
    control: httpx.Client, body: object, reason: str
) -> None:
    answer = control.post("/clock", json=body)
    assert answer.status_code == 400
    assert reason in answer.json()["Message"]


def test_requests_and_work_done_are_shown_without_the_key(sandbox: Sandbox, control: httpx.Client) -> None:
    with plain_client(sandbox) as api:
        key = api.post("/api/orders", json={"AgentId": 1, "PresetId": 1, "ExternalID": "x"}).json()["OrderId"]
        api.get("/api/orders", params={"$filter": "Status eq 'a&b'"})
    short_repr = control.get("/requests")
    created, listed = short_repr.json()
    assert (created["method"], created["path"], created["status"]) == ("POST", "/api/orders", 200)
    assert json.loads(created["body"])["ExternalID"] == "x"
    assert listed["query"] == [["$filter", "Status eq 'a&b'"]]
    assert listed["fault"] is None
    for secret in (sandbox.api_key, sandbox.control_token, "uthorization"):
        assert secret not in short_repr.text
    (entry,) = control.get("/ledger").json()
    assert (entry["id"], entry["at"]) == (1, "2026-01-15T09:00:00.000Z")
    assert (entry["action"], entry["subject_id"], entry["external_id"]) == ("order.created", key, "x")
    assert len(sandbox.requests) == 2


def test_a_reset_restores_the_start_time(sandbox: Sandbox, control: httpx.Client) -> None:
    sandbox.clock.advance(days=9)
    assert control.post("/reset", json={}).json() == {"now": "2026-01-15T09:00:00.000Z"}
    assert sandbox.clock.now().day == 15


def test_a_reset_of_records_of_an_earlier_run_is_refused(tmp_path: Path) -> None:
    with Sandbox(orders=1, database=tmp_path / "a.db"):
        pass
    with Sandbox(orders=1, database=tmp_path / "a.db", control_token="t") as sandbox:
        headers = {"X-Sandbox-Token": "t"}
        answer = httpx.post(f"{sandbox.url}/sandbox/reset", json={}, headers=headers, trust_env=False)
    assert answer.status_code == 400
    assert "earlier run" in answer.json()["Message"]


@pytest.mark.parametrize("path", ["/faults", "/clock", "/reset"])
@pytest.mark.parametrize("token", ["", "wrong", "sandbox-key"])
def test_nothing_is_changed_without_the_token(sandbox: Sandbox, path: str, token: str) -> None:
    answer = httpx.post(
        f"{sandbox.url}/sandbox{path}", json={"days": 1}, headers={"X-Sandbox-Token": token}, trust_env=False
    )
    assert answer.status_code == 403
    assert sandbox.clock.now().day == 15


def test_the_media_types_of_web_forms_are_refused(sandbox: Sandbox, control: httpx.Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = control.post("/clock", content=b'{"days": 1}', headers={"Content-Type": kind})
        assert answer.status_code == 415
    assert sandbox.clock.now().day == 15


def test_a_foreign_host_name_neither_reads_nor_changes(sandbox: Sandbox, control: httpx.Client) -> None:
    foreign = {"Host": "evil.example"}
    assert control.get("/requests", headers=foreign).status_code == 400
    assert control.post("/clock", json={"days": 1}, headers=foreign).status_code == 400
    assert sandbox.clock.now().day == 15


def test_an_unknown_path_or_method_is_refused_with_the_known_ones(control: httpx.Client) -> None:
    assert (
        "faults, faults/unused, clock, requests, ledger, reset" in control.get("/nothing").json()["Message"]
    )
    answer = control.put("/clock", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("content", [b"{", b"[" * 50_000, b"\xff"])
def test_a_body_that_is_no_json_is_refused(control: httpx.Client, content: bytes) -> None:
    answer = control.post("/clock", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "no JSON" in answer.json()["Message"]


def test_a_body_that_is_too_long_is_a_413(control: httpx.Client) -> None:
    content = b'"' + b"x" * 70_000 + b'"'
    answer = control.post("/faults", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_the_control_api_describes_itself(control: httpx.Client) -> None:
    described = control.get("/openapi.json").json()
    operations = {
        f"{method.upper()} {path}" for path, known in described["paths"].items() for method in known
    }
    assert operations == {
        "GET /sandbox/faults",
        "POST /sandbox/faults",
        "DELETE /sandbox/faults",
        "GET /sandbox/faults/unused",
        "GET /sandbox/clock",
        "POST /sandbox/clock",
        "GET /sandbox/requests",
        "GET /sandbox/ledger",
        "POST /sandbox/reset",
    }
    status = described["components"]["schemas"]["Fault"]["properties"]["status"]
    assert status["anyOf"][0] == {"type": "integer", "minimum": 200, "maximum": 599}
    assert status["description"].startswith("The status that is sent")
