"""Check that a list is read page by page: no row twice or missing, no needless page, no endless loop."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker import Order, Q, ServerError, SignTrakerError, UnreadableResponseError, ValidationError
from signtraker._lists.positions import SeenIds
from signtraker.exceptions import IterationProgress
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker import SignTrakerClient


def page(*ids: int) -> Reply:
    return Reply.json(json.dumps([{"Id": one, "Status": "Draft"} for one in ids]))


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Any:
    return request.param


def read_pages(flavour: Any, *pages: Reply, **options: Any) -> tuple[list[int], list[dict[str, str]]]:
    """Read scripted pages; return the ids of the rows and the queries that were sent."""
    with ScriptedServer(list(pages)) as server, open_client(flavour, "key", server.url) as client:
        ids = [one.id for one in client.orders.iter_orders(**options)]
    return ids, [dict(parse_qsl(urlsplit(one.target).query)) for one in server.requests]


def test_without_an_ordering_pages_continue_by_key_until_an_empty_page(flavour: Any) -> None:
    ids, queries = read_pages(flavour, page(2, 5), page(9), page(), page_size=2)
    assert ids == [2, 5, 9]
    assert queries == [
        {"$orderby": "Id", "$top": "2"},
        {"$filter": "Id gt 5", "$orderby": "Id", "$top": "2"},
        {"$filter": "Id gt 9", "$orderby": "Id", "$top": "2"},
    ]


def test_the_callers_filter_is_combined_with_the_key(flavour: Any) -> None:
    _, queries = read_pages(flavour, page(2), page(), filter=(Q.status == "a") | (Q.status == "b"))
    assert queries[1]["$filter"] == "(Status eq 'a' or Status eq 'b') and Id gt 2"
    _, queries = read_pages(flavour, page(2), page(), filter="A eq 1 or B eq 2")
    assert queries[1]["$filter"] == "(A eq 1 or B eq 2) and Id gt 2"


def test_an_ordering_by_an_expression_goes_by_offset_with_a_warning(flavour: Any) -> None:
    with pytest.warns(
        UserWarning, match="goes by offset, because its ordering holds an expression"
    ) as caught:
        ids, queries = read_pages(
            flavour, page(5, 2), page(9), page(), page_size=2, orderby=Q.notes.length().desc()
        )
    assert ids == [5, 2, 9]
    assert [one["$orderby"] for one in queries] == ["length(Notes) desc,Id"] * 3
    assert [one["$skip"] for one in queries] == ["0", "2", "3"]
    assert len(caught) == 1


@pytest.mark.parametrize("orderby", ["Id", "Id desc", "Status, Id asc", [Q.status, Q.id.desc()]])
def test_an_ordering_that_contains_the_id_gets_no_second_id(flavour: Any, orderby: Any) -> None:
    _, queries = read_pages(flavour, page(), orderby=orderby)
    assert queries[0]["$orderby"].count("Id") == 1


@pytest.mark.parametrize(
    ("select", "sent"),
    [
        (Q.status, "Status,Id"),
        ([Q.id, "Status"], "Id,Status"),
        ("Status", "Status,Id"),
        ("Status, Id", "Status, Id"),
        ("*", "*"),
    ],
)
def test_select_always_contains_the_id(flavour: Any, select: Any, sent: str) -> None:
    ids, queries = read_pages(flavour, page(1), page(), select=select)
    assert (ids, queries[0]["$select"]) == ([1], sent)


def test_rows_that_come_again_are_returned_once(flavour: Any) -> None:
    ids, _ = read_pages(flavour, page(4, 3), page(3, 2), page(1), page(), page_size=2, orderby="Status desc")
    assert ids == [4, 3, 2, 1]


@pytest.mark.parametrize("options", [{}, {"orderby": "Status"}])
def test_a_list_is_read_to_the_end_if_the_server_shortens_pages(flavour: Any, options: Any) -> None:
    ids, _ = read_pages(flavour, page(1, 2), page(3, 4), page(5), page(), page_size=100, **options)
    assert ids == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, r"Id 1 came after Id 2: the server ignores \$filter or \$orderby"),
        ({"orderby": "Status"}, r"all rows of a page came before, from Id 1: the server ignores \$filter"),
    ],
)
def test_a_server_that_sends_the_same_page_again_raises_an_error(
    flavour: Any, options: Any, reason: str
) -> None:
    with pytest.raises(UnreadableResponseError, match=reason) as caught:
        read_pages(flavour, page(1, 2), **options)
    assert caught.value.method == "GET"
    assert "/api/orders?" in (caught.value.url or "")
    assert [one.id for one in caught.value.partial if isinstance(one, Order)] == [1, 2]


@pytest.mark.parametrize("orderby", [None, "Status", "tolower(Status)"])
@pytest.mark.filterwarnings("ignore:This iteration goes by offset")
def test_a_page_of_one_row_that_comes_again_raises_an_error(flavour: Any, orderby: Any) -> None:
    with pytest.raises(UnreadableResponseError, match="can't be combined") as caught:
        read_pages(flavour, page(7), orderby=orderby)
    assert caught.value.outcome == "did_not_happen"
    assert [one.id for one in caught.value.partial if isinstance(one, Order)] == [7]


def test_a_page_holds_100_rows_unless_a_size_is_given(flavour: Any) -> None:
    _, queries = read_pages(flavour, page())
    assert queries[0]["$top"] == "100"


def test_all_mistakes_in_the_arguments_are_reported_at_once(flavour: Any) -> None:
    wrong: Any = {"page_size": 0, "max_items": -1, "filter": 5, "select": [5]}
    with pytest.raises(ValidationError) as caught:
        read_pages(flavour, page(), **wrong)
    assert {one.field for one in caught.value.problems} == set(wrong)


def test_a_row_without_an_id_raises_an_error(flavour: Any) -> None:
    with pytest.raises(UnreadableResponseError, match="a row has no Id"):
        read_pages(flavour, Reply.json('[{"Status": "Draft"}]'), select="Status")


@pytest.mark.parametrize(("limit", "tops"), [(0, []), (1, ["1"]), (2, ["2"]), (3, ["2", "1"])])
def test_max_items_limits_the_rows_that_are_requested(flavour: Any, limit: int, tops: list[str]) -> None:
    ids, queries = read_pages(flavour, page(1, 2), page(3), page(), page_size=2, max_items=limit)
    assert ids == [1, 2, 3][:limit]
    assert [one["$top"] for one in queries] == tops


def test_max_items_holds_even_if_the_server_ignores_top(flavour: Any) -> None:
    ids, queries = read_pages(flavour, page(1, 2, 3, 4), page_size=2, max_items=3)
    assert (ids, len(queries)) == ([1, 2, 3], 1)


@pytest.mark.parametrize("orderby", [None, Q.status, "tolower(Status)"])
@pytest.mark.filterwarnings("ignore:This iteration goes by offset")
def test_an_iteration_goes_on_after_an_error_where_it_stood(flavour: Any, orderby: Any) -> None:
    replies = [page(2, 5), Reply.json("", 503), Reply.json("[5]"), page(9), page()]
    ids: list[int] = []
    failed: list[SignTrakerError] = []
    with ScriptedServer(replies) as server, open_client(flavour, "key", server.url, max_retries=0) as client:
        rows = client.orders.iter_orders(orderby=orderby, page_size=2)
        for _ in range(3):
            try:
                ids += [one.id for one in islice(rows, 2)]
            except SignTrakerError as error:
                failed.append(pickle.loads(pickle.dumps(error)))  # noqa: S301 - our own
        assert [*ids, *(one.id for one in rows)] == [2, 5, 9]
    assert [one.progress for one in failed] == [IterationProgress(2, 5)] * 2
    asked = [one.target for one in server.requests]
    assert asked[1] == asked[2] == asked[3] != asked[0]


def test_an_error_before_the_first_row_says_that_there_was_none(flavour: Any) -> None:
    with ScriptedServer([Reply.json("", 404)]) as server, open_client(flavour, "key", server.url) as client:
        with pytest.raises(SignTrakerError) as caught:
            next(client.orders.iter_orders())
    assert caught.value.progress == IterationProgress(0, None)


def test_a_long_filter_read_in_pieces_goes_on_after_an_error_too(
    either: SignTrakerClient, sandbox: Sandbox
) -> None:
    wanted = [one.id for one in either.orders.iter_orders(select=Q.id, max_items=20)]
    padding = list(range(10**15, 10**15 + 250))
    rows = either.with_options(max_retries=0).orders.iter_orders(
        filter=Q.id.in_([*wanted, *padding]), orderby=Q.created.desc(), select=[Q.id, Q.created], page_size=9
    )
    found = [one.id for one in islice(rows, 3)]
    sandbox.faults.add(method="GET", status=503)
    with pytest.raises(ServerError):
        found.extend(one.id for one in rows)
    found += [one.id for one in rows]
    assert sorted(found) == wanted


def test_a_page_is_requested_when_its_first_row_is_needed(flavour: Any) -> None:
    with ScriptedServer([page(1, 2), page(3), page()]) as server:
        with open_client(flavour, "key", server.url) as client:
            rows = client.orders.iter_orders(page_size=2)
            asked = [len(server.requests)]
            for _ in range(3):
                next(rows)
                asked.append(len(server.requests))
    assert asked == [0, 1, 1, 2]


def test_rows_inserted_while_reading_by_key_neither_repeat_nor_go_missing(either: SignTrakerClient) -> None:
    known = {one.id for one in either.orders.iter_orders(select="Id", page_size=1000)}
    read: list[int] = []
    for order in either.orders.iter_orders(page_size=90):
        if len(read) in {10, 95, 200}:
            either.orders.create_order(agent_id=1, preset_id=1, notes="while reading")
        read.append(order.id)
    assert len(read) == len(set(read))
    assert known <= set(read)


def test_seen_ids_need_little_memory_if_ids_lie_close_together() -> None:
    seen = SeenIds()
    assert all(seen.add(one) for one in range(1, 100_001))
    assert not any(seen.add(one) for one in range(1, 100_001))
    assert seen.add(2**63 - 1)
    assert len(seen._chunks) < 1600


@pytest.fixture(scope="module")
def large() -> Iterator[Sandbox]:
    with Sandbox(orders=40_000) as sandbox:
        yield sandbox


@pytest.mark.once
@pytest.mark.slow
def test_reading_40_000_orders_is_complete_and_needs_constant_memory(large: Sandbox) -> None:
    """Compare the memory after 12,000 rows with that after 30,000; the peak is that of one page."""
    rows = large.client.orders.iter_orders(page_size=2_000, select=[Q.id, Q.status])
    ids = [one.id for one in islice(rows, 10_000)]
    tracemalloc.start(1)
    for _ in islice(rows, 2_000):
        pass
    tracemalloc.reset_peak()
    early, _ = tracemalloc.get_traced_memory()
    for _ in islice(rows, 18_000):
        pass
    late, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    rest = sum(1 for _ in rows)
    assert len(set(ids)) + 20_000 + rest == 40_000
    assert ids == sorted(ids)
    assert late - early < 2_000_000
    assert peak - early < 30_000_000
