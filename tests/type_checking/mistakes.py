"""Show typical mistakes: both type checkers refuse exactly the marked lines (scripts/check_typing.py)."""

from __future__ import annotations

from datetime import date

from signtraker import (
    AgentQ,
    AsyncSignTrakerClient,
    AwardQ,
    CreateOrderDict,
    CreateOrderRequest,
    Filter,
    Order,
    Ordering,
    Q,
    SignTrakerClient,
    check,
)
from signtraker import Ordr  # refused


def requests(client: SignTrakerClient) -> None:
    CreateOrderRequest(agent_id="42", preset_id=7)  # refused
    CreateOrderRequest(agent_id=42)  # refused
    CreateOrderRequest(agent_id=42, preset_id=7, street_nmae="Main St")  # refused
    CreateOrderRequest(agent_id=42, preset_id=7, due_date=20261224)  # refused
    client.orders.create_order(agent_id="42", preset_id=7)  # refused
    client.orders.create_order(agent_id=42, preset_id=7, nots="x")  # refused
    client.orders.create_order(42)  # refused
    client.orders.request_removal("5")  # refused
    client.orders.request_removal(5, due_date="soon")  # refused
    client.orders.get_order("5")  # refused
    client.orders.get_orders(5)  # refused
    client.ordrs.get_order(5)  # refused


def filters(client: SignTrakerClient) -> None:
    Q.status.eq(5)  # refused
    Q.id.eq("5")  # refused
    Q.order_number.in_(["5"])  # refused
    Q.created.gt(5)  # refused
    Q.id.contains("5")  # refused
    Q.id.is_null()  # refused
    Q.statsu.eq("Draft")  # refused
    Q.job_site.cty.eq("Sandy")  # refused
    Q.job_site.eq("Sandy")  # refused
    client.orders.list_orders(filter=Q.id == "5")  # refused
    client.orders.list_orders(filter=Q.status == 5)  # refused
    client.orders.list_orders(filter=not Q.notes.is_null())  # refused
    client.orders.list_orders(filter=Q.status)  # refused
    client.orders.list_orders(filter=True)  # refused
    client.orders.list_orders(orderby=Q.id == 5)  # refused
    client.orders.list_orders(orderby=5)  # refused
    client.orders.list_orders(select=[Q.id == 5])  # refused
    client.orders.list_orders(top="5")  # refused
    client.orders.list_orders(fliter=Q.id == 5)  # refused
    wrong: Filter[int] = Q.id == 5  # refused
    print(wrong)
    Q.status.year()  # refused
    Q.created.length()  # refused
    Q.created.within(months=1)  # refused
    Q.due_date.eq(None)  # refused
    Q.status.between(1, 2)  # refused
    Q.status.desc().desc()  # refused
    Q.order_number.eq(1.5)  # refused
    Q.sales_order.order_total.gt(1.5)  # refused
    Q.id.eq(AgentQ.id)  # refused
    Q.field("Custom", list)  # refused
    AwardQ.restrictions.any(lambda one: one.eq(5))  # refused
    print((Q.id == 1) & (AgentQ.id == 1))  # refused
    print((Q.id == 1) & True)  # refused
    AgentQ.payment_mode.eq("prepay")  # refused
    AgentQ.payment_mode.in_(["Prepay", "Cash"])  # refused
    AgentQ.manager_data.discount_level.ne("Platinum")  # refused
    AgentQ.address.country_code.eq("GB")  # refused
    Q.created.on("2025-01-01")  # refused
    Q.created.on(date(2025, 1, 1), tz="America/Denver")  # refused
    other: Filter[Order] = AgentQ.id == 1  # refused
    order: Ordering[Order] = AgentQ.id.asc()  # refused
    print(other, order)
    client.orders.list_orders(filter=AgentQ.id == 1)  # refused
    client.orders.list_orders(orderby=AgentQ.id)  # refused
    client.agents.list_agents(select=[Q.id])  # refused


def writes(client: SignTrakerClient) -> None:
    client.orders.create_order(agent_id=1)  # refused
    client.orders.create_order(agent_id="1", preset_id=7)  # refused
    client.orders.create_order(CreateOrderRequest(agent_id=1, preset_id=7), notes="x")  # refused
    client.orders.request_removal(7, due="2026-12-24")  # refused
    client.services.create_service(install_id=1, preset_id=1)  # refused
    client.orders.create_order(agent_id=1, preset_id=7, extra_fields=["X"])  # refused
    order: CreateOrderDict = {"agent_id": 1}  # refused
    print(order, check(CreateOrderRequest, order).agnt_id)  # refused
    check(Order, {})  # refused


def the_rest_of_the_api(client: SignTrakerClient) -> None:
    client.agents.update_agent(7, note="x")  # refused
    client.agents.update_agent(7, payment_mode="Barter")  # refused
    client.agents.list_agents(email=5)  # refused
    client.credits.list_awards(awarded_to="5")  # refused
    client.services.create_service(install_id=1, preset_id=1, override_price_limit="no")  # refused
    client.offices.iter_offices(page_size="5")  # refused
    client.prepare(client.orders.get_order, "5")  # refused
    client.prepare(client.orders.get_order)  # refused
    client.with_options(timeout=5)  # refused
    for _ in client.record():  # refused
        pass


async def without_waiting(client: AsyncSignTrakerClient) -> None:
    print(client.orders.get_order(5).status)  # refused
    for _ in client.orders.iter_orders():  # refused
        pass
    with client:  # refused
        pass


def responses(order: Order) -> None:
    order.status = "Draft"  # refused
    print(order.statsu)  # refused
    print(order.created.year)  # refused
    print(order.job_site.city)  # refused
    due: date = order.due_date  # refused
    print(due)


def clients() -> None:
    SignTrakerClient(subdomian="acme")  # refused
    SignTrakerClient(timeout_seconds="30")  # refused
    SignTrakerClient("key", "https://a.example", "acme")  # refused
