"""Check that a client works after an exception that a signal raised in the middle of a call."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from raw_server import raw_server, response

from signtraker import SignTrakerClient
from signtraker.models._types import format_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from raw_server import Connection

pytestmark = pytest.mark.filterwarnings(
    # A socket that was interrupted before anyone held it is closed by the garbage collector.
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
TRACED = ("httpcore", "httpx", "h11", "signtraker")


class SoftTimeLimitError(Exception):
    """An exception that a signal handler raises, such as Celery's SoftTimeLimitExceeded."""


@contextmanager
def interruption(line: int, kind: type[BaseException]) -> Generator[list[int]]:
    """Raise at the n-th line that runs in the SDK or below it; yield a list that will hold the lines run.

    A signal's exception comes between two instructions. A trace function can raise at each line, which
    includes places where Python never calls a signal handler, and does so at the same ones in every run.
    """
    lines = [0]

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in TRACED:
            return None
        if event == "line":
            lines[0] += 1
            if lines[0] == line:
                raise kind
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


def answering(connection: Connection) -> None:
    while request := connection.read_request():
        connection.send(response(b'{"Id": 5}' if request.startswith(b"GET") else b'{"OrderId": 9}'))


def read(client: SignTrakerClient) -> object:
    return client.orders.get_order(5).id


def write(client: SignTrakerClient) -> object:
    return client.orders.create_order(agent_id=1, preset_id=7).order_id


def lines_of(call: Callable[[SignTrakerClient], object], client: SignTrakerClient) -> int:
    with interruption(0, KeyboardInterrupt) as lines:
        call(client)
    return lines[0]


@pytest.mark.parametrize("call", [read, write])
def test_a_client_works_after_calls_that_were_interrupted(call: Callable[[SignTrakerClient], object]) -> None:
    with raw_server(answering) as server, SignTrakerClient("key", server.url, max_retries=0) as client:
        call(client)
        lines = range(7, lines_of(call, client), 37)
        assert len(lines) > 20
        interrupted = 0
        for line in lines:
            kind = KeyboardInterrupt if line % 2 else SoftTimeLimitError
            try:
                with interruption(line, kind):
                    call(client)
            except kind:
                interrupted += 1
        # An exception in a finalizer is swallowed by Python.
        assert len(lines) - 2 <= interrupted <= len(lines)
        with ThreadPoolExecutor(1) as thread:
            assert (thread.submit(read, client).result(), thread.submit(write, client).result()) == (5, 9)
        assert (read(client), write(client)) == (5, 9)
        (connections,) = client._connection.http._by_process.values()
        left_open = [one for one in connections.present() if one.wire.streams]
        assert len(left_open) <= 1, "an interrupted call left a connection open"
    assert len(server.requests) <= len(lines) + 6, "an interrupted call was sent again"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SoftTimeLimitError])
def test_an_exception_that_comes_while_a_request_is_written_as_json_comes_out_as_it_is(
    kind: type[BaseException],
) -> None:
    def trace(frame: FrameType, _event: str, _: object) -> None:
        if frame.f_code is format_datetime.__code__:
            raise kind

    before = sys.gettrace()
    with SignTrakerClient("key", "http://127.0.0.1:9") as client:
        sys.settrace(trace)
        try:
            with pytest.raises(kind):
                client.orders.create_order(agent_id=1, preset_id=7, due_date=date(2026, 1, 1))
        finally:
            sys.settrace(before)


def listing(connection: Connection) -> None:
    while request := connection.read_request():
        after = re.search(rb"Id%20gt%20(\d+)", request)
        first = 1 + int(after[1]) if after else 1
        rows = b",".join(b'{"Id": %d}' % one for one in range(first, min(first + 5, 41)))
        connection.send(response(b"[%b]" % rows))


@pytest.mark.slow
def test_an_iteration_with_threads_goes_on_after_it_was_interrupted() -> None:
    def read(line: int) -> tuple[list[int], int]:
        orders, ids = client.orders.iter_orders(page_size=5, concurrency=3), list[int]()
        with suppress(KeyboardInterrupt), interruption(line, KeyboardInterrupt) as lines:
            ids.extend(iter(lambda: next(orders).id, 40))
        return [*ids, *(one.id for one in orders)], lines[0]

    with raw_server(listing) as server, SignTrakerClient("key", server.url, max_retries=0) as client:
        read(0)
        _, lines = read(0)
        for line in range(5, lines, 151):
            ids, _ = read(line)
            assert ids == sorted(set(ids))
            # The row that was on its way to the caller when the exception came is lost with the call.
            assert len(set(range(1, 41)).difference(ids)) <= 1
