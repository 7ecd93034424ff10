"""The job that is killed: a batch of orders with a journal, which logs every outcome."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from itertools import count
from typing import TYPE_CHECKING, Any, ParamSpec, TextIO, TypeVar

from signtraker import AsyncSignTrakerClient, SignTrakerClient
from signtraker._bulk.journal import Journal
from signtraker._core.http.pool import HttpPool
from signtraker._core.http.tasks import AsyncHttpPool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from signtraker import BulkOutcome

P = ParamSpec("P")
T = TypeVar("T")
FAIL_POINTS = (
    "before the commit",
    "inside the commit",
    "after the commit",
    "before the request",
    "after the request",
)


def run_job(
    url: str, method: str, batch: list[dict[str, Any]], log: Path, options: dict[str, Any], *, tasks: bool
) -> None:
    """Send the batch, from threads or from tasks, and log each outcome before anything else happens.

    `method` is `create_orders` or `request_removals`.
    """
    settings: dict[str, Any] = {"deadline_seconds": 1.0, "retry_backoff_seconds": 0.01}
    with log.open("a", buffering=1) as lines:
        if tasks:
            asyncio.run(_run_tasks(url, method, batch, lines, options, settings))
            return
        with SignTrakerClient("sandbox-key", url, **settings) as client:
            for outcome in getattr(client.orders, method)(batch, **options):
                lines.write(_told(outcome))


async def _run_tasks(
    url: str,
    method: str,
    batch: list[dict[str, Any]],
    lines: TextIO,
    options: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    async with (
        AsyncSignTrakerClient("sandbox-key", url, **settings) as client,
        getattr(client.orders, method)(batch, **options) as run,
    ):
        async for outcome in run:
            lines.write(_told(outcome))


def _told(outcome: BulkOutcome[Any, Any]) -> str:
    line = {
        "index": outcome.index,
        "state": outcome.state,
        "order_id": outcome.order_id,
        "source": outcome.source,
        "message": outcome.message,
        "candidates": [one.order.id for one in outcome.candidates],
    }
    return json.dumps(line) + "\n"


def die_at(point: str, number: int) -> None:
    """Kill this process when it comes to a point for the n-th time. Nothing of it runs after that."""
    passed = count(1)

    def die() -> None:
        if next(passed) >= number:
            os.kill(os.getpid(), signal.SIGKILL)

    before, after = (die, _pass) if point.startswith("before") else (_pass, die)
    if point.startswith("inside"):
        whole: Any = Journal
        whole._upsert = _in_a_transaction(die)  # noqa: SLF001 - only there is the middle
    elif "commit" in point:
        Journal.save = _around(Journal.save, before, after)  # type: ignore[method-assign]  # to die there
    else:
        HttpPool.attempt = _around(HttpPool.attempt, before, after)  # type: ignore[method-assign]  # as above
        AsyncHttpPool.attempt = _around_async(AsyncHttpPool.attempt, before, after)  # type: ignore[method-assign]  # as above


def _pass() -> None:
    pass


def _around(inner: Callable[P, T], before: Callable[[], None], after: Callable[[], None]) -> Callable[P, T]:
    def wrapped(*args: P.args, **options: P.kwargs) -> T:
        before()
        result = inner(*args, **options)
        after()
        return result

    return wrapped


def _in_a_transaction(end: Callable[[], None]) -> Callable[[Any, Any], None]:
    """Save rows in a transaction with an end of its own, and do something before its COMMIT.

    A save is one statement, which has no middle that could be reached.
    """

    def upsert(journal: Any, rows: Any) -> None:
        with journal._transaction():  # noqa: SLF001 - as above
            journal._upsert_few(rows)  # noqa: SLF001 - as above
            end()

    return upsert


def _around_async(
    inner: Callable[P, Awaitable[T]], before: Callable[[], None], after: Callable[[], None]
) -> Callable[P, Coroutine[Any, Any, T]]:
    async def wrapped(*args: P.args, **options: P.kwargs) -> T:
        before()
        result = await inner(*args, **options)
        after()
        return result

    return wrapped
