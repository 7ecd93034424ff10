"""Check what all resources have in common, over HTTP with both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from signtraker import (
    Agent,
    AgentQ,
    AwardQ,
    ChangeOrderQ,
    EnterpriseQ,
    OfficeQ,
    OrderPresetQ,
    Q,
    ServiceQ,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripted_server import ScriptedServer

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
    iterated = list(getattr(client, f"iter_{plural}")(filter=fields.id <= rows[2].id, page_size=2))
    assert iterated == rows


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
def test_an_invalid_argument_is_refused_by_name_and_nothing_is_sent(
    scripted: tuple[ScriptedServer, SignTrakerClient], call: Any, field: str
) -> None:
    server, client = scripted
    with pytest.raises(ValidationError) as caught:
        call(client)
    assert field in [one.field for one in caught.value.problems]
    assert server.requests == []
