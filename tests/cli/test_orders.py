from __future__ import annotations

import io
import json
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from signtraker import CreateOrderRequest
from signtraker.cli.orders import FIELDS

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from command_line import Command

    from signtraker.sandbox import Sandbox

ELM = ("--agent-id", "1", "--preset-id", "2", "--street-name", "Elm St", "--state", "UT")


def stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))


def test_every_field_of_a_request_has_its_option() -> None:
    assert list(FIELDS) == list(CreateOrderRequest.model_fields)


def test_an_order_is_shown_and_created(command: Command, sandbox: Sandbox) -> None:
    result = command("orders", "create", *ELM, "--due", "in 8 days", "--yes")
    order = sandbox.orders.all()[-1]
    assert (result.code, result.out) == (0, f"Order {order.id} is created.\n")
    assert result.err == (
        f"An order at {sandbox.url.removeprefix('http://')}:\n"
        "  AgentId     1\n"
        "  PresetId    2\n"
        "  StreetName  Elm St\n"
        "  State       UT\n"
        "  DueDate     Friday, 23 January 2026 (in 8 days)\n"
    )
    assert order.due_date is not None
    assert order.due_date.isoformat() == "2026-01-23T00:00:00+00:00"
    assert json.loads(command("orders", "create", *ELM, "--yes", "--json").out)["OrderId"] == order.id + 1


@pytest.mark.parametrize("extra", [("--dry-run",), ()])
def test_a_dry_run_and_a_question_that_nobody_can_answer_send_nothing(
    command: Command, sandbox: Sandbox, extra: tuple[str, ...]
) -> None:
    result = command("orders", "create", *ELM, *extra)
    if extra:
        assert json.loads(result.out) == {"AgentId": 1, "PresetId": 2, "StreetName": "Elm St", "State": "UT"}
        assert result.code == 0
    else:
        assert result.err.endswith(
            "signtraker: Nobody can be asked here, since this is no terminal; --yes says yes.\n"
        )
        assert (result.code, result.out) == (2, "")
    assert sandbox.ledger == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("order.json", '{"AgentId": 1, "PresetId": 2, "Zip": "07030", "DueDate": "2026-02-01"}'),
        ("order.yaml", "agent_id: 1\npreset_id: 2\nzip: 07030\ndue_date: 2026-02-01\n"),
        ("-", '{"AgentId": 1, "PresetId": 2, "Zip": "07030", "DueDate": "2026-02-01"}'),
    ],
)
def test_the_fields_come_from_a_file_and_options_win(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    stdin(monkeypatch, text)
    path = name
    if name != "-":
        (tmp_path / name).write_text(text, encoding="utf-8")
        path = str(tmp_path / name)
    shown = command("orders", "create", "--file", path, "--preset-id", "5", "--dry-run")
    assert json.loads(shown.out) == {
        "AgentId": 1,
        "PresetId": 5,
        "Zip": "07030",
        "DueDate": "2026-02-01T00:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--agent-id", "1"), "Nothing was sent: --preset-id is required."),
        ((*ELM, "--due", "12/24/2026"), "--due '12/24/2026' is no date that can be read"),
        ((*ELM, "--due", "3 hours ago"), "--due '3 hours ago': give a day, not a time"),
        ((*ELM, "--due", "2026-02-30"), "--due '2026-02-30': there is no such date"),
        (("--file", "nowhere.json"), "nowhere.json can't be read: No such file or directory."),
    ],
)
def test_a_request_with_a_mistake_is_refused_before_it_is_sent(
    command: Command, sandbox: Sandbox, arguments: tuple[str, ...], sentence: str
) -> None:
    result = command("orders", "create", *arguments, "--yes")
    assert sentence in result.err
    assert result.code in {1, 2}
    assert sandbox.ledger == []


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.json", "{", "is no JSON: "),
        ("a.yaml", "a: [", "is no YAML: "),
        ("a.yaml", "a: [", "line 1 is no YAML: "),
        ("a.json", '{"AgentId": 1, "AgentId": 2}', "'AgentId' is there twice; keep one."),
        ("a.yaml", "agent_id: 1\nagent_id: 2", "'agent_id' is there twice; keep one."),
        ("a.yaml", "agent_id: 1\nAgentId: 2", "agent_id is there twice"),
        ("a.yaml", "null: 2", "None is no name of a field."),
        ("a.json", '{"a": ' + "[" * 100_000, "it is nested too deeply."),
        ("a.json", '{"AgentId": 1, "PresetId": 2, "State": [5]}', "--state must be text, not [5]"),
        ("a.yaml", "- 1", "must hold one object with the fields of the request."),
        (
            "a.yaml",
            "agent: 1\npreset_id: 2",
            "agent is not a field of CreateOrderRequest; did you mean agent_id?",
        ),
    ],
)
def test_a_file_that_holds_no_request_is_refused_in_a_sentence(
    command: Command, tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    result = command("orders", "create", "--file", str(tmp_path / name), "--yes")
    assert sentence in result.err
    assert result.err.count("\n") == 1


def test_an_order_that_may_exist_is_code_5(command: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add(method="POST", path="/api/orders", reset="before_answer")
    result = command("orders", "create", *ELM, "--yes")
    assert result.code == 5
    assert result.err.endswith(
        "It may have happened, so it was not sent again; look for it before you repeat this."
        " See: signtraker orders list --agent-id 1 --orderby -id --limit 10\n"
    )


@pytest.mark.slow
def test_ctrl_c_while_an_order_is_sent_says_that_it_may_exist(command: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add(method="POST", path="/api/orders", delay_after=3600)
    main = threading.main_thread().ident
    ended, noticed = threading.Event(), threading.Event()

    def interrupt() -> None:
        while not sandbox.ledger and not ended.wait(0.01):
            pass
        # A signal just before a thread waits for the network is noticed only with the next one.
        while main is not None and not ended.is_set() and not noticed.wait(0.5):
            signal.pthread_kill(main, signal.SIGINT)

    def raise_once(number: int, frame: FrameType | None) -> None:
        if not noticed.is_set():
            noticed.set()
            signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, raise_once)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        result = command("orders", "create", *ELM, "--yes")
    finally:
        ended.set()
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert result.code == 5
    assert "signtraker: Interrupted while it was sent, so it may have happened; look for it" in result.err
    assert "See: signtraker orders list --agent-id 1 --orderby -id --limit 10\n" in result.err
    sandbox.reset()


def test_removals_repeat_the_day_and_show_the_signs(command: Command, sandbox: Sandbox) -> None:
    result = command("orders", "remove", "1002", "1004", "--due", "next friday", "--notes", "Gate 5", "--yes")
    assert (result.code, result.out) == (0, "1002\taccepted\n1004\taccepted\n")
    assert result.err == (
        "A request for the removal of 2 signs, due Friday, 16 January 2026 (tomorrow):\n"
        "  1002  Installed  4409 Wasatch Blvd, Coeur d'Alene\n"
        "  1004  Installed  9933 State St, Provo\n"
        "  Notes: Gate 5\n"
        "2 in all: 2 accepted.\n"
    )
    due = {
        one.removal_due_date.isoformat()
        for one in sandbox.orders.all()
        if one.id in {1002, 1004} and one.removal_due_date
    }
    assert due == {"2026-01-16T00:00:00+00:00"}
    again = command("orders", "remove", "1002", "--dry-run")
    assert "  (was requested on 2026-01-15 already)\n" in again.err
    assert json.loads(again.out) == [{"OrderId": 1002}]


def test_today_is_the_day_at_the_job_site(command: Command, sandbox: Sandbox) -> None:
    # It is nine o'clock in the morning in UTC, and an hour before midnight in Hawaii.
    honolulu = sandbox.orders.add(status="Installed", state="HI").id
    shown = command("orders", "remove", str(honolulu), "--due", "today", "--dry-run")
    assert "due Wednesday, 14 January 2026 (today)" in shown.err
    assert json.loads(shown.out)[0]["DueDate"] == "2026-01-14T00:00:00.000Z"
    both = command("orders", "remove", str(honolulu), "1002", "--due", "today", "--dry-run")
    assert [one["DueDate"][:10] for one in json.loads(both.out)] == ["2026-01-14", "2026-01-15"]
    assert "  due Wednesday, 14 January 2026 (today)\n" in both.err


def test_ids_come_from_stdin_as_a_list_writes_them(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = command("orders", "list", "--columns", "id", "--limit", "3")
    stdin(monkeypatch, listed.out)
    shown = command("orders", "remove", "-", "--dry-run")
    assert [one["OrderId"] for one in json.loads(shown.out)] == [1001, 1002, 1003]


def test_removals_of_unknown_orders_and_of_no_ids_are_refused(command: Command, sandbox: Sandbox) -> None:
    unknown = command("orders", "remove", "1002", "7", "8", "--yes")
    assert (unknown.code, unknown.err) == (1, "signtraker: Nothing was sent: there is no order 7, 8.\n")
    no_id = command("orders", "remove", "10o2", "--yes")
    assert (no_id.code, no_id.err) == (
        2,
        "signtraker: '10o2' is no id of an order; give numbers, such as 1001.\n",
    )
    assert sandbox.ledger == []


def test_a_removal_that_is_refused_is_partly_done(command: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add(method="POST", path="/api/orders/1004/*", status=400, message="Not now.")
    result = command("orders", "remove", "1002", "1004", "--yes")
    assert result.code == 3
    assert "1002\taccepted\n1004\trefused\tNot now " in result.out


def test_an_agent_is_changed_after_the_change_is_shown(command: Command, sandbox: Sandbox) -> None:
    options = (
        "--email",
        "mia@example.com",
        "--office-id",
        "3",
        "--set",
        "receive_marketing_emails=no",
        "--clear",
        "office_phone",
    )
    result = command("agents", "update", "5", *options, "--yes")
    assert (result.code, result.out) == (0, "Agent 5 is changed.\n")
    shown = result.err.split(":\n")[1]
    assert "  Email\n    - agent5@example.com\n    + mia@example.com\n" in shown
    assert "  OfficePhone\n    - 801-555-0005\n    + (empty)\n" in shown
    assert "  ReceiveMarketingEmails\n    - yes\n    + no\n" in shown
    agent = sandbox.agents.get(5)
    assert agent is not None
    assert (agent.email, agent.office_phone, agent.office and agent.office.id) == ("mia@example.com", None, 3)
    same = command("agents", "update", "5", *options[:2], "--yes")
    assert same.err == "Agent 5 is so already; nothing is to be sent.\n"


def test_changes_of_an_agent_come_from_a_file(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "changes.yaml"
    path.write_text(
        "Address: {City: Provo, Zip: 07030}\nis_locked: yes\noffice_phone: null\n", encoding="utf-8"
    )
    result = command("agents", "update", "5", "--file", str(path), "--dry-run")
    assert json.loads(result.out) == {
        "Address": {"City": "Provo", "Zip": "07030"},
        "IsLocked": True,
        "OfficePhone": None,
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "There is no change; give one, such as --email mia@example.com."),
        (("--set", "emial=x"), "did you mean email?"),
        (("--set", "email"), "--set email: write it as FIELD=VALUE, such as is_locked=no."),
        (("--clear", "emial"), "did you mean email?"),
        (("--payment-mode", "Cash"), "payment_mode"),
    ],
)
def test_a_change_of_an_agent_with_a_mistake_is_refused(
    command: Command, arguments: tuple[str, ...], sentence: str
) -> None:
    result = command("agents", "update", "5", *arguments, "--yes")
    assert sentence in result.err
    assert result.code in {1, 2}
    assert result.err.count("\n") == 1
