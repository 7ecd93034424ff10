"""Check what the sandbox offers to test suites: records to arrange, transports, a pytest plugin."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Literal

import httpx
import pytest
from plain_http import plain_client

from signtraker import (
    AsyncSignTrakerClient,
    NetworkError,
    Q,
    RefRequest,
    SignTrakerClient,
    UnconfirmedWriteError,
    UnreadableResponseError,
)
from signtraker.sandbox import Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(orders=10) as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.reset()
    return shared


def test_a_client_reads_the_order_that_was_added(sandbox: Sandbox) -> None:
    added = sandbox.orders.add(
        status="Installed",
        agent_id=7,
        street_number="12",
        street_name="Main St",
        city="Söhne",
        total=12.34,
        due_date=date(2026, 1, 10),
    )
    assert sandbox.client.orders.get_order(added.id) == added == sandbox.orders.get(added.id)
    assert added.date_installed == sandbox.clock.now()
    assert added.due_date == datetime(2026, 1, 10, tzinfo=UTC)
    assert added.sales_order is not None
    assert added.sales_order.order_total == Decimal("12.34")
    assert sandbox.client.orders.request_removal(added.id).due_date is not None


def test_a_removed_order_has_the_dates_that_it_must_have(sandbox: Sandbox) -> None:
    removed = sandbox.orders.add(status="Removed")
    assert removed.removal_date == removed.removal_due_date == removed.date_installed == sandbox.clock.now()


def test_records_are_counted_listed_and_filtered_by_q(sandbox: Sandbox) -> None:
    before = len(sandbox.orders)
    added = sandbox.orders.add(city="Nowhere")
    assert len(sandbox.orders) == before + 1 == len(sandbox.orders.all())
    assert sandbox.orders.all(Q.job_site.city == "Nowhere") == [added]
    assert added in list(sandbox.orders)
    with pytest.raises(LookupError, match="no Order 5"):
        sandbox.orders.get(5)


def test_every_kind_of_record_can_be_added(sandbox: Sandbox) -> None:
    api = sandbox.client
    agent = sandbox.agents.add(last_name="O'Brien", basic_install_price=40)
    assert api.agents.get_agent(agent.id) == agent
    install = sandbox.orders.add(status="Installed", agent_id=agent.id)
    service = sandbox.services.add(install.id, due_date=datetime(2026, 2, 1, tzinfo=UTC))
    assert api.services.get_service(service.id) == service
    change = sandbox.change_orders.add(install.id, status="Completed")
    assert api.change_orders.get_change_order(change.id) == change
    award = sandbox.awards.add(agent.id, 25, remaining=Decimal("1.5"), restrictions=["Printing"])
    assert api.credits.list_awards(awarded_to=agent.id) == [award]
    enterprise = sandbox.enterprises.add("Mine")
    office = sandbox.offices.add("Mine too", enterprise.id)
    assert api.offices.list_offices(enterprise_id=enterprise.id) == [office]
    preset = sandbox.order_presets.add("Special")
    assert api.order_presets.list_order_presets()[-1] == preset


REFUSED: list[tuple[Callable[[Sandbox], object], str]] = [
    (lambda s: s.orders.add(agent_id=999), "no agent 999"),
    (lambda s: s.orders.add(preset_id=99), "no order preset 99"),
    (lambda s: s.services.add(5), "no order 5"),
    (lambda s: s.orders.add(due_date=datetime(2026, 1, 1)), "no time zone"),  # noqa: DTZ001 - to be refused
]


@pytest.mark.parametrize(("arrange", "reason"), REFUSED)
def test_a_record_that_cannot_be_added_is_refused_with_the_reason(
    sandbox: Sandbox, arrange: Callable[[Sandbox], object], reason: str
) -> None:
    with pytest.raises(SandboxError, match=reason):
        arrange(sandbox)


def test_a_reset_removes_added_records(sandbox: Sandbox) -> None:
    orders = sandbox.orders
    for _ in range(2):
        added = orders.add()
        assert (len(orders), added.id) == (11, 1011)
        assert sandbox.ledger == []
        sandbox.reset()
    assert len(orders) == 10


def test_a_reset_of_a_file_restores_the_same_records(tmp_path: Path) -> None:
    with Sandbox(orders=3, database=tmp_path / "a.db") as sandbox:
        before = sandbox.orders.all()
        sandbox.client.orders.create_order(agent_id=1, preset_id=1)
        sandbox.reset()
        assert sandbox.orders.all() == before


def test_a_received_request_has_its_filter(sandbox: Sandbox) -> None:
    where = (Q.status == "Draft") & (Q.job_site.city == "O'Brien & Söhne")
    sandbox.client.orders.list_orders(filter=where)
    sandbox.client.orders.list_orders(top=1)
    sandbox.client.orders.create_order(agent_id=1, preset_id=1, city="Sandy")
    with plain_client(sandbox) as api:
        api.get("/api/orders?$filter=(")
    filtered, plain, created, refused = sandbox.requests
    assert filtered.filter == where
    assert (plain.filter, created.filter, refused.filter) == (None, None, None)
    assert created.json == {"AgentId": 1, "PresetId": 1, "City": "Sandy"}
    assert plain.json is None


def test_a_filter_is_read_in_the_dialect_of_the_server() -> None:
    with Sandbox(orders=3, server="v3") as sandbox:
        sandbox.client.orders.list_orders(filter=Q.notes.contains("x"))
        (request,) = sandbox.requests
    assert "substringof" in request.options["$filter"]
    assert request.filter == Q.notes.contains("x")


def test_a_client_needs_no_socket() -> None:
    threads = threading.active_count()
    with Sandbox(orders=3, port=None) as sandbox:
        assert len(sandbox.client.orders.list_orders()) == 3
        with pytest.raises(httpx.ConnectError):
            httpx.get(sandbox.url, trust_env=False)
    assert threading.active_count() == threads


def test_an_own_httpx_client_takes_the_transport(sandbox: Sandbox) -> None:
    with httpx.Client(transport=sandbox.transport()) as http:
        client = SignTrakerClient(sandbox.api_key, sandbox.url, http_client=http)
        result = client.orders.create_order(agent_id=1, preset_id=1, street_name="O'Brien & Söhne +1%")
        assert result.order_id is not None
        assert client.orders.list_orders(filter=Q.job_site.street_name == "O'Brien & Söhne +1%")
        threads = [
            threading.Thread(target=client.orders.get_order, args=(result.order_id,)) for _ in range(8)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert [one.status for one in sandbox.requests] == [200] * 10


def test_a_sync_client_without_a_socket_works_inside_a_running_loop(sandbox: Sandbox) -> None:
    async def caller() -> int:
        with httpx.Client(transport=sandbox.transport()) as http:
            return len(SignTrakerClient(sandbox.api_key, sandbox.url, http_client=http).orders.list_orders())

    assert asyncio.run(caller()) == 10


def test_an_async_client_works_in_any_loop(sandbox: Sandbox) -> None:
    async def caller(client: AsyncSignTrakerClient) -> list[int]:
        many = await asyncio.gather(*(client.orders.create_order(agent_id=1, preset_id=1) for _ in range(20)))
        return [one.order_id or 0 for one in many]

    client = sandbox.async_client()
    first, second = asyncio.run(caller(client)), asyncio.run(caller(client))
    assert sorted(first + second) == list(range(1011, 1051))


Way = Literal["socket", "process", "async"]


@pytest.fixture(params=["socket", "process", "async"])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


def _create(sandbox: Sandbox, way: Way, seconds: float = 30) -> int | None:
    order = {"AgentId": 1, "PresetId": 1}
    options = {"timeout_seconds": seconds, "max_retries": 0}
    if way == "async":
        client = sandbox.async_client(**options)
        return asyncio.run(_created(client, order))
    if way == "socket":
        return sandbox.new_client(**options).orders.create_order(order).order_id
    with httpx.Client(transport=sandbox.transport()) as http:
        return sandbox.new_client(http_client=http, **options).orders.create_order(order).order_id


async def _created(client: AsyncSignTrakerClient, order: dict[str, int]) -> int | None:
    return (await client.orders.create_order(order)).order_id


@pytest.mark.parametrize("reset", ["before_work", "before_answer"])
def test_a_lost_connection_looks_the_same_with_and_without_a_socket(
    sandbox: Sandbox, way: Way, reset: Literal["before_work", "before_answer"]
) -> None:
    sandbox.faults.add(reset=reset)
    with pytest.raises(UnconfirmedWriteError) as caught:
        _create(sandbox, way)
    assert caught.value.outcome == "may_have_happened"
    assert len(sandbox.ledger) == (reset == "before_answer")


def test_a_response_that_breaks_off_raises_alike_with_and_without_a_socket(
    sandbox: Sandbox, way: Way
) -> None:
    sandbox.faults.add(reset="during_answer")
    with pytest.raises(UnreadableResponseError) as caught:
        _create(sandbox, way)
    assert caught.value.outcome == "happened"
    assert len(sandbox.ledger) == 1


@pytest.mark.slow
def test_a_delay_exceeds_the_timeout_and_the_work_is_done(sandbox: Sandbox) -> None:
    sandbox.faults.add(delay_after=3600, times=3)
    ways: tuple[Way, ...] = ("socket", "process", "async")
    with ThreadPoolExecutor(3) as threads:
        # The time-out is long enough for the work on a busy machine, and passes once for all ways.
        calls = [threads.submit(_create, sandbox, way, seconds=4) for way in ways]
        errors = [one.exception() for one in calls]
    assert [isinstance(one, UnconfirmedWriteError) for one in errors] == [True] * 3
    assert len(sandbox.ledger) == 3


def test_other_faults_apply_without_a_socket_too(sandbox: Sandbox, way: Way) -> None:
    sandbox.faults.add(body="cut")
    with pytest.raises(UnreadableResponseError):
        _create(sandbox, way)
    sandbox.faults.add(trickle=0)
    sandbox.faults.add(reset="after_answer")
    assert _create(sandbox, way) == 1012
    assert _create(sandbox, way) == 1013


def test_a_read_over_a_lost_connection_is_an_error_of_the_network(sandbox: Sandbox) -> None:
    sandbox.faults.add(reset="before_answer", times=None)
    with httpx.Client(transport=sandbox.transport()) as http:
        client = sandbox.new_client(http_client=http, max_retries=1, retry_backoff_seconds=0)
        with pytest.raises(NetworkError):
            client.orders.list_orders()
    assert len(sandbox.requests) == 2


def _run_pytest(folder: Path, code: str, *arguments: str) -> str:
    (folder / "test_theirs.py").write_text(textwrap.dedent(code))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "signtraker.sandbox.pytest_plugin", *arguments]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-W", "error", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": ""},
    )
    return done.stdout + done.stderr


@pytest.mark.once
@pytest.mark.slow
def test_the_plugin_gives_each_test_a_fresh_sandbox_of_one_server(tmp_path: Path) -> None:
    code = """
        import asyncio
        import pytest

        urls = set()

        @pytest.mark.parametrize("n", range(3))
        def test_sync(signtraker_sandbox, signtraker_client, n):
            urls.add(signtraker_sandbox.url)
            assert signtraker_client.orders.create_order(agent_id=1, preset_id=1).order_id == 1006
            assert len(signtraker_sandbox.requests) == 1
            signtraker_sandbox.clock.advance(days=n)
            signtraker_sandbox.faults.add(times=None, status=500)

        def test_async(signtraker_async_client, signtraker_sandbox):
            urls.add(signtraker_sandbox.url)
            assert len(asyncio.run(signtraker_async_client.orders.list_orders())) == 5
            assert len(urls) == 1
    """
    conftest = """
        import pytest

        @pytest.fixture(scope="session")
        def signtraker_sandbox_options():
            return {"orders": 5}
    """
    (tmp_path / "conftest.py").write_text(textwrap.dedent(conftest))
    assert "4 passed" in _run_pytest(tmp_path, code)


@pytest.mark.once
def test_the_plugin_loads_nothing_until_it_is_used(tmp_path: Path) -> None:
    code = """
        import sys

        def test_nothing():
            heavy = {"fastapi", "sqlalchemy", "starlette", "uvicorn", "pydantic", "httpx"}
            assert not heavy & sys.modules.keys()
    """
    assert "1 passed" in _run_pytest(tmp_path, code)


def test_pytest_finds_the_plugin_by_itself() -> None:
    (found,) = entry_points(group="pytest11", name="signtraker")
    assert found.value == "signtraker.sandbox.pytest_plugin"


def test_added_awards_are_used(sandbox: Sandbox) -> None:
    agent = sandbox.agents.add(basic_install_price=40)
    award = sandbox.awards.add(agent.id, 100)
    sandbox.client.orders.create_order(agent_id=agent.id, preset_id=1)
    assert sandbox.awards.get(award.id).remaining_amount == Decimal(60)
    assert award.awarded_to is not None
    assert RefRequest(id=agent.id).id == award.awarded_to.id
