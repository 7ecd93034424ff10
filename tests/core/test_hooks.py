"""Check that hooks observe each call and each attempt of both clients, and that they can't change a call."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker import (
    AsyncSignTrakerClient,
    AttemptInfo,
    AttemptResult,
    CallHooks,
    CallInfo,
    CallResult,
    NetworkError,
    NotFoundError,
    SignTrakerClient,
    SignTrakerConfigError,
    SignTrakerError,
    UnconfirmedNetworkError,
    UnreadableResponseError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from either_client import Flavour

    from signtraker.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
KEY = "k3y-THAT-must-not-leak"


class Notes(CallHooks):
    """Write down every event."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.lines: list[str] = []
        self.calls: list[CallInfo] = []
        self.results: list[CallResult] = []

    def before_call(self, call: CallInfo) -> None:
        self.calls.append(call)
        self.lines.append(f"{self.name}{call.method} {call.route}")

    def before_attempt(self, attempt: AttemptInfo) -> None:
        assert attempt.call in self.calls
        self.lines.append(f"{self.name}send {attempt.number}")

    def after_attempt(self, attempt: AttemptResult) -> None:
        assert attempt.call in self.calls
        assert attempt.elapsed_seconds >= 0
        wait = attempt.wait_seconds
        self.lines.append(f"{self.name}{attempt.number}: {attempt.status_code}, {attempt.failure}, {wait}")

    def after_call(self, result: CallResult) -> None:
        assert result.call in self.calls
        assert result.elapsed_seconds > 0
        self.results.append(result)
        error = type(result.error).__name__
        self.lines.append(f"{self.name}{result.attempts}, {result.status_code}, {result.outcome}, {error}")


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Flavour:
    return cast("Flavour", request.param)


def test_a_hook_sees_a_call_its_attempts_and_its_result(flavour: Flavour) -> None:
    notes = Notes()
    replies = [Reply.json("", 503), Reply.json('{"Id": 8}'), Reply.json('{"Id": 7}')]
    with ScriptedServer(replies) as server:
        with open_client(flavour, KEY, server.url, retry_backoff_seconds=0, hooks=[notes]) as client:
            client.orders.get_order(7)
            assert notes.calls[0].base_url == server.url
    assert notes.lines == [
        "GET /api/orders/{id}",
        "send 1",
        "1: 503, responded with 503, 0.0",
        "send 2",
        "2: 200, Order 8 was received, but Order 7 was requested, 0.0",
        "send 3",
        "3: 200, None, None",
        "3, 200, happened, NoneType",
    ]
    assert KEY not in repr(notes.results)


@pytest.mark.parametrize(
    ("replies", "is_write", "attempt", "result", "kind"),
    [
        ([Reply.json(f'{{"Message": "{KEY}"}}', 404)], False, "1: 404, responded with 404, None",
         "1, 404, did_not_happen, NotFoundError", NotFoundError),
        ([Reply.json('{"Id": "x"}')], False, "1: 200, can't be read, None",
         "1, 200, did_not_happen, UnreadableResponseError", UnreadableResponseError),
        ([Reply.json('{"Id": 8}')], False, "1: 200, holds another record, None",
         "1, 200, did_not_happen, NetworkError", NetworkError),
        ([Reply.json('{"OrderId": "x"}')], True, "1: 200, can't be read, None",
         "1, 200, happened, UnreadableResponseError", UnreadableResponseError),
        ([Reply.reset()], True, None, "1, None, may_have_happened, UnconfirmedNetworkError",
         UnconfirmedNetworkError),
    ],
    ids=["refused", "unreadable", "another", "unreadable-write", "reset-write"],
)  # fmt: skip
def test_a_hook_sees_the_failure_and_the_outcome(
    flavour: Flavour,
    replies: list[Reply],
    is_write: bool,  # noqa: FBT001 - a case of the table
    attempt: str | None,
    result: str,
    kind: type[SignTrakerError],
) -> None:
    notes = Notes()
    with ScriptedServer(replies) as server:
        with open_client(flavour, KEY, server.url, max_retries=0, hooks=[notes]) as client:
            call = partial(client.orders.create_order, agent_id=1, preset_id=1)
            with pytest.raises(kind) as raised:
                call() if is_write else client.orders.get_order(7)
    assert notes.lines[-1] == result
    assert attempt is None or notes.lines[-2] == attempt
    assert notes.results[0].error is raised.value
    assert KEY not in f"{notes.lines}{notes.results}"


def every_call(client: SignTrakerClient) -> list[Callable[[], object]]:
    """Return a call of each endpoint."""
    sign = {"install_id": 1, "preset_id": 1, "override_price_limit": False}
    person = {"user_name": "a", "email": "a@example.com", "first_name": "A", "last_name": "B"}
    agent = {**person, "office": {"id": 1}, "cellular_phone": "1", "payment_mode": "Terms"}
    return [
        partial(client.orders.create_order, agent_id=1, preset_id=1),
        partial(client.orders.request_removal, 7),
        partial(client.orders.get_order, 7),
        partial(client.agents.create_agent, agent),
        partial(client.agents.update_agent, 7, first_name="A"),
        partial(client.agents.get_agent, 7),
        partial(client.agents.activate_agent, 7),
        partial(client.agents.deactivate_agent, 7),
        partial(client.change_orders.create_change_order, sign),
        partial(client.change_orders.get_change_order, 7),
        partial(client.services.create_service, sign),
        partial(client.services.get_service, 7),
        partial(client.credits.create_award, name="A"),
        partial(client.orders.list_orders, filter="Id eq 7"),
        client.agents.list_agents,
        client.change_orders.list_change_orders,
        client.services.list_services,
        client.credits.list_awards,
        client.enterprises.list_enterprises,
        client.offices.list_offices,
        client.order_presets.list_order_presets,
    ]


def test_every_endpoint_has_the_route_of_the_api_reference(flavour: Flavour) -> None:
    notes = Notes()
    with ScriptedServer([Reply.json("{}", 400)]) as server:
        with open_client(flavour, KEY, server.url, hooks=[notes]) as client:
            for call in every_call(client):
                with pytest.raises(ValidationError, match="400"):
                    call()
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    documented = {
        f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods
    }
    assert {f"{call.method} {call.route}" for call in notes.calls} == documented


def test_each_page_and_each_row_of_a_batch_is_a_call(either: SignTrakerClient) -> None:
    notes = Notes()
    client = either.with_options(hooks=[notes])
    for concurrency in (1, 3):
        notes.calls.clear()
        orders = client.orders.iter_orders(page_size=20, max_items=60, concurrency=concurrency)
        assert sum(1 for _ in orders) == 60
        assert len(notes.calls) >= 3
    notes.calls.clear()
    preset = client.order_presets.list_order_presets(top=1)[0].id
    agent = client.agents.list_agents(top=1)[0].id
    run = client.orders.create_orders(
        [{"agent_id": agent, "preset_id": preset, "external_id": f"hooks-{at}"} for at in range(4)]
    )
    run.run()
    assert [call.method for call in notes.calls].count("POST") == 4
    assert len(set(notes.calls)) == len(notes.calls)


def test_a_hook_that_raises_is_logged_and_the_call_goes_on(
    flavour: Flavour, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(CallHooks):
        def before_call(self, call: CallInfo) -> None:
            raise ZeroDivisionError

        def after_call(self, result: CallResult) -> None:
            raise ZeroDivisionError

    notes = Notes()
    with ScriptedServer([Reply.json('{"OrderId": 9}'), Reply.json('{"Id": 7}')]) as server:
        with open_client(flavour, KEY, server.url, hooks=[Wrong(), notes]) as client:
            with caplog.at_level(logging.WARNING, "signtraker"):
                assert client.orders.create_order(agent_id=1, preset_id=1).order_id == 9
    assert [record.getMessage() for record in caplog.records] == [
        "Wrong.before_call raised an exception; the call goes on",
        "Wrong.after_call raised an exception; the call goes on",
    ]
    assert "ZeroDivisionError" in caplog.text
    assert notes.lines[-1] == "1, 200, happened, NoneType"


def test_hooks_are_told_in_their_order_before_and_in_reverse_after(flavour: Flavour) -> None:
    first, second = Notes("a "), Notes("b ")
    second.lines = first.lines
    with ScriptedServer([Reply.json('{"Id": 7}')]) as server:
        with open_client(flavour, KEY, server.url, hooks=(one for one in (first, second))) as client:
            client.orders.get_order(7)
    assert "".join(line[0] for line in first.lines) == "ababbaba"


class Interrupt(Notes):
    """End the call when its second attempt begins, or when the first has failed."""

    def __init__(self, *, between: bool) -> None:
        super().__init__()
        self.between = between

    def before_attempt(self, attempt: AttemptInfo) -> None:
        super().before_attempt(attempt)
        if attempt.number == 2:
            raise KeyboardInterrupt

    def after_attempt(self, attempt: AttemptResult) -> None:
        super().after_attempt(attempt)
        if self.between:
            raise KeyboardInterrupt


@pytest.mark.parametrize(("between", "outcome"), [(False, "may_have_happened"), (True, "did_not_happen")])
def test_the_end_of_an_interrupted_call_is_observed(between: bool, outcome: str) -> None:  # noqa: FBT001 - a case
    notes = Interrupt(between=between)
    with ScriptedServer([Reply.json("", 429)]) as server:
        with SignTrakerClient(KEY, server.url, retry_backoff_seconds=0, hooks=[notes]) as client:
            with pytest.raises(KeyboardInterrupt):
                client.orders.create_order(agent_id=1, preset_id=1)
    [result] = notes.results
    assert isinstance(result.error, KeyboardInterrupt)
    assert (result.outcome, result.attempts) == (outcome, 1 if between else 2)
    if not between:
        assert notes.lines[-2] == "2: None, ended by KeyboardInterrupt, None"


def test_the_end_of_a_cancelled_task_is_observed(sandbox: Sandbox) -> None:
    class Cancel(Notes):
        def before_attempt(self, attempt: AttemptInfo) -> None:
            super().before_attempt(attempt)
            task = asyncio.current_task()
            assert task is not None
            task.cancel()

    notes = Cancel()

    async def main() -> None:
        async with AsyncSignTrakerClient(sandbox.api_key, sandbox.url, hooks=[notes]) as client:
            await client.orders.get_order(1)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert notes.lines[-2:] == [
        "1: None, ended by CancelledError, None",
        "1, None, did_not_happen, CancelledError",
    ]


def test_a_dry_run_is_no_call(either: SignTrakerClient) -> None:
    notes = Notes()
    client = either.with_options(hooks=[notes])
    client.prepare(client.orders.get_order, 7)
    assert notes.lines == []


def test_options_replace_and_remove_hooks(either: SignTrakerClient) -> None:
    notes, others = Notes(), Notes()
    client = either.with_options(hooks=[notes])
    client.with_options(max_retries=0).orders.list_orders(top=1)
    client.with_options(hooks=[others]).orders.list_orders(top=1)
    client.with_options(hooks=[]).orders.list_orders(top=1)
    either.orders.list_orders(top=1)
    assert (len(notes.calls), len(others.calls)) == (1, 1)


class Portable(CallHooks):
    """It can be pickled."""


def test_a_client_is_pickled_with_its_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNTRAKER_API_KEY", KEY)
    with SignTrakerClient(base_url="http://127.0.0.1:9", hooks=[Portable()]) as client:
        with pickle.loads(pickle.dumps(client)) as copy:  # noqa: S301 - made in this line
            [hook] = copy._connection.config.hooks
            assert isinstance(hook, Portable)

        class Local(CallHooks):
            """It can't, because pickle does not find it."""

        other = client.with_options(hooks=[Portable(), Local()])
        with pytest.raises(TypeError, match=r"^hooks\[1\] can't be pickled, .*; give Local a __reduce__"):
            pickle.dumps(other)


class Awaited(CallHooks):
    async def after_call(self, result: CallResult) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # what is refused
        pass


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        (Portable(), r"^hooks must be a list of objects of subclasses of CallHooks, not a Portable\.$"),
        ("abc", r"^hooks must be a list"),
        ([Portable(), Portable], r"^hooks\[1\] is the class Portable; give an object: Portable\(…\)\.$"),
        ([print], r"^hooks\[0\] must be an object of a subclass of CallHooks, not a builtin_function"),
        ([Awaited()], r"^hooks\[0\]: after_call is an async def, but hooks are not awaited"),
    ],
    ids=["one", "text", "class", "function", "async"],
)  # fmt: skip
def test_hooks_that_cannot_be_called_are_refused(hooks: Any, message: str, either: SignTrakerClient) -> None:
    with pytest.raises(SignTrakerConfigError, match=message):
        either.with_options(hooks=hooks)


@pytest.mark.once
@pytest.mark.slow
def test_a_call_without_hooks_imports_nothing_for_them() -> None:
    code = (
        "import sys; from signtraker import SignTrakerClient as C, NetworkError\n"
        "with C('key', 'http://127.0.0.1:1', max_retries=0) as client:\n"
        "    try: client.with_options(timeout_seconds=1).orders.get_order(7)\n"
        "    except NetworkError: print(*(name for name in sys.modules if 'hooks' in name))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "\n"
