"""Check the pace that several requests share: slots, a rate, and pauses after a 429."""

from __future__ import annotations

from typing import Any

import pytest

from signtraker._bulk.plan import Options
from signtraker._core.config import resolve
from signtraker._core.pacing import Pacing


def pacing(*, max_retries: int = 2, **options: Any) -> Pacing:
    config = resolve({}, api_key="k", base_url="https://acme.example", max_retries=max_retries)
    return Pacing(Options(**options), config)


def test_no_more_start_than_there_are_slots() -> None:
    pace = pacing(max_concurrency=4)
    assert [pace.may_start(under_way, now=0.0) for under_way in (0, 3, 4)] == [True, True, False]
    assert pace.wait_seconds(4, now=0.0) is None


def test_a_rate_spaces_the_starts_and_makes_no_burst_after_a_pause() -> None:
    pace = pacing(max_concurrency=4, max_per_second=2)
    assert pace.may_start(0, now=10.0)
    pace.start(10.0)
    assert not pace.may_start(1, now=10.4)
    assert pace.wait_seconds(1, now=10.4) == pytest.approx(0.1)
    assert pace.may_start(1, now=99.0)
    pace.start(99.0)
    assert not pace.may_start(1, now=99.1)


def test_after_a_429_nobody_starts_before_the_wait_is_over_and_then_fewer_do() -> None:
    pace = pacing(max_concurrency=8)
    assert pace.slow_down(0.0, now=1.0, retry_after=5.0, chance=0.0)
    assert not pace.may_start(0, now=5.9)
    assert pace.may_start(3, now=6.0)
    assert not pace.may_start(4, now=6.0)
    for _ in range(9):
        pace.succeed()
    assert pace.may_start(7, now=6.0)
    assert not pace.may_start(8, now=6.0)


def test_refusals_of_requests_that_were_under_way_together_are_one_pause() -> None:
    pace = pacing(max_concurrency=8)
    for at in range(8):
        assert pace.slow_down(0.5, now=1.0 + at / 100, retry_after=None, chance=0.0)
    assert pace.window == 4
    assert pace.wait_seconds(0, now=1.0) == pytest.approx(0.57)


def test_the_wait_doubles_until_a_success() -> None:
    pace = pacing()
    waits: list[float | None] = []
    now = 0.0
    for _ in range(3):
        pace.slow_down(now, now, retry_after=None, chance=0.0)
        waits.append(pace.wait_seconds(0, now))
        now += 10
    assert waits == [0.5, 1.0, 2.0]
    pace.succeed()
    pace.slow_down(now, now, retry_after=None, chance=0.0)
    assert pace.wait_seconds(0, now) == 0.5


@pytest.mark.parametrize(
    ("max_retries", "now", "retry_after"),
    [(0, 0.0, 1.0), (2, 0.0, 61.0), (2, 119.5, None)],
    ids=["retries are off", "the server asks for too long", "the deadline passed without a success"],
)
def test_a_batch_gives_up_where_a_call_would(max_retries: int, now: float, retry_after: float | None) -> None:
    pace = pacing(max_retries=max_retries)
    if now:
        assert pace.slow_down(0.0, 0.0, retry_after=None, chance=0.0)
    assert not pace.slow_down(now, now, retry_after=retry_after, chance=0.0)
