"""Check many orders over HTTP: the outcomes, the end of a run, and what the next run of a batch sends."""

from __future__ import annotations

import asyncio
import csv
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from queue import SimpleQueue
from shutil import copyfile
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from either_client import Flavour, open_client

from signtraker import (
    AsyncSignTrakerClient,
    AuthenticationError,
    BulkProgress,
    BulkReport,
    CreateOrderRequest,
    CreateOrderResult,
    NetworkError,
    RateLimitError,
    SignTrakerClient,
    SignTrakerError,
    ValidationError,
)
from signtraker._bulk import run, tasks, threads
from signtraker._bulk.engine import CLOCK_MARGIN, Engine
from signtraker._bulk.journal import Journal
from signtraker._bulk.operation import Findings
from signtraker._bulk.states import EarlierRuns
from signtraker._core import exchange
from signtraker._core.recording import RecordedExchange

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from signtraker.sandbox import Sandbox
    from signtraker.sandbox.faults.fault import Reset

ORDERS = "/api/orders"


def some(count: int, **fields: object) -> list[dict[str, object]]:
    """Return requests that differ in their street."""
    return [{"agent_id": 1, "preset_id": 1, "street_name": f"Elm St {at}", **fields} for at in range(count)]


def created(server: Sandbox) -> int:
    """Return how many orders were made: the truth."""
    return len([one for one in server.ledger if one.action == "order.created"])


def states(outcomes: Any) -> Counter[str]:
    return Counter(one.state for one in outcomes)


def test_every_order_is_created_once_and_the_outcome_names_it(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    requests = [
        CreateOrderRequest(agent_id=1, preset_id=1, external_id=f"O'Brien & Söhne +{n}%") for n in range(8)
    ]
    outcomes = list(both.orders.create_orders(requests, journal=journal, max_concurrency=4))
    assert sorted(one.index for one in outcomes) == list(range(8))
    made = {entry.subject_id: entry.external_id for entry in server.ledger}
    assert {one.order_id: one.request.external_id for one in outcomes} == made
    assert {one.message for one in outcomes} == {f"Created as order {order}." for order in made}


def test_an_empty_batch_has_nothing_to_do(both: SignTrakerClient, journal: Path) -> None:
    report = both.orders.create_orders([], journal=journal).run()
    assert report.is_complete
    assert str(report) == "0 in all: nothing to do."


def test_the_same_line_again_sends_nothing_that_was_done(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    both.orders.create_orders(some(5), journal=journal).run()
    report = both.orders.create_orders(reversed(some(7)), journal=journal).run()
    assert created(server) == 7
    assert [one.source for one in report.outcomes] == ["run", "run", *["journal"] * 5]
    assert report.is_complete


def test_what_was_refused_is_sent_again_and_may_come_back_mended_under_its_own_key(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    wrong = {"agent_id": 1, "preset_id": 99_999, "external_id": "A-1"}
    report = both.orders.create_orders([wrong, *some(2)], journal=journal).run()
    assert [one.state for one in report.outcomes] == ["refused", "created", "created"]
    assert "The order preset 99999 does not exist" in report.outcomes[0].message
    assert "[0] refused:" in str(report)
    again = both.orders.create_orders([wrong, *some(2)], journal=journal).run()
    assert [one.state for one in again.outcomes] == ["refused", "created", "created"]
    mended = both.orders.create_orders([{**wrong, "preset_id": 1}, *some(2)], journal=journal).run()
    assert mended.is_complete
    assert created(server) == 3


@pytest.mark.parametrize("status", [408, 425, 499])
def test_a_refusal_that_a_gateway_may_send_after_passing_a_request_on_leaves_it_unknown(
    both: SignTrakerClient, server: Sandbox, journal: Path, status: int
) -> None:
    server.faults.add(method="POST", path=ORDERS, status=status, after_work=True)
    for _ in range(2):
        (unknown,) = both.orders.create_orders(some(1), journal=journal).run().outcomes
        assert unknown.state == "unknown"
        assert created(server) == 1


@pytest.mark.parametrize("fault", ["refused", "unknown"])
def test_of_equal_rows_the_least_done_is_the_one_that_a_later_run_drops(
    both: SignTrakerClient, server: Sandbox, journal: Path, fault: str
) -> None:
    if fault == "refused":
        server.faults.add(method="POST", path=ORDERS, nth=1, status=400)
    else:
        server.faults.add(method="POST", path=ORDERS, nth=1, reset="before_work")
    options: dict[str, Any] = {"journal": journal, "allow_identical": True, "max_concurrency": 1}
    assert both.orders.create_orders(some(1) * 3, **options).run().outcomes[0].state == fault
    for count in (2, 1, 2):
        report = both.orders.create_orders(some(1) * count, **options).run()
        assert [(one.state, one.source) for one in report.outcomes] == [("created", "journal")] * count
        assert len({one.order_id for one in report.outcomes}) == count
    whole = both.orders.create_orders(some(1) * 3, **options).run()
    assert whole.outcomes[2].state == ("created" if fault == "refused" else "unknown")
    assert created(server) == (3 if fault == "refused" else 2)


RESETS: tuple[Reset, ...] = ("before_work", "before_answer")


@pytest.mark.parametrize("reset", RESETS)
def test_a_broken_connection_leaves_a_row_unknown_with_its_candidates_and_it_is_not_sent_again(
    both: SignTrakerClient, server: Sandbox, journal: Path, reset: Reset
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=3, reset=reset)
    for _ in range(3):
        report = both.orders.create_orders(some(4), journal=journal, max_concurrency=1).run()
        (unknown,) = report.with_state("unknown")
        assert unknown.index == 2
        assert unknown.order_id is None
        done = reset == "before_answer"
        assert [one.differs for one in unknown.candidates] == [()] * done
        assert created(server) == 3 + done
        assert ("No matching order was found" in unknown.message) is not done
    posts = [one for one in server.requests if one.method == "POST"]
    assert len(posts) == 4


def test_adopting_takes_the_one_match(both: SignTrakerClient, server: Sandbox, journal: Path) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=2, reset="before_answer")
    both.orders.create_orders(some(3), journal=journal, max_concurrency=1).run()
    report = both.orders.create_orders(some(3), journal=journal, unknown="adopt").run()
    assert report.is_complete
    assert report.outcomes[1].source == "adopted"
    assert {one.order_id for one in report.outcomes} == {one.subject_id for one in server.ledger}


def test_adopting_leaves_a_row_that_another_row_of_the_batch_equals(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=2, reset="before_answer")
    run = both.orders.create_orders(
        some(1) * 2, journal=journal, allow_identical=True, unknown="adopt", max_concurrency=1
    )
    first, second = run.run().outcomes
    assert (first.state, second.state) == ("created", "unknown")
    assert "another request of the batch may have created it" in second.message
    assert [one.order.id for one in second.candidates] == [server.ledger[-1].subject_id]


def test_adopting_leaves_a_row_whose_match_a_row_that_was_dropped_may_have_made(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=1, reset="before_work")
    server.faults.add(method="POST", path=ORDERS, nth=2, reset="before_answer")
    batch = [*some(1), *some(1, notes="ring twice")]
    both.orders.create_orders(batch, journal=journal, max_concurrency=1).run()
    (unknown,) = both.orders.create_orders(batch[:1], journal=journal, unknown="adopt").run().outcomes
    assert unknown.state == "unknown"
    assert [one.order.id for one in unknown.candidates] == [server.ledger[0].subject_id]


def test_adopting_leaves_a_row_with_two_matches(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, reset="before_answer")
    server.orders.add(street_name="elm st  0")
    (unknown,) = both.orders.create_orders(some(1), journal=journal, unknown="adopt").run().outcomes
    assert unknown.state == "unknown"
    assert [one.differs for one in unknown.candidates] == [(), ()]


def test_resending_repairs_a_row_that_left_no_trace_after_the_grace_time(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=2, reset="before_work")
    orders = both.orders.create_orders(
        some(3), journal=journal, unknown="resend", grace_seconds=0, max_concurrency=1
    )
    assert orders.run().is_complete
    assert created(server) == 3


def test_a_search_counts_from_the_moment_at_which_it_began(
    both: SignTrakerClient, server: Sandbox, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clock() -> float:
        return 1_800_000_000 + 10 * len(server.requests)

    # Each request takes ten seconds, so that the first search begins within the grace time and ends after it.
    for module in (run, tasks, threads):
        fake = SimpleNamespace(time=clock, monotonic=time.monotonic, sleep=time.sleep)
        monkeypatch.setattr(module, "time", fake)
    server.faults.add(method="POST", path=ORDERS, nth=1, reset="before_work")
    report = both.orders.create_orders(some(1), journal=journal, unknown="resend", grace_seconds=5).run()
    assert report.is_complete
    methods = [one.method for one in server.requests if ("$top", "0") not in one.query]
    assert methods == ["POST", "GET", "GET", "POST"]


@pytest.mark.parametrize("zone", ["", "-0000", "GMT"])
def test_a_date_of_the_server_is_in_utc(
    server: Sandbox, zone: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(time.tzset)
    with server.client.record() as exchanges:
        batch = server.client.orders.create_orders(some(1))
        batch.run()
    before = batch._engine.server_ahead
    assert before is not None
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/Denver")
        time.tzset()
        date = exchanges[0].headers["date"].replace("GMT", zone).strip()
        batch._engine.server_ahead = None
        batch._engine.learn_server_time([replace(exchanges[0], headers={"date": date})])
    assert batch._engine.server_ahead == before


def test_resending_leaves_a_row_whose_address_may_have_been_normalised(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.orders.add(street_name="Elm Street 1")
    server.faults.add(method="POST", path=ORDERS, nth=2, reset="before_work")
    options: dict[str, Any] = {
        "journal": journal,
        "unknown": "resend",
        "grace_seconds": 0,
        "max_concurrency": 1,
    }
    report = both.orders.create_orders(some(2), **options).run()
    assert [one.state for one in report.outcomes] == ["created", "unknown"]
    assert "may have changed an address" in report.outcomes[1].message


def test_a_row_that_is_resent_and_breaks_again_is_left_unknown(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, times=None, reset="before_work")
    report = both.orders.create_orders(some(1), journal=journal, unknown="resend", grace_seconds=0).run()
    assert report.outcomes[0].state == "unknown"
    assert "resent once in this run" in report.outcomes[0].message
    assert len([one for one in server.requests if one.method == "POST"]) == 2


def test_a_rejected_key_stops_the_batch_and_says_how_to_go_on(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=3, status=401, times=None)
    run = both.orders.create_orders(some(8), journal=journal, max_concurrency=1)
    with pytest.raises(AuthenticationError) as caught:
        run.run()
    assert (
        "2 created, 1 refused, 5 not sent. Call the method again with the same journal"
        in caught.value.__notes__[0]
    )
    assert states(run.report.outcomes) == {"created": 2, "refused": 1, "not_sent": 5}
    server.faults.clear()
    assert both.orders.create_orders(some(8), journal=journal).run().is_complete
    assert created(server) == 8


def test_all_wait_together_after_a_429_and_nothing_is_lost(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=5, times=4, status=429, retry_after=0)
    report = both.orders.create_orders(some(8), journal=journal, max_concurrency=5).run()
    assert report.is_complete
    assert created(server) == 8


def test_a_wait_that_is_too_long_stops_the_batch(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=2, times=None, status=429, retry_after=3600)
    run = both.orders.create_orders(some(5), journal=journal, max_concurrency=1)
    with pytest.raises(RateLimitError, match="asks to wait 3600 s"):
        run.run()
    assert states(run.report.outcomes) == {"created": 1, "not_sent": 4}


def test_a_thread_that_is_slow_after_a_failure_does_not_keep_the_batch_from_its_end(
    server: Sandbox, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure was reported before the thread looks at the row after it, which is not sent any more."""
    driver: Any = threads._Workers
    send, wait, goes_on = driver.send, driver.wait, Event()

    class Wake:
        """Tells the batch of the end of a call; the thread whose call failed goes on later."""

        def __init__(self, workers: Any) -> None:
            self.workers, self.queue = workers, SimpleQueue[None]()
            self.get, self.get_nowait = self.queue.get, self.queue.get_nowait

        def put(self, item: None) -> None:
            self.queue.put(item)
            if self.workers._failed:
                assert goes_on.wait(60)

    def send_with_wake(workers: Any, row: Any) -> None:
        if not workers._threads:
            workers._wake = Wake(workers)
        send(workers, row)

    def checked_wait(workers: Any, seconds: float | None) -> None:
        assert batch._engine._under_way, "it waits for nothing"
        if workers._failures_processed:
            goes_on.set()
        wait(workers, seconds)

    monkeypatch.setattr(driver, "send", send_with_wake)
    monkeypatch.setattr(driver, "wait", checked_wait)
    server.faults.add(method="POST", path=ORDERS, nth=2, times=None, status=429, retry_after=3600)
    batch = server.client.orders.create_orders(some(5), journal=journal, max_concurrency=1)
    with pytest.raises(RateLimitError, match="asks to wait 3600 s"):
        batch.run()
    assert states(batch.report.outcomes) == {"created": 1, "not_sent": 4}
    assert goes_on.is_set()


def test_a_429_leaves_a_row_unknown_where_it_is_not_taken_for_a_refusal(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=2, status=429, retry_after=0)
    careful = both.with_options(resend_on_429=False)
    report = careful.orders.create_orders(some(3), journal=journal, max_concurrency=1).run()
    assert [one.state for one in report.outcomes] == ["created", "unknown", "created"]


def test_a_server_that_is_gone_stops_the_batch(flavour: Flavour, journal: Path) -> None:
    with open_client(flavour, "key", "http://127.0.0.1:9", max_retries=0) as client:
        run = client.orders.create_orders(some(50), journal=journal, max_concurrency=3)
        with pytest.raises(NetworkError, match="No connection"):
            run.run()
    assert states(run.report.outcomes) == {"not_sent": 50}


def test_a_client_that_is_closed_sends_nothing_and_says_so(journal: Path, server: Sandbox) -> None:
    client = SignTrakerClient(server.api_key, server.url)
    run = client.orders.create_orders(some(3), journal=journal)
    client.close()
    with pytest.raises(SignTrakerError, match="closed"):
        run.run()
    assert states(run.report.outcomes) == {"not_sent": 3}


def test_the_numbers_of_the_progress_add_up(both: SignTrakerClient) -> None:
    seen: list[BulkProgress] = []
    both.orders.create_orders(some(6), max_concurrency=2, progress=seen.append).run()
    for one in seen:
        assert one.total == one.created + one.not_sent + one.under_way == 6
        assert one.under_way <= 4  # Two run, and two more may wait for them.
        assert one.unknown == 0
    assert seen[-1].done == 6


def test_a_success_without_an_id_is_unknown_and_never_resent(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, body="empty")
    options: dict[str, Any] = {"journal": journal, "unknown": "resend", "grace_seconds": 0}
    server.faults.add(path=ORDERS, method="GET", times=None, status=400)
    report = both.orders.create_orders(some(1), **options).run()
    assert report.outcomes[0].state == "unknown"
    assert "the search for its order failed" in report.outcomes[0].message
    server.faults.clear()
    report = both.orders.create_orders(some(1), **options).run()
    assert report.outcomes[0].source == "adopted"
    assert created(server) == 1


def test_without_a_journal_it_works_and_says_what_it_cannot_promise(
    both: SignTrakerClient, server: Sandbox
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=2, reset="before_answer")
    report = both.orders.create_orders(some(3), max_concurrency=1).run()
    assert states(report.outcomes) == {"created": 2, "unknown": 1}
    assert "There is no journal, so only this report knows what was sent" in str(report)


def test_leaving_the_loop_drains_what_is_under_way_and_starts_nothing_more(
    both: SignTrakerClient, server: Sandbox, journal: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with both.orders.create_orders(some(12), journal=journal, max_concurrency=4) as run:
        for _ in run:
            break
    done = states(run.report.outcomes)
    assert done["created"] == created(server) < 12
    assert set(done) == {"created", "not_sent"}
    assert "Call the method again with the same journal" in caplog.text
    assert both.orders.create_orders(some(12), journal=journal).run().is_complete
    assert created(server) == 12


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_exception_in_the_progress_callback_ends_the_run_in_the_same_way(
    both: SignTrakerClient, server: Sandbox, journal: Path, error: type[BaseException]
) -> None:
    def interrupt(progress: BulkProgress) -> None:
        if progress.created >= 2:
            raise error

    run = both.orders.create_orders(some(12), journal=journal, max_concurrency=4, progress=interrupt)
    with pytest.raises(error) as caught:
        run.run()
    assert "Call the method again with the same journal" in caught.value.__notes__[0]
    assert states(run.report.outcomes)["created"] == created(server) < 12
    assert both.orders.create_orders(some(12), journal=journal).run().is_complete
    assert created(server) == 12


def test_an_exception_in_the_loop_body_says_once_how_to_go_on(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    run = both.orders.create_orders(some(12), journal=journal, max_concurrency=4)

    def fail_after_the_first() -> None:
        with run:
            for _ in run:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fail_after_the_first()
    (note,) = caught.value.__notes__
    assert "Call the method again with the same journal" in note
    assert states(run.report.outcomes)["created"] == created(server) < 12


def test_an_error_that_ends_the_run_inside_a_with_block_says_once_how_to_go_on(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, status=401, times=None)
    with (
        pytest.raises(AuthenticationError) as caught,
        both.orders.create_orders(some(3), journal=journal, max_concurrency=1) as run,
    ):
        list(run)
    (note,) = caught.value.__notes__
    assert "Call the method again with the same journal" in note


def test_cancelling_the_task_drains_what_is_under_way_and_starts_nothing_more(
    server: Sandbox, journal: Path
) -> None:
    async def cancelled() -> BulkReport[CreateOrderRequest, CreateOrderResult]:
        def cancel(progress: BulkProgress) -> None:
            if progress.created >= 2:
                task.cancel()

        async with AsyncSignTrakerClient(server.api_key, server.url) as client:
            run = client.orders.create_orders(some(40), journal=journal, max_concurrency=4, progress=cancel)
            task = asyncio.create_task(run.run())
            with pytest.raises(asyncio.CancelledError):
                await task
            return run.report

    done = states(asyncio.run(cancelled()).outcomes)
    assert set(done) == {"created", "not_sent"}
    assert done["created"] == created(server)
    assert server.client.orders.create_orders(some(40), journal=journal).run().is_complete
    assert created(server) == 40


def test_a_cancellation_just_before_a_wait_of_no_time_is_not_lost() -> None:
    make: Any = tasks._Workers
    waiter = make(None, 1)  # It sends nothing.

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await waiter.wait(0.0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_a_scope_of_anyio_that_is_cancelled_drains_what_is_under_way(server: Sandbox, journal: Path) -> None:
    async def cancelled() -> BulkReport[CreateOrderRequest, CreateOrderResult]:
        def cancel(progress: BulkProgress) -> None:
            if progress.created >= 2:
                scope.cancel()

        async with AsyncSignTrakerClient(server.api_key, server.url) as client:
            batch = client.orders.create_orders(some(40), journal=journal, max_concurrency=4, progress=cancel)
            with anyio.CancelScope() as scope:
                await batch.run()
            return batch.report

    done = states(asyncio.run(cancelled()).outcomes)
    assert set(done) == {"created", "not_sent"}
    assert done["created"] == created(server)


def test_a_task_that_is_cancelled_while_the_journal_opens_closes_it(
    server: Sandbox, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Journal.open

    async def cancelled() -> object:
        def cancel(*args: Any) -> Any:
            loop.call_soon_threadsafe(task.cancel)
            return opened(*args)

        monkeypatch.setattr(Journal, "open", cancel)
        loop = asyncio.get_running_loop()
        async with AsyncSignTrakerClient(server.api_key, server.url) as client:
            batch = client.orders.create_orders(some(2), journal=journal)
            task = asyncio.create_task(batch.run())
            with pytest.raises(asyncio.CancelledError):
                await task
            return batch

    kept = asyncio.run(cancelled())
    monkeypatch.undo()
    assert server.client.orders.create_orders(some(2), journal=journal).run().is_complete
    del kept


def test_a_row_that_waits_after_a_429_was_not_sent_if_the_run_ends_meanwhile(
    both: SignTrakerClient, server: Sandbox, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents = 0
    save = Journal.save

    def interrupt(self: Journal, changes: Any) -> None:
        nonlocal intents
        save(self, changes)
        intents += "intended" in {record.state for record in changes.values()}
        if intents == 2:
            intents += 1
            raise ZeroDivisionError

    monkeypatch.setattr(Journal, "save", interrupt)
    server.faults.add(method="POST", path=ORDERS, nth=1, status=429, retry_after=0)
    batch = both.orders.create_orders(some(1), journal=journal)
    with pytest.raises(ZeroDivisionError):
        batch.run()
    assert states(batch.report.outcomes) == {"not_sent": 1}
    assert both.orders.create_orders(some(1), journal=journal).run().is_complete


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"OrderId": 0, "RequestId": 7}, "Accepted as request 7."),
        (
            {"Status": "Rejected", "Message": "The agent is blocked", "RequestId": 12},
            "Accepted as request 12. Rejected: The agent is blocked.",
        ),
    ],
)
def test_an_answer_without_an_order_is_told_in_the_words_of_the_server(answer: Any, message: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    with httpx.Client(transport=transport) as http_client:
        with SignTrakerClient("key", "https://a.example", http_client=http_client) as client:
            (outcome,) = client.orders.create_orders(some(1)).run().outcomes
    assert (outcome.state, outcome.order_id, outcome.message) == ("accepted", None, message)


def test_a_run_is_used_once(both: SignTrakerClient, journal: Path) -> None:
    run = both.orders.create_orders(some(1), journal=journal)
    run.run()
    with pytest.raises(SignTrakerError, match="started already"):
        run.run()


def test_requests_start_no_faster_than_the_rate(both: SignTrakerClient, server: Sandbox) -> None:
    report = both.orders.create_orders(some(3), max_per_second=200).run()
    assert report.is_complete


def test_the_block_that_records_gets_the_calls_of_a_batch(both: SignTrakerClient) -> None:
    with both.record() as exchanges:
        both.orders.create_orders(some(3)).run()
    assert [one.method for one in exchanges] == ["POST"] * 3


def test_the_report_as_csv_keeps_the_columns_of_the_caller(
    both: SignTrakerClient, server: Sandbox, tmp_path: Path
) -> None:
    rows = [{"Strasse": 'Elm, "St"', "message": "mine"}, {"Strasse": "Oak St", "message": ""}]
    requests = [{"agent_id": 1, "preset_id": at, "street_name": rows[0]["Strasse"]} for at in (1, 99_999)]
    report = both.orders.create_orders(requests).run()
    report.write_csv(tmp_path / "report.csv", rows=rows)
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert [{name: row[name] for name in rows[0]} for row in (first, second)] == rows
    assert (first["outcome"], first["order_id"]) == ("created", str(server.ledger[0].subject_id))
    assert second["outcome"] == "refused"
    assert "99999" in second["bulk_message"]


def test_the_report_as_csv_has_the_fields_of_the_requests_by_default(
    both: SignTrakerClient, tmp_path: Path
) -> None:
    report = both.orders.create_orders(some(1)).run()
    report.write_csv(tmp_path / "report.csv")
    heading, line = (tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()
    assert heading == "AgentId,PresetId,StreetName,outcome,order_id,request_id,message,candidates"
    assert line.startswith("1,1,Elm St 0,created,")


def test_the_report_renames_its_columns_until_none_is_the_callers(
    both: SignTrakerClient, tmp_path: Path
) -> None:
    report = both.orders.create_orders(some(1)).run()
    path = tmp_path / "report.csv"
    report.write_csv(path, rows=[{"outcome": "a", "bulk_outcome": "b"}])
    (line,) = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    assert (line["outcome"], line["bulk_outcome"], line["bulk_bulk_outcome"]) == ("a", "b", "created")


def test_a_report_that_fails_leaves_the_earlier_file_as_it_was(
    both: SignTrakerClient, tmp_path: Path
) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ZeroDivisionError

    path = tmp_path / "report.csv"
    path.write_text("yesterday", encoding="utf-8")
    report = both.orders.create_orders(some(1)).run()
    with pytest.raises(ZeroDivisionError):
        report.write_csv(path, rows=[{"Street": Broken()}])
    assert path.read_text(encoding="utf-8") == "yesterday"


def test_the_report_refuses_rows_that_are_not_those_of_the_requests(
    both: SignTrakerClient, tmp_path: Path
) -> None:
    report = both.orders.create_orders(some(2)).run()
    with pytest.raises(ValidationError, match="has 1 rows, but there are 2 requests"):
        report.write_csv(tmp_path / "report.csv", rows=[{}])


class ShiftedClock:
    """This machine's clock, set wrong by some seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        fake = SimpleNamespace(time=self.time, monotonic=time.monotonic, sleep=time.sleep)
        for module in (run, tasks, threads):
            monkeypatch.setattr(module, "time", fake)
        monkeypatch.setattr(exchange, "datetime", SimpleNamespace(now=self.now))

    def time(self) -> float:
        return time.time() + self.seconds

    def now(self, zone: tzinfo) -> datetime:
        return datetime.now(zone) + timedelta(seconds=self.seconds)


@pytest.mark.parametrize("wrong_by", [3600, -3600])
def test_a_clock_that_is_corrected_after_a_crash_leads_to_no_second_order(
    both: SignTrakerClient, server: Sandbox, journal: Path, monkeypatch: pytest.MonkeyPatch, wrong_by: int
) -> None:
    clock = ShiftedClock(monkeypatch)
    clock.seconds = wrong_by
    server.faults.add(method="POST", path=ORDERS, reset="before_answer")
    crashed = journal.with_name("crashed")

    def crash(self: Journal, changes: Any) -> None:
        """Keep a copy of the journal as a killed process would leave it."""
        save(self, changes)
        if any(one.state == "intended" for one in changes.values()):
            for ending in ("", "-wal"):
                copyfile(f"{journal}{ending}", f"{crashed}{ending}")

    save = Journal.save
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "save", crash)
        both.orders.create_orders(some(1), journal=journal).run()
    clock.seconds = 0
    options: dict[str, Any] = {"unknown": "resend", "grace_seconds": 0, "journal": crashed}
    report = both.orders.create_orders(some(1), **options).run()
    assert [one.state for one in report.outcomes] == ["created"]
    assert report.outcomes[0].source == "adopted"
    assert created(server) == 1


def test_times_of_earlier_runs_are_read_by_the_servers_clock() -> None:
    """A grace time that began by a slow clock has not passed when the clock is corrected."""
    with SignTrakerClient("key", "http://127.0.0.1:9") as client:
        plan = client.orders.create_orders(some(1), unknown="resend")._plan
    (row,) = plan.rows
    first, second = Engine(plan), Engine(plan)
    first.start(EarlierRuns())
    first.server_ahead = 3600.0
    first.take(0.0, unix_time=1_000_000.0)
    stored = first.by_server_clock(first.changes())
    assert stored[row].first_sent == 1_003_600.0
    second.start(EarlierRuns({row.key: stored[row]}))
    date = format_datetime(datetime.fromtimestamp(1_003_610, UTC), usegmt=True)
    read = RecordedExchange(
        "GET", "", 200, {"date": date}, 1, (), datetime.fromtimestamp(1_003_610, UTC), 0.0
    )
    second.learn_server_time([read])
    assert second.since(row) == datetime.fromtimestamp(1_003_600, UTC) - CLOCK_MARGIN
    second.next_search(1_003_610.0)
    second.apply_findings(row, Findings(), 1_003_610.0)
    assert second.next_search(1_003_610.0) == 900 + 120 - 10
    assert second.by_server_clock(second.changes())[row].first_sent == 1_003_600.0


def test_a_row_that_the_caller_has_decided_about_is_created_and_not_sent(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path=ORDERS, nth=1, reset="before_answer")
    batch = [{"agent_id": 1, "preset_id": 1, "external_id": key} for key in ("A", "B")]
    first = both.orders.create_orders(batch, journal=journal, max_concurrency=1).run()
    (unknown,) = first.with_state("unknown")
    assert unknown.request.external_id == "A"
    made = next(one.subject_id for one in server.ledger if one.external_id == "A")
    for source in ("decided", "decided"):
        report = both.orders.create_orders(batch, journal=journal, decided={"A": made}).run()
        assert report.is_complete
        assert (report.outcomes[0].order_id, report.outcomes[0].source) == (made, source)
        assert report.outcomes[0].message == f"Created as order {made}, as decided."
    with pytest.raises(ValidationError, match=f"names order 5, and the journal has order {made}"):
        both.orders.create_orders(batch, journal=journal, decided={"A": 5}).run()
    assert both.orders.create_orders(batch, journal=journal).run().is_complete
    assert created(server) == 2


def test_calls_that_a_second_ctrl_c_cuts_off_are_unknown_in_the_report_and_its_numbers() -> None:
    with SignTrakerClient("key", "http://127.0.0.1:9") as client:
        batch = client.orders.create_orders(some(3), max_concurrency=2)
    batch._engine.start(EarlierRuns())
    batch._engine.take(0.0, 0.0)
    batch._close()
    assert states(batch.report.outcomes) == {"unknown": 2, "not_sent": 1}
    assert (batch.report.progress.unknown, batch.report.progress.under_way) == (2, 0)
