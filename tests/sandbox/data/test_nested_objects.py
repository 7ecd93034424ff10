"""Check that a nested object can be compared with null, as every generation of the server does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plain_http import plain_client, refusal

from signtraker import AgentQ, AwardQ, Q, ServiceQ
from signtraker.query import Filter
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["v3", "v4-5", "v4-7"])
def generation(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(server=request.param, orders=60) as sandbox:
        yield sandbox


@pytest.mark.parametrize("operator", ["eq", "ne"])
@pytest.mark.parametrize("name", ["Agent", "JobSite", "SalesOrder", "PostType"])
def test_an_orders_nested_object_is_null_for_the_server_where_it_is_for_matches(
    generation: Sandbox, name: str, operator: str
) -> None:
    made = Q.parse(f"{name} {operator} null")
    client = generation.client.with_options(odata_version="v3" if generation.settings.is_v3 else "v4")
    everything = client.orders.list_orders(orderby=Q.id)
    found = client.orders.list_orders(filter=made, orderby=Q.id)
    assert [one.id for one in found] == [one.id for one in everything if made.matches(one)]
    assert (made.cost("v3"), made.cost("v4")) == (5, 5)
    assert Q.parse(str(made)) == made
    assert Filter(made.node, "Order") == made


@pytest.mark.parametrize("name", ["Office", "Manager", "Address", "ManagerData", "DefaultPostType"])
def test_an_agents_nested_object_is_null_for_the_server_where_it_is_for_matches(
    generation: Sandbox, name: str
) -> None:
    made = AgentQ.parse(f"null eq {name}")
    everything = generation.client.agents.list_agents(orderby=AgentQ.id)
    found = generation.client.agents.list_agents(filter=made, orderby=AgentQ.id)
    assert [one.id for one in found] == [one.id for one in everything if made.matches(one)]


def test_other_lists_compare_their_nested_objects_with_null_too(generation: Sandbox) -> None:
    client = generation.client
    assert client.services.list_services(filter=ServiceQ.parse("Agent eq null")) == []
    assert client.credits.list_awards(filter=AwardQ.parse("AwardedTo eq null")) == []


@pytest.mark.parametrize("text", ["JobSite ge null", "Agent eq 5", "Agent eq 'Smith'"])
def test_anything_else_about_a_nested_object_is_refused(generation: Sandbox, text: str) -> None:
    with plain_client(generation) as api:
        assert "incompatible types" in refusal(api, filter=text)
