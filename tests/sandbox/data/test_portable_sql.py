"""Check that the sandbox's SQL compiles for PostgreSQL too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from plain_http import plain_client, rows
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateIndex, CreateTable

from signtraker import Q
from signtraker.query.generated.entities import ENTITIES
from signtraker.sandbox import Sandbox
from signtraker.sandbox.data.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from sqlalchemy import ClauseElement

_FILTERS = (
    "contains(JobSite/City,'a%') and startswith(Status,'D') or endswith(Notes,'x')",
    "indexof(Status,'x') ge 0 and length(Notes) eq 5",
    "substring(Status,1) eq 'raft' or substring(Status,1,2) eq 'ra'",
    "tolower(Status) eq 'x' and toupper(Status) ne 'X' and trim(Notes) eq 'y'",
    "concat(concat(Status,'-'),Notes) eq 'x'",
    "year(Created) eq 2026 and month(Created) lt 3 and day(Created) le 9 and hour(Created) gt 1",
    "minute(Created) eq 1 and second(Created) eq 2 and date(Created) ge 2024-01-01",
    "Created ge 2024-01-01T00:00:00Z and DueDate eq null and not (DateInstalled ne null)",
    "Id add 1 sub 2 mul 3 div 4 mod 5 eq 6 and -Id lt 0",
    "round(SalesOrder/OrderTotal) eq 1 and floor(SalesOrder/OrderTotal) eq 1",
    "ceiling(JobSite/Latitude) eq 1 and JobSite/Latitude gt 4.5e1 and round(JobSite/Longitude) eq 2",
    "IsDueDateDefinitive and not IsRemovalDueDateDefinitive",
    "Id in (1001,1002) and Agent/Id eq 5 and SalesOrder/OrderTotal gt 100.5",
)
_ONLY_SQLITE = re.compile(
    r"\b(instr|part_of|ends_with|stripped|characters|strftime|julianday|datetime|ifnull|glob|rowid|pragma|json_\w+"
    r"|insert or|autoincrement)\b",
    re.IGNORECASE,
)


def _as_postgresql(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # untyped there


@pytest.fixture
def executed() -> Iterator[list[ClauseElement]]:
    """Return a list in which everything ends up that any engine executes."""
    seen: list[ClauseElement] = []

    def note(_connection: Any, statement: Any, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_execute", note)
    yield seen
    event.remove(Engine, "before_execute", note)


def _read_everything(api: httpx.Client) -> None:
    paths = {
        "Order": "orders",
        "Agent": "agents",
        "ChangeOrder": "changeorders",
        "ServiceOrder": "services",
        "Award": "credits/awards",
        "Enterprise": "enterprises",
        "Office": "offices",
        "OrderPreset": "orderpresets",
    }
    for entity, path in paths.items():
        flat = [
            one.name for one in ENTITIES[entity].properties.values() if not one.entity and not one.collection
        ]
        for name in flat:
            rows(api, f"/api/{path}", orderby=f"{name} desc", filter=f"{name} ne null", top=2, skip=1)
    for text in _FILTERS:
        rows(api, filter=text)
    rows(api, "/api/credits/awards", filter="Restrictions/any(r: r eq 'x') or Restrictions/all(r: r ne 'y')")
    api.get("/api/offices?enterpriseId=1")
    api.get("/")


def _write_everything(api: httpx.Client, sandbox: Sandbox) -> None:
    order = {"AgentId": 1, "PresetId": 1}
    key = api.post("/api/orders", json=order).json()["OrderId"]
    sandbox.clock.advance(days=4)
    assert api.post(f"/api/orders/{key}/requestremoval", json={}).status_code == 200
    follow_up = {"InstallId": key, "PresetId": 1, "OverridePriceLimit": True}
    for path in ("services", "changeorders"):
        assert api.post(f"/api/{path}", json=follow_up).status_code == 200
    api.post("/api/credits/awards", json={"AwardedTo": {"Id": 1}, "TotalAmount": 5, "Restrictions": ["a"]})
    api.post("/api/orders", json=order)
    api.patch("/api/agents/1", json={"Notes": "x"})
    api.post("/api/agents/deactivate?id=1")
    sandbox.clock.advance(days=9)
    sandbox.orders.add(city="Sandy")
    sandbox.orders.all(Q.job_site.city == "Sandy")
    sandbox.offices.add("x")
    sandbox.reset()


@pytest.mark.once
@pytest.mark.slow
def test_every_statement_can_be_compiled_for_postgresql(executed: list[ClauseElement]) -> None:
    with Sandbox(orders=20, design_days=1) as sandbox, plain_client(sandbox) as api:
        _read_everything(api)
        _write_everything(api, sandbox)
    texts = {_as_postgresql(one) for one in executed}
    assert len(texts) > 100
    assert [text for text in texts if _ONLY_SQLITE.search(text)] == []


def test_every_table_can_be_made_in_postgresql() -> None:
    for table in metadata.sorted_tables:
        texts = [
            _as_postgresql(CreateTable(table)),
            *(_as_postgresql(CreateIndex(one)) for one in table.indexes),
        ]
        assert not any(_ONLY_SQLITE.search(text) for text in texts)


def test_money_is_exact_and_ids_have_64_bits_where_the_database_can() -> None:
    text = _as_postgresql(CreateTable(metadata.tables["sales_orders"]))
    assert '"OrderTotal" NUMERIC(28, 10)' in text
    assert '"Id" BIGINT NOT NULL' in text
