"""Show typical application code, which both type checkers accept in strict mode (scripts/check_typing.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from signtraker import (
    AddressRequest,
    Agent,
    AgentQ,
    AsyncRecordIterator,
    AsyncSignTrakerClient,
    AuthenticationError,
    AwardQ,
    BulkOutcome,
    CheckedRows,
    CreateOrderDict,
    CreateOrderRequest,
    CreateOrderResult,
    Filter,
    FilterOption,
    NotFoundError,
    Order,
    OrderBy,
    Ordering,
    OrdersClient,
    OrderStatus,
    Partition,
    Q,
    QueryLimitError,
    RecordIterator,
    RemovalRequest,
    Select,
    SignTrakerClient,
    SignTrakerError,
    UnconfirmedWriteError,
    ValidationError,
    all_of,
    any_of,
    check,
    check_rows,
    merge_patch,
    split_filter,
)
from signtraker.sandbox import Sandbox


def drafts(client: SignTrakerClient, city: str) -> list[Order]:
    where = (Q.status == "Draft") & (Q.job_site.city == city) & Q.due_date.is_null()
    return client.orders.list_orders(filter=where, orderby=Q.created.desc(), top=20)


def late(now: datetime) -> Filter[Order]:
    soon: Filter[Order] = Q.due_date <= now
    busy = Q.status.in_(["Designing", "Draft"]) | ~Q.notes.contains("wait")
    dear = Q.sales_order.order_total > Decimal("99.50")
    return soon & busy & dear & (Q.agent.id != 3) & Q.status.eq("Draft")


def in_a_variable(client: SignTrakerClient) -> None:
    orderings = [Q.status.asc(), Q.created.desc()]
    mixed = [Q.status, Q.created.desc()]
    fields = [Q.id, Q.status, Q.created]
    where: FilterOption[Order] = any_of([Q.id == 1, Q.id == 2])
    order: OrderBy[Order] = mixed
    select: Select[Order] = fields
    client.orders.list_orders(orderby=orderings)
    client.orders.list_orders(filter=where, orderby=order, select=select)
    try:
        client.orders.list_orders(filter=Q.id.in_(range(500)))
    except QueryLimitError as limit:
        print(limit.problems, split_filter(all_of([Q.id.in_(range(500))])))


def days_and_choices() -> list[Filter[Order]]:
    denver = ZoneInfo("America/Denver")
    paying: Filter[Agent] = (AgentQ.payment_mode == "ACH") | AgentQ.payment_mode.in_(["Terms", "Prepay"])
    print(paying, AgentQ.manager_data.discount_level.eq("Gold"), AgentQ.payment_mode.contains("A"))
    return [
        Q.created.on(date(2025, 1, 31), tz=denver),
        Q.created.between(date(2025, 1, 1), date(2025, 1, 31), tz=denver),
        Q.created == date(2025, 1, 31),
        Q.status == "Scheduled",
    ]


def checked(rows: list[dict[str, object]]) -> list[CreateOrderRequest]:
    payload: CreateOrderDict = {"agent_id": 1, "preset_id": 7, "due_date": date(2026, 12, 24)}
    good: CheckedRows[CreateOrderRequest] = check_rows(
        CreateOrderRequest, rows, columns={"Agent": "agent_id"}
    )
    return [check(CreateOrderRequest, payload), check(CreateOrderRequest, {"AgentId": 1}), *good.requests]


def every_way_to_write(client: SignTrakerClient, given: dict[str, object]) -> None:
    traced = client.with_options(extra_headers={"X-Request-Id": "1"}, deadline_seconds=5)
    traced.orders.create_order(given)
    traced.orders.create_order({"AgentId": 1, "PresetId": 7})
    traced.orders.create_order({"agent_id": 1, "preset_id": 7}, extra_fields={"Rider": "Pool"})
    traced.orders.create_order(agent_id=1, preset_id=7, extra_fields={"Rider": "Pool"})
    traced.orders.request_removal(7)
    traced.orders.request_removal(7, removal_request=RemovalRequest(notes="gate code"))
    traced.orders.request_removal(7, due_date=date(2026, 12, 24))
    traced.agents.update_agent(7, notes=None)


def newest_first() -> list[Ordering[Order]]:
    return [Q.created.desc(), Q.id.asc()]


def place(client: OrdersClient, agent: int, note: str | None) -> CreateOrderResult:
    order = CreateOrderRequest(
        agent_id=agent, preset_id=7, street_name="Main St", due_date=date(2026, 12, 24)
    )
    order.notes = note
    order.due_date = datetime(2026, 12, 24, tzinfo=UTC)
    return client.create_order(order)


def place_without_a_model(client: SignTrakerClient) -> int | None:
    by_keywords = client.orders.create_order(agent_id=42, preset_id=7, due_date=date(2026, 12, 24))
    by_mapping = client.orders.create_order({"AgentId": 42, "preset_id": 7})
    return by_keywords.order_id or by_mapping.order_id


def remove(client: SignTrakerClient, order: Order) -> datetime | None:
    client.orders.request_removal(order.id)
    client.orders.request_removal(order.id, due_date=date(2026, 12, 24))
    return client.orders.request_removal(order.id, RemovalRequest(notes="Gate code 5")).due_date


def describe(order: Order) -> str:
    status: OrderStatus | None = order.status
    total: Decimal | None = order.sales_order.order_total if order.sales_order else None
    city = order.job_site.city if order.job_site else None
    return f"{order.id} {status or '?'} {total or 0:.2f} {(city or '').upper()} {order.created:%Y}"


def everything(client: SignTrakerClient) -> Iterator[Order]:
    yield from client.orders.iter_orders(filter="Status eq 'Draft'", select=[Q.id, Q.status], max_items=500)
    yield from client.orders.list_orders(select="Id,Status", orderby=["Created desc", Q.id])


def short(client: SignTrakerClient, *, newest: bool) -> list[Order]:
    fields = [Q.id, Q.status]
    numbers = [Q.id, Q.order_number, Q.rebill_interval]
    keys = (Q.created, Q.job_site.city, Q.agent.id)
    return client.orders.list_orders(select=[*fields, *numbers], orderby=keys if newest else numbers)


def shorter(client: SignTrakerClient) -> list[Order]:
    fields = [Q.id, Q.status, Q.created, Q.is_due_date_definitive, Q.order_number]
    return client.orders.list_orders(select=fields, orderby=fields)


def distinct(orders: list[Order]) -> set[Order]:
    return set(orders)


def careful(client: SignTrakerClient, order_id: int) -> str:
    try:
        return describe(client.orders.get_order(order_id))
    except NotFoundError:
        return "gone"
    except AuthenticationError as error:
        return str(error.status_code)
    except ValidationError as error:
        return "; ".join(f"{one.field}: {one.message}" for one in error.problems)
    except UnconfirmedWriteError as error:
        return error.outcome
    except SignTrakerError as error:
        return f"{error.method} {error.url} after {error.attempts} attempts: {error.headers.get('date')}"


def change(client: SignTrakerClient, agent_id: int) -> Agent:
    before = client.agents.get_agent(agent_id)
    changes = merge_patch(before, before.model_copy(update={"notes": None}))
    changes.address = AddressRequest(zip="84070")
    changes.office = before.office
    client.agents.update_agent(agent_id, payment_mode="Prepay", office=before.office, address={"zip": None})
    return client.agents.update_agent(agent_id, changes, before=before)


def show(client: SignTrakerClient) -> bytes | None:
    request = CreateOrderRequest(agent_id=42, preset_id=7)
    prepared = client.prepare(client.orders.create_order, request)
    client.prepare(client.orders.list_orders, filter=Q.id == 5, top=5)
    client.prepare(client.orders.create_order, {"agent_id": 42, "preset_id": 7})
    return prepared.body


def watch(client: SignTrakerClient) -> list[float]:
    with client.record(bodies=True) as exchanges:
        client.with_options(timeout_seconds=5, max_retries=0).orders.get_order(5)
    return [one.elapsed_seconds for one in exchanges if one.status_code == 200]


def awards(client: SignTrakerClient) -> Decimal:
    rows = client.credits.iter_awards(filter=AwardQ.restrictions.contains("Printing"), awarded_to=7)
    return sum((one.remaining_amount or Decimal(0) for one in rows), Decimal(0))


def nightly(client: SignTrakerClient, requests: list[CreateOrderRequest]) -> list[int]:
    with client.orders.create_orders(requests, journal="signs.journal", unknown="adopt") as run:
        made = [one.order_id for one in run if one.state == "created" and one.order_id is not None]
    outcome: BulkOutcome[CreateOrderRequest, CreateOrderResult] = run.report.outcomes[0]
    status: str | None = outcome.result.status if outcome.result else None
    print(status, outcome.request.agent_id, [one.differs for one in outcome.candidates])
    removed = client.orders.request_removals([*made, (5, RemovalRequest(notes="x")), {"order_id": 6}]).run()
    return [one.request.order_id for one in removed.with_state("accepted")]


async def nightly_async(client: AsyncSignTrakerClient) -> int:
    async with client.orders.create_orders([{"agent_id": 1, "preset_id": 7}], max_per_second=5) as run:
        return len([one.message async for one in run])


def side_by_side(client: SignTrakerClient) -> list[int]:
    orders: RecordIterator[Order] = client.orders.iter_orders(concurrency=8)
    with orders as rows:
        return [one.id for one in rows]


def in_parts(client: SignTrakerClient) -> list[Order]:
    parts: tuple[Partition, ...] = client.orders.partitions(8, filter=Q.status == "Draft")
    batches = client.orders.iter_orders(partition=parts[0]).iter_batches(size=500)
    return [order for batch in batches for order in batch]


async def in_parts_async(client: AsyncSignTrakerClient) -> list[list[Agent]]:
    parts = await client.agents.partitions(8)
    return [batch async for batch in client.agents.iter_agents(partition=parts[-1]).iter_batches(500)]


async def side_by_side_async(client: AsyncSignTrakerClient) -> list[int]:
    agents: AsyncRecordIterator[Agent] = client.agents.iter_agents(concurrency=8)
    async with agents as rows:
        return [one.id async for one in rows]


async def count(client: AsyncSignTrakerClient) -> int:
    order = await client.orders.get_order(5)
    await client.orders.request_removal(order.id, notes="x")
    client.prepare(client.orders.get_order, 5)
    return len([one async for one in client.orders.iter_orders(filter=Q.agent.id == 3)])


async def asynchronously() -> None:
    async with AsyncSignTrakerClient(subdomain="acme") as client:
        print(await count(client), await client.agents.list_agents(filter=AgentQ.is_manager.is_true()))


def main() -> None:
    with SignTrakerClient(subdomain="acme", timeout_seconds=10, max_retries=1) as client:
        print(len(drafts(client, "Sandy")))
    with Sandbox(seed=3) as sandbox:
        print(careful(sandbox.client, 1))
