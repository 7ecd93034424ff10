from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from signtraker._bulk.file_lock import FileLock
from signtraker.cli.columns import columns_of
from signtraker.cli.export import parquet, update
from signtraker.cli.export.tables import record_json, stored
from signtraker.cli.resources import RESOURCES
from signtraker.models import Order

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Command, Result

    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once

TABLES = ("orders", "agents", "services", "change_orders", "awards", "offices", "enterprises", "presets")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "acme.db"


def rows(path: Path, statement: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(statement, values).fetchall()
        connection.commit()
    return found


def all_records(sandbox: Sandbox) -> dict[str, list[Any]]:
    names = [name.replace("presets", "order_presets") for name in TABLES]
    return {table: getattr(sandbox, name).all() for table, name in zip(TABLES, names, strict=True)}


def counted(result: Result) -> dict[str, tuple[int, ...]]:
    """Return the numbers of the summary that are not all unchanged: added, updated, no longer listed."""
    found = json.loads(result.out)
    changes = {name: (one["added"], one["updated"], one["no_longer_listed"]) for name, one in found.items()}
    return {name: one for name, one in changes.items() if any(one)}


def first_filter(sandbox: Sandbox, before: int) -> str | None:
    """Return the filter of the first list of orders after so many requests."""
    return next(
        dict(one.query).get("$filter") for one in sandbox.requests[before:] if one.path == "/api/orders"
    )


def test_every_field_of_every_record_is_in_the_database(
    command: Command, sandbox: Sandbox, path: Path
) -> None:
    result = command("export", str(path))
    assert (result.code, result.out) == (0, "")
    assert "orders: 300 added, 0 updated, 0 unchanged\n" in result.err
    for resource, (table, records) in zip(RESOURCES, all_records(sandbox).items(), strict=True):
        found = rows(path, f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - our own names
        assert [json.loads(row["record"]) for row in found] == [
            json.loads(one.model_dump_json(by_alias=True, exclude_unset=True)) for one in records
        ]
        for row, record in zip(found, records, strict=True):
            for column in columns_of(resource.model):
                name = "_".join(column.path)
                cell = row[f"{name}_cents" if f"{name}_cents" in row.keys() else name]  # noqa: SIM118 - a Row
                assert cell == stored(column.read(record))
    [total] = rows(path, "SELECT sum(sales_order_order_total_cents) FROM orders")
    orders = all_records(sandbox)["orders"]
    assert Decimal(total[0]) / 100 == sum(one.sales_order.order_total for one in orders if one.sales_order)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("189.46"), 18946),
        (Decimal("0.005"), 0.5),
        (Decimal(10) ** 17, 1e19),
        (datetime(2026, 1, 15, 9, tzinfo=UTC), "2026-01-15T09:00:00.000000Z"),
        (True, True),
        (["Printing", "é"], '["Printing", "é"]'),
        ("a\ud800", "a\ufffd"),
        (2**70, str(2**70)),
        (None, None),
    ],
)
def test_a_value_is_stored_exactly(value: object, cell: object) -> None:
    assert stored(value) == cell


def test_text_that_utf_8_cannot_encode_is_replaced_in_the_json() -> None:
    order = Order.model_validate({"Id": 1, "Notes": "a\ud800", "New": 1})
    assert record_json(order) == '{"Id": 1, "Notes": "a\ufffd", "New": 1}'


def test_a_second_run_reads_what_is_new_and_what_was_unfinished(
    command: Command, sandbox: Sandbox, path: Path
) -> None:
    command("export", str(path))
    before = len(sandbox.requests)
    assert counted(command("export", str(path), "--json")) == {}
    filters = {dict(one.query).get("$filter", "") for one in sandbox.requests[before:]}
    assert {one for one in filters if one.startswith("Id gt 1300")} == {"Id gt 1300"}
    assert "RemovalDate eq null and Id le 1300" in filters
    open_before = sandbox.orders.all()
    added = sandbox.orders.add(city="Sandy", total=12.5)
    standing = next(one for one in open_before if one.status == "Installed")
    sandbox.client.orders.request_removal(standing.id, due_date=date(2026, 1, 16))
    sandbox.clock.advance(days=2)
    after = sandbox.orders.all()
    changed = sum(one not in open_before for one in after) - 1
    assert changed > 1
    result = command("export", str(path), "--json")
    assert counted(result)["orders"] == (1, changed, 0)
    [row] = rows(path, "SELECT removal_date FROM orders WHERE id = ?", standing.id)
    assert row[0] == "2026-01-16T00:00:00.000000Z"
    stored_orders = rows(path, "SELECT record FROM orders ORDER BY id")
    assert [Order.model_validate_json(row[0]) for row in stored_orders] == after
    assert after[-1].id == added.id


def test_a_change_of_a_finished_order_and_a_deletion_are_seen_with_full_only(
    command: Command, sandbox: Sandbox, path: Path
) -> None:
    command("export", str(path))
    finished = next(one.id for one in sandbox.orders.all() if one.removal_date)
    rows(path, "UPDATE orders SET record = '{}' WHERE id = ?", finished)
    insert = "INSERT INTO orders (id, removal_date, record, run) VALUES (?, ?, '{\"Id\": 1}', 1)"
    rows(path, insert, 1, "2020-01-01T00:00:00.000000Z")
    rows(path, insert, 2, None)
    rows(path, "INSERT INTO offices (id, record, run) VALUES (99, '{}', 1)")
    assert counted(command("export", str(path), "--json")) == {"orders": (0, 0, 1), "offices": (0, 0, 1)}
    assert [tuple(row) for row in rows(path, "SELECT id FROM orders WHERE NOT is_listed")] == [(2,)]
    assert counted(command("export", str(path), "--full", "--json")) == {"orders": (0, 1, 1)}
    assert [row[0] for row in rows(path, "SELECT id FROM orders WHERE NOT is_listed")] == [1, 2]


def test_an_export_goes_on_where_the_server_failed(
    command: Command, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "_BATCH", 100)
    sandbox.faults.add(path="/api/orders", status=503, nth=3, times=None)
    result = command("export", str(path))
    assert result.code == 3
    assert result.err.endswith("What was read is kept; the same command goes on.\n")
    assert rows(path, "SELECT count(*), max(id) FROM orders")[0][:] == (200, 1200)
    sandbox.faults.clear()
    again = command("export", str(path), "--json")
    assert (again.code, json.loads(again.out)["orders"]["added"]) == (0, 100)
    ids = [row[0] for row in rows(path, "SELECT id FROM orders ORDER BY id")]
    assert ids == [one.id for one in sandbox.orders.all()]


def test_a_full_read_goes_on_where_it_was_interrupted(
    command: Command, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "_BATCH", 100)
    command("export", str(path))
    insert = "INSERT INTO orders (id, removal_date, record, run) VALUES (?, '2020', '{}', 1)"
    rows(path, insert, 1)
    sandbox.faults.add(path="/api/orders", status=503, nth=3, times=None)
    assert command("export", str(path), "--full").code == 3
    sandbox.faults.clear()
    sandbox.clock.advance(days=2)  # Drafts that the interrupted run has read are installed meanwhile.
    before = len(sandbox.requests)
    result = command("export", str(path), "--full", "--json")
    assert json.loads(result.out)["orders"]["no_longer_listed"] == 1
    assert first_filter(sandbox, before) == "Id gt 1200"
    assert [row[0] for row in rows(path, "SELECT id FROM orders WHERE NOT is_listed")] == [1]
    stored_orders = rows(path, "SELECT record FROM orders WHERE is_listed ORDER BY id")
    assert [Order.model_validate_json(row[0]) for row in stored_orders] == sandbox.orders.all()
    before = len(sandbox.requests)
    command("export", str(path), "--full", "--only", "orders")
    assert first_filter(sandbox, before) is None


@pytest.mark.slow
def test_a_killed_export_leaves_whole_batches_and_goes_on(
    command: Command, sandbox: Sandbox, path: Path
) -> None:
    script = (
        "import os, signal, sys\n"
        "from signtraker.cli import main\n"
        "from signtraker.cli.export import database, update\n"
        "update._BATCH = 100\n"
        "count = database.Progress._count\n"
        "def kill_in_the_third_transaction(self, more, calls=[]):\n"
        "    count(self, more)\n"
        "    calls.append(0)\n"
        "    if len(calls) == 3:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "database.Progress._count = kill_in_the_third_transaction\n"
        "main(['export', sys.argv[1]])\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert rows(path, "SELECT count(*), max(id) FROM orders")[0][:] == (200, 1200)
    result = command("export", str(path), "--json")
    assert (result.code, json.loads(result.out)["orders"]["added"]) == (0, 100)
    for table, records in all_records(sandbox).items():
        ids = [row[0] for row in rows(path, f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608 - our own names
        assert ids == [one.id for one in records]


def test_a_list_that_is_refused_does_not_keep_the_others(
    command: Command, sandbox: Sandbox, path: Path
) -> None:
    sandbox.faults.add(path="/api/credits/awards", status=403, message="No right.")
    result = command("export", str(path), "--json")
    assert result.code == 3
    assert re.search(r"awards: .*No right", result.err)
    assert set(json.loads(result.out)) == {one.name for one in RESOURCES} - {"awards"}
    sandbox.faults.add(path="/api/orders", status=401)
    refused = command("export", str(path), "--only", "orders")
    assert refused.code == 1


def test_a_place_that_cannot_be_used_is_refused_before_anything_is_read(
    command: Command, sandbox: Sandbox, path: Path, tmp_path: Path
) -> None:
    rows(tmp_path / "other.db", "CREATE TABLE theirs (id)")
    (tmp_path / "text.db").write_text("no database at all, but a text that is long enough" * 20)
    command("export", str(path), "--only", "offices")
    rows(path, "UPDATE about SET value = 'https://other.signtraker.com' WHERE key = 'tenant'")
    rows(tmp_path / "later.db", "PRAGMA user_version = 99")
    before = len(sandbox.requests)
    for name, code, sentence in [
        ("acme.xls", 2, "a SQLite database ends with .db, .sqlite, .sqlite3, and a folder with /."),
        ("other.db", 2, "is a database of another program; give another file."),
        ("text.db", 1, "can't be used: SQLite says file is not a database."),
        ("acme.db", 2, "holds the records of https://other.signtraker.com, not of http://127.0.0.1"),
        ("later.db", 2, "was made by a later version of signtraker; update signtraker."),
        ("missing/acme.db", 1, "can't be written: No such file or directory."),
        ("missing/folder/", 1, "can't be made: No such file or directory."),
    ]:
        result = command("export", f"{tmp_path}/{name}")
        assert (result.code, result.out) == (code, "")
        assert sentence in result.err
    nowhere = command("export", "")
    assert (nowhere.code, "The place of the export is empty" in nowhere.err) == (2, True)
    unknown = command("export", str(path), "--only", "order")
    assert "--only order: there is no such list; the lists are orders, agents" in unknown.err
    lock = FileLock(path.with_name("acme.db.lock"))
    assert "Another export writes" in command("export", str(path)).err
    lock.release()
    assert len(sandbox.requests) == before


def test_a_column_that_an_earlier_version_did_not_know_is_filled(command: Command, path: Path) -> None:
    command("export", str(path))
    columns = [row["name"] for row in rows(path, "PRAGMA table_info(orders)")]
    before = rows(path, "SELECT job_site_city FROM orders ORDER BY id")
    rows(path, "ALTER TABLE orders DROP COLUMN job_site_city")
    assert counted(command("export", str(path), "--json")) == {}
    assert rows(path, "SELECT job_site_city FROM orders ORDER BY id") == before
    assert sorted(row["name"] for row in rows(path, "PRAGMA table_info(orders)")) == sorted(columns)


@pytest.mark.slow
def test_a_folder_gets_a_parquet_file_for_each_list(
    command: Command, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    folder = tmp_path / "acme"
    assert command("export", f"{folder}/").code == 0
    assert sorted(one.name for one in folder.iterdir()) == sorted(
        ["signtraker.db", *(f"{one.name}.parquet" for one in RESOURCES)]
    )

    def plain(record: Any) -> dict[str, Any]:
        row: dict[str, Any] = record.model_dump(by_alias=True)
        return row | ({"Restrictions": list(record.restrictions)} if "Restrictions" in row else {})

    def check() -> None:
        for resource, records in zip(RESOURCES, all_records(sandbox).values(), strict=True):
            path = folder / f"{resource.name}.parquet"
            assert pq.read_table(path).to_pylist() == [plain(one) for one in records]

    check()
    sandbox.orders.add(city="Sandy")
    times = {one.name: one.stat().st_mtime_ns for one in folder.glob("*.parquet")}

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parquet, "write_parquet", fail)
        assert command("export", str(folder)).code == 130
    assert times == {one.name: one.stat().st_mtime_ns for one in folder.glob("*.parquet")}
    assert [one.name for one in folder.iterdir() if one.name.startswith(".")] == []
    assert command("export", str(folder)).code == 0
    check()
    changed = [one.name for one in folder.glob("*.parquet") if one.stat().st_mtime_ns != times[one.name]]
    assert changed == ["orders.parquet"]
