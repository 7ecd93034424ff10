"""Check that a response belongs to its request, and that a write goes over a connection of its own."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client
from raw_server import Connection, raw_server, response

from signtraker import (
    APIStatusError,
    AsyncSignTrakerClient,
    SignTrakerClient,
    SignTrakerError,
    UnconfirmedWriteError,
    UnreadableResponseError,
)
from signtraker._core.http.framing import ReceivedBytes

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

STRAY = response(b'{"Status": "Draft", "OrderId": 5}')
ORDER = b'{"Id": 7, "Status": "Draft"}'
EXTRA = {
    "a second response": response(ORDER) + STRAY,
    "a 204 with a body": b"HTTP/1.1 204 No Content\r\n\r\n" + STRAY,
    "a 304 with a body": b"HTTP/1.1 304 Not Modified\r\n\r\n" + STRAY,
    "a short Content-Length": b"HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n" + ORDER + STRAY,
    "bytes after the chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n"
    + ORDER
    + b"\r\n0\r\n\r\n"
    + STRAY,
}


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("kind", EXTRA)
def test_a_stray_response_is_never_taken_for_the_answer_to_another_call(flavour: Any, kind: str) -> None:
    def misbehave(connection: Connection) -> None:
        while request := connection.read_request():
            is_read = request.startswith(b"GET")
            connection.send(EXTRA[kind] if is_read else response(b'{"Status": "Draft", "OrderId": 99}'))

    with raw_server(misbehave) as server:
        with open_client(flavour, "key", server.url, max_retries=0) as client:
            for _ in range(3):
                with suppress(UnreadableResponseError, APIStatusError):  # A 204 or a 304 is no order.
                    assert client.orders.get_order(7).id == 7
                assert client.orders.create_order(agent_id=1, preset_id=7).order_id == 99
        assert [one.split()[0] for one in server.requests] == [b"GET", b"POST"] * 3
        assert server.connections == 6


@pytest.mark.parametrize("moment", ["while it is idle", "after it was taken"])
def test_a_stray_response_that_a_busy_event_loop_has_not_read_yet_is_no_answer(moment: str) -> None:
    later, sent = threading.Event(), threading.Event()

    def misbehave(connection: Connection) -> None:
        while connection.read_request():
            connection.send(response(b"[%b]" % ORDER))
            if server.connections == 1:
                later.wait()
                connection.send(response(b'[{"Id": 5, "Status": "Draft"}]'))
                sent.set()

    def let_it_come() -> None:
        later.set()
        sent.wait()

    async def main(url: str) -> list[int]:
        async with AsyncSignTrakerClient("key", url, retry_backoff_seconds=0) as client:
            await client.orders.list_orders()
            if moment == "while it is idle":
                let_it_come()
            else:
                asyncio.get_running_loop().call_soon(let_it_come)
            return [one.id for one in await client.orders.list_orders()]

    with raw_server(misbehave) as server:
        assert asyncio.run(main(server.url)) == [7]
        assert server.connections == 2


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_clean_reads_share_a_connection_and_each_write_has_its_own(flavour: Any) -> None:
    def behave(connection: Connection) -> None:
        while request := connection.read_request():
            connection.send(response(ORDER if request.startswith(b"GET") else b'{"OrderId": 9}'))

    with raw_server(behave) as server, open_client(flavour, "key", server.url) as client:
        for _ in range(5):
            client.orders.get_order(7)
        assert server.connections == 1
        for _ in range(3):
            client.orders.create_order(agent_id=1, preset_id=7)
        assert server.connections == 4


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_write_says_that_its_connection_ends_with_it_and_a_read_does_not(flavour: Any) -> None:
    heads: list[bytes] = []

    def answer(connection: Connection) -> None:
        while request := connection.read_request():
            heads.append(request.partition(b"\r\n\r\n")[0].lower())
            connection.send(response(ORDER))

    with raw_server(answer) as server, open_client(flavour, "key", server.url) as client:
        client.orders.create_order(agent_id=1, preset_id=7)
        client.orders.get_order(7)
    assert [b"connection: close" in head for head in heads] == [True, False]


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_server_that_closes_after_each_response_puts_no_write_in_doubt(flavour: Any) -> None:
    def once(connection: Connection) -> None:
        connection.read_request()
        connection.send(response(b'{"OrderId": 9}'))

    with raw_server(once) as server, open_client(flavour, "key", server.url) as client:
        for _ in range(40):
            assert client.orders.create_order(agent_id=1, preset_id=7).order_id == 9
        assert len(server.requests) == 40


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_large_body_that_is_refused_early_gets_the_servers_answer(flavour: Any) -> None:
    def refuse(connection: Connection) -> None:
        connection.socket.recv(1000)
        connection.send(response(b'{"Message": "Too much."}', "413 Content Too Large"))
        # Closing with unread bytes resets the connection; not before the client could see the response.
        connection.server.stopping.wait(0.1)

    with raw_server(refuse) as server, open_client(flavour, "key", server.url) as client:
        with pytest.raises(APIStatusError, match=r"Too much \(HTTP 413 from POST") as caught:
            client.orders.create_order(agent_id=1, preset_id=7, extra_fields={"Blob": "x" * 12_000_000})
    assert caught.value.outcome == "did_not_happen"


@pytest.mark.parametrize(
    ("received", "status", "headers", "exact"),
    [
        ([b"HTTP/1.1 200 OK\r\n\r", b"\nabc"], 200, {"content-length": "3"}, True),
        ([b"HTTP/1.1 200 OK\r\n\r\nabcd"], 200, {"content-length": "3"}, False),
        ([b"HTTP/1.1 200 OK\r\n\r\nab"], 200, {"content-length": "3"}, False),
        ([b"HTTP/1.1 200 OK\r\n"], 200, {}, False),
        ([b"HTTP/1.1 204 X\r\n\r\n"], 204, {}, True),
        ([b"HTTP/1.1 204 X\r\n\r\nx"], 204, {}, False),
        ([b"H: chunked\r\n\r\n3\r\nab", b"c\r\n0\r\n\r\n"], 200, {"transfer-encoding": "chunked"}, True),
        ([b"H: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r", b"\n\r\n"], 200, {"transfer-encoding": "chunked"}, True),
        ([b"H: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP"], 200, {"transfer-encoding": "chunked"}, False),
        ([b"H: chunked\r\n\r\n1\r\na\r\n0\r\n"], 200, {"transfer-encoding": "chunked"}, False),
        ([b"H: chunked\r\n\r\nzz\r\n"], 200, {"transfer-encoding": "chunked"}, False),
        ([b"H: chunked\r\n\r\n" + b"1" * 5000], 200, {"transfer-encoding": "chunked"}, False),
    ],
)
def test_bytes_beyond_a_response_are_noticed_however_they_arrive(
    received: list[bytes], status: int, headers: dict[str, str], *, exact: bool
) -> None:
    whole, apart = ReceivedBytes(), ReceivedBytes()
    for part in received:
        whole.add(part)
        for at in range(len(part)):
            apart.add(part[at : at + 1])
    assert whole.is_exactly(status, headers) is apart.is_exactly(status, headers) is exact
    whole.restart()
    whole.add(b"HTTP/1.1 200 OK\r\n\r\n")
    assert whole.is_exactly(200, {"content-length": "0"})


@pytest.mark.parametrize(("length", "exact"), [(4096, True), (4097, False)])
def test_the_line_of_a_chunk_s_size_is_followed_up_to_4096_bytes(length: int, exact: bool) -> None:  # noqa: FBT001 - a case
    received = ReceivedBytes()
    received.add(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    received.add(b"0;".ljust(length, b"x"))
    received.add(b"\r\n\r\n")
    assert received.is_exactly(200, {"transfer-encoding": "chunked"}) is exact


def test_closing_during_calls_ends_them_with_an_error_of_the_sdk() -> None:
    arrived = threading.Semaphore(0)

    def silent(connection: Connection) -> None:
        connection.read_request()
        arrived.release()
        connection.wait()

    with raw_server(silent) as server, ThreadPoolExecutor(2) as threads:
        client = SignTrakerClient("key", server.url)
        read = threads.submit(client.orders.get_order, 7)
        write = threads.submit(client.orders.create_order, {"agent_id": 1, "preset_id": 7})
        for _ in range(2):
            arrived.acquire()
        client.close()
        with pytest.raises(SignTrakerError, match="This client is closed"):
            read.result()
        with pytest.raises(UnconfirmedWriteError):
            write.result()


def test_a_client_that_is_closed_while_it_connects_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.create_connection

    def connect_and_close(*args: Any, **options: Any) -> socket.socket:
        client.close()
        return connect(*args, **options)

    with raw_server(Connection.wait) as server:
        client = SignTrakerClient("key", server.url)
        monkeypatch.setattr(socket, "create_connection", connect_and_close)
        with pytest.raises(SignTrakerError, match="This client is closed") as caught:
            client.orders.create_order(agent_id=1, preset_id=7)
        monkeypatch.undo()
    assert caught.value.outcome == "did_not_happen"
    assert server.requests == []


def test_closing_an_async_client_ends_the_calls_that_connect() -> None:
    arrived = threading.Event()

    def ignore_the_handshake(connection: Connection) -> None:
        connection.socket.recv(1)
        arrived.set()
        connection.wait()

    async def main(url: str) -> None:
        client = AsyncSignTrakerClient("key", url, timeout_seconds=1000, deadline_seconds=1000)
        write = asyncio.create_task(client.orders.create_order(agent_id=1, preset_id=7))
        await asyncio.to_thread(arrived.wait)
        await client.close()
        with pytest.raises(SignTrakerError, match="This client is closed") as caught:
            await write
        assert caught.value.outcome == "did_not_happen"

    with raw_server(ignore_the_handshake) as server:
        asyncio.run(main(server.url.replace("http:", "https:")))


def test_a_client_that_was_never_closed_is_a_resource_warning(sandbox: Sandbox) -> None:
    forgotten = [SignTrakerClient(sandbox.api_key, sandbox.url)]
    forgotten[0].orders.get_order(1001)
    with pytest.warns(ResourceWarning, match="never closed; use it in a with block"):
        forgotten.clear()


def test_an_async_client_that_was_never_closed_is_a_resource_warning(sandbox: Sandbox) -> None:
    async def forget() -> None:
        forgotten = [AsyncSignTrakerClient(sandbox.api_key, sandbox.url)]
        await forgotten[0].orders.get_order(1001)
        open_connections = forgotten[0]._connection.http._channels[asyncio.get_running_loop()]
        with pytest.warns(ResourceWarning, match="never closed; use it in an async with block"):
            forgotten.clear()
        await open_connections.close()

    asyncio.run(forget())


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_client_that_was_closed_warns_of_nothing(flavour: Any, sandbox: Sandbox) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with open_client(flavour, sandbox.api_key, sandbox.url) as client:
            client.orders.get_order(1001)
            client.orders.create_order(agent_id=1, preset_id=1)
        gc.collect()


def test_a_client_that_sent_nothing_needs_no_closing(sandbox: Sandbox) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unused = weakref.ref(SignTrakerClient(sandbox.api_key, sandbox.url))
        gc.collect()
    assert unused() is None


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_write_goes_out_in_one_piece(flavour: Any) -> None:
    pieces: list[bytes] = []

    def behave(connection: Connection) -> None:
        pieces.append(connection.socket.recv(65536))
        connection.send(response(b'{"OrderId": 9}'))

    with raw_server(behave) as server, open_client(flavour, "key", server.url) as client:
        assert client.orders.create_order(agent_id=1, preset_id=7).order_id == 9
    assert pieces[0].endswith(b'\r\n\r\n{"AgentId":1,"PresetId":7}')
