"""Check that the client detects the OData version of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker import Q, SignTrakerError
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "key"


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module", params=["v3", "v4-5", "v4-7"])
def generation(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(server=request.param, orders=120) as sandbox:
        yield sandbox


def test_the_version_of_a_server_is_detected_and_then_understood(flavour: Any, generation: Sandbox) -> None:
    with open_client(flavour, generation.api_key, generation.url) as client:
        version = client.detect_odata_version()
        assert version == generation.settings.server[:2]
        speaking = client.with_options(odata_version=version)
        where = Q.status.contains("raft") & (Q.id > 0) & (Q.job_site.latitude > 10.123456789012345)
        found = speaking.orders.list_orders(filter=where)
        assert found
        assert all(where.matches(one) for one in found)


@pytest.mark.parametrize("status", [200, 503])
def test_a_server_whose_version_can_not_be_detected_is_an_error(flavour: Any, status: int) -> None:
    with ScriptedServer([Reply.json("[]", status)]) as server:
        with open_client(flavour, KEY, server.url, max_retries=0) as client:
            with pytest.raises(
                SignTrakerError, match="set odata_version yourself" if status == 200 else "503"
            ):
                client.detect_odata_version()
    assert len(server.requests) == (2 if status == 200 else 1)
