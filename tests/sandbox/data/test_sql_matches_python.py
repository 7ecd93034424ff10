"""Check that a filter keeps the same records in SQL, over HTTP and when it is matched locally."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest
from hypothesis import given
from plain_http import plain_client, rows
from random_filters import ZONES, Chance, Range, entities, seeds
from sqlalchemy import Boolean, Column, Float, Integer, Text, insert, select, update
from thoroughness import same_each_time

from signtraker import models
from signtraker.query import Filter, ODataVersion, Q
from signtraker.query.cost import node_count
from signtraker.query.encoding import encoded_length
from signtraker.query.functions import SIGNATURES
from signtraker.query.generated.entities import ROOTS
from signtraker.query.matching import evaluate
from signtraker.query.nodes import Call, Comparison, Literal, Path
from signtraker.query.parsing.parse import parse_filter
from signtraker.query.rendering import render
from signtraker.query.schema import Edm
from signtraker.sandbox import Sandbox
from signtraker.sandbox.clock import REFERENCE
from signtraker.sandbox.data import tables, views
from signtraker.sandbox.data.columns import Money, UtcDateTime
from signtraker.sandbox.data.database import Database
from signtraker.sandbox.data.seed import seed_database
from signtraker.sandbox.data.sql import Translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from signtraker.query.nodes import Node
    from signtraker.sandbox.data.views import View

pytestmark = pytest.mark.once

ROUTES: Final[dict[str, tuple[str, View]]] = {
    "Order": ("/api/orders", views.ORDERS),
    "Agent": ("/api/agents", views.AGENTS),
    "ChangeOrder": ("/api/changeorders", views.CHANGE_ORDERS),
    "ServiceOrder": ("/api/services", views.SERVICES),
    "Award": ("/api/credits/awards", views.AWARDS),
    "Enterprise": ("/api/enterprises", views.ENTERPRISES),
    "Office": ("/api/offices", views.OFFICES),
    "OrderPreset": ("/api/orderpresets", views.ORDER_PRESETS),
}
VERSIONS: Final = get_args(ODataVersion)
# SQLite computes amounts in doubles, and what a division leaves of them is not what it leaves of decimals.
# Numbers past 64 bits are the database's own affair, so the constants are such that none arises.
WITHIN: Final = Range(
    integers=1000, exponents=6, years=(2023, 2027), fractions=("add", "sub", "mul"), nasty=0.9
)
KINDS: Final[tuple[tuple[type[Any], Edm], ...]] = (
    (Text, Edm.STRING),
    (Boolean, Edm.BOOLEAN),
    (UtcDateTime, Edm.DATETIME),
    (Money, Edm.DECIMAL),
    (Float, Edm.DOUBLE),
    (Integer, Edm.INT32),
)
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


class World:
    """The same odd records three times: in a database, behind HTTP in either dialect, and as models."""

    def __init__(self, database: Database, sandboxes: dict[str, Sandbox]) -> None:
        self._database = database
        self._clients = {version: plain_client(sandbox) for version, sandbox in sandboxes.items()}
        self.records = {entity: self._read(entity, path) for entity, (path, _) in ROUTES.items()}

    def __repr__(self) -> str:
        return "World()"

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def by_sql(self, node: Node, entity: str) -> list[int]:
        view = ROUTES[entity][1]
        wanted = select(view.key).select_from(view.source).where(Translator(view).predicate(node))
        with self._database.begin() as connection:
            return sorted(connection.execute(wanted).scalars())

    def by_http(self, text: str, entity: str, version: str) -> list[int]:
        found = rows(self._clients[version], ROUTES[entity][0], filter=text)
        return sorted(row["Id"] for row in found)

    def by_python(self, node: Node, entity: str) -> list[int]:
        made: Filter[Any] = Filter(node, entity)
        return sorted(one.id for one in self.records[entity] if made.matches(one))

    def _read(self, entity: str, path: str) -> list[Any]:
        model = getattr(models, entity)
        return [model.model_validate(row) for row in rows(self._clients["v4"], path)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    file = tmp_path_factory.mktemp("world") / "odd.db"
    database = Database(file)
    with database.begin() as connection:
        seed_database(connection, seed=1, orders=100, now=REFERENCE)
        connection.execute(insert(tables.moments).values(Name="now", At=REFERENCE))
        chance = Chance(1, "Order", within=WITHIN)
        for table in tables.metadata.sorted_tables:
            if "Id" in table.c:
                _make_odd(connection, table, chance)
    with Sandbox(database=file, server="v4-7") as v4, Sandbox(database=file, server="v3") as v3:
        made = World(database, {"v4": v4, "v3": v3})
        yield made
        made.close()
    database.dispose()


def _make_odd(connection: Connection, table: Table, chance: Chance) -> None:
    """Replace some values by null, and some by what breaks a careless translation."""
    for key in connection.execute(select(table.c.Id)).scalars().all():
        values = {
            column.name: None if column.foreign_keys or chance.happens(0.3) else _odd(column, chance)
            for column in table.c
            if not column.primary_key and chance.happens(0.1 if column.foreign_keys else 0.5)
        }
        if values:
            connection.execute(update(table).where(table.c.Id == key).values(values))


def _odd(column: Column[Any], chance: Chance) -> object:
    kind = next(kind for known, kind in KINDS if isinstance(column.type, known))
    return chance.moment() if kind is Edm.DATETIME else chance.value(kind)


def in_some_zone(text: str, seed: int) -> str:
    """Write the moments of a filter's text as they are called in another time zone."""
    zone = ZONES[seed % len(ZONES)]
    return MOMENT.sub(lambda found: datetime.fromisoformat(found[0]).astimezone(zone).isoformat(), text)


def test_the_records_contain_every_difficult_value(world: World) -> None:
    held = [one.model_dump_json() for entity in ROUTES for one in world.records[entity]]
    assert set(ROUTES) == set(ROOTS)
    for part in ("null", "'", "%", "_", "ß", "日本", "😀", "\\u0000", "O'Brien"):
        assert sum(part in text for text in held) > 1, part


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("entity", ROUTES)
@same_each_time(80)
@given(seed=seeds)
def test_sql_keeps_what_python_keeps(seed: int, entity: str, version: ODataVersion, world: World) -> None:
    node = Chance(seed, entity, version, WITHIN).condition(seed % 4)
    text = in_some_zone(render(node, entity, version), seed)
    read = parse_filter(text, entity, version=version)
    assert read == node, text
    assert world.by_sql(read, entity) == world.by_python(node, entity), text


@pytest.mark.parametrize("name", SIGNATURES)
def test_each_function_gives_the_same_value_in_sql_and_in_python(name: str, world: World) -> None:
    for entity, records in world.records.items():
        for seed in range(15):
            node = _beside(Chance(seed, entity, within=WITHIN), name, entity, records[seed % len(records)])
            if node is not None:
                assert world.by_sql(node, entity) == world.by_python(node, entity), render(node, entity)


def _beside(chance: Chance, name: str, entity: str, record: object) -> Node | None:
    """Compare what a function makes of the records with what it makes of this one."""
    call = chance.applied(name)
    value = None if call is None else evaluate(call, record, entity)
    if call is None or value is None:
        return None
    if not isinstance(value, bool):
        return Comparison(chance.operator(), call, Literal(value))
    text = evaluate(call.arguments[0], record, entity)
    return Call(name, (call.arguments[0], Literal(chance.part(text))))


@pytest.mark.slow
@same_each_time(150)
@given(entity=entities, seed=seeds)
def test_the_server_keeps_what_python_keeps(entity: str, seed: int, world: World) -> None:
    version: ODataVersion = VERSIONS[seed % 2]
    node = Chance(seed, entity, version, WITHIN).condition(2)
    text = in_some_zone(render(node, entity, version), seed)
    fits = node_count(node, entity, version, rendered="L" in text) <= 100 and encoded_length(text) <= 1500
    if fits:
        assert world.by_http(text, entity, version) == world.by_python(node, entity), text


@pytest.mark.parametrize("minutes", [0, 60, -420, 345, 840, -765])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_moment_is_the_same_in_every_zone(version: ODataVersion, minutes: int, world: World) -> None:
    zone = timezone(timedelta(minutes=minutes))
    for order in world.records["Order"]:
        if order.created is not None:
            made = Q.created == order.created.astimezone(zone)
            text = MOMENT.sub(order.created.astimezone(zone).isoformat(), made.render(version))
            assert order.id in world.by_sql(parse_filter(text, "Order", version=version), "Order")


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("flag", [True, False])
def test_a_condition_is_itself_a_value(version: ODataVersion, flag: bool, world: World) -> None:  # noqa: FBT001 - a value that is compared
    for seed in range(100):
        inner = Chance(seed, "Order", version, WITHIN).condition(1)
        flags: tuple[Node, ...] = (Literal(flag), Path(("IsDueDateDefinitive",)))
        for other in flags:
            node = Comparison("eq", inner, other)
            assert world.by_sql(node, "Order") == world.by_python(node, "Order"), render(node, "Order")
