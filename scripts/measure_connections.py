"""Print what a connection of its own costs each write: against writes over a connection that is kept alive.

PYTHONPATH=. .cache/test-3.11/bin/python scripts/measure_connections.py

Both go to the same sandbox on loopback, interleaved. An injected `httpx.Client` keeps its connection alive.
TLS is not part of it: on a real network a new connection also costs round trips for its handshake.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import httpx

from signtraker import SignTrakerClient
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 9
WRITES = 40


def seconds(write: Callable[[], object]) -> float:
    """Return the seconds that one write takes on average."""
    start = time.perf_counter()
    for _ in range(WRITES):
        write()
    return (time.perf_counter() - start) / WRITES


def main() -> None:
    """Measure both ways in turn, and print the medians and their ratio."""
    own, kept = list[float](), list[float]()
    with Sandbox() as sandbox, httpx.Client(trust_env=False) as http:
        injected = SignTrakerClient(sandbox.api_key, sandbox.url, http_client=http)
        for _ in range(ROUNDS):
            own.append(seconds(lambda: sandbox.client.orders.create_order(agent_id=1, preset_id=1)))
            kept.append(seconds(lambda: injected.orders.create_order(agent_id=1, preset_id=1)))
    fresh, alive = statistics.median(own), statistics.median(kept)
    print(f"a connection for each write  {fresh * 1000:6.2f} ms")
    print(f"one that is kept alive       {alive * 1000:6.2f} ms")
    print(f"ratio                        {fresh / alive:6.2f}")


if __name__ == "__main__":
    main()
