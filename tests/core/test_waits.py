"""Check how long a call waits between its attempts, and the facts of its failure, without a clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import NetworkError, RateLimitError, SignTrakerError, UnconfirmedNetworkError
from signtraker._core.config import Config, resolve
from signtraker._core.exchange import Response, Send, TransportError, Wait, send_with_retries
from signtraker._core.recording import observer, recording
from signtraker._core.request import Request
from signtraker._core.retry import AttemptFailure, may_repeat, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker._core.exchange import Event
    from signtraker._core.request import Method

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SILENCE = TransportError("ReadTimeout", never_sent=False, elapsed_seconds=1.25, cause=None)
REFUSED = TransportError("refused", never_sent=True, elapsed_seconds=0.0, cause=None)


def busy(retry_after: str) -> Response:
    return Response(429, {"retry-after": retry_after}, b"", elapsed_seconds=0.5)


def config(**settings: Any) -> Config:
    return resolve({}, api_key="key", base_url="https://example.com", **settings)


def fail(
    event: Event,
    settings: Config,
    *,
    method: Method = "GET",
    chance: float = 0.0,
    clock: Callable[[], float] = lambda: 0.0,
) -> tuple[list[float], SignTrakerError]:
    """Answer every attempt in the same way; return the waits and the error."""
    request: Request[bytes] = Request(method, "/api/orders", reader=bytes)
    call = send_with_retries(
        request, settings, chance=lambda: chance, observe=None, now=lambda: NOW, clock=clock
    )
    waits: list[float] = []
    action = next(call)
    try:
        while True:
            if isinstance(action, Wait):
                waits.append(action.seconds)
            action = call.send(event if isinstance(action, Send) else None)
    except SignTrakerError as error:
        return waits, error


def test_the_wait_doubles_with_each_attempt_up_to_a_minute() -> None:
    waits, _ = fail(SILENCE, config(max_retries=9, deadline_seconds=1000))
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_after_the_most_attempts_the_wait_is_still_a_minute() -> None:
    waits, _ = fail(SILENCE, config(max_retries=100, deadline_seconds=86_400))
    assert (len(waits), waits[-1]) == (100, 60.0)


def test_chance_takes_up_to_half_of_the_wait_away() -> None:
    assert fail(SILENCE, config(), chance=1.0)[0] == [0.25, 0.5]
    assert fail(SILENCE, config(), chance=0.5)[0] == [0.375, 0.75]


@pytest.mark.parametrize("asked", ["7", "Sun, 01 Mar 2026 12:00:07 GMT", "Sun, 01 Mar 2026 13:00:07 +0100"])
def test_the_server_sets_the_least_wait_in_seconds_or_by_a_date(asked: str) -> None:
    waits, error = fail(busy(asked), config())
    assert waits == [7.0, 7.0]
    assert isinstance(error, RateLimitError)
    assert error.retry_after_seconds == 7.0


def test_a_wait_of_a_minute_is_granted_and_a_longer_one_is_not() -> None:
    assert fail(busy("60"), config(deadline_seconds=1000))[0] == [60.0, 60.0]
    assert fail(busy("Sun, 01 Mar 2026 12:01:01 GMT"), config(deadline_seconds=1000))[0] == []


def test_a_write_waits_too_if_the_server_refused_it_or_was_never_reached() -> None:
    assert fail(busy("0"), config(), method="POST")[0] == [0.5, 1.0]
    assert fail(REFUSED, config(), method="POST")[0] == [0.5, 1.0]
    assert fail(busy("0"), config(resend_on_429=False), method="POST")[0] == []
    assert fail(SILENCE, config(), method="POST")[0] == []


def test_a_status_that_says_no_is_final_and_a_body_that_broke_off_is_not() -> None:
    assert not may_repeat(AttemptFailure(status_code=404), is_write=False)
    assert may_repeat(AttemptFailure(status_code=404, cut=True), is_write=False)
    assert not may_repeat(AttemptFailure(status_code=404, cut=True), is_write=True)


def test_a_recording_tells_why_each_earlier_attempt_failed() -> None:
    request: Request[bytes] = Request("GET", "/api/orders", reader=bytes)
    pool = object()
    with recording(pool, bodies=False) as recorded:
        call = send_with_retries(request, config(), chance=lambda: 0.0, observe=observer(pool))
        assert isinstance(next(call), Send)
        for event in (SILENCE, Response(200, {}, b"[", elapsed_seconds=0.5, cut="too short")):
            assert isinstance(call.send(event), Wait)
            assert isinstance(call.send(None), Send)
        with pytest.raises(StopIteration) as returned:
            call.send(Response(200, {}, b"[]", elapsed_seconds=0.25))
    assert returned.value.value == b"[]"
    assert recorded[0].failures == ("ReadTimeout", "broke off: too short")
    assert (recorded[0].attempts, recorded[0].elapsed_seconds) == (3, 2.0)


def test_a_date_without_a_time_zone_or_in_the_past_asks_for_no_wait() -> None:
    assert parse_retry_after("Sun, 01 Mar 2026 12:00:07 -0000", NOW) is None
    assert parse_retry_after("Sun, 01 Mar 2026 11:59:00 GMT", NOW) == 0.0
    assert parse_retry_after(None, NOW) is None


def test_a_number_of_any_length_asks_for_too_long() -> None:
    assert parse_retry_after("9" * 5000, NOW) == 9_999_999_999.0


def test_a_wait_that_would_reach_the_deadline_is_not_begun() -> None:
    assert fail(busy("7"), config(deadline_seconds=7.5))[0] == [7.0, 7.0]
    assert fail(busy("7"), config(deadline_seconds=7))[0] == []


def test_a_failure_tells_its_reason_its_attempts_and_the_time_they_took() -> None:
    _, error = fail(SILENCE, config())
    assert type(error) is NetworkError
    assert str(error) == "No response to GET /api/orders (tried 3 times, 3.8 s): ReadTimeout"
    assert (error.attempts, error.elapsed_seconds, error.outcome) == (3, 3.75, "did_not_happen")
    _, error = fail(REFUSED, config(max_retries=0), method="POST")
    assert str(error) == "No connection for POST /api/orders (tried once, 0.0 s): refused"
    assert error.outcome == "did_not_happen"


def test_an_error_status_tells_the_time_of_all_attempts_too() -> None:
    _, error = fail(busy("1"), config())
    assert (error.attempts, error.elapsed_seconds) == (3, 1.5)


def test_a_deadline_that_passed_is_the_reason_of_the_failure() -> None:
    times = iter([0.0, 0.0, 3.0, 3.0])
    _, error = fail(SILENCE, config(deadline_seconds=3), method="POST", clock=lambda: next(times))
    assert isinstance(error, UnconfirmedNetworkError)
    assert "tried once, 1.2 s): the deadline of 3 s for the whole call passed (ReadTimeout)" in str(error)


def test_each_attempt_gets_the_time_that_is_left() -> None:
    times = iter([10.0, 10.0, 12.0, 14.0])
    request: Request[bytes] = Request("GET", "/api/orders", reader=bytes)
    call = send_with_retries(
        request, config(deadline_seconds=5), chance=lambda: 0.0, observe=None, clock=lambda: next(times)
    )
    assert next(call) == Send(1, 5.0)
    assert call.send(SILENCE) == Wait(0.5, "ReadTimeout")
    assert call.send(None) == Send(2, 1.0)
