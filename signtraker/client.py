"""Define the client of the whole API: one configuration, one connection pool, eight resources."""

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
    """A client for one tenant. Its resources share one configuration and one connection pool.

    The arguments are those of `BaseClient`: the API key, and the tenant as `subdomain` or `base_url`.
    Each can come from an environment variable instead. Threads may share a client.
    """

    def __enter__(self) -> Self:
        # Repeated for jedi, which takes an inherited Self for the base class when it completes.
        return super().__enter__()

    def detect_odata_version(self) -> ODataVersion:
        """Find out which OData version the server uses; pass the result as `odata_version`.

        It sends one or two requests that read no orders and change nothing. Raises `SignTrakerError` if the
        responses don't show the version.
        """
        return self._run(detection())

    @property
    def agents(self) -> AgentsClient:
        """List, read, create, update, activate and deactivate agents."""
        return AgentsClient._sharing(self._connection)

    @property
    def change_orders(self) -> ChangeOrdersClient:
        """List, read and create change orders."""
        return ChangeOrdersClient._sharing(self._connection)

    @property
    def credits(self) -> CreditsClient:
        """List the awards of agents, and give an award."""
        return CreditsClient._sharing(self._connection)

    @property
    def enterprises(self) -> EnterprisesClient:
        """List enterprises."""
        return EnterprisesClient._sharing(self._connection)

    @property
    def offices(self) -> OfficesClient:
        """List offices: all, or those of one enterprise."""
        return OfficesClient._sharing(self._connection)

    @property
    def order_presets(self) -> OrderPresetsClient:
        """List order presets, which are the kinds of orders."""
        return OrderPresetsClient._sharing(self._connection)

    @property
    def orders(self) -> OrdersClient:
        """List, read and create sign orders, and request the removal of a sign."""
        return OrdersClient._sharing(self._connection)

    @property
    def services(self) -> ServicesClient:
        """List, read and create services."""
        return ServicesClient._sharing(self._connection)
