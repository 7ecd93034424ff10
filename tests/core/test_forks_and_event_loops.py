"""Check that a forked process and a second event loop open connections of their own."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from raw_server import Connection, raw_server, response
from scripted_server import Reply, ScriptedServer

from signtraker import (
    AsyncSignTrakerClient,
    NetworkError,
    Q,
    SignTrakerClient,
    SignTrakerError,
    UnconfirmedNetworkError,
)
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.filterwarnings(
    # The sandbox's server runs in a thread; its lock is not taken in the children.
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


@pytest.fixture
def outside() -> Iterator[Sandbox]:
    """Run a sandbox whose server is not copied into the children of the test."""
    with Sandbox(orders=60) as sandbox:
        yield sandbox


def in_a_fork(work: Callable[[], Any]) -> Callable[[], Any]:
    """Start the work in a forked process; return what waits for its result."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        try:
            result = json.dumps(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent's test must see it
            result = json.dumps(f"{type(error).__name__}: {error}")
        os.write(writable, result.encode())
        os._exit(0)
    os.close(writable)

    def wait() -> Any:
        with os.fdopen(readable, "rb") as pipe:
            content = pipe.read()
        os.waitpid(child, 0)
        return json.loads(content)

    return wait


def test_processes_that_share_a_client_each_get_the_orders_that_they_asked_for(outside: Sandbox) -> None:
    with SignTrakerClient(outside.api_key, outside.url) as client:
        ids = [one.id for one in client.orders.list_orders(select=Q.id, orderby=Q.id, top=40)]

        def read(mine: list[int]) -> list[int]:
            return [client.orders.get_order(one).id for one in mine for _ in range(4)]

        children = [in_a_fork(partial(read, ids[start::4])) for start in range(4)]
        assert read(ids[::-1]) == [one for one in ids[::-1] for _ in range(4)]
        for start, wait in enumerate(children):
            assert wait() == [one for one in ids[start::4] for _ in range(4)]


def test_a_fork_that_drops_the_client_leaves_the_connection_of_its_parent_open() -> None:
    def answer(connection: Connection) -> None:
        while connection.read_request():
            connection.send(response(b"[]"))

    clients: list[SignTrakerClient] = []
    with raw_server(answer) as server:
        clients.append(SignTrakerClient("key", server.url))
        assert clients[0].orders.list_orders() == []
        in_a_fork(clients.clear)()
        with clients[0] as client:
            assert client.orders.list_orders() == []
        assert server.connections == 1


def test_a_write_after_a_fork_is_told_its_own_order(outside: Sandbox) -> None:
    with SignTrakerClient(outside.api_key, outside.url) as client:
        client.orders.get_order(1001)

        def create(who: str) -> list[tuple[str, str | None]]:
            made: list[tuple[str, str | None]] = []
            for number in range(25):
                notes = f"{who} {number}"
                result = client.orders.create_order(agent_id=1, preset_id=1, notes=notes)
                assert result.order_id is not None
                made.append((notes, client.orders.get_order(result.order_id).notes))
            return made

        children = [in_a_fork(partial(create, f"child {who}")) for who in range(3)]
        results = [create("parent"), *(wait() for wait in children)]
    assert all(asked == found for one in results for asked, found in one)
    assert [len(one) for one in results] == [25] * 4
    created = [one for one in outside.requests if one.method == "POST"]
    assert len(created) == 100


def test_a_fork_amid_calls_of_other_threads_can_use_the_client(outside: Sandbox) -> None:
    with SignTrakerClient(outside.api_key, outside.url) as client, ThreadPoolExecutor(8) as threads:
        stop = threading.Event()

        def keep_reading() -> int:
            count = 0
            while not stop.is_set():
                assert client.orders.get_order(1005).id == 1005
                count += 1
            return count

        busy = [threads.submit(keep_reading) for _ in range(8)]
        waits = [in_a_fork(lambda: client.orders.get_order(1003).id) for _ in range(5)]
        found = [wait() for wait in waits]
        stop.set()
        assert all(one.result() > 0 for one in busy)
    assert found == [1003] * 5


def test_an_iteration_with_threads_goes_on_in_a_fork_and_in_its_parent(outside: Sandbox) -> None:
    ids = list(range(1001, 1061))
    with SignTrakerClient(outside.api_key, outside.url) as client:
        orders = client.orders.iter_orders(page_size=5, concurrency=3)
        first = [one.id for one in islice(orders, 22)]
        wait = in_a_fork(lambda: [one.id for one in orders])
        rest = [one.id for one in orders]
        assert first + rest == ids
        assert first + wait() == ids


def test_an_injected_client_from_before_a_fork_is_refused_in_a_sentence(outside: Sandbox) -> None:
    with httpx.Client(trust_env=False) as http:
        client = SignTrakerClient(outside.api_key, outside.url, http_client=http)
        assert client.orders.get_order(1001).id == 1001
        told = in_a_fork(lambda: client.orders.get_order(1001).id)()
        assert client.orders.get_order(1002).id == 1002
    assert told.startswith("SignTrakerError: ")
    assert "make the http_client and the client anew" in told


def test_a_fork_of_an_async_client_opens_its_own_connections(outside: Sandbox) -> None:
    client = AsyncSignTrakerClient(outside.api_key, outside.url)

    async def read(ids: list[int]) -> list[int]:
        return [(await client.orders.get_order(one)).id for one in ids]

    async def parent() -> tuple[list[int], Any]:
        first = await read([1001])
        wait = in_a_fork(in_another_thread)
        found = first + await read([1002, 1003])
        told = await asyncio.to_thread(wait)
        await client.close()
        return found, told

    def in_another_thread() -> list[int]:
        # The child's copy of the parent's loop counts as running in this thread.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, read([1004, 1005])).result()

    assert asyncio.run(parent()) == ([1001, 1002, 1003], [1004, 1005])


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # The first loop's connections are left behind.
def test_an_async_client_can_be_used_in_one_event_loop_after_another(outside: Sandbox) -> None:
    client = AsyncSignTrakerClient(outside.api_key, outside.url)

    async def create(notes: str) -> str | None:
        made = await client.orders.create_order(agent_id=1, preset_id=1, notes=notes)
        assert made.order_id is not None
        return (await client.orders.get_order(made.order_id)).notes

    assert [asyncio.run(create(f"loop {number}")) for number in range(3)] == ["loop 0", "loop 1", "loop 2"]

    async def close() -> None:
        await client.close()

    asyncio.run(close())
    assert len([one for one in outside.requests if one.method == "POST"]) == 3
    gc.collect()  # asyncio warns of what the first loops left behind, while this test ignores it.


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # As above.
def test_an_iteration_with_tasks_goes_on_in_another_event_loop(outside: Sandbox) -> None:
    client = AsyncSignTrakerClient(outside.api_key, outside.url)
    orders = client.orders.iter_orders(page_size=5, concurrency=3)
    ids: list[int] = []

    async def read(*, last: bool) -> None:
        async for one in orders:
            ids.append(one.id)
            if len(ids) == 22 and not last:
                return
        await client.close()

    asyncio.run(read(last=False))
    asyncio.run(read(last=True))
    assert ids == sorted(set(ids))
    assert len(ids) == 60
    gc.collect()


def test_an_async_client_can_be_used_in_two_event_loops_at_once(outside: Sandbox) -> None:
    client = AsyncSignTrakerClient(outside.api_key, outside.url)

    async def read(ids: list[int]) -> list[int]:
        found = [one.id for one in await asyncio.gather(*map(client.orders.get_order, ids))]
        await client._connection.http._channels.pop(asyncio.get_running_loop()).close()
        return found

    ids = list(range(1001, 1031))
    with ThreadPoolExecutor(2) as threads:
        found = [threads.submit(asyncio.run, read(half)) for half in (ids[:15], ids[15:])]
        assert [one for half in found for one in half.result()] == ids


class ForeignTransport:
    """Like uvloop's: it has no base of asyncio's, and refuses calls that asyncio's ignore."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def resume_reading(self) -> None:
        if self._transport.is_closing():
            raise RuntimeError("the transport is closed")
        self._transport.resume_reading()


def _note_foreign(note: Callable[[Any], None], transport: Any) -> None:
    note(ForeignTransport(transport))


class ForeignLoop(asyncio.SelectorEventLoop):
    """An event loop with such transports."""

    async def create_connection(self, protocol_factory: Any, *args: Any, **options: Any) -> Any:
        def make() -> Any:
            protocol = protocol_factory()
            note = protocol.connection_made
            protocol.connection_made = partial(_note_foreign, note)
            return protocol

        return await super().create_connection(make, *args, **options)


def test_an_async_client_runs_on_event_loops_with_transports_of_their_own() -> None:
    def answer_and_close(connection: Connection) -> None:
        connection.read_request()
        connection.send(b'HTTP/1.0 200 OK\r\n\r\n[{"Id": 7, "Notes": "' + b"x" * 3_000_000 + b'"}]')

    async def read(url: str) -> list[int]:
        async with AsyncSignTrakerClient("key", url, max_retries=0) as client:
            return [one.id for _ in range(2) for one in await client.orders.list_orders()]

    with raw_server(answer_and_close) as server, asyncio.Runner(loop_factory=ForeignLoop) as runner:
        assert runner.run(read(server.url)) == [7, 7]


def test_an_injected_async_client_in_a_second_loop_is_refused_before_sending(outside: Sandbox) -> None:
    http = httpx.AsyncClient(trust_env=False)
    client = AsyncSignTrakerClient(outside.api_key, outside.url, http_client=http)

    async def create(*, last: bool) -> int | None:
        try:
            return (await client.orders.create_order(agent_id=1, preset_id=1)).order_id
        finally:
            if not last:
                await http.aclose()
                http._state = type(http._state).OPENED  # As a client that nobody closed.

    assert asyncio.run(create(last=False)) is not None
    with pytest.raises(SignTrakerError, match="first used in another event loop"):
        asyncio.run(create(last=True))
    assert len([one for one in outside.requests if one.method == "POST"]) == 1


def test_outside_asyncio_the_async_client_says_where_it_runs(outside: Sandbox) -> None:
    client = AsyncSignTrakerClient(outside.api_key, outside.url)
    call = client.orders.get_order(1001)
    with pytest.raises(SignTrakerError, match="runs on asyncio only"):
        call.send(None)


OTHER = Reply.json('{"Id": 7, "Status": "Draft"}')
RIGHT = Reply.json('{"Id": 5, "Status": "Draft"}')


def test_a_record_with_another_id_is_asked_for_again_over_a_new_connection() -> None:
    with ScriptedServer([OTHER, RIGHT]) as server:
        with SignTrakerClient("key", server.url, retry_backoff_seconds=0) as client:
            assert client.orders.get_order(5).id == 5
    assert [one.target for one in server.requests] == ["/api/orders/5"] * 2


def test_a_record_that_keeps_having_another_id_is_never_given_as_data() -> None:
    with ScriptedServer([OTHER]) as server:
        with SignTrakerClient("key", server.url, retry_backoff_seconds=0) as client:
            with pytest.raises(
                NetworkError, match="Order 7 was received, but Order 5 was requested"
            ) as caught:
                client.orders.get_order(5)
    assert caught.value.attempts == len(server.requests) == 3
    assert caught.value.outcome == "did_not_happen"


def test_a_change_that_is_answered_with_another_record_may_have_happened() -> None:
    with ScriptedServer([Reply.json('{"Id": 7}')]) as server:
        with SignTrakerClient("key", server.url) as client:
            with pytest.raises(UnconfirmedNetworkError, match="Agent 7 was received") as caught:
                client.agents.update_agent(5, notes="Gate code")
    assert caught.value.outcome == "may_have_happened"
    assert len(server.requests) == 1
