"""Check the options of a list call: the OData version, and the limits that are known before sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker import Q, QueryLimits, SignTrakerClient, SignTrakerConfigError, ValidationError
from signtraker._lists.options import FilterText
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


def many(count: int) -> Any:
    return Q.status.in_([f"s{number:04}" for number in range(count)])


def test_a_query_is_written_in_the_odata_version_of_the_client(flavour: Any) -> None:
    with ScriptedServer([Reply.json("[]")]) as server:
        for version in ("v3", "v4"):
            with open_client(flavour, KEY, server.url, odata_version=version) as client:
                client.orders.list_orders(filter=Q.notes.contains("x") & (Q.id > 5), orderby=Q.id.desc())
                list(client.orders.iter_orders())
        first = queries(server)
    assert first[0]["$filter"] == "substringof('x',Notes) and Id gt 5L"
    assert first[2]["$filter"] == "contains(Notes,'x') and Id gt 5"


def test_the_odata_version_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNTRAKER_ODATA_VERSION", "v3")
    with SignTrakerClient(KEY, subdomain="acme") as client:
        assert "5L" in client.prepare(client.orders.list_orders, filter=Q.id == 5).url
    monkeypatch.setenv("SIGNTRAKER_ODATA_VERSION", "4")
    with pytest.raises(SignTrakerConfigError, match="SIGNTRAKER_ODATA_VERSION must be 'v3' or 'v4', not '4'"):
        SignTrakerClient(KEY, subdomain="acme")


def test_a_number_of_rows_fits_32_bits(flavour: Any) -> None:
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        client.orders.list_orders(top=2**31 - 1, skip=0)
        with pytest.raises(ValidationError, match="from 0 to 2147483647, not 2147483648") as caught:
            client.orders.list_orders(top=2**31, skip=-1)
        with pytest.raises(ValidationError, match="page_size: must be a whole number from 1 to 2147483647"):
            client.orders.iter_orders(page_size=0)
        assert [one.field for one in caught.value.problems] == ["top", "skip"]
        assert queries(server) == [{"$top": "2147483647", "$skip": "0"}]


@pytest.mark.parametrize("wrong", [{"odata_version": "v5"}, {"query_limits": 100}])
def test_an_invalid_version_or_limit_is_refused(wrong: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match=next(iter(wrong))):
        SignTrakerClient(KEY, subdomain="acme", **wrong)


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
def test_a_query_that_exceeds_a_limit_is_refused_with_the_number(
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


def test_the_bytes_are_counted_as_they_are_sent(flavour: Any) -> None:
    """Refuse one byte more: the count includes the names of the options and the endpoint's own parameters."""
    with ScriptedServer([Reply.json("[]")]) as server, open_client(flavour, KEY, server.url) as client:
        room = 2048 - len("email=a&$filter=Notes%20eq%20''&$top=5")
        options: Any = {"email": "a", "top": 5}
        client.agents.list_agents(filter=f"Notes eq '{'x' * room}'", **options)
        with pytest.raises(ValidationError, match="2049 bytes"):
            client.agents.list_agents(filter=f"Notes eq '{'x' * (room + 1)}'", **options)
    assert [len(urlsplit(one.target).query) for one in server.requests] == [2048]


def test_a_query_that_is_too_long_for_any_url_is_refused(flavour: Any) -> None:
    limits = QueryLimits(nodes=10**9, query_bytes=10**9)
    with ScriptedServer([Reply.json("[]")]) as server:
        with open_client(flavour, KEY, server.url, query_limits=limits) as client:
            with pytest.raises(ValidationError, match="no URL can hold this query"):
                client.orders.list_orders(filter=Q.notes == "x" * 100_000)
    assert server.requests == []


def test_a_condition_is_joined_with_the_fewest_parentheses() -> None:
    id_is, status_is = Q.id == 1, Q.status == "a"
    either, both = id_is | status_is, id_is & status_is
    cases = {
        (id_is, id_is): "Id eq 1 and Id eq 1",
        (both, id_is): "Id eq 1 and Status eq 'a' and Id eq 1",
        (either, id_is): "(Id eq 1 or Status eq 'a') and Id eq 1",
        (id_is, either): "Id eq 1 and (Id eq 1 or Status eq 'a')",
    }
    for (left, right), text in cases.items():
        joined = FilterText(left.render("v4"), left.node).joined(right.node, "Order", "v4")
        assert (joined.text, joined.tree) == (text, (left & right).node)
        assert not joined.is_own_text
        again = joined.joined(id_is.node, "Order", "v4")
        assert (again.text, again.tree) == (f"{text} and Id eq 1", (left & right & id_is).node)
    own = FilterText("Id eq 1", id_is.node, is_own_text=True).joined(id_is.node, "Order", "v3")
    assert (own.text, own.is_own_text) == ("(Id eq 1) and Id eq 1L", True)
    assert own.joined(id_is.node, "Order", "v3").text == "(Id eq 1) and Id eq 1L and Id eq 1L"
    unknown = FilterText("custom(Id)", None, is_own_text=True).joined(id_is.node, "Order", "v4")
    assert (unknown.text, unknown.tree) == ("(custom(Id)) and Id eq 1", None)


def test_every_server_accepts_the_largest_filter_that_the_limits_allow(generation: Sandbox) -> None:
    version: Any = generation.settings.server[:2]
    with SignTrakerClient(generation.api_key, generation.url, odata_version=version) as client:
        client.orders.list_orders(filter=many(20))
        with pytest.raises(ValidationError, match="104 nodes"):
            client.orders.list_orders(filter=many(21))
        loose = client.with_options(query_limits=QueryLimits(nodes=999, orderings=99, query_bytes=9999))
        with pytest.raises(ValidationError, match="node count limit of '100'"):
            loose.orders.list_orders(filter=many(21))
