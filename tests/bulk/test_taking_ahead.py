"""Check how many intents are saved ahead of their requests, and that a failure holds them back."""

from __future__ import annotations

from typing import Any

import pytest

from signtraker import RateLimitError, SignTrakerClient
from signtraker._bulk.engine import Call, Engine
from signtraker._bulk.states import EarlierRuns


def engine(**options: Any) -> Engine[Any, Any]:
    """Return the engine of a batch of 20 requests, two at a time."""
    batch = [{"agent_id": 1, "preset_id": 1, "external_id": str(at)} for at in range(20)]
    with SignTrakerClient("key", "http://127.0.0.1:9") as client:
        run = client.orders.create_orders(batch, max_concurrency=2, **options)
    run._engine.start(EarlierRuns())
    return run._engine


def test_as_many_are_taken_ahead_as_ended_meanwhile_and_no_more_than_may_run() -> None:
    batch = engine()
    assert [row.index for row in batch.take(0.0, 0.0)] == [0, 1]
    batch.note_ended(1)
    assert [row.index for row in batch.take(0.0, 0.0)] == [2]
    batch.note_ended(50)
    assert [row.index for row in batch.take(0.0, 0.0)] == [3]
    assert batch.take(0.0, 0.0) == []
    assert batch.wait_seconds(0.0) is None


def test_fewer_are_taken_ahead_when_fewer_end() -> None:
    batch = engine()
    batch.note_ended(2)
    for _ in range(8):
        batch.note_ended(0)
    assert len(batch.take(0.0, 0.0)) == 3


def test_nothing_is_taken_ahead_of_a_limited_rate() -> None:
    batch = engine(max_per_second=10_000)
    batch.note_ended(2)
    rows = [row for second in range(5) for row in batch.take(float(second), 0.0)]
    assert len(rows) == 2


def test_after_a_429_rows_go_back_in_their_order_and_nothing_is_taken_ahead() -> None:
    batch = engine()
    batch.note_ended(2)
    rows = batch.take(0.0, 0.0)
    assert len(rows) == 4
    refused = RateLimitError("Too many requests")
    batch.finish(Call(rows[0], 0.0, error=refused), now=0.0, unix_time=0.0, chance=0.0)
    batch.requeue(rows[2:])
    assert batch.progress().under_way == 1
    assert [batch.changes()[row].state for row in rows] == ["not_sent", "intended", "planned", "planned"]
    batch.finish(Call(rows[1], 0.0, error=refused), now=0.0, unix_time=0.0, chance=0.0)
    assert batch.take(0.0, 0.0) == []
    assert len(batch.take(100.0, 0.0)) == 1


@pytest.mark.parametrize("ended", [0, 2])
def test_the_wait_for_a_free_place_counts_only_what_runs(ended: int) -> None:
    batch = engine()
    batch.take(0.0, 0.0)
    batch.note_ended(ended)
    assert batch.wait_seconds(0.0) == (0.0 if ended else None)
