"""Check dry runs, recorded exchanges and options for single calls, with both clients."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker import (
    AsyncSignTrakerClient,
    CreateOrderRequest,
    NotFoundError,
    Q,
    SignTrakerClient,
    SignTrakerConfigError,
    SignTrakerError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker.sandbox import Sandbox

KEY = "k3y-THAT-must-not-leak"
ORDER = CreateOrderRequest(agent_id=42, preset_id=7, street_name="Söhne")


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def scripted(flavour: Any) -> Generator[tuple[ScriptedServer, SignTrakerClient]]:
    replies = [Reply.json("", 503), Reply.json('{"Id": 7}')]
    with ScriptedServer(replies) as server:
        with open_client(flavour, KEY, server.url, retry_backoff_seconds=0) as client:
            yield server, client


# Dry runs


def test_a_dry_run_shows_the_exact_request_and_sends_nothing(
    scripted: tuple[ScriptedServer, SignTrakerClient],
) -> None:
    server, client = scripted
    prepared = client.prepare(client.orders.create_order, ORDER)
    assert server.requests == []
    assert (prepared.method, prepared.url) == ("POST", f"{server.url}/api/orders")
    assert prepared.body == '{"AgentId":42,"PresetId":7,"StreetName":"Söhne"}'.encode()
    assert prepared.headers["Authorization"] == "ST-API ***"
    assert KEY not in f"{prepared!r}{prepared}"
    assert "Authorization: ST-API ***\n" in str(prepared)


def test_what_is_prepared_is_what_is_sent(scripted: tuple[ScriptedServer, SignTrakerClient]) -> None:
    server, client = scripted
    options: Any = {"filter": Q.notes == "O'Brien & Söhne +1%", "orderby": Q.created.desc(), "top": 3}
    listed = client.prepare(client.orders.list_orders, **options)
    created = client.prepare(client.orders.create_order, ORDER)
    with pytest.raises(SignTrakerError):
        client.orders.list_orders(**options)
    client.orders.create_order(ORDER)
    for prepared, received in ((listed, server.requests[0]), (created, server.requests[-1])):
        assert prepared.url == f"{server.url}{received.target}"
        assert prepared.method == received.method
        assert (prepared.body or b"") == received.body
        sent = {name: received.headers[name.lower()] for name in prepared.headers}
        assert sent == {**prepared.headers, "Authorization": f"ST-API {KEY}"}


def test_a_dry_run_checks_as_the_call_does(scripted: tuple[ScriptedServer, SignTrakerClient]) -> None:
    _, client = scripted
    with pytest.raises(ValidationError, match="preset_id: is required"):
        client.prepare(client.orders.create_order, {"agent_id": 42})


def test_a_dry_run_of_a_walk_shows_its_first_page(scripted: tuple[ScriptedServer, SignTrakerClient]) -> None:
    server, client = scripted
    prepared = client.prepare(client.orders.iter_orders, page_size=5)
    assert prepared.url == f"{server.url}/api/orders?$orderby=Id&$top=5"
    with pytest.raises(SignTrakerError, match="sends nothing"):
        client.prepare(client.orders.iter_orders, max_items=0)


def test_only_a_method_of_a_client_can_be_prepared(
    scripted: tuple[ScriptedServer, SignTrakerClient],
) -> None:
    _, client = scripted
    with pytest.raises(TypeError, match=r"such as client\.orders\.get_order"):
        client.prepare(len, "x")


# Recorded exchanges


def test_a_call_is_recorded_with_its_attempts_and_without_the_key(
    scripted: tuple[ScriptedServer, SignTrakerClient],
) -> None:
    server, client = scripted
    before = datetime.now(UTC)
    with client.record() as exchanges:
        client.orders.get_order(7)
    client.orders.get_order(7)
    [one] = exchanges
    assert (one.method, one.url, one.status_code) == ("GET", f"{server.url}/api/orders/7", 200)
    assert (one.attempts, one.failures) == (2, ("responded with 503",))
    assert one.headers["content-type"] == "application/json"
    assert before <= one.started <= datetime.now(UTC)
    assert one.elapsed_seconds > 0
    assert (one.request_body, one.response_body) == (None, None)
    assert KEY not in repr(one)


def test_bodies_are_recorded_on_request_and_errors_too(flavour: Any) -> None:
    replies = [Reply.json('{"OrderId": 9}'), Reply.json(f'{{"Message": "{KEY}"}}', 404), Reply.reset()]
    with ScriptedServer(replies) as server, open_client(flavour, KEY, server.url, max_retries=0) as client:
        with client.record(bodies=True) as exchanges:
            client.orders.create_order(ORDER)
            for _ in range(2):
                with pytest.raises(SignTrakerError):
                    client.orders.get_order(7)
    assert [one.status_code for one in exchanges] == [200, 404, None]
    assert exchanges[0].response_body == b'{"OrderId": 9}'
    assert exchanges[0].request_body is not None
    assert exchanges[1].response_body == b'{"Message": "***"}'


def test_recordings_nest_and_know_their_own_client(either: SignTrakerClient, sandbox: Sandbox) -> None:
    with either.record() as outer, sandbox.client.record() as other:
        either.orders.list_orders(top=1)
        with either.with_options(max_retries=0).record() as inner:
            either.agents.list_agents(top=1)
    assert [len(one) for one in (outer, other, inner)] == [2, 0, 1]


def test_tasks_started_in_the_block_are_recorded_and_others_are_not(sandbox: Sandbox) -> None:
    async def main() -> tuple[int, int]:
        async with AsyncSignTrakerClient(sandbox.api_key, sandbox.url) as client:

            async def look(order_id: int) -> int:
                with client.record() as mine:
                    with pytest.raises(NotFoundError):
                        await client.orders.get_order(order_id)
                [one] = mine
                return int(one.url.rsplit("/", 1)[1])

            with client.record() as exchanges:
                numbers = range(2**40, 2**40 + 20)
                assert await asyncio.gather(*map(look, numbers)) == list(numbers)
            await client.orders.list_orders(top=1)
            return len(exchanges), len(numbers)

    recorded, sent = asyncio.run(main())
    assert recorded == sent


def test_a_thread_pool_is_recorded_only_in_a_copied_context(sandbox: Sandbox) -> None:
    client = sandbox.client
    with ThreadPoolExecutor(1) as pool, client.record() as exchanges:
        pool.submit(client.orders.list_orders, top=1).result()
        assert exchanges == []
        pool.submit(contextvars.copy_context().run, client.orders.list_orders, top=1).result()
        assert len(exchanges) == 1


def test_a_task_that_outlives_the_block_is_not_recorded_after_it(sandbox: Sandbox) -> None:
    async def main() -> int:
        async with AsyncSignTrakerClient(sandbox.api_key, sandbox.url) as client:
            left = asyncio.Event()

            async def later() -> None:
                await left.wait()
                await client.orders.list_orders(top=1)

            with client.record() as exchanges:
                task = asyncio.create_task(later())
                await asyncio.sleep(0)
            left.set()
            await task
            return len(exchanges)

    assert asyncio.run(main()) == 0


# Options for single calls


def test_options_for_one_call_share_the_pool_and_leave_the_client_as_it_was(
    scripted: tuple[ScriptedServer, SignTrakerClient],
) -> None:
    server, client = scripted
    hurried = client.with_options(max_retries=0, timeout_seconds=5)
    assert hurried._connection.http is client._connection.http
    with pytest.raises(SignTrakerError, match="503"):
        hurried.orders.get_order(7)
    hurried.close()
    assert client.orders.get_order(7).id == 7
    assert len(server.requests) == 2
    assert client._connection.config.timeout_seconds == 30


@pytest.mark.parametrize("options", [{"timeout_seconds": 0}, {"max_retries": -1}, {"timeout_seconds": "5"}])
def test_options_are_checked_as_at_the_start(either: SignTrakerClient, options: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match=next(iter(options))):
        either.with_options(**options)
