"""Make 100,000 calls over a client of each kind, and print memory, sockets, objects and tasks on the way.

PYTHONPATH=. .cache/test-3.11/bin/python scripts/measure_long_life.py [calls]

A small server runs in a process of its own, so that only the clients are measured. One call in ten is a
write, which has a connection of its own; one in fifty fails.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from signtraker import AsyncSignTrakerClient, NotFoundError, SignTrakerClient

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

WORKERS = 4
STEPS = 10
WRITE_EVERY, FAIL_EVERY = 10, 50
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def answer(body: bytes, status: str = "200 OK") -> bytes:
    """Return a whole response."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            if head.startswith(b"POST"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                await reader.readexactly(length)
                writer.write(answer(b'{"OrderId": 9}', "201 Created"))
            elif b"/api/orders/404 " in head:
                writer.write(answer(b"", "404 Not Found"))
            else:
                writer.write(answer(b'{"Id": 5, "Status": "Draft", "Notes": "Gate code"}'))
    writer.close()


def serve(ready: Connection) -> None:
    """Serve until the process is ended; send the port first."""

    async def run() -> None:
        server = await asyncio.start_server(converse, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def show(calls: int, seconds: float, tasks: int) -> None:
    """Print what the process holds."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
    links = [one.readlink() for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    sockets = sum("socket" in str(one) for one in links)
    print(
        f"{calls:8,} calls  {seconds:6.1f} s  {resident:6.1f} MB  {sockets:3} sockets  "
        f"{len(gc.get_objects()):7,} objects  {tasks} tasks  {threading.active_count()} threads",
        flush=True,
    )


def sync_calls(url: str, calls: int) -> None:
    """Make the calls from several threads over one client."""
    with SignTrakerClient("key", url) as client, ThreadPoolExecutor(WORKERS) as threads:

        def call(number: int) -> None:
            if number % WRITE_EVERY == 0:
                client.orders.create_order(agent_id=1, preset_id=7)
            elif number % FAIL_EVERY == 1:
                with suppress(NotFoundError):
                    client.orders.get_order(404)
            else:
                client.orders.get_order(5)

        def some(numbers: range) -> None:
            for number in numbers:
                call(number)

        start, step = time.perf_counter(), calls // STEPS
        for done in range(0, calls, step):
            share = step // WORKERS
            list(threads.map(some, [range(done + i * share, done + (i + 1) * share) for i in range(WORKERS)]))
            show(done + step, time.perf_counter() - start, 0)


async def async_calls(url: str, calls: int) -> None:
    """Make the calls from several tasks over one client."""
    async with AsyncSignTrakerClient("key", url) as client:

        async def call(number: int) -> None:
            if number % WRITE_EVERY == 0:
                await client.orders.create_order(agent_id=1, preset_id=7)
            elif number % FAIL_EVERY == 1:
                with suppress(NotFoundError):
                    await client.orders.get_order(404)
            else:
                await client.orders.get_order(5)

        async def some(numbers: range) -> None:
            for number in numbers:
                await call(number)

        start, step = time.perf_counter(), calls // STEPS
        for done in range(0, calls, step):
            share = step // WORKERS
            await asyncio.gather(
                *(some(range(done + i * share, done + (i + 1) * share)) for i in range(WORKERS))
            )
            show(done + step, time.perf_counter() - start, len(asyncio.all_tasks()) - 1)


def main() -> None:
    """Measure half of the calls with each client."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    server = context.Process(target=serve, args=(sender,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{receiver.recv()}"
    try:
        sync_calls(url, calls // 2)
        asyncio.run(async_calls(url, calls // 2))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
