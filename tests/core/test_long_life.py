"""Check that calls leave nothing behind: no socket, no object, no task."""

from __future__ import annotations

import gc
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client
from raw_server import raw_server, response

from signtraker import NotFoundError

if TYPE_CHECKING:
    from raw_server import Connection

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")


def answering(connection: Connection) -> None:
    while request := connection.read_request():
        if b"/404 " in request:
            connection.send(response(b"", "404 Not Found"))
        else:
            connection.send(response(b'{"Id": 5, "OrderId": 9}'))


def held() -> tuple[int, int]:
    """Return how many objects and open files there are."""
    gc.collect()
    return len(gc.get_objects()), len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_hundreds_of_calls_leave_neither_objects_nor_sockets_behind(flavour: Any) -> None:
    def some_calls(client: Any) -> None:
        for _ in range(20):
            client.orders.get_order(5)
            client.orders.create_order(agent_id=1, preset_id=7)
            with suppress(NotFoundError):
                client.orders.get_order(404)

    with raw_server(answering) as server, open_client(flavour, "key", server.url) as client:
        some_calls(client)
        server.wait_for_closing(but=1)  # That of the reads.
        objects, files = held()
        for _ in range(5):
            some_calls(client)
        server.wait_for_closing(but=1)
        # The server's list of requests and its threads grow by some objects for each connection.
        per_call = (held()[0] - objects) / 300
        assert per_call < 10
        assert held()[1] <= files + 2
