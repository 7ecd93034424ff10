"""Define the client of the whole API: one configuration, one connection pool, eight resources.

A resource is imported when it is first used: the models of a resource take longer to import than the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from signtraker.base_client import BaseClient

if TYPE_CHECKING:
    from signtraker.agents import AgentsClient
    from signtraker.change_orders import ChangeOrdersClient
    from signtraker.credits import CreditsClient
    from signtraker.enterprises import EnterprisesClient
    from signtraker.offices import OfficesClient
    from signtraker.order_presets import OrderPresetsClient
    from signtraker.orders import OrdersClient
    from signtraker.query import ODataVersion
    from signtraker.services import ServicesClient


class SignTrakerClient(BaseClient):
    """A client for one tenant. Its resources share one configuration and one connection pool.

    `SignTrakerClient(subdomain="acme")` takes the key from the environment: `SIGNTRAKER_API_KEY`. Each
    argument wins over its variable, which is called `SIGNTRAKER_` and the argument's name in capitals. Call
    `close()` in the end, which a `with` block does. Threads may share a client.
    """

    def __enter__(self) -> Self:
        # Repeated for jedi, which takes an inherited Self for the base class when it completes.
        return super().__enter__()

    def detect_odata_version(self) -> ODataVersion:
        """Find out which OData version the server uses; pass the result as `odata_version`.

        It sends one or two requests that read no orders and change nothing. Raises `SignTrakerError` if the
        responses don't show the version.
        """
        from signtraker._core.detection import detection

        return self._run(detection())

    @property
    def agents(self) -> AgentsClient:
        """List, read, create, update, activate and deactivate agents."""
        from signtraker.agents import AgentsClient

        return AgentsClient._sharing(self._connection)

    @property
    def change_orders(self) -> ChangeOrdersClient:
        """List, read and create change orders."""
        from signtraker.change_orders import ChangeOrdersClient

        return ChangeOrdersClient._sharing(self._connection)

    @property
    def credits(self) -> CreditsClient:
        """List the awards of agents, and give an award."""
        from signtraker.credits import CreditsClient

        return CreditsClient._sharing(self._connection)

    @property
    def enterprises(self) -> EnterprisesClient:
        """List enterprises."""
        from signtraker.enterprises import EnterprisesClient

        return EnterprisesClient._sharing(self._connection)

    @property
    def offices(self) -> OfficesClient:
        """List offices: all, or those of one enterprise."""
        from signtraker.offices import OfficesClient

        return OfficesClient._sharing(self._connection)

    @property
    def order_presets(self) -> OrderPresetsClient:
        """List order presets, which are the kinds of orders."""
        from signtraker.order_presets import OrderPresetsClient

        return OrderPresetsClient._sharing(self._connection)

    @property
    def orders(self) -> OrdersClient:
        """List, read and create sign orders, and request the removal of a sign."""
        from signtraker.orders import OrdersClient

        return OrdersClient._sharing(self._connection)

    @property
    def services(self) -> ServicesClient:
        """List, read and create services."""
        from signtraker.services import ServicesClient

        return ServicesClient._sharing(self._connection)
