"""The main job, step by step: validate, create, find, read back, ask for removal."""

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
    """Print what a user would type."""
    print(_styled("2", f"    >>> {text}"))


def show(text: str) -> None:
    """Print a result."""
    print(f"    {text}")


def wire(exchanges: list[RecordedExchange]) -> None:
    """Print what went over the wire."""
    for one in exchanges:
        target = unquote(one.url.partition("/api")[2])
        print(_styled("2", f"    → {one.method} /api{target}  {one.status_code}"))
    if not exchanges:
        print(_styled("2", "    → nothing was sent"))


def refused(client: SignTrakerClient) -> None:
    """Send a payload with four mistakes; nothing reaches the server."""
    step("1. A payload with mistakes is refused before it is sent, all of them at once")
    payload = {"AgentId": 0, "PresetId": "7", "StreetNmae": "Main St", "DueDate": "24.12.2026"}
    code(f"client.orders.create_order({payload})")
    try:
        client.orders.create_order(payload)
    except ValidationError as error:
        for problem in error.problems:
            show(f"{_styled('31', '✗')} {_styled('1', problem.field)} {problem.message}")


def create(client: SignTrakerClient) -> None:
    """Create an order from a typed model."""
    step("2. A typed order is created")
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
    show(f"{_styled('32', '✓')} {result.status}: its id is {_styled('1', str(result.order_id))}.")


def find(client: SignTrakerClient) -> None:
    """Find it with a filter that completion wrote."""
    step("3. It is found with a filter that is checked while you type")
    where = (Q.status == "Draft") & (Q.job_site.street_name == "O'Brien & Söhne Way")
    code('where = (Q.status == "Draft") & (Q.job_site.street_name == "O\'Brien & Söhne Way")')
    code("client.orders.list_orders(filter=where, orderby=Q.created.desc(), top=5)")
    orders = client.orders.list_orders(filter=where, orderby=Q.created.desc(), top=5)
    for order in orders:
        show(f"{_styled('32', '✓')} {_line(order)}")


def read_back(client: SignTrakerClient) -> None:
    """Read the newest order, and one that does not exist."""
    step("4. It is read back as a model, not a dict; and what is not there is an error of its own")
    [newest] = client.orders.list_orders(orderby=Q.id.desc(), select=Q.id, top=1)
    code(f"client.orders.get_order({newest.id})")
    order = client.orders.get_order(newest.id)
    agent = order.agent.name if order.agent else "nobody"
    show(f"{_styled('32', '✓')} {_line(order)}, due {order.due_date:%Y-%m-%d}, ordered by {agent}")
    code("client.orders.get_order(999_999)")
    try:
        client.orders.get_order(999_999)
    except NotFoundError as error:
        show(f"{_styled('31', '✗')} NotFoundError: {error}")


def remove(client: SignTrakerClient) -> None:
    """Ask for the removal of a sign that stands."""
    step("5. The listing has closed: the removal of a sign is requested")
    installed = Q.date_installed.is_not_null() & Q.removal_request_date.is_null()
    order = client.orders.list_orders(filter=installed, orderby=Q.id, top=1)[0]
    show(_line(order))
    code(f"client.orders.request_removal({order.id}, due_date=date(2026, 12, 24))")
    result = client.orders.request_removal(order.id, due_date=date(2026, 12, 24))
    show(f"{_styled('32', '✓')} The sign is due to be removed on {result.due_date:%Y-%m-%d}.")


def _line(order: Order) -> str:
    site = order.job_site
    where = f"{site.street_number} {site.street_name}, {site.city}" if site else "nowhere"
    return f"order {order.id} ({order.status}): {where}"


def main() -> None:
    """Run all steps against a fresh sandbox."""
    with Sandbox() as sandbox:
        print(f"A SignTraker sandbox with a few hundred orders runs at {sandbox.url}, on this machine only.")
        client = sandbox.client
        for perform in (refused, create, find, read_back, remove):
            with client.record() as exchanges:
                perform(client)
            wire(exchanges)
    step("Next")
    show("README.md shows the same against your tenant; scripts/test runs everything that CI runs;")
    show(".cache/demo/bin/python -m signtraker.sandbox keeps a sandbox running to try things on.")


if __name__ == "__main__":
    main()
