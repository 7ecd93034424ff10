"""Check that each page continues after the last row: no row is lost or repeated when others change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from either_client import open_client
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import Reply, ScriptedServer
from thoroughness import same_each_time

from signtraker import NotSelectedError, Q, QueryLimits, UnreadableResponseError
from signtraker._core import request as core_request
from signtraker._lists import options as list_options
from signtraker._lists import positions
from signtraker.query.parsing.parse import parse_clauses
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker import SignTrakerClient

MOMENT = datetime(2025, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=["v3", "v4-5", "v4-7"])
def generation(request: pytest.FixtureRequest) -> Iterator[tuple[Sandbox, SignTrakerClient]]:
    """Return a sandbox of each server generation, with 90 orders that have many equal values and nulls."""
    with Sandbox(server=request.param, orders=0) as sandbox:
        chance = Random(5)
        for number in range(90):
            sandbox.orders.add(
                status=chance.choice(["Draft", "Designing", "Installed"]),
                city=chance.choice(["Sandy", "Draper", "O'Brien & Söhne +1%"]),
                due_date=chance.choice([None, MOMENT, MOMENT + timedelta(days=number % 3)]),
                notes=chance.choice([None, "", "a", "A", "ü", f"note {number % 7}"]),
            )
        yield sandbox, sandbox.client.with_options(odata_version=request.param[:2])


FIELDS = [
    Q.status, Q.notes, Q.due_date, Q.created, Q.is_due_date_definitive, Q.order_number, Q.job_site.city,
    Q.job_site.latitude, Q.sales_order.order_total, Q.agent.id, Q.removal_date, Q.rebill_interval, Q.id,
]  # fmt: skip
TERMS = st.lists(
    st.tuples(st.integers(0, len(FIELDS) - 1), st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one[0],
)


@pytest.mark.once
@same_each_time(20)
@given(terms=TERMS, page_size=st.integers(4, 100))
def test_every_ordering_gives_every_row_once_and_in_the_servers_order(
    generation: tuple[Sandbox, SignTrakerClient], terms: list[tuple[int, bool]], page_size: int
) -> None:
    _, client = generation
    orderby = [FIELDS[at].desc() if descending else FIELDS[at].asc() for at, descending in terms]
    tie_break = [] if any(at == len(FIELDS) - 1 for at, _ in terms) else [Q.id.asc()]
    expected = [one.id for one in client.orders.list_orders(orderby=[*orderby, *tie_break])]
    found = [one.id for one in client.orders.iter_orders(orderby=orderby, page_size=page_size)]
    assert found == expected
    assert len(found) == 90


@pytest.mark.parametrize("orderby", [Q.created, Q.created.desc(), [Q.status, Q.due_date.desc()], None])
def test_rows_that_leave_the_filter_while_reading_hide_no_others(orderby: Any) -> None:
    """Request the removal of each order, so that it leaves the filter at once."""
    with Sandbox(orders=150, seed=7) as sandbox:
        client = sandbox.client
        todo = Q.date_installed.is_not_null() & Q.removal_request_date.is_null() & Q.removal_date.is_null()
        waiting = {one.id for one in client.orders.list_orders(filter=todo)}
        visited: list[int] = []
        for order in client.orders.iter_orders(filter=todo, orderby=orderby, page_size=20):
            client.orders.request_removal(order.id)
            visited.append(order.id)
        assert sorted(visited) == sorted(waiting)
        assert client.orders.list_orders(filter=todo) == []
        assert len(waiting) > 30


def test_rows_inserted_while_reading_neither_hide_nor_repeat_others() -> None:
    with Sandbox(orders=0) as sandbox:
        for number in range(60):
            sandbox.orders.add(notes=f"{number % 6}", due_date=MOMENT + timedelta(days=number % 4))
        client = sandbox.client
        before = {one.id for one in client.orders.list_orders()}
        found: list[int] = []
        for order in client.orders.iter_orders(orderby=[Q.due_date.desc(), Q.notes], page_size=7):
            found.append(order.id)
            if len(found) in {5, 20, 41}:
                sandbox.orders.add(notes="new", due_date=MOMENT + timedelta(days=len(found) % 5))
        assert before <= set(found)
        assert len(found) == len(set(found))


def test_keys_that_select_leaves_out_are_fetched_and_removed_again(
    either: SignTrakerClient,
) -> None:
    with either.record() as exchanges:
        rows = list(either.orders.iter_orders(orderby=Q.created.desc(), select=Q.status, page_size=90))
    expected = either.orders.list_orders(orderby=[Q.created.desc(), Q.id])
    assert [one.id for one in rows] == [one.id for one in expected]
    assert [one.status for one in rows] == [one.status for one in expected]
    with pytest.raises(NotSelectedError, match=r"Order\.created was left out"):
        rows[0].created  # noqa: B018 - the test reads it
    assert "created" not in repr(rows[0])
    assert all("$skip" not in one.url for one in exchanges)


def test_a_nested_ordering_with_select_goes_by_offset_with_a_warning(client: SignTrakerClient) -> None:
    with pytest.warns(UserWarning, match="select drops the nested object of its ordering"):
        rows = list(client.orders.iter_orders(orderby=Q.agent.name, select=Q.status, page_size=200))
    assert len({one.id for one in rows}) == len(rows) == len(client.orders.list_orders())


def test_an_ordering_by_an_expression_gives_one_warning(either: SignTrakerClient) -> None:
    with pytest.warns(UserWarning, match="goes by offset") as caught:
        either.orders.iter_orders(orderby=Q.created.year().asc())
    assert len(caught) == 1


def test_the_warning_names_the_file_of_the_caller(client: SignTrakerClient) -> None:
    with pytest.warns(UserWarning, match="goes by offset") as caught:
        client.orders.iter_orders(orderby=Q.created.year().asc())
    assert caught[0].filename == __file__


def test_conditions_that_exceed_the_limits_go_by_offset_with_a_warning(client: SignTrakerClient) -> None:
    narrow = client.with_options(query_limits=QueryLimits(nodes=12))
    with pytest.warns(UserWarning, match="would exceed the server's limits"):
        rows = list(narrow.orders.iter_orders(orderby=[Q.status, Q.due_date.desc()], page_size=90))
    assert len({one.id for one in rows}) == len(rows) == len(client.orders.list_orders())


def replies(*pages: list[dict[str, Any]]) -> list[Reply]:
    return [Reply.json(json.dumps(one)) for one in pages]


def read(flavour: Any, pages: list[Reply], **options: Any) -> tuple[list[int], list[dict[str, str]]]:
    with ScriptedServer(pages) as server, open_client(flavour, "key", server.url) as client:
        ids = [one.id for one in client.orders.iter_orders(**options)]
    return ids, [dict(parse_qsl(urlsplit(one.target).query)) for one in server.requests]


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_each_page_requests_the_rows_after_the_last_one(flavour: Any) -> None:
    first: list[dict[str, Any]] = [{"Id": 7, "Status": "a"}, {"Id": 3, "Status": None}]
    ids, queries = read(flavour, replies(first, [{"Id": 5, "Status": None}], []), orderby=Q.status.desc())
    assert ids == [7, 3, 5]
    assert [one["$orderby"] for one in queries] == ["Status desc,Id"] * 3
    assert [one.get("$filter") for one in queries] == [
        None,
        "Status eq null and Id gt 3",
        "Status eq null and Id gt 5",
    ]


@pytest.mark.parametrize(
    ("orderby", "value", "condition"),
    [
        ("asc", None, "IsDueDateDefinitive ne null or IsDueDateDefinitive eq null and Id gt 4"),
        ("asc", False, "IsDueDateDefinitive eq true or IsDueDateDefinitive eq false and Id gt 4"),
        ("asc", True, "IsDueDateDefinitive eq true and Id gt 4"),
        (
            "desc",
            True,
            (
                "IsDueDateDefinitive eq false or IsDueDateDefinitive eq null"
                " or IsDueDateDefinitive eq true and Id gt 4"
            ),
        ),
        ("desc", False, "IsDueDateDefinitive eq null or IsDueDateDefinitive eq false and Id gt 4"),
        ("desc", None, "IsDueDateDefinitive eq null and Id gt 4"),
    ],
)
def test_null_comes_before_false_and_false_before_true(orderby: str, value: object, condition: str) -> None:
    pages = replies([{"Id": 4, "IsDueDateDefinitive": value}], [], [])
    _, queries = read("sync", pages, orderby=f"IsDueDateDefinitive {orderby}")
    assert queries[1]["$filter"] == condition


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_nulls_that_a_server_puts_last_are_read(flavour: Any) -> None:
    pages = replies(
        [{"Id": 4, "Status": "a"}], [{"Id": 2, "Status": "b"}], [], [{"Id": 1}, {"Id": 3}], [{"Id": 9}], []
    )
    ids, queries = read(flavour, pages, orderby="Status", filter="Notes eq 'x'", page_size=2)
    assert ids == [4, 2, 1, 3, 9]
    assert [one.get("$filter") for one in queries] == [
        "Notes eq 'x'",
        "(Notes eq 'x') and (Status gt 'a' or Status eq 'a' and Id gt 4)",
        "(Notes eq 'x') and (Status gt 'b' or Status eq 'b' and Id gt 2)",
        "(Notes eq 'x') and Status eq null",
        "(Notes eq 'x') and Status eq null and Id gt 3",
        "(Notes eq 'x') and Status eq null and Id gt 9",
    ]


def test_nulls_that_came_first_are_not_requested_again() -> None:
    pages = replies([{"Id": 4}, {"Id": 1, "Status": "a"}], [])
    ids, queries = read("sync", pages, orderby="Status")
    assert (ids, len(queries)) == ([4, 1], 2)


def test_times_finer_than_a_microsecond_are_requested_again_and_not_lost() -> None:
    """In descending order, a row between the last row's time and its microsecond must not be skipped."""
    pages = replies(
        [{"Id": 4, "Created": "2025-01-31T12:00:00.1234567Z"}],
        [
            {"Id": 4, "Created": "2025-01-31T12:00:00.1234567Z"},
            {"Id": 8, "Created": "2025-01-31T12:00:00.1234562Z"},
        ],
        [],
    )
    ids, queries = read("sync", pages, orderby=Q.created.desc())
    assert ids == [4, 8]
    assert queries[1]["$filter"] == "Created lt 2025-01-31T12:00:00.123457Z or Created eq null"


def test_more_rows_in_one_microsecond_than_a_page_holds_raise_an_error() -> None:
    row = {"Id": 4, "Created": "2025-01-31T12:00:00.1234567Z"}
    with pytest.raises(UnreadableResponseError, match="differ by less than a microsecond") as caught:
        read("sync", replies([row], [row]), orderby=Q.created.desc(), page_size=1)
    assert caught.value.outcome == "did_not_happen"


def test_a_filter_is_rendered_and_an_ordering_parsed_once_for_a_whole_iteration(
    client: SignTrakerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def counting(text: str, entity: str, **more: Any) -> Any:
        parsed.append(text)
        return parse_clauses(text, entity, **more)

    monkeypatch.setattr(list_options, "parse_clauses", counting)
    rendered: list[object] = []
    where = (Q.status == "Draft") | (Q.status == "Installed")
    render = type(where).render

    def noting(self: Any, *arguments: Any) -> str:
        rendered.append(self)
        return render(self, *arguments)

    monkeypatch.setattr(type(where), "render", noting)
    rows = list(client.orders.iter_orders(filter=where, orderby="Status,Created desc", page_size=30))
    assert len(rows) > 90
    assert parsed == ["Status,Created desc"]
    assert len(rendered) == 1


def test_each_page_is_rendered_and_encoded_once(
    client: SignTrakerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def counting(module: Any, name: str) -> None:
        original = getattr(module, name)

        def counted(*arguments: Any) -> Any:
            calls.append(name)
            return original(*arguments)

        monkeypatch.setattr(module, name, counted)

    where = (Q.status == "Draft") | (Q.status == "Installed")
    counting(core_request, "encode")
    with client.record() as exchanges:
        pages = client.orders.iter_orders(filter=where, orderby=[Q.status, Q.created.desc()], page_size=30)
        counting(positions, "render_orders")
        counting(list_options, "render")
        assert len(list(pages)) > 90
    assert calls.count("encode") == len(exchanges)
    assert calls.count("render_orders") == len(exchanges)
    assert calls.count("render") == len(exchanges) - 1  # The first page has no condition.
