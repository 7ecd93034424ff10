"""Check the change orders of a tenant over HTTP, with both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker import CreateChangeOrderRequest, Q

if TYPE_CHECKING:
    from signtraker import SignTrakerClient


def test_a_change_order_is_created_and_read(either: SignTrakerClient) -> None:
    [order] = either.orders.list_orders(
        filter=Q.date_installed.is_not_null() & Q.removal_date.is_null(), orderby=Q.id, top=1
    )
    request = CreateChangeOrderRequest(
        install_id=order.id, preset_id=1, override_price_limit=False, notes="New rider"
    )
    created = either.change_orders.create_change_order(request)
    assert created.notes == "New rider"
    assert either.change_orders.get_change_order(created.id) == created
