"""Show the main use case step by step: validate, create, find and read an order, and request a removal."""

from __future__ import annotations

import os
import sys
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import unquote

from signtraker import CreateOrderRequest, NotFoundError, Q, ValidationError
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from signtraker import Order, RecordedExchange, SignTrakerClient

_COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _styled(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if _COLOUR else text


def step(title: str) -> None:
    """Print a heading."""
    print(f"\n{_styled('1;36', title)}")


def code(text: str) -> None:
    """Print a line of code."""
    prompt = "..." if text.startswith(" ") else ">>>"
    print(_styled("2", f"    {prompt} {text}"))


def show(text: str) -> None:
    """Print a result."""
    print(f"    {text}")


def sent(exchanges: list[RecordedExchange]) -> None:
    """Print the requests that were sent."""
    for one in exchanges:
        target = unquote(one.url.partition("/api")[2])
        print(_styled("2", f"    → {one.method} /api{target}  {one.status_code}"))
    if not exchanges:
        print(_styled("2", "    → nothing was sent"))


def refused(client: SignTrakerClient) -> None:
    """Try to send a payload with four mistakes."""
    step("1. An invalid order: the error lists all mistakes, and nothing is sent")
    payload = {"AgentId": 0, "PresetId": "7", "StreetNmae": "Main St", "DueDate": "24.12.2026"}
    code(f"client.orders.create_order({payload})")
    try:
        client.orders.create_order(payload)
    except ValidationError as error:
        for problem in error.problems:
            show(f"{_styled('31', '✗')} {_styled('1', problem.field)} {problem.message}")


def create(client: SignTrakerClient) -> None:
    """Create an order from a model."""
    step("2. Create an order from a typed model")
    code('order = CreateOrderRequest(agent_id=1, preset_id=1, street_number="12",')
    code('    street_name="O\'Brien & Söhne Way", city="Sandy", due_date=date(2026, 12, 24))')
    code("client.orders.create_order(order)")
    order = CreateOrderRequest(
        agent_id=1,
        preset_id=1,
        street_number="12",
        street_name="O'Brien & Söhne Way",
        city="Sandy",
        due_date=date(2026, 12, 24),
    )
    result = client.orders.create_order(order)
    number = _styled("1", str(result.order_id))
    show(f"{_styled('32', '✓')} Created order {number} with the status {result.status}.")


def find(client: SignTrakerClient) -> None:
    """Find the order with a typed filter."""
    step("3. Find the order with a filter; type checkers and code completion know its fields")
    where = (Q.status == "Draft") & (Q.job_site.street_name == "O'Brien & Söhne Way")
    code('where = (Q.status == "Draft") & (Q.job_site.street_name == "O\'Brien & Söhne Way")')
    code("client.orders.list_orders(filter=where, orderby=Q.created.desc(), top=5)")
    orders = client.orders.list_orders(filter=where, orderby=Q.created.desc(), top=5)
    for order in orders:
        show(f"{_styled('32', '✓')} {_line(order)}")


def read_back(client: SignTrakerClient) -> None:
    """Read the newest order, and an order that does not exist."""
    step("4. Read the order as a typed model; an order that does not exist raises NotFoundError")
    [newest] = client.orders.list_orders(orderby=Q.id.desc(), select=Q.id, top=1)
    code(f"client.orders.get_order({newest.id})")
    order = client.orders.get_order(newest.id)
    agent = order.agent.name if order.agent else "no agent"
    show(f"{_styled('32', '✓')} {_line(order)}, due {order.due_date:%Y-%m-%d}, ordered by {agent}")
    code("client.orders.get_order(999_999)")
    try:
        client.orders.get_order(999_999)
    except NotFoundError as error:
        show(f"{_styled('31', '✗')} NotFoundError: {error}")


def remove(client: SignTrakerClient) -> None:
    """Request the removal of an installed sign."""
    step("5. Request the removal of a sign when the house is sold")
    installed = Q.date_installed.is_not_null() & Q.removal_request_date.is_null()
    order = client.orders.list_orders(filter=installed, orderby=Q.id, top=1)[0]
    show(_line(order))
    code(f"client.orders.request_removal({order.id}, due_date=date(2026, 12, 24))")
    result = client.orders.request_removal(order.id, due_date=date(2026, 12, 24))
    show(f"{_styled('32', '✓')} The sign is due to be removed on {result.due_date:%Y-%m-%d}.")


def _line(order: Order) -> str:
    site = order.job_site
    where = f"{site.street_number} {site.street_name}, {site.city}" if site else "no address"
    return f"order {order.id} ({order.status}): {where}"


def main() -> None:
    """Run all steps against a fresh sandbox."""
    with Sandbox() as sandbox:
        print(f"This demo starts a sandbox at {sandbox.url}: a local server that behaves like SignTraker.")
        client = sandbox.client
        for perform in (refused, create, find, read_back, remove):
            with client.record() as exchanges:
                perform(client)
            sent(exchanges)
    step("Next steps")
    show("README.md          describes how to use the SDK with your own account")
    show("scripts/test       runs all checks and tests")
    show(".cache/demo/bin/python -m signtraker.sandbox    runs a sandbox until you stop it")


if __name__ == "__main__":
    main()
