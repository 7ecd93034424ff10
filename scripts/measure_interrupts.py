"""Interrupt calls by a real timer, while other threads use the client, and print what came of it.

PYTHONPATH=. .cache/test-3.11/bin/python scripts/measure_interrupts.py [calls]

A signal handler raises in the middle of a call, as Ctrl-C and Celery's soft time limit do. It fails if a
later call fails, or if a thread waits for ever.
"""

from __future__ import annotations

import faulthandler
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from pydantic_core import PydanticSerializationError

from signtraker import SignTrakerClient
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 4
LONGEST_SECONDS = 120


class SoftTimeLimitError(Exception):
    """An exception that the signal handler raises."""


def interrupt(_signal: int, _frame: object) -> None:
    """Raise in whatever the main thread is doing."""
    raise SoftTimeLimitError


def interrupted(call: Callable[[], object], seconds: float) -> bool:
    """Make a call; return whether the timer ended it."""
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        call()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except (SoftTimeLimitError, PydanticSerializationError):
        # Pydantic turns an exception that comes while it serialises a field into its own.
        return True
    return False


def main() -> None:
    """Interrupt calls at random moments; then check that the client works in every thread."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    chance = random.Random(12)
    signal.signal(signal.SIGALRM, interrupt)
    faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)
    stop, ended = Event(), 0
    with Sandbox() as sandbox, SignTrakerClient(sandbox.api_key, sandbox.url) as client:

        def read() -> object:
            return client.orders.get_order(1001)

        def write() -> object:
            return client.orders.create_order(agent_id=1, preset_id=1)

        def keep_reading() -> int:
            count = 0
            while not stop.is_set():
                read()
                count += 1
            return count

        start = time.perf_counter()
        for _ in range(20):
            write()
        longest = (time.perf_counter() - start) / 20
        with ThreadPoolExecutor(THREADS) as threads:
            busy = [threads.submit(keep_reading) for _ in range(THREADS)]
            try:
                for number in range(calls):
                    call = write if number % 2 else read
                    ended += interrupted(call, chance.uniform(0.0001, longest))
            finally:
                stop.set()
            read_by_others = sum(one.result() for one in busy)
            threads.submit(read).result()
        read()
        write()
    print(f"{ended} of {calls} calls were interrupted; other threads read {read_by_others} times meanwhile")
    print("every later call succeeded")


if __name__ == "__main__":
    main()
