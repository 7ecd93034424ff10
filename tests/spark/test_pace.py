"""Check that the tasks of a read together keep to its rate; the clock is the test's own."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from signtraker import AttemptInfo, CallInfo
from signtraker.spark.pace import Pace

CALL = CallInfo("GET", "/api/orders", "https://acme.signtraker.com")


class Task:
    """One task with a clock of its own, which only its waits move."""

    def __init__(self, index: int, start: float, tasks: int, rate: float) -> None:
        self.now = start
        self.pace = Pace(rate, tasks, index, lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def starts(partitions: int, tasks: int, rate: float, requests: int) -> list[float]:
    """Return when requests start if each partition needs the same number, and each takes no time."""
    free = [0.0] * tasks
    heapify(free)
    found: list[float] = []
    for index in range(partitions):
        task = Task(index, heappop(free), tasks, rate)
        for _ in range(requests):
            task.pace.before_call(CALL)
            found.append(task.now)
        task.pace.wait()
        heappush(free, task.now)
    return sorted(found)


def test_all_tasks_together_start_no_more_requests_than_the_rate_in_any_second() -> None:
    found = starts(partitions=20, tasks=4, rate=5, requests=3)
    assert found[:5] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert all(later - earlier > 0.999 for earlier, later in zip(found, found[5:], strict=False))


def test_a_retry_counts_as_a_request() -> None:
    task = Task(0, 0.0, 2, 4)
    task.pace.before_call(CALL)
    task.pace.before_attempt(AttemptInfo(CALL, 1))
    task.pace.before_attempt(AttemptInfo(CALL, 2))
    task.pace.before_call(CALL)
    assert task.now == 1.0


def test_time_that_passed_unused_is_not_made_up_for() -> None:
    task = Task(0, 0.0, 1, 1)
    task.pace.before_call(CALL)
    task.now += 10
    task.pace.before_call(CALL)
    assert task.now == 10.0
    task.pace.before_call(CALL)
    assert task.now == 11.0
