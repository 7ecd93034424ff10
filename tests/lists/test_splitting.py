"""Dialects on the wire, limits known before sending, and long filters in as few requests as fit."""

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
    SignTrakerClient,
    SignTrakerConfigError,
    SignTrakerError,
    ValidationError,
)
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "key"


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module", params=["v3", "v4-5", "v4-7"])
def generation(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(server=request.param, orders=120) as sandbox:
        yield sandbox


def queries(server: ScriptedServer) -> list[dict[str, str]]:
    return [dict(parse_qsl(urlsplit(one.target).query)) for one in server.requests]


def test_the_dialect_of_the_client_is_what_goes_over_the_wire(flavour: Any) -> None:
    with ScriptedServer([Reply.json("[]")]) as server:
        for version in ("v3", "v4"):
            with open_client(flavour, KEY, server.url, odata_version=version) as client:
                client.orders.list_orders(filter=Q.notes.contains("x") & (Q.id > 5), orderby=Q.id.desc())
                list(client.orders.iter_orders())
        first = queries(server)
    assert first[0]["$filter"] == "substringof('x',Notes) and Id gt 5L"
    assert first[2]["$filter"] == "contains(Notes,'x') and Id gt 5"


def test_the_dialect_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNTRAKER_ODATA_VERSION", "v3")
    with SignTrakerClient(KEY, subdomain="acme") as client:
        assert "5L" in client.prepare(client.orders.list_orders, filter=Q.id == 5).url
    monkeypatch.setenv("SIGNTRAKER_ODATA_VERSION", "4")
    with pytest.raises(SignTrakerConfigError, match="SIGNTRAKER_ODATA_VERSION must be 'v3' or 'v4', not '4'"):
        SignTrakerClient(KEY, subdomain="acme")


@pytest.mark.parametrize("wrong", [{"odata_version": "v5"}, {"query_limits": 100}])
def test_a_setting_of_the_query_that_can_not_be_is_refused(wrong: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match=next(iter(wrong))):
        SignTrakerClient(KEY, subdomain="acme", **wrong)


def test_a_server_tells_which_dialect_it_speaks_and_then_understands_it(
    flavour: Any, generation: Sandbox
) -> None:
    with open_client(flavour, generation.api_key, generation.url) as client:
        version = client.detect_odata_version()
        assert version == generation.settings.server[:2]
        speaking = client.with_options(odata_version=version)
        where = Q.status.contains("raft") & (Q.id > 0) & (Q.job_site.latitude > 10.123456789012345)
        found = speaking.orders.list_orders(filter=where)
        assert found
        assert all(where.matches(one) for one in found)


@pytest.mark.parametrize("status", [200, 503])
def test_a_server_that_does_not_tell_its_dialect_is_an_error(flavour: Any, status: int) -> None:
    with ScriptedServer([Reply.json("[]", status)]) as server:
        with open_client(flavour, KEY, server.url, max_retries=0) as client:
            with pytest.raises(
                SignTrakerError, match="set odata_version yourself" if status == 200 else "503"
            ):
                client.detect_odata_version()
    assert len(server.requests) == (2 if status == 200 else 1)


# Limits


def many(count: int) -> Any:
    return Q.status.in_([f"s{number:04}" for number in range(count)])


@pytest.mark.parametrize(
    ("options", "field", "number"),
    [
        ({"filter": many(21)}, "filter", "104 nodes"),
        ({"filter": " or ".join(["Status eq 'x'"] * 21)}, "filter", "104 nodes"),
        ({"filter": Q.notes == "x" * 2048}, "filter", "2071 bytes"),
        ({"filter": Q.notes == "ü" * 400}, "filter", "2423 bytes"),
        ({"orderby": "Id,Status,Notes,Created,DueDate,RemovalDate"}, "orderby", "6 orderings"),
        ({"orderby": [Q.id, Q.status, Q.id.desc()]}, "orderby", "twice"),
    ],
)
def test_a_query_beyond_a_limit_is_refused_with_the_number_and_the_mend(
    flavour: Any, options: Any, field: str, number: str
) -> None:
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        with pytest.raises(ValidationError, match=number) as caught:
            client.orders.list_orders(**options)
        assert [one.field for one in caught.value.problems] == [field]
        assert server.requests == []
        limits = QueryLimits(nodes=1000, orderings=9, query_bytes=9999)
        if number != "twice":
            client.with_options(query_limits=limits).orders.list_orders(**options)
            assert len(server.requests) == 1


def test_the_bytes_are_counted_as_they_go_over_the_wire(flavour: Any) -> None:
    """One byte more is refused: the count is exact, the options' names and the own parameters included."""
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        room = 2048 - len("email=a&$filter=Notes%20eq%20''&$top=5")
        options: Any = {"email": "a", "top": 5}
        client.agents.list_agents(filter=f"Notes eq '{'x' * room}'", **options)
        with pytest.raises(ValidationError, match="2049 bytes"):
            client.agents.list_agents(filter=f"Notes eq '{'x' * (room + 1)}'", **options)
    assert [len(urlsplit(one.target).query) for one in server.requests] == [2048]


def test_a_url_that_nothing_can_carry_is_refused_in_a_sentence(flavour: Any) -> None:
    limits = QueryLimits(nodes=10**9, query_bytes=10**9)
    with ScriptedServer([Reply.json("[]")]) as server:
        with open_client(flavour, KEY, server.url, query_limits=limits) as client:
            with pytest.raises(ValidationError, match="no URL can hold this query"):
                client.orders.list_orders(filter=Q.notes == "x" * 100_000)
    assert server.requests == []


def test_the_largest_filters_that_are_sent_are_taken_by_every_server(generation: Sandbox) -> None:
    version: Any = generation.settings.server[:2]
    with SignTrakerClient(generation.api_key, generation.url, odata_version=version) as client:
        client.orders.list_orders(filter=many(20))
        with pytest.raises(ValidationError, match="104 nodes"):
            client.orders.list_orders(filter=many(21))
        loose = client.with_options(query_limits=QueryLimits(nodes=999, orderings=99, query_bytes=9999))
        with pytest.raises(ValidationError, match="node count limit of '100'"):
            loose.orders.list_orders(filter=many(21))


# Long filters, in pieces


def test_a_long_in_is_read_in_few_requests_whole_in_order_and_without_duplicates(
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
def test_the_pieces_are_merged_in_the_order_asked_for(flavour: Any, sandbox: Sandbox, orderby: Any) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        loose = client.with_options(query_limits=QueryLimits(nodes=100, query_bytes=2048))
        ids = [one.id for one in client.orders.iter_orders(page_size=1000, max_items=60)]
        whole = [
            one for one in client.orders.iter_orders(orderby=orderby, page_size=1000) if one.id in set(ids)
        ]
        pieces = list(loose.orders.iter_orders(filter=Q.id.in_(ids), orderby=orderby, page_size=7))
    assert [one.id for one in pieces] == [one.id for one in whole]


def test_rows_that_several_pieces_find_come_once(flavour: Any, sandbox: Sandbox) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        where = (Q.id > 0) | many(40)
        expected = [one.id for one in client.orders.iter_orders(max_items=50)]
        assert [one.id for one in client.orders.iter_orders(filter=where, max_items=50)] == expected


def test_max_items_bounds_each_piece_and_the_whole(flavour: Any, sandbox: Sandbox) -> None:
    with open_client(flavour, sandbox.api_key, sandbox.url) as client:
        ids = [one.id for one in client.orders.iter_orders(max_items=60)]
        with client.record(bodies=True) as exchanges:
            found = [one.id for one in client.orders.iter_orders(filter=Q.id.in_(ids), max_items=3)]
    assert found == ids[:3]
    assert [len(json.loads(one.response_body or b"")) for one in exchanges] == [3]


def test_a_piece_is_asked_when_its_ids_have_their_turn(flavour: Any, sandbox: Sandbox) -> None:
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


def test_what_can_not_be_cut_or_merged_is_refused_at_once(flavour: Any) -> None:
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        with pytest.raises(ValidationError, match="make it simpler"):
            client.orders.iter_orders(filter=Q.notes == "x" * 2100)
        with pytest.raises(ValidationError, match="can't be parsed, so the pieces"):
            client.orders.iter_orders(filter=many(50), orderby="Custom/Path")
        assert server.requests == []


def test_a_text_that_grows_too_long_on_a_later_page_is_refused_on_the_first(flavour: Any) -> None:
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
        rows[0].created  # noqa: B018 - reading it is what is tested
