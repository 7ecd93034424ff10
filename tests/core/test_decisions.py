"""Check each row of the table in docs/reference/failures.md with a real server: retries, error, outcome."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client
from raw_server import raw_server, response

import signtraker
from signtraker import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from raw_server import Connection

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "failures.md"
CELL = r"(\w+): `(\w+)`, (.+?)"
ROW = re.compile(rf"^\| (?!failure|---)(.+?) \| {CELL} \| {CELL} \| (.+?) \|$", re.MULTILINE)
ROWS = {match[1]: match.groups()[1:] for match in ROW.finditer(DOCUMENT.read_text(encoding="utf-8"))}
RETRIES = 2
UNREACHABLE = "no connection was made"


def reset(connection: Connection) -> None:
    connection.read_request()


def silence(connection: Connection) -> None:
    connection.read_request()
    connection.wait()


def nonsense(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"nonsense\r\n\r\n")


def cut(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")


def responding(content: bytes) -> Callable[[Connection], None]:
    def respond_to_all(connection: Connection) -> None:
        while connection.read_request():
            connection.send(content)

    return respond_to_all


FAILURES: dict[str, Callable[[Connection], None]] = {
    "the connection is reset before a response": reset,
    "no response within `timeout_seconds`": silence,
    "no response within `deadline_seconds`": silence,
    "a response that is not HTTP": nonsense,
    "a record with another id": responding(response(b'{"Id": 7}')),
    "a 2xx whose body breaks off": cut,
    "a 2xx whose body can't be read": responding(response(b"<html>")),
    "a 2xx larger than `max_response_bytes`": responding(response(b'{"Id": 5}' + b" " * 5000)),
    "429 with a `Retry-After` beyond 60 s": responding(response(b"", "429 X", b"Retry-After: 61\r\n")),
    "any other 4xx": responding(response(b"", "418 X")),
    "any other 5xx": responding(response(b"", "599 X")),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "no response within `timeout_seconds`": {"timeout_seconds": 0.1},
    # A write must have been sent by then, on a busy machine too.
    "no response within `deadline_seconds`": {"deadline_seconds": 4},
    "a 2xx larger than `max_response_bytes`": {"max_response_bytes": 1000},
}


def behaviour(failure: str) -> Callable[[Connection], None]:
    return FAILURES.get(failure) or responding(response(b"", f"{int(failure[:3])} X"))


@contextmanager
def a_client(flavour: Any, failure: str) -> Generator[tuple[Any, list[bytes]]]:
    """Open a client of a server with this failure; yield it with the requests that the server sees."""
    options: dict[str, Any] = {"max_retries": RETRIES, "retry_backoff_seconds": 0, **OPTIONS.get(failure, {})}
    if failure == UNREACHABLE:
        with socket.socket() as deaf:  # Bound but not listening, so that connecting is refused.
            deaf.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
            with open_client(flavour, "key", url, **options) as client:
                yield client, []
        return
    with (
        raw_server(behaviour(failure)) as server,
        open_client(flavour, "key", server.url, **options) as client,
    ):
        yield client, server.requests


def read(client: Any) -> object:
    return client.orders.get_order(5)


def write(client: Any) -> object:
    return client.agents.update_agent(5, notes="Gate code")


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("failure", ROWS)
def test_each_row_of_the_table_is_true(failure: str, flavour: Any) -> None:
    def check(call: Callable[[Any], object], times: str, kind: str, outcome: str) -> None:
        with a_client(flavour, failure) as (client, requests), pytest.raises(SignTrakerError) as caught:
            call(client)
        error = caught.value
        attempts = RETRIES + 1 if times == "again" else 1
        assert (type(error).__name__, error.outcome) == (kind, outcome.replace(" ", "_"))
        assert error.attempts == attempts
        assert len(requests) == (0 if failure == UNREACHABLE else attempts)
        target = ("GET", "/api/orders/5") if call is read else ("PATCH", "/api/agents/5")
        assert (error.method, str(error.url).removeprefix(client.base_url)) == target
        assert error.request_body == (None if call is read else b'{"Notes":"Gate code"}')
        assert error.elapsed_seconds > 0

    cells = ROWS[failure]
    with ThreadPoolExecutor(2) as threads:  # Some take as long as the deadline.
        for one in (threads.submit(check, read, *cells[:3]), threads.submit(check, write, *cells[3:6])):
            one.result()


def test_the_table_has_every_tested_failure_and_only_sdk_errors() -> None:
    assert set(FAILURES) <= set(ROWS)
    assert DOCUMENT.read_text(encoding="utf-8").count("\n| ") == len(ROWS) + 2
    for _, kind, _, _, other, *_ in ROWS.values():
        assert issubclass(getattr(signtraker, kind), SignTrakerError)
        assert issubclass(getattr(signtraker, other), SignTrakerError)
