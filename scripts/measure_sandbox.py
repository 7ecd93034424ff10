"""Measure what the sandbox costs a test suite, and print the figures; nothing is judged."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

TESTS = 100
SUITE = f"""
import pytest

@pytest.mark.parametrize("n", range({TESTS}))
def test_with_a_fresh_sandbox(signtraker_sandbox, signtraker_client, n):
    created = signtraker_client.orders.create_order(agent_id=1, preset_id=1)
    assert created.order_id == 1301
    signtraker_sandbox.clock.advance(days=3)
    assert signtraker_client.orders.get_order(1301).status == "Installed"
"""


@contextmanager
def timed(what: str) -> Generator[None]:
    """Print how long a block takes."""
    start = time.perf_counter()
    yield
    print(f"{what:<58} {(time.perf_counter() - start) * 1000:10.1f} ms")


def median(what: str, act: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> None:
    """Print the median of many runs."""
    seconds: list[float] = []
    for _ in range(TESTS):
        prepare()
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    print(f"{what:<58} {statistics.median(seconds) * 1000:10.2f} ms")


def one_sandbox() -> None:
    """Measure what is done to one sandbox."""
    with timed("start, with 300 orders"):
        sandbox = Sandbox().start()
    client = sandbox.client

    def order() -> None:
        client.orders.create_order(agent_id=1, preset_id=1)

    median("reset after a write (median of 100)", sandbox.reset, order)
    median("reset after nothing (median of 100)", sandbox.reset)
    median("create_order over HTTP (median of 100)", order)
    median("get_order over HTTP (median of 100)", lambda: client.orders.get_order(1001))
    with timed("stop"):
        sandbox.stop()


def many_sandboxes() -> None:
    """Measure a sandbox for each of 100 tests, and pytest with one that is reset."""
    with timed(f"{TESTS} times: a sandbox of its own, a write, a read"):
        for _ in range(TESTS):
            with Sandbox() as sandbox:
                sandbox.client.orders.create_order(agent_id=1, preset_id=1)
                sandbox.client.orders.get_order(1301)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_suite.py").write_text(SUITE)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
        with timed(f"pytest, started and ended: {TESTS} tests with the fixture"):
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    one_sandbox()
    many_sandboxes()
