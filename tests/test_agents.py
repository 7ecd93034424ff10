"""Check the agents of a tenant over HTTP, with both clients."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from signtraker import (
    AddressRequest,
    Agent,
    CreateAgentRequest,
    NotFoundError,
    RefRequest,
    UpdateAgentRequest,
    merge_patch,
)

if TYPE_CHECKING:
    from scripted_server import ScriptedServer

    from signtraker import SignTrakerClient


def new_agent(email: str) -> CreateAgentRequest:
    return CreateAgentRequest(
        user_name=email,
        email=email,
        first_name="Zoë",
        last_name="O'Brien",
        office=RefRequest(id=1),
        cellular_phone="+1 801 555 0100",
        payment_mode="Prepay",
        address=AddressRequest(city="Sandy", state="UT", country_code="US"),
        basic_install_price=Decimal("45.50"),
    )


def created(either: SignTrakerClient, request: pytest.FixtureRequest) -> Agent:
    name = "".join(one for one in request.node.name if one.isalnum())
    return either.agents.create_agent(new_agent(f"{name}@example.com"))


def test_an_agent_is_created_found_by_email_and_read(
    either: SignTrakerClient, request: pytest.FixtureRequest
) -> None:
    agent = created(either, request)
    assert (agent.last_name, agent.basic_install_price) == ("O'Brien", Decimal("45.5"))
    assert either.agents.list_agents(email=agent.email) == [agent]
    assert list(either.agents.iter_agents(email=agent.email)) == [agent]
    assert either.agents.get_agent(agent.id) == agent


def test_an_update_changes_exactly_what_was_set(
    either: SignTrakerClient, request: pytest.FixtureRequest
) -> None:
    before = created(either, request)
    after = either.agents.update_agent(
        before.id, notes="VIP", address={"state": "CO"}, basic_install_price=None
    )
    assert after.notes == "VIP"
    assert after.basic_install_price is None
    assert after.address is not None
    assert (after.address.city, after.address.state) == ("Sandy", "CO")
    assert after.email == before.email


def test_an_agent_is_switched_off_and_on(either: SignTrakerClient, request: pytest.FixtureRequest) -> None:
    agent = created(either, request)
    either.agents.deactivate_agent(agent.id)
    assert either.agents.get_agent(agent.id).is_inactive is True
    either.agents.activate_agent(agent.id)
    assert either.agents.get_agent(agent.id).is_inactive is False
    with pytest.raises(NotFoundError):
        either.agents.activate_agent(2**40)


def test_an_update_is_a_merge_patch_of_exactly_the_fields_that_were_set(
    scripted: tuple[ScriptedServer, SignTrakerClient],
) -> None:
    server, client = scripted
    changes = UpdateAgentRequest(notes=None, address=AddressRequest(zip=None), office=RefRequest(id=3))
    client.agents.update_agent(7, changes)
    client.agents.update_agent(7, {"Notes": None, "address": {"Zip": None}, "Office": {"Id": 3}})
    client.agents.update_agent(7, notes=None, address={"zip": None}, office={"id": 3})
    assert {(one.method, one.target) for one in server.requests} == {("PATCH", "/api/agents/7")}
    assert {one.headers["content-type"] for one in server.requests} == {"application/merge-patch+json"}
    assert [json.loads(one.body) for one in server.requests] == [
        {"Notes": None, "Address": {"Zip": None}, "Office": {"Id": 3}}
    ] * 3
    assert len({one.body for one in server.requests}) == 1


def test_the_email_parameter_comes_before_the_odata_options_and_is_encoded(
    scripted: tuple[ScriptedServer, SignTrakerClient],
) -> None:
    server, client = scripted
    client.agents.activate_agent(7)
    with pytest.raises(Exception, match="no JSON array"):
        client.agents.list_agents(email="a+b@c.d&e", top=1)
    assert [one.target for one in server.requests] == [
        "/api/agents/activate?id=7",
        "/api/agents?email=a%2Bb@c.d%26e&$top=1",
    ]


def test_an_update_without_changes_sends_nothing(scripted: tuple[ScriptedServer, SignTrakerClient]) -> None:
    server, client = scripted
    agent = Agent(id=7, notes="x")
    assert client.agents.update_agent(7, merge_patch(agent, agent), before=agent) is agent
    assert server.requests == []
