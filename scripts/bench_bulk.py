"""Print how near a batch of creations comes to the ideal time, with its journal on.

PYTHONPATH=. .cache/test-3.11/bin/python scripts/bench_bulk.py [--async] [--rounds N]

2,000 creations at concurrency 16 against a server that responds after 20 ms would ideally take 2.5 s. The
rounds alternate between the batch and the same creations without one, from 16 threads or tasks that share a
client; the best round of each counts, since other processes can only make it slower.

The server is a process of its own that does nothing else: one thread that waits on `select`, whose timer is
not rounded to milliseconds. It says how long its responses really took to leave it, and what it used of a
processor: while it handles one request, the others wait longer than the latency. Client and server need two
cores: where they have less, they slow each other.

Each creation opens a connection, so a part of its cost is the operating system's. `bare sockets` is the least
that 16 threads of Python need: they connect, send a few bytes, read and close, and parse nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signtraker import AsyncSignTrakerClient, SignTrakerClient

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

CREATIONS = 2000
CONCURRENCY = 16
LATENCY_SECONDS = 0.02
IDEAL_SECONDS = CREATIONS / CONCURRENCY * LATENCY_SECONDS
LIMIT = 1.15
_BODY = b'{"Status":"Draft","Message":null,"RequestId":1,"OrderId":1}'
_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY
)


# The server


class _Responder:
    """Responds to every request after the latency, whatever it asks. One thread, no library."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.received: dict[socket.socket, bytes] = {}
        """What has come over the connections that are read."""
        self.waiting: deque[tuple[float, socket.socket]] = deque()
        """The connections whose requests have come, with the time of that, the earliest first."""
        self.delays: list[float] = []
        """How long each response really took."""

    def serve(self) -> None:
        """Print the port, and whenever standard input has a line what it took; end with the input."""
        print(self.listener.getsockname()[1], flush=True)
        while True:
            left = self.waiting[0][0] + LATENCY_SECONDS - time.perf_counter() if self.waiting else None
            wait = None if left is None else max(0.0, left)
            for ready in select.select([self.listener, sys.stdin, *self.received], [], [], wait)[0]:
                if ready is self.listener:
                    self.received[self.listener.accept()[0]] = b""
                elif isinstance(ready, socket.socket):
                    self.read(ready)
                elif sys.stdin.readline():
                    self.print_spent()
                else:
                    return
            self.respond()

    def read(self, connection: socket.socket) -> None:
        """Read a part of a request, or the end of a connection."""
        received = connection.recv(65536)
        if not received:
            del self.received[connection]
            connection.close()
            return
        self.received[connection] += received
        head, blank, body = self.received[connection].partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        if blank and len(body) >= int(length or 0):
            del self.received[connection]
            self.waiting.append((time.perf_counter(), connection))

    def respond(self) -> None:
        """Respond to the requests whose time has come."""
        while self.waiting and (now := time.perf_counter()) >= self.waiting[0][0] + LATENCY_SECONDS:
            came, connection = self.waiting.popleft()
            connection.sendall(_RESPONSE)
            self.delays.append(now - came)
            self.received[connection] = b""

    def print_spent(self) -> None:
        """Print the seconds of a processor so far, and the mean delay since the last time."""
        delays, self.delays = self.delays or [0.0], []
        print(json.dumps({"cpu": time.process_time(), "delay": sum(delays) / len(delays)}), flush=True)


@dataclass
class Server:
    """The server's process, seen from the client."""

    process: subprocess.Popen[str]
    url: str = ""
    port: int = 0

    def spent(self) -> dict[str, float]:
        """Return the seconds of a processor so far, and the mean latency since the last time."""
        assert self.process.stdin is not None  # noqa: S101 - it was asked for
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return dict(json.loads(self.line()))

    def line(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        return self.process.stdout.readline()


@contextmanager
def running_server() -> Generator[Server]:
    """Run the server until the end of the block."""
    command = [sys.executable, __file__, "--serve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            server = Server(process)
            server.port = int(server.line())
            server.url = f"http://127.0.0.1:{server.port}"
            yield server
        finally:
            process.kill()


# The client


def requests() -> list[dict[str, Any]]:
    """Return creations that differ."""
    return [{"agent_id": 1, "preset_id": 1, "external_id": f"sign-{at}"} for at in range(CREATIONS)]


def in_threads(act: Callable[[dict[str, Any]], object]) -> None:
    """Do something with each request, from threads."""
    rows = iter(requests())
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                row = next(rows, None)
            if row is None:
                return
            act(row)

    threads = [threading.Thread(target=work) for _ in range(CONCURRENCY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def bare_sockets(server: Server, _: Path) -> None:
    """Send the same bytes without a client, and parse nothing."""
    head = b"POST /api/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}"

    def create(_: object) -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head)
            connection.recv(65536)

    in_threads(create)


def without_a_batch(server: Server, _: Path) -> None:
    """Send them from threads that share a client."""
    with SignTrakerClient("key", server.url) as client:
        in_threads(client.orders.create_order)


def batch(server: Server, journal: Path) -> None:
    """Send them as a batch, from threads."""
    with SignTrakerClient("key", server.url) as client:
        client.orders.create_orders(requests(), journal=journal, max_concurrency=CONCURRENCY).run()


def without_a_batch_in_tasks(server: Server, _: Path) -> None:
    """Send them from tasks that share a client."""

    async def send() -> None:
        rows = iter(requests())
        async with AsyncSignTrakerClient("key", server.url) as client:
            await asyncio.gather(*(work(rows, client) for _ in range(CONCURRENCY)))

    async def work(rows: Iterator[dict[str, Any]], client: AsyncSignTrakerClient) -> None:
        for row in rows:
            await client.orders.create_order(row)

    asyncio.run(send())


def batch_in_tasks(server: Server, journal: Path) -> None:
    """Send them as a batch, from tasks."""

    async def send() -> None:
        async with AsyncSignTrakerClient("key", server.url) as client:
            run = client.orders.create_orders(requests(), journal=journal, max_concurrency=CONCURRENCY)
            await run.run()

    asyncio.run(send())


@dataclass(order=True)
class Taken:
    """One round of one measure, in seconds; the CPU time and the latency are of one creation."""

    seconds: float
    client: float = 0.0
    server: float = 0.0
    latency: float = 0.0


def take(act: Callable[[Server, Path], None], server: Server, journal: Path) -> Taken:
    """Measure once."""
    before, own, start = server.spent()["cpu"], time.process_time(), time.perf_counter()
    act(server, journal)
    taken = Taken(time.perf_counter() - start, (time.process_time() - own) / CREATIONS)
    spent = server.spent()
    taken.server, taken.latency = (spent["cpu"] - before) / CREATIONS, spent["delay"]
    return taken


def main() -> int:
    """Measure, and print; 1 if a batch takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--async", action="store_true", dest="tasks", help="measure the async client")
    parser.add_argument("--rounds", type=int, default=3, help="how often to measure (3)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _Responder().serve()
        return 0
    plain, bulk = (without_a_batch_in_tasks, batch_in_tasks) if options.tasks else (without_a_batch, batch)
    names = {bare_sockets: "bare sockets", plain: "without a batch", bulk: "batch with a journal"}
    rounds: dict[str, list[Taken]] = {name: [] for name in names.values()}
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        for number in range(options.rounds):
            for act, name in names.items():
                rounds[name].append(take(act, server, Path(folder) / f"{number}.journal"))
    print(f"{'':<22}{'seconds':>8}{'of ideal':>10}{'client CPU':>12}{'server CPU':>12}{'latency':>10}")
    print(f"{'ideal':<22}{IDEAL_SECONDS:8.2f}{1:10.2f}{'':>24}{LATENCY_SECONDS * 1000:7.1f} ms")
    for name, taken in rounds.items():
        best = min(taken)
        print(
            f"{name:<22}{best.seconds:8.2f}{best.seconds / IDEAL_SECONDS:10.2f}"
            f"{best.client * 1000:9.2f} ms{best.server * 1000:9.2f} ms{best.latency * 1000:7.1f} ms"
        )
    ratio = min(rounds[names[bulk]]).seconds / IDEAL_SECONDS
    print(f"{'within' if ratio <= LIMIT else 'beyond'} the limit of {LIMIT}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
