"""Check requests during which their sandbox or their test ends."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from signtraker.sandbox import Sandbox, SandboxError
from signtraker.sandbox.faults.apply import apply_fault
from signtraker.sandbox.serving.loop_thread import LoopThread

_LONG = 60
"""Seconds until a test that hangs fails; none takes them otherwise."""


def test_stopping_cancels_running_coroutines_and_refuses_new_ones() -> None:
    loop = LoopThread()
    begun = threading.Event()

    async def forever() -> None:
        begun.set()
        await asyncio.Event().wait()

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(loop.run, forever())
        assert begun.wait(_LONG)
        loop.stop()
        assert isinstance(waiting.exception(_LONG), CancelledError)


def test_threads_in_requests_get_an_error_when_the_sandbox_stops() -> None:
    sandbox = Sandbox(orders=1, port=None).start()
    transport, url = sandbox.transport(), f"{sandbox.url}/api/offices"
    everyone = threading.Barrier(5)

    def hammer() -> httpx.TransportError:
        with httpx.Client(transport=transport) as http:
            http.get(url)
            everyone.wait(_LONG)
            while True:
                try:
                    http.get(url)
                except httpx.TransportError as error:
                    return error

    with ThreadPoolExecutor(4) as pool:
        hammering = [pool.submit(hammer) for _ in range(4)]
        everyone.wait(_LONG)
        sandbox.stop()
        told = [one.result(_LONG) for one in hammering]
    assert {type(error) for error in told} <= {httpx.ConnectError, httpx.ReadError}


def test_a_transport_that_was_used_cannot_connect_after_the_end() -> None:
    with Sandbox(orders=1, port=None) as sandbox:
        http, url = httpx.Client(transport=sandbox.transport()), f"{sandbox.url}/api/offices"
        http.get(url)
    with pytest.raises(httpx.ConnectError, match="has stopped"):
        http.get(url)


def test_a_transport_that_was_never_used_starts_no_thread_after_the_end() -> None:
    before = set(threading.enumerate())
    with Sandbox(orders=1, port=None) as sandbox:
        http, url = httpx.Client(transport=sandbox.transport()), f"{sandbox.url}/api/offices"
    with pytest.raises(httpx.ConnectError, match="has stopped"):
        http.get(url)
    assert set(threading.enumerate()) <= before


def test_an_async_transport_cannot_connect_after_the_end() -> None:
    async def ask() -> None:
        with Sandbox(orders=1, port=None) as sandbox:
            transport, url = sandbox.async_transport(), f"{sandbox.url}/api/offices"
        async with httpx.AsyncClient(transport=transport) as http:
            with pytest.raises(httpx.ConnectError, match="has stopped"):
                await http.get(url)

    asyncio.run(ask())


def test_an_unfinished_async_request_loses_its_connection_at_the_stop() -> None:
    async def ask() -> None:
        with Sandbox(orders=1, port=None) as sandbox:
            sandbox.faults.add(delay_before=0.001)
            headers = {"Authorization": f"ST-API {sandbox.api_key}"}
            http = httpx.AsyncClient(transport=sandbox.async_transport(), headers=headers)
            asking = asyncio.create_task(http.get(f"{sandbox.url}/api/offices"))
            while not sandbox.requests:  # noqa: ASYNC110 - turns of the loop, until it has arrived
                await asyncio.sleep(0)
        # Nothing ran in this loop between the arrival and the end.
        with pytest.raises(httpx.ReadError, match="has stopped"):
            await asking
        await http.aclose()

    asyncio.run(ask())


def test_records_raise_after_the_stop() -> None:
    with Sandbox(orders=1, port=None) as sandbox:
        orders = sandbox.orders
    with pytest.raises(SandboxError, match="has stopped"):
        orders.all()


def test_a_request_delayed_beyond_a_reset_does_no_work() -> None:
    async def ask() -> None:
        with Sandbox(orders=1, port=None) as sandbox:
            sandbox.faults.add(delay_before=0.001)
            headers = {"Authorization": f"ST-API {sandbox.api_key}"}
            order = {"AgentId": 1, "PresetId": 1}
            async with httpx.AsyncClient(transport=sandbox.async_transport(), headers=headers) as http:
                asking = asyncio.create_task(http.post(f"{sandbox.url}/api/orders", json=order))
                while not sandbox.requests:  # noqa: ASYNC110 - turns of the loop, until it has arrived
                    await asyncio.sleep(0)
                sandbox.reset()
                with pytest.raises(httpx.ReadError, match="reset the connection"):
                    await asking
                assert (sandbox.count_orders(), sandbox.ledger, sandbox.requests) == (1, [], [])
                assert (await http.post(f"{sandbox.url}/api/orders", json=order)).status_code == 200

    asyncio.run(ask())


def test_a_delayed_request_over_a_socket_loses_its_connection_at_the_stop(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    delayed = threading.Event()

    async def noting(*request: Any) -> None:
        delayed.set()
        await apply_fault(*request)

    monkeypatch.setattr("signtraker.sandbox.serving.gate.apply_fault", noting)
    sandbox = Sandbox(orders=1).start()
    sandbox.faults.add(delay_before=3600)
    with ThreadPoolExecutor() as pool, httpx.Client(trust_env=False, timeout=_LONG) as http:
        asking = pool.submit(http.get, f"{sandbox.url}/api/offices")
        assert delayed.wait(_LONG)
        sandbox.stop()
        assert isinstance(asking.exception(_LONG), httpx.ReadError | httpx.RemoteProtocolError)
    assert [one for one in caplog.records if one.name.startswith("uvicorn")] == []


def test_losing_a_connection_that_the_client_has_closed_is_no_error(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, left = threading.Event(), threading.Event()

    async def late(*request: Any) -> None:
        arrived.set()
        assert left.wait(_LONG)
        for _ in range(5):  # turns of the loop, in which it learns of the closing
            await asyncio.sleep(0)
        await apply_fault(*request)

    monkeypatch.setattr("signtraker.sandbox.serving.gate.apply_fault", late)
    with Sandbox(orders=1) as sandbox:
        sandbox.faults.add(reset="before_work")
        with socket.create_connection(("127.0.0.1", httpx.URL(sandbox.url).port or 0)) as client:
            client.sendall(b"GET /api/offices HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert arrived.wait(_LONG)
        left.set()
    assert [one for one in caplog.records if one.name.startswith("uvicorn")] == []
