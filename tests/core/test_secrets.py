"""Check that the key appears in no message, no traceback with locals and no frame that an error keeps."""

from __future__ import annotations

import asyncio
import logging
import pickle
import signal
import ssl
import threading
import traceback
from typing import TYPE_CHECKING, Any, cast

import pytest
from either_client import open_client
from raw_server import raw_server, response
from scripted_server import Reply, ScriptedServer

from signtraker import AsyncSignTrakerClient, NetworkError, SignTrakerClient, SignTrakerError
from signtraker._core.secret import ApiKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from raw_server import Connection

KEY = "st-live-0123456789abcdef"
OTHER = "aws-secret-of-somebody-else"


def told(error: BaseException) -> str:
    """Return all that pytest's showlocals, rich or Sentry would show of an error."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The frames of the test itself hold the key on purpose.
    ours = [frame for frame in shown.stack if "/tests/" not in frame.filename]
    chained = [one for one in (shown.__cause__, shown.__context__) if one is not None]
    inner = [frame for one in chained for frame in one.stack if "/tests/" not in frame.filename]
    frames = [f"{frame.name} {frame.locals}" for frame in (*ours, *inner)]
    return "\n".join([*shown.format_exception_only(), repr(error), repr(vars(error)), *frames])


SETTINGS: list[dict[str, Any]] = [
    {"base_url": KEY},
    {"subdomain": f"{KEY}!"},
    {"timeout_seconds": KEY},
    {"deadline_seconds": KEY},
    {"max_retries": KEY},
    {"http_client": KEY},
    {"odata_version": KEY},
    {"query_limits": KEY},
    {"resend_on_429": KEY},
    {"extra_headers": {"X-Key": f"{KEY}\n"}},
    {"extra_headers": KEY},
    {"timeout_seconds": -1},
    {"proxy": KEY},
]


@pytest.mark.parametrize("kind", [SignTrakerClient, AsyncSignTrakerClient])
@pytest.mark.parametrize("settings", SETTINGS)
def test_a_key_given_in_a_wrong_place_is_not_quoted(
    kind: Callable[..., object], settings: dict[str, Any]
) -> None:
    with pytest.raises(SignTrakerError) as caught:
        kind("key", **{"subdomain": "acme", **settings})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("kind", [SignTrakerClient, AsyncSignTrakerClient])
def test_a_bad_setting_shows_neither_the_key_nor_the_environment(
    kind: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET", OTHER)
    for given in ((KEY,), ()):
        monkeypatch.setenv("SIGNTRAKER_API_KEY", KEY)
        with pytest.raises(SignTrakerError) as caught:
            kind(*given, subdomain="acme", timeout_seconds=-1)
        assert KEY not in told(caught.value)
        assert OTHER not in told(caught.value)


def test_a_changed_setting_that_is_refused_shows_neither_key_nor_header() -> None:
    with SignTrakerClient(KEY, subdomain="acme", extra_headers={"X-Old": OTHER}) as client:
        for new in ({"X-New": OTHER}, {"X-New": f"{OTHER}\n"}, OTHER):
            with pytest.raises(SignTrakerError) as caught:
                client.with_options(timeout_seconds=-1, extra_headers=cast("Any", new))
            assert KEY not in told(caught.value)
            assert OTHER not in told(caught.value)


@pytest.mark.parametrize("kind", [SignTrakerClient, AsyncSignTrakerClient])
@pytest.mark.parametrize("headers", [{"X-Token": OTHER}, {"X-Token": f"{OTHER}\n"}, OTHER])
def test_a_refused_client_shows_no_value_of_a_header(kind: Callable[..., object], headers: object) -> None:
    with pytest.raises(SignTrakerError) as caught:
        kind(KEY, subdomain="acme", timeout_seconds=-1, extra_headers=headers)
    assert OTHER not in told(caught.value)


def test_a_key_with_a_blank_is_refused_without_being_shown() -> None:
    with pytest.raises(SignTrakerError) as caught:
        SignTrakerClient(f"{KEY} ", subdomain="acme")
    assert KEY not in told(caught.value)


def test_the_key_can_be_neither_printed_nor_pickled() -> None:
    key = ApiKey(KEY)
    assert repr([key]) == "['***']"
    assert f"{key}" == KEY
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(key)


def resets(connection: Connection) -> None:
    connection.read_request()


def echoes(connection: Connection) -> None:
    while connection.read_request():
        connection.send(
            response(f'{{"Message": "key {KEY}"}}'.encode(), "500 X", b"X-Key: " + KEY.encode() + b"\r\n")
        )


def nonsense(connection: Connection) -> None:
    connection.read_request()
    connection.send(KEY.encode() * 10 + b"\r\n\r\n")


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("behave", [resets, echoes, nonsense])
def test_a_failed_call_keeps_the_key_in_no_frame_that_its_error_holds(
    behave: Callable[[Connection], None], flavour: Any
) -> None:
    with raw_server(behave) as server:
        with open_client(
            flavour, KEY, server.url, max_retries=1, retry_backoff_seconds=0, extra_headers={"X-T": OTHER}
        ) as client:
            for call in (
                lambda: client.orders.get_order(5),
                lambda: client.orders.create_order(agent_id=1, preset_id=1),
            ):
                with pytest.raises(SignTrakerError) as caught:
                    call()
                assert KEY not in told(caught.value)
                assert OTHER not in told(caught.value)


@pytest.mark.parametrize(
    "body", [f'{{"Id": "{KEY}"}}', KEY, f'[{{"Id": "{KEY}"}}]', f'{{"Id": 7, "Notes": "{KEY}"}}']
)
def test_an_unreadable_response_shows_no_key(body: str) -> None:
    with (
        ScriptedServer([Reply.json(body)]) as server,
        SignTrakerClient(KEY, server.url, retry_backoff_seconds=0) as client,
    ):
        for call in (lambda: client.orders.get_order(5), client.orders.list_orders):
            with pytest.raises(SignTrakerError) as caught:
                call()
            assert KEY not in told(caught.value)
        with pytest.raises(SignTrakerError) as caught:
            client.agents.update_agent(5, notes="x")
        assert KEY not in told(caught.value)


def test_an_exception_of_a_signal_keeps_no_frame_that_holds_the_key() -> None:
    def interrupt(connection: Connection) -> None:
        connection.read_request()
        signal.raise_signal(signal.SIGUSR1)

    def handle(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with raw_server(interrupt) as server, SignTrakerClient(KEY, server.url, max_retries=0) as client:
            with pytest.raises(KeyboardInterrupt) as caught:
                client.orders.create_order(agent_id=1, preset_id=7)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert KEY not in told(caught.value)
    assert caught.value.__notes__[0].startswith("It ended POST /api/orders, in ")
    assert "it may have happened: check find_created(…)" in caught.value.__notes__[0]


def test_the_cancellation_of_a_write_keeps_no_frame_that_holds_the_key() -> None:
    begun = threading.Event()

    def take_a_part(connection: Connection) -> None:
        connection.socket.recv(1000)
        begun.set()
        connection.wait()

    async def cancel_while_it_is_written(url: str) -> asyncio.CancelledError:
        async with AsyncSignTrakerClient(KEY, url) as client:
            blob = {"Blob": "x" * 8_000_000}
            write = asyncio.create_task(
                client.orders.create_order(agent_id=1, preset_id=7, extra_fields=blob)
            )
            await asyncio.to_thread(begun.wait)
            write.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await write
            return caught.value

    with raw_server(take_a_part) as server:
        error = asyncio.run(cancel_while_it_is_written(server.url))
    assert "may have happened" in "".join(error.__notes__)
    assert KEY not in told(error)


def test_a_line_that_is_no_http_is_quoted_at_debug_only(caplog: pytest.LogCaptureFixture) -> None:
    def gossip(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"Ann Secretperson " * 2000 + b"\r\n\r\n")

    caplog.set_level(logging.DEBUG)
    with raw_server(gossip) as server:
        with SignTrakerClient(KEY, server.url, max_retries=1, retry_backoff_seconds=0) as client:
            with pytest.raises(NetworkError) as caught:
                client.orders.get_order(5)
    assert "Secretperson" not in told(caught.value)
    assert len(str(caught.value)) < 300
    lines = [one.levelname for one in caplog.records if "Secretperson" in one.getMessage()]
    assert set(lines) <= {"DEBUG"}


NO_VERIFICATION = {
    "PYTHONHTTPSVERIFY": "0",
    "CURL_CA_BUNDLE": "",
    "REQUESTS_CA_BUNDLE": "",
    "SSL_NO_VERIFY": "1",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "SIGNTRAKER_VERIFY": "0",
}


@pytest.mark.parametrize("kind", [SignTrakerClient, AsyncSignTrakerClient])
def test_no_environment_variable_switches_the_verification_of_tls_off(
    kind: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in NO_VERIFICATION.items():
        monkeypatch.setenv(name, value)
    context = kind("key", subdomain="acme")._connection.settings.checked().verify
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
