"""What becomes of a request that meets the end of its sandbox, or of its test."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import httpx
import pytest

from signtraker.sandbox import Sandbox
from signtraker.sandbox.loop_thread import LoopThread

_LONG = 60
"""Seconds until a test that hangs fails; none takes them otherwise."""


def test_stopping_fails_what_runs_in_the_loop_and_takes_nothing_more() -> None:
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


def test_threads_that_hammer_a_sandbox_without_a_socket_all_learn_that_it_stopped() -> None:
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
