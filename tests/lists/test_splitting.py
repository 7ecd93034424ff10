"""Check that a long filter is split into few requests, whose rows are merged in order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker import (
    NotSelectedError,
    Q,
    QueryLimits,
    ValidationError,
)

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

KEY = "key"


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Any:
    return request.param


def many(count: int) -> Any:
    return Q.status.in_([f"s{number:04}" for number in range(count)])


def test_a_long_in_is_read_in_few_requests_completely_in_order_and_without_duplicates(
    flavour: Any, sandbox: Sandbox
) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        everything = list(client.orders.iter_orders(page_size=1000))
        wanted = [one.id for one in everything[::2]][:130]
        with client.record() as exchanges:
            found = [one.id for one in client.orders.iter_orders(filter=Q.id.in_(wanted), page_size=500)]
    assert found == wanted
    pieces = {dict(parse_qsl(urlsplit(one.url).query))["$filter"] for one in exchanges}
    assert len(pieces) == len(exchanges) == 2 * -(-130 // 19)


@pytest.mark.parametrize(
    "orderby", [Q.created.desc(), [Q.status, Q.created], "RebillInterval desc, Id desc", Q.job_site.city]
)
def test_the_pieces_are_merged_in_the_requested_order(flavour: Any, sandbox: Sandbox, orderby: Any) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        loose = client.with_options(query_limits=QueryLimits(nodes=100, query_bytes=2048))
        ids = [one.id for one in client.orders.iter_orders(page_size=1000, max_items=60)]
        whole = [
            one for one in client.orders.iter_orders(orderby=orderby, page_size=1000) if one.id in set(ids)
        ]
        pieces = list(loose.orders.iter_orders(filter=Q.id.in_(ids), orderby=orderby, page_size=7))
    assert [one.id for one in pieces] == [one.id for one in whole]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_rows_of_several_pieces_that_are_equal_in_the_ordering_come_by_id(
    flavour: Any, direction: str
) -> None:
    def rows(*ids: int) -> Reply:
        return Reply.json(json.dumps([{"Id": one, "Notes": "same"} for one in ids]))

    pages = [rows(3, 6), rows(1, 4), rows(2, 5), *[rows()] * 3]
    with ScriptedServer(pages) as server, open_client(flavour, KEY, server.url) as client:
        found = [one.id for one in client.orders.iter_orders(filter=many(50), orderby=f"Notes {direction}")]
    assert found == [1, 2, 3, 4, 5, 6]


def test_two_pieces_are_both_read(flavour: Any) -> None:
    pages = [Reply.json(f'[{{"Id": {one}, "Notes": "same"}}]') for one in (5, 4)] + [Reply.json("[]")] * 2
    with ScriptedServer(pages) as server, open_client(flavour, KEY, server.url) as client:
        assert [one.id for one in client.orders.iter_orders(filter=many(30), orderby="Notes")] == [4, 5]


def test_no_page_of_a_piece_is_longer_than_the_server_takes(flavour: Any) -> None:
    where = Q.notes.in_([f"{'x' * 100}{number:02}" for number in range(60)])
    pages = [Reply.json(f'[{{"Id": {2**62 + one}}}]') for one in range(4)] + [Reply.json("[]")] * 4
    with ScriptedServer(pages) as server, open_client(flavour, KEY, server.url) as client:
        assert len(list(client.orders.iter_orders(filter=where, page_size=2**31 - 1))) == 4
    sizes = [len(urlsplit(one.target).query) for one in server.requests]
    assert len(sizes) == 8
    # One more value, of 125 bytes with what joins it, would not fit.
    assert 2048 - 125 < max(sizes) <= 2048


def test_a_list_by_offset_is_split_as_if_it_had_no_keys(flavour: Any) -> None:
    where = many(38) & Q.due_date.is_null()  # 2 pieces of 100 nodes each
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        with pytest.warns(UserWarning, match="goes by offset"):
            rows = client.orders.iter_orders(filter=where, orderby=[Q.created.year().asc(), Q.id])
        assert list(rows) == []
    assert len(server.requests) == 2
    queries = [dict(parse_qsl(urlsplit(one.target).query)) for one in server.requests]
    assert [one["$orderby"] for one in queries] == ["year(Created),Id"] * 2


def test_a_row_of_several_pieces_comes_once(flavour: Any, sandbox: Sandbox) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        where = (Q.id > 0) | many(40)
        expected = [one.id for one in client.orders.iter_orders(max_items=50)]
        assert [one.id for one in client.orders.iter_orders(filter=where, max_items=50)] == expected


def test_max_items_limits_each_piece_and_the_whole_list(flavour: Any, sandbox: Sandbox) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        ids = [one.id for one in client.orders.iter_orders(max_items=60)]
        with client.record(bodies=True) as exchanges:
            found = [one.id for one in client.orders.iter_orders(filter=Q.id.in_(ids), max_items=3)]
    assert found == ids[:3]
    assert [len(json.loads(one.response_body or b"")) for one in exchanges] == [3]


def test_a_piece_is_requested_when_its_ids_are_next(flavour: Any, sandbox: Sandbox) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        ids = [one.id for one in client.orders.iter_orders(max_items=60)]
        with client.record() as exchanges:
            rows = client.orders.iter_orders(filter=Q.id.in_(ids) & (Q.order_number > 0))
            asked: list[int] = []
            for _ in range(20):
                next(rows)
                asked.append(len(exchanges))
    assert asked[0] == 1
    assert asked[-1] <= 4


def test_a_filter_that_can_not_be_split_or_merged_is_refused_at_once(flavour: Any) -> None:
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        with pytest.raises(ValidationError, match="make it simpler"):
            client.orders.iter_orders(filter=Q.notes == "x" * 2100)
        with pytest.raises(ValidationError, match="can't be parsed, so the pieces"):
            client.orders.iter_orders(filter=many(50), orderby="Custom/Path")
        assert server.requests == []


def test_a_text_that_is_too_long_for_a_later_page_is_refused_at_once(flavour: Any) -> None:
    text = " or ".join(["Status eq 'x'"] * 20)
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        client.orders.list_orders(filter=text)
        with pytest.raises(ValidationError, match="nodes"):
            client.orders.iter_orders(filter=text)
    assert len(server.requests) == 1


def test_pieces_are_merged_by_a_field_that_select_leaves_out(flavour: Any, sandbox: Sandbox) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        ids = [one.id for one in client.orders.iter_orders(max_items=40)]
        whole = client.orders.list_orders(orderby=[Q.created, Q.id])
        rows = list(client.orders.iter_orders(filter=Q.id.in_(ids), orderby=Q.created, select=Q.status))
    assert [one.id for one in rows] == [one.id for one in whole if one.id in ids]
    with pytest.raises(NotSelectedError, match="created"):
        rows[0].created  # noqa: B018 - the test reads it
