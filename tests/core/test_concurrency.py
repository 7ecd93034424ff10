"""Check that threads can share a client, and tasks an async one; and that a cancelled task does no harm."""

from __future__ import annotations

import asyncio
import random
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING

import httpx
import pytest
from raw_server import raw_server

from signtraker import AsyncSignTrakerClient, Q, SignTrakerClient
from signtraker._core.http.settings import MAX_CONNECTIONS, MAX_IDLE
from signtraker.models import CreateOrderRequest

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from raw_server import Connection

    from signtraker.sandbox import Sandbox


@pytest.mark.slow
def test_32_threads_over_one_client_lose_and_mix_no_answer(sandbox: Sandbox) -> None:
    with SignTrakerClient(sandbox.api_key, sandbox.url) as client:
        ids = [one.id for one in client.orders.iter_orders(select=Q.id, max_items=64)]

        def work(number: int) -> bool:
            note = f"thread {number}"
            made = client.orders.create_order(agent_id=1, preset_id=1, notes=note).order_id
            read = [client.orders.get_order(one).id for one in ids[number::8]]
            return made is not None and read == ids[number::8] and client.orders.get_order(made).notes == note

        with ThreadPoolExecutor(32) as pool:
            assert list(pool.map(work, range(32))) == [True] * 32


@pytest.mark.slow
def test_200_tasks_over_one_client_lose_and_mix_no_answer(sandbox: Sandbox) -> None:
    async def main() -> None:
        async with AsyncSignTrakerClient(sandbox.api_key, sandbox.url) as client:
            ids = [one.id async for one in client.orders.iter_orders(select=Q.id, max_items=200)]
            orders = await asyncio.gather(*map(client.orders.get_order, ids))
            assert [one.id for one in orders] == ids

            async def create(number: int) -> bool:
                made = await client.orders.create_order(agent_id=1, preset_id=1, notes=f"task {number}")
                assert made.order_id is not None
                return (await client.orders.get_order(made.order_id)).notes == f"task {number}"

            assert all(await asyncio.gather(*map(create, range(200))))

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("is_injected", [False, True])
def test_hundreds_of_tasks_cancelled_at_any_moment_leave_a_small_pool_usable(
    sandbox: Sandbox, *, is_injected: bool
) -> None:
    """An injected pool has room for all of them: docs/guides/asyncio.md says what its queue may lose."""
    chance = random.Random(7)

    async def main() -> None:
        limits = httpx.Limits(max_connections=10)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
            client = AsyncSignTrakerClient(
                sandbox.api_key,
                sandbox.url,
                http_client=http if is_injected else None,
                timeout_seconds=30,
                max_retries=0,
            )
            for _ in range(40):
                tasks = [asyncio.create_task(client.orders.list_orders(top=5)) for _ in range(10)]
                for _ in range(chance.randrange(3)):
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for _ in range(chance.randrange(40)):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            alive = await asyncio.gather(*(client.orders.list_orders(top=1) for _ in range(9)))
            assert [len(one) for one in alive] == [1] * 9
            if not is_injected:
                (channel,) = client._connection.http._channels.values()
                assert channel.turns._value == MAX_CONNECTIONS
                assert len([one for one in channel.connections.present() if one.wire.streams]) <= MAX_IDLE
            await client.close()

    asyncio.run(main())


def test_a_task_that_is_cancelled_twice_ends_at_once(sandbox: Sandbox) -> None:
    async def main(url: str) -> None:
        async with AsyncSignTrakerClient("key", url) as client:
            task = asyncio.create_task(client.orders.get_order(1))
            await asyncio.sleep(0)
            task.cancel()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with socket.create_server(("127.0.0.1", 0)) as server:
        asyncio.run(main(f"http://127.0.0.1:{server.getsockname()[1]}"))


def test_a_write_that_is_cancelled_tells_whether_it_may_have_happened() -> None:
    arrived = threading.Event()

    def silent(connection: Connection) -> None:
        if connection.read_request():  # Nothing, if the client is gone again.
            arrived.set()
            connection.wait()

    async def cancel(call: Coroutine[object, object, object], *, sent: bool) -> list[str]:
        task = asyncio.ensure_future(call)
        await (asyncio.to_thread(arrived.wait) if sent else asyncio.sleep(0))
        arrived.clear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return getattr(caught.value, "__notes__", [])

    async def main(url: str) -> None:
        async with AsyncSignTrakerClient("key", url) as client:
            order = CreateOrderRequest(agent_id=1, preset_id=7)
            assert await cancel(client.orders.create_order(order), sent=False) == [
                "It ended POST /api/orders; nothing was sent"
            ]
            (note,) = await cancel(client.orders.create_order(order), sent=True)
            assert note.startswith("It ended POST /api/orders; it may have happened: check find_created(…)")
            assert await cancel(client.orders.get_order(7), sent=True) == []

    with raw_server(silent) as server:
        asyncio.run(main(server.url))


def test_a_cancelled_task_leaves_the_pool_usable(sandbox: Sandbox) -> None:
    """With room for a single connection, a slot that a cancelled task kept would stop everybody else."""

    async def main(silent_url: str) -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
            silent = AsyncSignTrakerClient("key", silent_url, http_client=http)
            client = AsyncSignTrakerClient(
                sandbox.api_key, sandbox.url, http_client=http, timeout_seconds=30, max_retries=0
            )
            for _ in range(3):
                waiting = asyncio.create_task(silent.orders.get_order(1))
                queued = asyncio.create_task(client.orders.list_orders(top=1))
                await asyncio.sleep(0)
                for task in (queued, waiting):
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task
            assert len(await client.orders.list_orders(top=2)) == 2

    with socket.create_server(("127.0.0.1", 0)) as server:
        asyncio.run(main(f"http://127.0.0.1:{server.getsockname()[1]}"))


def test_httpcore_does_not_search_for_a_missing_sniffio_at_each_request() -> None:
    asyncio.run(_make_an_async_client())
    searched_again = find_spec("sniffio") is None and "sniffio" not in sys.modules
    assert not searched_again


async def _make_an_async_client() -> None:
    await AsyncSignTrakerClient("key", "http://127.0.0.1:1").close()
