"""Check the dlt source: into DuckDB twice, compared with the sandbox; and that the key is kept nowhere."""

from __future__ import annotations

import json
import logging
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import Reply, ScriptedServer

from signtraker import SignTrakerClient
from signtraker._lists.api_lists import API_LISTS
from signtraker.dlt import signtraker_source
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Neither is installed where the type checkers run.
dlt: Any = pytest.importorskip("dlt")
duckdb: Any = pytest.importorskip("duckdb")
pytestmark = pytest.mark.filterwarnings("default")  # Those of dlt are its own affair.


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        monkeypatch.setenv("SIGNTRAKER_API_KEY", running.api_key)
        monkeypatch.setenv("SIGNTRAKER_BASE_URL", running.url)
        yield running


@pytest.fixture
def pipeline(tmp_path: Path) -> Any:
    return dlt.pipeline(
        "acme",
        pipelines_dir=str(tmp_path / "pipelines"),
        destination=dlt.destinations.duckdb(str(tmp_path / "acme.duckdb")),
        dataset_name="signtraker",
    )


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], list[Any]]:
    def rows(query: str) -> list[Any]:
        with duckdb.connect(str(tmp_path / "acme.duckdb")) as database:
            database.sql("USE signtraker")
            found: list[Any] = database.sql(query).fetchall()
        return found

    return rows


def extracted(pipeline: Any, source: Any) -> dict[str, int]:
    """Run the pipeline, and return the number of rows that were read of each list."""
    pipeline.run(source)
    counts: dict[str, int] = pipeline.last_trace.last_normalize_info.row_counts
    return {name: counts.get(name, 0) for name in API_LISTS}


def test_two_runs_give_what_the_server_has(server: Sandbox, pipeline: Any, table: Any) -> None:
    first = extracted(pipeline, signtraker_source(concurrency=2))
    assert first["orders"] == len(server.orders)
    for name in API_LISTS:
        [(count, ids)] = table(f"SELECT count(*), count(DISTINCT id) FROM {name}")  # noqa: S608 - our own names
        assert count == ids == len(getattr(server, name))

    standing = next(one for one in server.orders.all() if one.status == "Installed")
    server.client.orders.request_removal(standing.id, due_date=date(2026, 1, 16))
    server.clock.advance(days=2)
    server.orders.add(notes="new", total=12.34)
    server.offices.add("New")

    second = extracted(pipeline, signtraker_source())
    assert 0 < second["orders"] < first["orders"]
    assert second["agents"] == first["agents"]
    query = (
        "SELECT id, status, notes, removal_date AT TIME ZONE 'UTC', sales_order__order_total,"
        " job_site__city, agent__name FROM orders ORDER BY id"
    )
    assert table(query) == [
        (
            one.id,
            one.status,
            one.notes,
            one.removal_date and one.removal_date.replace(tzinfo=None),
            one.sales_order and one.sales_order.order_total,
            one.job_site and one.job_site.city,
            one.agent and one.agent.name,
        )
        for one in server.orders.all()
    ]
    assert table("SELECT count(*) FROM offices") == [(len(server.offices),)]


def test_a_full_run_removes_what_was_deleted(server: Sandbox, pipeline: Any, table: Any) -> None:
    extracted(pipeline, signtraker_source(lists=["orders"]))
    with pipeline.sql_client() as database:
        database.execute_sql("UPDATE orders SET id = 5 WHERE id = (SELECT min(id) FROM orders)")
    extracted(pipeline, signtraker_source(lists=["orders"]))
    assert table("SELECT min(id) FROM orders") == [(5,)]
    extracted(pipeline, signtraker_source(lists=["orders"], full=True))
    assert table("SELECT min(id), count(*) FROM orders") == [(1001, len(server.orders))]
    assert extracted(pipeline, signtraker_source(lists=["orders"]))["orders"] < len(server.orders)


def test_a_list_that_has_become_empty_empties_its_table(server: Sandbox, pipeline: Any, table: Any) -> None:
    pipeline.run(signtraker_source(lists=["offices"]))
    assert table("SELECT count(*) FROM offices") == [(len(server.offices),)]
    with ScriptedServer([Reply.json("[]")]) as empty, SignTrakerClient("key", empty.url) as client:
        pipeline.run(signtraker_source(client, lists=["offices"]))
    assert table("SELECT count(*) FROM offices") == [(0,)]


def test_a_new_machine_goes_on_from_the_state_in_the_warehouse(
    server: Sandbox, pipeline: Any, tmp_path: Path
) -> None:
    first = extracted(pipeline, signtraker_source(lists=["orders"]))
    elsewhere = dlt.pipeline(
        "acme",
        pipelines_dir=str(tmp_path / "elsewhere"),
        destination=dlt.destinations.duckdb(str(tmp_path / "acme.duckdb")),
        dataset_name="signtraker",
    )
    assert 0 < extracted(elsewhere, signtraker_source(lists=["orders"]))["orders"] < first["orders"]


def test_columns_without_a_value_have_their_types(server: Sandbox, pipeline: Any, table: Any) -> None:
    pipeline.run(signtraker_source(lists=["orders", "awards"]))
    types = dict(
        table("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'orders'")
    )
    assert {
        name: types[name] for name in ("id", "next_rebill_date", "sales_order__order_total", "notes")
    } == {
        "id": "BIGINT",
        "next_rebill_date": "TIMESTAMP WITH TIME ZONE",
        "sales_order__order_total": "DECIMAL(38,9)",
        "notes": "VARCHAR",
    }


def test_a_run_that_fails_keeps_the_state_of_the_one_before(
    server: Sandbox, pipeline: Any, table: Any
) -> None:
    server.faults.add(path="/api/orders", status=403, nth=3, times=None)
    with pytest.raises(Exception, match="403"):
        pipeline.run(signtraker_source(lists=["orders"]))
    server.faults.clear()
    assert extracted(pipeline, signtraker_source(lists=["orders"]))["orders"] == len(server.orders)
    assert table("SELECT count(*) FROM orders") == [(len(server.orders),)]


def test_a_run_that_ended_after_reading_is_loaded_first_and_then_goes_on(
    server: Sandbox, pipeline: Any, table: Any
) -> None:
    pipeline.extract(signtraker_source(lists=["orders"]))  # The process ends here.
    late = server.orders.add(notes="late")
    pipeline.run(signtraker_source(lists=["orders"]))
    assert table("SELECT count(*), count(DISTINCT id), max(id) FROM orders") == [
        (len(server.orders), len(server.orders), late.id)
    ]


def test_a_source_is_read_again_side_by_side_and_in_dlt_s_other_ways(
    server: Sandbox, pipeline: Any, table: Any
) -> None:
    whole = [(len(server.orders), len(server.orders))]
    again = signtraker_source(lists=["orders"]).parallelize()
    for source, options in (
        (again, {}),
        (again, {}),
        (signtraker_source(lists=["orders"]), {"write_disposition": "replace"}),
        (signtraker_source(lists=["orders"]), {"refresh": "drop_data"}),
        (signtraker_source(lists=["orders"]).add_limit(1), {}),
    ):
        pipeline.run(source, **options)
        assert table("SELECT count(*), count(DISTINCT id) FROM orders") == whole


def test_a_field_that_is_new_becomes_a_column_and_fills_where_it_is_read(pipeline: Any, table: Any) -> None:
    pages: list[list[dict[str, Any]]] = [
        [{"Id": 1, "Status": "Draft"}, {"Id": 2, "RemovalDate": "2024-01-02T00:00:00Z"}],
        [],
        [{"Id": 3, "Colour": "red", "ID": 77}],
        [],
        [{"Id": 1, "Status": "Installed", "Colour": "blue"}],
        [],
    ]
    replies = [Reply.json(json.dumps(page)) for page in pages]
    with ScriptedServer(replies) as server, SignTrakerClient("key", server.url) as client:
        for _ in range(2):
            pipeline.run(signtraker_source(client, lists=["orders"]))
    assert table("SELECT id, status, colour, id_extra FROM orders ORDER BY id") == [
        (1, "Installed", "blue", None),
        (2, None, None, None),
        (3, None, "red", 77),
    ]


def test_a_pipeline_is_of_one_tenant(server: Sandbox, pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.run(signtraker_source(lists=["orders"]))
    monkeypatch.setenv("SIGNTRAKER_BASE_URL", server.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(Exception, match="use a pipeline and a dataset for each tenant"):
        pipeline.run(signtraker_source(lists=["orders"]))


@pytest.mark.parametrize("place", ["environment", "dlt"])
def test_the_key_is_kept_nowhere(
    server: Sandbox,
    pipeline: Any,
    tmp_path: Path,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if place == "dlt":
        monkeypatch.delenv("SIGNTRAKER_API_KEY")
        monkeypatch.delenv("SIGNTRAKER_BASE_URL")
        monkeypatch.setenv("SOURCES__SIGNTRAKER__API_KEY", server.api_key)
        monkeypatch.setenv("SOURCES__SIGNTRAKER__BASE_URL", server.url)
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "DEBUG")
    source = signtraker_source()
    with caplog.at_level(logging.DEBUG):
        pipeline.run(source)
    assert len(server.requests) > len(API_LISTS)
    texts = [
        caplog.text,
        repr(source),
        str(source),
        repr(pipeline.last_trace),
        source.schema.to_pretty_yaml(),
    ]
    assert not [one for one in texts if server.api_key in one]
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert any(one.name == "trace.pickle" for one in files)
    assert not [one for one in files if server.api_key.encode() in one.read_bytes()]
