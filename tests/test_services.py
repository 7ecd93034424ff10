"""Check the services of a tenant over HTTP, with both clients."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from signtraker import CreateServiceRequest, Q

if TYPE_CHECKING:
    from signtraker import SignTrakerClient


def test_a_service_is_created_as_a_list_and_read(either: SignTrakerClient) -> None:
    [order] = either.orders.list_orders(
        filter=Q.date_installed.is_not_null() & Q.removal_date.is_null(), orderby=Q.id, top=1
    )
    request = CreateServiceRequest(
        install_id=order.id, preset_id=1, override_price_limit=True, due_date=date(2026, 12, 1)
    )
    [service] = either.services.create_service(request)
    assert either.services.get_service(service.id) == service
