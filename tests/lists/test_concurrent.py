"""Check that pages read side by side give the rows of the plain iteration, and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import anyio
import pytest
from either_client import Flavour, open_client
from raw_server import raw_server, response

from signtraker import (
    AsyncSignTrakerClient,
    Q,
    RateLimitError,
    ServerError,
    SignTrakerClient,
    UnreadableResponseError,
    ValidationError,
)
from signtraker._core.config import resolve
from signtraker._lists import tasks
from signtraker._lists.arguments import ListOptions
from signtraker._lists.concurrent import PAGES_AHEAD, ConcurrentPager
from signtraker._lists.listing import Listing
from signtraker._lists.paging import Pager
from signtraker._lists.splitting import make_pager
from signtraker.exceptions import IterationProgress
from signtraker.models import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from raw_server import Connection, RawServer

    from signtraker.sandbox import Sandbox

LONGEST_WAIT = 30.0
"""The seconds after which a test that waits for another thread gives up."""


@dataclass
class Store:
    """Serves orders of any ids, with pages as short as it likes, and may hold pages back."""

    ids: list[int]
    longest_page: int = 1000
    held_after: int | None = None
    """Pages that begin after this id, or a later one, wait for `release`."""
    awaited: int = 4
    release: threading.Event = field(default_factory=threading.Event)
    enough: threading.Event = field(default_factory=threading.Event)
    """Set when as many pages as `awaited` are held at a time."""
    held: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, connection: Connection) -> None:
        while request := connection.read_request():
            target = request.split(b" ")[1].decode()
            options = dict(parse_qsl(urlsplit(target).query))
            bound = re.search(r"Id (gt|lt) (\d+)", options.get("$filter", ""))
            after = int(bound[2]) if bound else None
            self._hold(after, connection.server)
            connection.send(response(json.dumps(self._page(after, options)).encode()))

    def _hold(self, after: int | None, server: RawServer) -> None:
        if self.held_after is None or after is None or after < self.held_after:
            return
        with self._lock:
            self.held += 1
            if self.held >= self.awaited:
                self.enough.set()
        while not self.release.wait(0.05) and not server.stopping.is_set():
            pass
        with self._lock:
            self.held -= 1

    def _page(self, after: int | None, options: dict[str, str]) -> list[dict[str, int]]:
        descending = options["$orderby"] == "Id desc"
        later = [
            one
            for one in sorted(self.ids, reverse=descending)
            if after is None or (one < after if descending else one > after)
        ]
        return [{"Id": one} for one in later[: min(self.longest_page, int(options["$top"]))]]


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Flavour:
    kind: Flavour = request.param
    return kind


@pytest.fixture
def server(signtraker_sandbox: Sandbox) -> Sandbox:
    return signtraker_sandbox


@pytest.fixture
def both(flavour: Flavour, server: Sandbox) -> Iterator[SignTrakerClient]:
    with open_client(flavour, server.api_key, server.url, retry_backoff_seconds=0) as client:
        yield client


def readers() -> list[threading.Thread]:
    """Return the threads that read pages."""
    return [one for one in threading.enumerate() if one.name == "signtraker-reader"]


# The same rows


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"page_size": 1, "max_items": 30},
        {"orderby": Q.id.desc()},
        {"orderby": "Id", "filter": "Id lt 1050 or Id gt 1200"},
        {"filter": Q.status == "Draft"},
        {"filter": (Q.id < 1030) | (Q.id > 1240), "orderby": [Q.id.desc()]},
        {"select": Q.status},
        {"max_items": 57},
        {"max_items": 0},
        {"max_items": 3},
        {"filter": Q.id == 1007},
        {"filter": Q.id < 0},
        {"filter": Q.id.in_(range(1000, 1060))},
        {"orderby": "Id,Status", "filter": "Status ne 'Draft'"},
    ],
    ids=lambda options: ", ".join(f"{name}={value}"[:40] for name, value in options.items()) or "all",
)
def test_the_rows_are_those_of_the_plain_iteration_in_the_same_order(
    both: SignTrakerClient, options: Any
) -> None:
    options = {"page_size": 12, **options}
    plain = list(both.orders.iter_orders(**options))
    before = readers()
    assert list(both.orders.iter_orders(**options, concurrency=4)) == plain
    assert readers() == before


def test_every_list_can_be_read_side_by_side(both: SignTrakerClient) -> None:
    iterations: list[Callable[..., Any]] = [
        both.agents.iter_agents, both.change_orders.iter_change_orders, both.services.iter_services,
        both.credits.iter_awards, both.enterprises.iter_enterprises, both.offices.iter_offices,
        both.order_presets.iter_order_presets,
    ]  # fmt: skip
    for iterate in iterations:
        assert list(iterate(page_size=2, concurrency=3)) == list(iterate(page_size=2))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("ids", "longest_page"),
    [
        ([*range(1, 120), *range(10_000_000, 10_000_150)], 1000),
        ([one**3 for one in range(1, 200)], 1000),
        ([2**63 - 1 - one * 2**55 for one in range(100)], 1000),
        (range(1, 201), 7),
        ([5], 1000),
    ],
    ids=["a gap", "sparser and sparser", "up to the highest id", "a server with short pages", "one"],
)
def test_ids_may_lie_anywhere(
    flavour: Flavour, ids: list[int], longest_page: int, *, descending: bool
) -> None:
    store = Store(list(ids), longest_page)
    with raw_server(store.serve) as server, open_client(flavour, "key", server.url) as client:
        rows = client.orders.iter_orders(
            orderby=Q.id.desc() if descending else None, page_size=10, concurrency=4
        )
        assert [one.id for one in rows] == sorted(ids, reverse=descending)
    assert len(server.requests) < 3 * (len(ids) / min(10, longest_page) + 4)


def test_rows_inserted_meanwhile_neither_repeat_nor_push_others_out(
    both: SignTrakerClient, server: Sandbox
) -> None:
    known = [one.id for one in both.orders.iter_orders(select="Id", page_size=1000)]
    read: list[int] = []
    for order in both.orders.iter_orders(page_size=20, concurrency=4):
        if len(read) in {30, 95, len(known) - 1}:
            server.orders.add(agent_id=1, notes="while reading")
        read.append(order.id)
    assert read[: len(known)] == known
    assert read == sorted(set(read))
    assert len(read) > len(known)


# Side by side, but not too far ahead


def test_as_many_pages_as_were_asked_for_are_read_at_a_time(flavour: Flavour) -> None:
    store = Store(list(range(1, 301)), held_after=30)

    def let_go() -> None:
        assert store.enough.wait(LONGEST_WAIT)
        store.release.set()

    with raw_server(store.serve) as server, open_client(flavour, "key", server.url) as client:
        releaser = threading.Thread(target=let_go)
        releaser.start()
        rows = client.orders.iter_orders(page_size=10, concurrency=4)
        assert [one.id for one in rows] == store.ids
        releaser.join()


def test_a_bounded_number_of_pages_is_read_ahead(flavour: Flavour) -> None:
    store = Store(list(range(1, 401)))
    with raw_server(store.serve) as server, open_client(flavour, "key", server.url) as client:
        rows = client.orders.iter_orders(page_size=10, concurrency=3)
        for number, _ in enumerate(rows):
            assert len(server.requests) <= number // 10 + 1 + PAGES_AHEAD * 3
    assert 41 <= len(server.requests) <= 41 + 2


def test_no_more_pages_are_asked_for_than_max_items_needs(flavour: Flavour) -> None:
    store = Store(list(range(1, 401)))
    with raw_server(store.serve) as server, open_client(flavour, "key", server.url) as client:
        ids = [one.id for one in client.orders.iter_orders(page_size=10, max_items=95, concurrency=8)]
        assert ids == store.ids[:95]
        assert len(server.requests) == 10
        assert len(list(client.orders.iter_orders(max_items=3, concurrency=8))) == 3
    assert unquote(server.requests[-1].decode()).split("?")[1] == "$orderby=Id&$top=3 HTTP/1.1"


def test_a_list_of_one_short_page_costs_no_more_requests_than_the_plain_iteration(flavour: Flavour) -> None:
    store = Store([1, 2, 3])
    with raw_server(store.serve) as server, open_client(flavour, "key", server.url) as client:
        rows = client.orders.iter_orders(concurrency=8)
        assert server.requests == []
        assert [one.id for one in rows] == [1, 2, 3]
    assert len(server.requests) == 2


def test_calls_are_recorded_and_prepared_as_without(both: SignTrakerClient) -> None:
    prepared = both.prepare(both.orders.iter_orders, page_size=50, concurrency=4)
    assert prepared.url.endswith("/api/orders?$orderby=Id&$top=50")
    with both.record() as exchanges:
        rows = list(both.orders.iter_orders(page_size=50, concurrency=4))
    assert len(exchanges) >= len(rows) // 50


# Errors


def test_an_error_comes_where_its_page_would_and_the_iteration_goes_on_from_there(
    both: SignTrakerClient, server: Sandbox
) -> None:
    plain = [one.id for one in both.orders.iter_orders(page_size=1000)]
    server.faults.add(path="/api/orders", status=503, nth=5)
    server.faults.add(path="/api/orders", status=500, nth=10, times=2)
    rows = both.with_options(max_retries=0).orders.iter_orders(page_size=15, concurrency=4)
    read: list[int] = []
    told: list[IterationProgress | None] = []
    expected: list[IterationProgress | None] = []
    while len(read) < len(plain):
        try:
            read += [next(rows).id]
        except ServerError as error:
            told.append(error.progress)
            expected.append(IterationProgress(len(read), read[-1]))
    assert next(rows, None) is None
    assert read == plain
    assert told == expected
    assert 1 <= len(told) <= 3


def test_a_failing_server_is_not_pressed_further(flavour: Flavour, server: Sandbox) -> None:
    server.faults.add(path="/api/orders", status=503, nth=4, times=None)
    with open_client(flavour, server.api_key, server.url, max_retries=0) as client:
        rows = client.orders.iter_orders(page_size=5, concurrency=4)
        with pytest.raises(ServerError):
            list(rows)
        # Four are under way at the first failure, and each of the three pages may have left a rest before it.
        assert len(server.requests) <= 3 + 4 + 3
        for _ in range(3):
            with pytest.raises(ServerError):
                next(rows)
    assert len(server.requests) <= 3 + 4 + 3 + 3


def test_a_429_is_waited_for_and_costs_no_row(both: SignTrakerClient, server: Sandbox) -> None:
    plain = [one.id for one in both.orders.iter_orders(page_size=1000)]
    server.faults.add(path="/api/orders", status=429, retry_after=0, nth=6, times=7)
    assert [one.id for one in both.orders.iter_orders(page_size=15, concurrency=4)] == plain
    assert [one.status for one in server.requests].count(429) == 7


def test_a_429_without_retries_is_an_error_at_its_place(flavour: Flavour, server: Sandbox) -> None:
    server.faults.add(path="/api/orders", status=429, nth=3)
    with open_client(flavour, server.api_key, server.url, max_retries=0) as client:
        rows = client.orders.iter_orders(page_size=15, concurrency=4)
        with pytest.raises(RateLimitError) as caught:
            list(rows)
        assert caught.value.progress is not None
        plain = [one.id for one in client.orders.iter_orders(page_size=1000)]
        assert [one.id for one in rows] == plain[caught.value.progress.rows :]


def pager(page_size: int = 2, concurrency: int = 8) -> ConcurrentPager[Order]:
    config = resolve({}, api_key="k", base_url="https://acme.example")
    listing = Listing("/api/orders", Order)
    plain = make_pager(listing, ListOptions(), config, (), page_size=page_size, max_items=None)
    assert isinstance(plain, Pager)
    assert plain.id_position is not None
    return ConcurrentPager(plain, plain.id_position, config, concurrency)


def test_rows_that_lie_close_between_others_that_lie_far_apart_are_read_side_by_side_too() -> None:
    ids = [*range(0, 10**9, 2 * 10**6), *range(10**9, 10**9 + 2_000), *range(2 * 10**9, 3 * 10**9, 2 * 10**6)]
    pages = pager(page_size=10)
    found: list[int] = []
    rounds = 0
    while not pages.ended:
        while (rows := pages.take()) is not None:
            found += [one.id for one in rows]
        rounds += 1
        for call in pages.start(0.0):
            begin = 0 if call.range.after is None else bisect_right(ids, call.range.after)
            call.rows = [Order.model_validate({"Id": one}) for one in ids[begin : begin + 10]]
            pages.finish(call, 0.0, 0.0)
    assert found == ids
    assert rounds < 0.4 * len(ids) / 10


def test_after_a_429_no_page_starts_before_the_wait_is_over_and_then_fewer_do() -> None:
    pages = pager()
    count = 0
    while len(calls := pages.start(0.0)) < 3:
        for call in calls:
            call.rows = [Order.model_validate({"Id": count + one}) for one in (1, 2)]
            count += 2
            pages.finish(call, 0.0, 0.0)
    for call in calls:
        call.error = RateLimitError("Slow down", retry_after_seconds=5.0)
        pages.finish(call, 1.0, 0.0)
    assert pages.start(5.9) == []
    assert pages.wait_seconds(5.9) == pytest.approx(0.1)
    again = [one.request.query for one in pages.start(6.0)]
    assert again == [one.request.query for one in calls[: len(again)]]
    assert 0 < len(again) < len(calls)


@pytest.mark.parametrize("orderby", [None, Q.id.desc()])
def test_a_server_that_ignores_the_filter_raises_an_error(flavour: Flavour, orderby: Any) -> None:
    def serve(connection: Connection) -> None:
        while connection.read_request():
            connection.send(
                response(b'[{"Id": 1}, {"Id": 2}]' if orderby is None else b'[{"Id": 2}, {"Id": 1}]')
            )

    with raw_server(serve) as server, open_client(flavour, "key", server.url) as client:
        rows = client.orders.iter_orders(orderby=orderby, page_size=2, concurrency=4)
        assert len(list(islice(rows, 2))) == 2
        with pytest.raises(UnreadableResponseError, match=r"came after Id .: the server ignores \$filter"):
            next(rows)


@pytest.mark.parametrize("orderby", [Q.status, [Q.created, Q.id], "length(Notes)"])
def test_another_ordering_is_refused(both: SignTrakerClient, orderby: Any) -> None:
    with pytest.raises(ValidationError, match="concurrency: needs an ordering by the id") as caught:
        both.orders.iter_orders(orderby=orderby, concurrency=2)
    assert [one.field for one in caught.value.problems] == ["concurrency"]


@pytest.mark.parametrize("concurrency", [0, 101, "8"])
def test_a_concurrency_out_of_range_is_refused_with_all_other_mistakes(
    both: SignTrakerClient, concurrency: Any
) -> None:
    with pytest.raises(ValidationError, match="concurrency: must be a whole number from 1 to 100") as caught:
        both.agents.iter_agents(filter=Q.id == 1, page_size=0, concurrency=concurrency)  # type: ignore[arg-type]  # a mistake
    assert {one.field for one in caught.value.problems} == {"filter", "page_size", "concurrency"}


# Ending early


@pytest.mark.parametrize("leave", ["close", "with", "delete"])
def test_leaving_early_ends_the_requests_and_the_threads(flavour: Flavour, leave: str) -> None:
    store = Store(list(range(1, 301)), held_after=30)
    before = readers()
    with raw_server(store.serve) as server, open_client(flavour, "key", server.url) as client:
        rows = client.orders.iter_orders(page_size=10, concurrency=4)
        assert len(list(islice(rows, 25))) == 25
        threads = [one for one in readers() if one not in before]
        assert bool(threads) is (flavour == "sync")
        if leave == "delete":
            del rows
        elif leave == "close":
            rows.close()
            assert next(rows, None) is None
        else:
            with rows:
                pass
        for thread in threads:
            thread.join(LONGEST_WAIT if leave == "delete" else 0)
        assert not any(thread.is_alive() for thread in threads)
    assert len(server.requests) <= 3 + 4


def test_closing_an_iteration_ends_the_wait_of_another_thread() -> None:
    store, ended = Store(list(range(1, 301)), held_after=30), threading.Event()

    def consume() -> None:
        deque(rows, maxlen=0)
        ended.set()

    with raw_server(store.serve) as server, SignTrakerClient("key", server.url) as client:
        rows = client.orders.iter_orders(page_size=10, concurrency=4)
        threading.Thread(target=consume, daemon=True).start()
        assert store.enough.wait(LONGEST_WAIT)
        rows.close()
        assert ended.wait(LONGEST_WAIT)


def test_closing_an_iteration_ends_the_wait_of_another_task() -> None:
    store = Store(list(range(1, 301)), held_after=30)

    async def consume(rows: Any) -> int:
        return len([one async for one in rows])

    async def close_meanwhile(url: str) -> int:
        async with AsyncSignTrakerClient("key", url) as client:
            rows = client.orders.iter_orders(page_size=10, concurrency=4)
            consumer = asyncio.create_task(consume(rows))
            assert await asyncio.to_thread(store.enough.wait, LONGEST_WAIT)
            await rows.close()
            return await asyncio.wait_for(consumer, LONGEST_WAIT)

    with raw_server(store.serve) as server:
        assert asyncio.run(close_meanwhile(server.url)) == 30


def test_the_plain_iteration_can_be_closed_too(both: SignTrakerClient, server: Sandbox) -> None:
    with both.orders.iter_orders(page_size=5) as rows:
        assert next(rows).id
    assert next(rows, None) is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("by", ["task", "scope"])
def test_cancelling_the_task_ends_the_requests_and_the_iteration_can_go_on(by: str) -> None:
    store = Store(list(range(1, 201)), held_after=30)
    read: list[int] = []

    async def consume(rows: Any) -> None:
        async for one in rows:
            read.append(one.id)  # noqa: PERF401 - it is cancelled amid them

    async def consume_in_a_scope(rows: Any, scope: anyio.CancelScope) -> None:
        with scope:
            await consume(rows)

    async def iterate() -> None:
        async with AsyncSignTrakerClient("key", url) as client:
            rows = client.orders.iter_orders(page_size=10, concurrency=4)
            scope = anyio.CancelScope()
            task = asyncio.create_task(consume_in_a_scope(rows, scope))
            assert await asyncio.to_thread(store.enough.wait, LONGEST_WAIT)
            task.cancel() if by == "task" else scope.cancel()
            await asyncio.wait([task])
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert read == store.ids[:30]
            store.release.set()
            await consume(rows)

    with raw_server(store.serve) as server:
        url = server.url
        asyncio.run(iterate())
    assert read == store.ids


def test_a_cancellation_just_before_a_wait_of_no_time_is_not_lost() -> None:
    make: Any = tasks._Readers
    waiter = make(None)  # It reads nothing.

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await waiter.wait(0.0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
