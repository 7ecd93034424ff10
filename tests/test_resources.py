"""Every endpoint but those of orders, over HTTP against the sandbox, with both clients."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker import (
    AddressRequest,
    Agent,
    AgentQ,
    AwardQ,
    ChangeOrderQ,
    CreateAgentRequest,
    CreateAwardRequest,
    CreateChangeOrderRequest,
    CreateServiceRequest,
    EnterpriseQ,
    NotFoundError,
    OfficeQ,
    OrderPresetQ,
    Q,
    RefRequest,
    ServiceQ,
    UpdateAgentRequest,
    ValidationError,
    merge_patch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from signtraker import SignTrakerClient

LISTS: list[tuple[str, str, Any]] = [
    ("agents", "agents", AgentQ),
    ("change_orders", "change_orders", ChangeOrderQ),
    ("credits", "awards", AwardQ),
    ("enterprises", "enterprises", EnterpriseQ),
    ("offices", "offices", OfficeQ),
    ("order_presets", "order_presets", OrderPresetQ),
    ("orders", "orders", Q),
    ("services", "services", ServiceQ),
]


@pytest.mark.parametrize(("resource", "plural", "fields"), LISTS)
def test_every_list_takes_the_five_odata_options(
    either: SignTrakerClient, resource: str, plural: str, fields: Any
) -> None:
    client = getattr(either, resource)
    rows = getattr(client, f"list_{plural}")(orderby=fields.id, top=3)
    assert len(rows) == 3
    chosen = getattr(client, f"list_{plural}")(
        filter=fields.id > rows[0].id, orderby=fields.id.desc(), select=[fields.id], top=2, skip=0
    )
    assert chosen
    assert all(one.id > rows[0].id for one in chosen)
    walked = list(getattr(client, f"iter_{plural}")(filter=fields.id <= rows[2].id, page_size=2))
    assert walked == rows


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


def installed(either: SignTrakerClient) -> int:
    [order] = either.orders.list_orders(
        filter=Q.date_installed.is_not_null() & Q.removal_date.is_null(), orderby=Q.id, top=1
    )
    return order.id


def test_a_change_order_is_created_and_read(either: SignTrakerClient) -> None:
    request = CreateChangeOrderRequest(
        install_id=installed(either), preset_id=1, override_price_limit=False, notes="New rider"
    )
    order = either.change_orders.create_change_order(request)
    assert order.notes == "New rider"
    assert either.change_orders.get_change_order(order.id) == order


def test_a_service_is_created_as_a_list_and_read(either: SignTrakerClient) -> None:
    request = CreateServiceRequest(
        install_id=installed(either), preset_id=1, override_price_limit=True, due_date=date(2026, 12, 1)
    )
    [service] = either.services.create_service(request)
    assert either.services.get_service(service.id) == service


def test_an_award_is_given_and_found_by_its_agent(
    either: SignTrakerClient, request: pytest.FixtureRequest
) -> None:
    agent = created(either, request)
    award = either.credits.create_award(
        CreateAwardRequest(
            name="Welcome",
            awarded_to=RefRequest(id=agent.id),
            total_amount=Decimal("25.10"),
            remaining_amount=25.10,
            restrictions=["Printing"],
        )
    )
    assert (award.total_amount, award.restrictions) == (Decimal("25.1"), ("Printing",))
    assert either.credits.list_awards(awarded_to=agent.id) == [award]
    assert list(either.credits.iter_awards(awarded_to=agent.id)) == [award]
    spendable = AwardQ.restrictions.contains("Printing") & (AwardQ.id == award.id)
    assert either.credits.list_awards(filter=spendable) == [award]


def test_offices_are_listed_by_enterprise(either: SignTrakerClient) -> None:
    everywhere = either.offices.list_offices()
    [enterprise] = either.enterprises.list_enterprises(top=1, orderby=EnterpriseQ.id)
    some = either.offices.list_offices(enterprise_id=enterprise.id)
    assert some
    assert {one.id for one in some} < {one.id for one in everywhere}
    assert list(either.offices.iter_offices(enterprise_id=enterprise.id)) == sorted(
        some, key=lambda one: one.id
    )


# The exact bytes, and what is refused before them


@pytest.fixture(params=["sync", "async"])
def scripted(request: pytest.FixtureRequest) -> Generator[tuple[ScriptedServer, SignTrakerClient]]:
    with ScriptedServer([Reply.json('{"Id": 7}')]) as server:
        with open_client(request.param, "key", server.url) as client:
            yield server, client


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


def test_own_parameters_come_before_the_odata_options_and_are_encoded(
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


REFUSED: list[tuple[Callable[[Any], object], str]] = [
    (lambda c: c.agents.list_agents(email=" "), "email"),
    (lambda c: c.agents.list_agents(email=5), "email"),
    (lambda c: c.agents.get_agent(0), "agent_id"),
    (lambda c: c.agents.activate_agent("1"), "agent_id"),
    (lambda c: c.agents.deactivate_agent(agent_id=True), "agent_id"),
    (lambda c: c.agents.update_agent(-1, notes="x"), "agent_id"),
    (lambda c: c.agents.update_agent(7), "changes"),
    (lambda c: c.agents.update_agent(7, {}), "changes"),
    (lambda c: c.agents.update_agent(7, payment_mode="Barter"), "payment_mode"),
    (lambda c: c.agents.update_agent(7, address={"country_code": "DE"}), "address.country_code"),
    (
        lambda c: c.agents.update_agent(7, manager_data={"discount_level": "Tin"}),
        "manager_data.discount_level",
    ),
    (lambda c: c.agents.update_agent(7, notes="x", before=Agent(id=8)), "before"),
    (lambda c: c.agents.update_agent(7, notes="x", before="a"), "before"),
    (
        lambda c: c.agents.update_agent(7, is_manager=True, before=Agent(id=7, is_manager=False)),
        "is_manager",
    ),
    (
        lambda c: c.agents.update_agent(7, is_manager=False, before=Agent(id=7, is_manager=True)),
        "is_manager",
    ),
    (lambda c: c.agents.create_agent(office={"id": 1}, email=" "), "email"),
    (lambda c: c.change_orders.get_change_order(0), "change_order_id"),
    (lambda c: c.change_orders.create_change_order(install_id=1, preset_id=1), "override_price_limit"),
    (
        lambda c: c.services.create_service(install_id=1, preset_id=1, override_price_limit=1),
        "override_price_limit",
    ),
    (lambda c: c.services.get_service(-1), "service_id"),
    (lambda c: c.credits.list_awards(awarded_to=0), "awarded_to"),
    (lambda c: c.credits.create_award(total_amount="5"), "total_amount"),
    (lambda c: c.offices.list_offices(enterprise_id=1.0), "enterprise_id"),
    (lambda c: c.offices.iter_offices(page_size=0), "page_size"),
    (lambda c: c.offices.iter_offices(max_items=-1), "max_items"),
    (lambda c: c.offices.iter_offices(filter=AgentQ.id == 5), "filter"),
]


@pytest.mark.parametrize(("call", "field"), REFUSED)
def test_what_can_not_be_right_is_refused_by_name_and_not_sent(
    scripted: tuple[ScriptedServer, SignTrakerClient], call: Any, field: str
) -> None:
    server, client = scripted
    with pytest.raises(ValidationError) as caught:
        call(client)
    assert field in [one.field for one in caught.value.problems]
    assert server.requests == []


def test_a_change_of_nothing_sends_nothing(scripted: tuple[ScriptedServer, SignTrakerClient]) -> None:
    server, client = scripted
    agent = Agent(id=7, notes="x")
    assert client.agents.update_agent(7, merge_patch(agent, agent), before=agent) is agent
    assert server.requests == []


BEFORE = Agent.model_validate(
    {
        "Id": 7,
        "Email": "a@b.c",
        "Notes": "x",
        "IsManager": False,
        "BasicInstallPrice": 19.99,
        "Office": {"Id": 1, "Name": "North"},
        "Address": {"City": "Sandy", "State": "UT"},
        "Unknown": 5,
    }
)


@pytest.mark.parametrize(
    ("update", "patch"),
    [
        ({}, {}),
        ({"notes": None}, {"Notes": None}),
        ({"email": "n@b.c", "notes": "x"}, {"Email": "n@b.c"}),
        ({"basic_install_price": Decimal("20.00")}, {"BasicInstallPrice": 20.0}),
        ({"office": Agent.model_validate({"Id": 1, "Office": {"Id": 2}}).office}, {"Office": {"Id": 2}}),
        ({"address": None}, {"Address": None}),
    ],
)
def test_the_change_between_two_agents_is_what_differs(update: dict[str, Any], patch: dict[str, Any]) -> None:
    assert merge_patch(BEFORE, BEFORE.model_copy(update=update)).payload() == patch


def test_nested_objects_are_merged_and_what_is_not_mentioned_stays() -> None:
    after = Agent.model_validate(
        {"Id": 7, "Address": {"City": "Provo"}, "Office": {"Id": 1, "Name": "South"}}
    )
    assert merge_patch(BEFORE, after).payload() == {
        "Office": {"Id": 1, "Name": "South"},
        "Address": {"City": "Provo"},
    }


def test_plain_values_in_a_copy_are_taken_for_what_they_mean() -> None:
    after = BEFORE.model_copy(update={"office": {"id": 2}, "address": {"City": "Y"}})
    assert merge_patch(BEFORE, after).payload() == {"Office": {"Id": 2}, "Address": {"City": "Y"}}


def test_what_is_no_agent_is_refused() -> None:
    wrong: Any = "a"
    broken = BEFORE.model_construct(id=BEFORE.id, address=5)
    for before, after in ((wrong, BEFORE), (BEFORE, wrong), (BEFORE, broken)):
        with pytest.raises(ValidationError):
            merge_patch(before, after)


def test_an_impossible_change_is_refused_before_it_is_made() -> None:
    with pytest.raises(ValidationError, match="can't become a manager"):
        merge_patch(BEFORE, BEFORE.model_copy(update={"is_manager": True}))
    with pytest.raises(ValidationError, match="these are two agents"):
        merge_patch(BEFORE, BEFORE.model_copy(update={"id": 8}))
    with pytest.raises(ValidationError, match="two characters at most"):
        merge_patch(BEFORE, Agent.model_validate({"Id": 7, "Address": {"State": "Utah"}}))
