"""One client for the whole API: one configuration, one connection pool, and the resources on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from signtraker._core.detection import detection
from signtraker.agents import AgentsClient
from signtraker.base_client import BaseClient
from signtraker.change_orders import ChangeOrdersClient
from signtraker.credits import CreditsClient
from signtraker.enterprises import EnterprisesClient
from signtraker.offices import OfficesClient
from signtraker.order_presets import OrderPresetsClient
from signtraker.orders import OrdersClient
from signtraker.services import ServicesClient

if TYPE_CHECKING:
    from signtraker.query import ODataVersion


class SignTrakerClient(BaseClient):
    """The client of one tenant; its resources share one configuration and one connection pool.

    The arguments are those of `BaseClient`: a key, and the tenant as `subdomain` or `base_url`, each
    with an environment variable to stand in for it. Threads may share a client.
    """

    def __enter__(self) -> Self:
        # jedi takes Self for the class in which it stands, and would complete only what BaseClient has.
        return super().__enter__()

    def detect_odata_version(self) -> ODataVersion:
        """Ask the server harmlessly which OData dialect it speaks; give the answer to `odata_version`.

        It sends one or two reads of no orders. Raises `SignTrakerError` where the answers leave it open.
        """
        return self._run(detection())

    @property
    def agents(self) -> AgentsClient:
        """Agents: list, read, create and change them, and switch them on and off."""
        return AgentsClient._sharing(self._connection)

    @property
    def change_orders(self) -> ChangeOrdersClient:
        """Change orders: list, read and create them."""
        return ChangeOrdersClient._sharing(self._connection)

    @property
    def credits(self) -> CreditsClient:
        """Credits: list the awards that agents were given, and give one."""
        return CreditsClient._sharing(self._connection)

    @property
    def enterprises(self) -> EnterprisesClient:
        """Enterprises: list them."""
        return EnterprisesClient._sharing(self._connection)

    @property
    def offices(self) -> OfficesClient:
        """Offices: list them, all or those of one enterprise."""
        return OfficesClient._sharing(self._connection)

    @property
    def order_presets(self) -> OrderPresetsClient:
        """Order presets: list what an order may consist of."""
        return OrderPresetsClient._sharing(self._connection)

    @property
    def orders(self) -> OrdersClient:
        """Sign orders: list, read and create them, and ask for a sign's removal."""
        return OrdersClient._sharing(self._connection)

    @property
    def services(self) -> ServicesClient:
        """Services: list, read and create them."""
        return ServicesClient._sharing(self._connection)
