"""The job that is killed: a batch of orders with a journal, which logs every outcome that it is told."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

from signtraker import SignTrakerClient
from signtraker._bulk.journal import Journal
from signtraker._core.http.threads import HttpPool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from signtraker import BulkOutcome

FAIL_POINTS = ("before the commit", "after the commit", "before the request", "after the request")


def run_job(url: str, batch: list[dict[str, Any]], log: Path, options: dict[str, Any]) -> None:
    """Send the batch, and log each outcome before anything else happens."""
    settings: dict[str, Any] = {"deadline_seconds": 1.0, "retry_backoff_seconds": 0.01}
    with log.open("a", buffering=1) as lines, SignTrakerClient("sandbox-key", url, **settings) as client:
        for outcome in client.orders.create_orders(batch, **options):
            lines.write(json.dumps(_told(outcome)) + "\n")


def _told(outcome: BulkOutcome[Any, Any]) -> dict[str, Any]:
    return {
        "index": outcome.index,
        "state": outcome.state,
        "order_id": outcome.order_id,
        "source": outcome.source,
        "message": outcome.message,
        "candidates": [one.order.id for one in outcome.candidates],
    }


def die_at(point: str, number: int) -> None:
    """Kill this process when it comes to a point for the n-th time. Nothing of it runs after that."""
    owner: Any = Journal if "commit" in point else HttpPool
    name = "save" if "commit" in point else "attempt"
    inner: Callable[..., Any] = getattr(owner, name)
    count = 0

    def wrapped(*args: Any, **options: Any) -> Any:
        nonlocal count
        if point.startswith("before"):
            count += 1
            if count >= number:
                os.kill(os.getpid(), signal.SIGKILL)
        result = inner(*args, **options)
        if point.startswith("after"):
            count += 1
            if count >= number:
                os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)
