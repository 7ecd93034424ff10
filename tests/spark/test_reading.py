"""Check what one partition reads, in the process of an executor; tests/scale does the same within Spark."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import AuthenticationError, Partition, Q, SignTrakerError, arrow, models
from signtraker.spark.options import ReadOptions, read_options
from signtraker.spark.reading import find_partitions, fits, open_client, read_batches

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once

pytest.importorskip("pyarrow")


@pytest.fixture(autouse=True)
def _environment_of_an_executor(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.reset()
    monkeypatch.setenv("SIGNTRAKER_BASE_URL", sandbox.url)
    monkeypatch.setenv("SIGNTRAKER_API_KEY", sandbox.api_key)


def read(options: ReadOptions, columns: tuple[str, ...] = ("Id", "Status")) -> list[dict[str, object]]:
    schema = arrow.schema(getattr(models, options.source.model), columns)
    partitions = find_partitions(options, options.filter)
    batches = [
        batch
        for index, one in enumerate(partitions)
        for batch in read_batches(options, one, index, options.filter, schema)
    ]
    return [row for batch in batches for row in batch.to_pylist()]


def test_the_partitions_together_are_the_list_and_only_the_columns_are_asked_for(sandbox: Sandbox) -> None:
    rows = read(read_options({"list": "orders", "partitions": "3", "page_size": "70"}))
    assert [row["Id"] for row in rows] == [order.id for order in sandbox.orders]
    assert set(rows[0]) == {"Id", "Status"}
    assert {one.options["$select"] for one in sandbox.requests[2:]} == {"Id,Status"}


def test_nested_columns_come_with_whole_rows(sandbox: Sandbox) -> None:
    rows = read(read_options({"list": "orders", "filter": "Id le 1002"}), ("JobSite", "Id"))
    assert [list(row) for row in rows] == [["JobSite", "Id"]] * 2
    assert all("$select" not in one.options for one in sandbox.requests[2:])


@pytest.mark.parametrize("name", ["agents", "awards", "change_orders", "enterprises", "offices", "services"])
def test_every_list_can_be_read(name: str, sandbox: Sandbox) -> None:
    rows = read(read_options({"list": name, "partitions": "2"}), ("Id",))
    assert [row["Id"] for row in rows] == [one.id for one in getattr(sandbox, name)]


def test_the_key_comes_from_the_variable_that_the_option_names(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = read_options({"list": "offices", "api_key_variable": "ACME_KEY"})
    monkeypatch.delenv("SIGNTRAKER_API_KEY")
    with pytest.raises(AuthenticationError, match="names ACME_KEY, which is not set here"):
        read(options, ("Id", "Name"))
    monkeypatch.setenv("ACME_KEY", sandbox.api_key)
    assert len(read(options, ("Id", "Name"))) == len(list(sandbox.offices))


def test_a_filter_fits_if_the_longest_page_of_a_partition_fits_with_it() -> None:
    options = read_options({"list": "orders"})
    with open_client(options) as client:
        assert fits(client, options, Q.id.in_(range(15)), None)
        assert not fits(client, options, Q.id.in_(range(18)), None)
        assert not fits(client, options, Q.status == "x" * 1950, ("Id",))
        assert not fits(
            client.with_options(odata_version="v3"), options, Q.created.date() == date(2024, 1, 1), None
        )


def test_a_task_keeps_to_its_share_of_the_rate(sandbox: Sandbox) -> None:
    rows = read(read_options({"list": "offices", "partitions": "1", "max_per_second": "1e6"}), ("Id",))
    assert len(rows) == len(list(sandbox.offices))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"status": 401}, "HTTP 401 from GET /api/orders"),
        ({"body": "html"}, "it is a page, not JSON; does the base URL lead to the API?"),
        ({"body": "wrong_types"}, "can't be read as Order"),
    ],
    ids=["401", "html", "wrong types"],
)
def test_a_failure_in_the_middle_of_a_partition_is_an_error_after_whole_pages(
    fault: dict[str, Any], message: str, sandbox: Sandbox
) -> None:
    sandbox.faults.add(path="/api/orders", nth=3, **fault)
    batches = read_batches(
        read_options({"list": "orders", "page_size": "50"}), Partition(), 0, None, arrow.schema(models.Order)
    )
    assert [next(batches).num_rows for _ in range(2)] == [50, 50]
    with pytest.raises(SignTrakerError) as failed:
        next(batches)
    assert message in str(failed.value)
    assert sandbox.api_key not in str(failed.value)
    assert next(batches, None) is None


def test_a_failure_that_passes_loses_no_row(sandbox: Sandbox) -> None:
    sandbox.faults.add(path="/api/orders", nth=4, status=429, retry_after=0)
    rows = read(read_options({"list": "orders", "partitions": "2", "page_size": "60"}))
    assert [row["Id"] for row in rows] == [order.id for order in sandbox.orders]


def test_a_read_of_no_rows_and_of_one(sandbox: Sandbox) -> None:
    assert read(read_options({"list": "orders", "filter": "Id lt 0"})) == []
    assert len(read(read_options({"list": "orders", "filter": "Id eq 1002", "partitions": "100000"}))) == 1
    assert len(sandbox.requests) == 1 + 1 + 2 + 2
