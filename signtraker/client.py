"""One client for the whole API: one configuration, one connection pool, and the resources on it."""

from __future__ import annotations

from signtraker.base_client import BaseClient
from signtraker.orders import OrdersClient


class SignTrakerClient(BaseClient):
    """The client of one tenant; its resources share one configuration and one connection pool.

    The arguments are those of `BaseClient`: a key, and the tenant as `subdomain` or `base_url`, each with
    an environment variable to stand in for it.
    """

    @property
    def orders(self) -> OrdersClient:
        """Sign orders: list, read and create them, and ask for a sign's removal."""
        return OrdersClient._sharing(self._connection)  # noqa: SLF001 - resources share this client's pool
