"""Typical mistakes: both type checkers refuse exactly the marked lines (scripts/check_typing.py)."""

from __future__ import annotations

from datetime import date

from signtraker import CreateOrderRequest, Filter, Order, Q, SignTrakerClient
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
