"""Print how near a batch of creations comes to the ideal time, with its journal on.

PYTHONPATH=. .cache/test-3.11/bin/python scripts/bench_bulk.py [--async]

2,000 creations at concurrency 16 against a server that responds after 20 ms would ideally take 2.5 s. The
server is a process of its own that does nothing else. The same number of creations without a batch, from 16
threads that share a client, shows how much of the rest is due to the requests themselves, each of which
opens a connection of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from signtraker import AsyncSignTrakerClient, SignTrakerClient

CREATIONS = 2000
CONCURRENCY = 16
LATENCY_SECONDS = 0.02
IDEAL_SECONDS = CREATIONS / CONCURRENCY * LATENCY_SECONDS
LIMIT = 1.15
_BODY = b'{"Status":"Draft","Message":null,"RequestId":1,"OrderId":1}'
_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY
)


class _Server(asyncio.Protocol):
    """Responds to every request after the latency, whatever it asks."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for type checkers
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if blank and len(body) >= int(length or 0):
            self.received = b""
            asyncio.get_running_loop().call_later(LATENCY_SECONDS, self.transport.write, _RESPONSE)


async def serve() -> None:
    """Serve until killed, and print the port."""
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def requests() -> list[dict[str, Any]]:
    """Return creations that differ."""
    return [{"agent_id": 1, "preset_id": 1, "external_id": f"sign-{at}"} for at in range(CREATIONS)]


def without_a_batch(url: str) -> float:
    """Send them from threads that share a client; return the seconds."""
    rows = iter(requests())
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                row = next(rows, None)
            if row is None:
                return
            client.orders.create_order(row)

    with SignTrakerClient("key", url) as client:
        threads = [threading.Thread(target=work) for _ in range(CONCURRENCY)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start


def batch(url: str, journal: Path) -> float:
    """Send them as a batch, from threads; return the seconds."""
    with SignTrakerClient("key", url) as client:
        run = client.orders.create_orders(requests(), journal=journal, max_concurrency=CONCURRENCY)
        start = time.perf_counter()
        run.run()
        return time.perf_counter() - start


async def async_batch(url: str, journal: Path) -> float:
    """Send them as a batch, from tasks; return the seconds."""
    async with AsyncSignTrakerClient("key", url) as client:
        run = client.orders.create_orders(requests(), journal=journal, max_concurrency=CONCURRENCY)
        start = time.perf_counter()
        await run.run()
        return time.perf_counter() - start


def main() -> int:
    """Measure, and print; 1 if a batch takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--async", action="store_true", dest="tasks", help="measure the async client")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
    command = [sys.executable, __file__, "--serve"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None  # noqa: S101 - for type checkers
        try:
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            plain = without_a_batch(url)
            journal = Path(folder) / "bench.journal"
            seconds = asyncio.run(async_batch(url, journal)) if options.tasks else batch(url, journal)
        finally:
            server.kill()
    print(f"ideal                       {IDEAL_SECONDS:6.2f} s")
    print(f"16 threads without a batch  {plain:6.2f} s  {plain / IDEAL_SECONDS:5.2f} of the ideal")
    print(f"batch with a journal        {seconds:6.2f} s  {seconds / IDEAL_SECONDS:5.2f} of the ideal")
    print(f"batch against no batch      {seconds / plain:5.2f}")
    print(f"{'within' if seconds <= LIMIT * IDEAL_SECONDS else 'beyond'} the limit of {LIMIT}")
    return 0 if seconds <= LIMIT * IDEAL_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
