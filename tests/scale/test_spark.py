"""Read a sandbox of 100,000 orders with Spark: no row is lost or comes twice, and filters save requests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from pyspark.errors import PySparkException

from signtraker.spark import SignTrakerSource
from signtraker.spark.options import read_options
from signtraker.spark.source import ListPartition, PushdownReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.datasource import DataSourceReader, InputPartition
    from pyspark.sql.types import StructType

    from signtraker.sandbox import Sandbox

TOTAL: Final = 100_000
WHOLE: Final = {"total": TOTAL, "ids": TOTAL}
REQUESTS: Final = 2 + 8 * 14
"""The ends of the list; and for each of 8 partitions 13 pages of 1,000 orders, and an empty one."""


@pytest.fixture(autouse=True)
def _only_the_requests_of_this_test(big: Sandbox) -> None:
    big.reset()


@pytest.fixture(scope="module")
def everything(spark: SparkSession) -> DataFrame:
    """Return all orders, kept by Spark: what it evaluates on them, it evaluates alone."""
    return load(spark, pushdown="false").cache()


def load(spark: SparkSession, **options: str | float) -> DataFrame:
    return spark.read.format("signtraker").option("list", "orders").options(**options).load()


def counts(frame: DataFrame) -> dict[str, Any]:
    [row] = frame.selectExpr("count(*) AS total", "count(DISTINCT Id) AS ids").collect()
    return row.asDict()


def ids(frame: DataFrame) -> list[int]:
    return sorted(row["Id"] for row in frame.select("Id").collect())


def speed(seconds: float) -> str:
    return f"{seconds:.0f} s, {TOTAL / seconds:,.0f} orders a second"


def test_the_whole_list_is_read_once(everything: DataFrame, big: Sandbox, figures: list[str]) -> None:
    start = time.perf_counter()
    assert counts(everything) == WHOLE
    seconds = time.perf_counter() - start
    assert len(big.requests) == REQUESTS
    figures.append(f"{TOTAL:,} whole orders: {REQUESTS} requests, {speed(seconds)}")


def test_needed_columns_become_select(spark: SparkSession, big: Sandbox, figures: list[str]) -> None:
    frame = load(spark, select="Id,Status,Created")
    assert frame.columns == ["Id", "Status", "Created"]
    start = time.perf_counter()
    assert counts(frame) == WHOLE
    seconds = time.perf_counter() - start
    assert {one.options["$select"] for one in big.requests[2:]} == {"Id,Status,Created"}
    figures.append(f"{TOTAL:,} orders, three columns: {len(big.requests)} requests, {speed(seconds)}")


def test_filters_save_requests(
    spark: SparkSession, big: Sandbox, everything: DataFrame, figures: list[str]
) -> None:
    condition = "Status = 'Draft' AND JobSite.City = 'Sandy'"
    wanted = everything.where(condition).count()
    big.reset()
    start = time.perf_counter()
    assert load(spark).where(condition).count() == wanted > 0
    seconds = time.perf_counter() - start
    sent = {one.options["$filter"].partition(" and Id ")[0] for one in big.requests}
    assert sent == {"Status eq 'Draft' and JobSite/City eq 'Sandy'"}
    assert len(big.requests) == 2 + 8 * 2
    asked = f"{len(big.requests)} requests instead of {REQUESTS}"
    figures.append(f"{wanted:,} orders where {condition}: {asked}, {seconds:.1f} s")


# Few ids, so that what only Spark evaluates is read quickly, too.
FEW: Final = "Id < 2200 AND "
CONDITIONS: Final = {
    "Status = 'Draft' AND JobSite.City = 'Sandy'": "Status eq 'Draft' and JobSite/City eq 'Sandy'",
    "Status IN ('Draft', 'Removed')": "Status eq 'Draft' or Status eq 'Removed'",
    "JobSite.City LIKE 'San%'": "startswith(JobSite/City,'San')",
    "JobSite.City LIKE '%Lake City'": "endswith(JobSite/City,'Lake City')",
    'contains(JobSite.City, "\'")': "contains(JobSite/City,'''')",
    "JobSite.City = 'Montréal'": "JobSite/City eq 'Montréal'",
    "SalesOrder.OrderTotal > 300.5": "SalesOrder/OrderTotal gt 300.5000M",
    "JobSite.Latitude BETWEEN 40.5 AND 40.7": "JobSite/Latitude ge 40.4",
    "Created >= '2024-01-20 00:36:32'": "Created ge 2024-01-20T07:36:32Z",
    "Created = timestamp'2024-01-20 00:36:32 UTC'": "Created ge 2024-01-20T00:36:32Z and Created lt ",
    "to_date(Created) = date'2024-01-20'": "Created ge 2024-01-20T07:00:00Z and Created lt 2024-01-21T07:00",
    "DueDate < date'2024-03-01'": "DueDate lt 2024-03-01T07:00:00.001000Z",
    "IsDueDateDefinitive": "IsDueDateDefinitive eq true",
    "NOT IsDueDateDefinitive": "IsDueDateDefinitive ne true",
    "IsDueDateDefinitive <=> NULL": "IsDueDateDefinitive eq null",
    "NOT (OrderNumber <=> 50001)": "OrderNumber ne 50001 or OrderNumber eq null",
    "Id NOT IN (1001, 1003)": "Id ne 1001 and Id ne 1003",
    "DueDate IS NULL": "DueDate eq null",
    "DueDate IS NOT NULL": "DueDate ne null",
    "JobSite IS NOT NULL": "JobSite ne null",
    "Agent.Id IN (1, 2, 3, 4, 5)": "Agent/Id eq 1 or ",
    # Spark alone evaluates these; it says itself that a null can't pass.
    "Status <> 'Draft'": "Status ne null",
    "lower(Status) = 'draft'": "Status ne null",
    "Status > 'Draft'": "Status ne null",
    "Created <> timestamp'2024-01-20 00:36:32 UTC'": "Created ne null",
    "Notes LIKE '%a%b%'": "Notes ne null",
    "Created > timestamp'1582-10-10 00:00:00 UTC'": "Created ne null",
    "SalesOrder.OrderTotal < 100000000000": "SalesOrder/OrderTotal ne null",
    "Status = 'Draft' OR Id = 1001": "Id lt 2200",
}
"""Conditions in SQL, with a part of the filter that the server is sent."""


@pytest.mark.parametrize(("condition", "sent"), CONDITIONS.items())
def test_the_same_rows_come_whether_or_not_a_condition_is_pushed_down(
    condition: str, sent: str, spark: SparkSession, big: Sandbox, everything: DataFrame
) -> None:
    wanted = ids(everything.where(f"{FEW}({condition})"))
    big.reset()
    assert ids(load(spark, partitions=2).where(f"{FEW}({condition})")) == wanted
    assert sent in big.requests[0].options["$filter"]


IN_A_ZONE: Final = (
    "to_date(Created) = date'2024-01-20'",
    "Created BETWEEN '2024-01-18 01:30:00' AND '2024-04-07 02:30:00'",  # Auckland has this hour twice.
    "DueDate > '2023-11-05 01:30:00' AND DueDate <= date'2024-01-22'",  # Denver has this hour twice.
    "Created IN (timestamp'2024-01-19 17:36:32', timestamp'2024-01-20 13:36:32')",
    "NOT (DueDate < '2024-01-20')",
)


@pytest.mark.parametrize("zone", ["America/Denver", "Pacific/Auckland"])
def test_days_are_those_of_the_session_s_time_zone(
    zone: str, spark: SparkSession, big: Sandbox, everything: DataFrame
) -> None:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        for condition in IN_A_ZONE:
            wanted = ids(everything.where(f"{FEW}({condition})"))
            big.reset()
            assert ids(load(spark, partitions=1).where(f"{FEW}({condition})")) == wanted
            assert "T" in big.requests[0].options["$filter"]
            assert wanted
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


@pytest.mark.parametrize("use", ["write", "stream", "stream to it"])
def test_writing_and_streaming_are_refused_with_a_sentence(
    use: str, spark: SparkSession, big: Sandbox, tmp_path: Path
) -> None:
    def stream(source: DataFrame, target: str) -> None:
        writer = source.writeStream.format(target).option("checkpointLocation", str(tmp_path))
        writer.start().awaitTermination()

    def call() -> None:
        if use == "write":
            spark.sql("SELECT 1L AS Id").write.format("signtraker").mode("append").save()
        elif use == "stream":
            stream(spark.readStream.format("signtraker").option("list", "orders").load(), "noop")
        else:
            stream(spark.readStream.format("rate").load(), "signtraker")

    with pytest.raises(PySparkException) as refused:
        call()
    sentence = (
        "has no stream, because" if use == "stream" else "Nothing was written: the format signtraker only"
    )
    assert sentence in str(refused.value)
    assert "UnboundLocalError" not in str(refused.value)
    assert big.requests == []


def test_a_task_that_dies_is_read_again_and_no_row_is_lost_or_comes_twice(
    spark: SparkSession, big: Sandbox, tmp_path: Path
) -> None:
    flag = tmp_path / "died"

    class DyingReader(PushdownReader):
        """Ends the process that reads the second partition after three of its pages, the first time."""

        def read(self, partition: InputPartition) -> Iterator[Any]:
            second = isinstance(partition, ListPartition) and partition.index == 1
            for page, batch in enumerate(super().read(partition)):
                yield batch
                if second and page == 2 and not flag.exists():
                    flag.touch()
                    os._exit(137)

    class DyingSource(SignTrakerSource):
        @classmethod
        def name(cls) -> str:
            return "dying"

        def reader(self, schema: StructType) -> DataSourceReader:
            return DyingReader(read_options(self.options), schema)

    spark.dataSource.register(DyingSource)
    assert counts(spark.read.format("dying").option("list", "orders").load()) == WHOLE
    assert flag.exists()
    first_pages = [one.options.get("$filter") for one in big.requests].count("Id gt 13500 and Id le 26000")
    assert first_pages == 2
    assert len(big.requests) > REQUESTS


def test_a_schema_that_names_some_columns_reads_these(spark: SparkSession, big: Sandbox) -> None:
    reader = spark.read.format("signtraker").option("list", "orders")
    frame = reader.schema("Status STRING, Id BIGINT").load().where("Id <= 1003")
    assert [list(row.asDict()) for row in frame.collect()] == [["Status", "Id"]] * 3
    assert {one.options["$select"] for one in big.requests[2:]} == {"Status,Id"}


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("Status INT", "schema: Status is string, not int; cast it in the DataFrame instead"),
        ("status STRING", "schema: there is no column 'status'; did you mean Status?"),
        ("xyz STRING", "schema: there is no column 'xyz'; the columns are Id, OrderNumber, "),
    ],
)
def test_a_schema_that_is_not_the_list_s_is_refused(
    schema: str, sentence: str, spark: SparkSession, big: Sandbox
) -> None:
    frame = spark.read.format("signtraker").option("list", "orders").schema(schema).load()
    with pytest.raises(PySparkException) as refused:
        frame.count()
    assert f"Nothing was read: {sentence}" in str(refused.value)
    assert big.requests == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"list": "ordrs"}, "list: there is no list 'ordrs'; did you mean orders?"),
        ({"partitions": 0}, "partitions: must be a whole number from 1 to 100000, not '0'"),
        ({"api_key": "s3cret-value"}, "api_key: no option takes a key, because Spark shows options in plans"),
    ],
)
def test_a_bad_option_is_told_before_anything_is_read(
    options: dict[str, str | float],
    sentence: str,
    spark: SparkSession,
    big: Sandbox,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told(read: Callable[[], object]) -> str:
        with pytest.raises(PySparkException) as refused:
            read()
        return str(refused.value)

    whole = told(lambda: load(spark, **options))
    reader = spark.read.format("signtraker").options(**{"list": "orders", **options})
    some = reader.schema("Id BIGINT").load()
    for text in (whole, told(some.count)):
        assert f"Nothing was read: {sentence}" in text
        assert "s3cret-value" not in text
    some.explain(extended=True)  # Spark makes no source for it.
    assert "s3cret-value" not in capsys.readouterr().out
    assert big.requests == []


def test_an_error_in_an_executor_is_a_sentence_without_the_key(spark: SparkSession, big: Sandbox) -> None:
    big.faults.add(path="/api/orders", status=403, nth=3, times=3)
    with pytest.raises(PySparkException) as failed:
        load(spark, partitions=1).count()
    told = str(failed.value)
    assert "AuthenticationError: An error has occurred (HTTP 403 from GET /api/orders)" in told
    assert big.api_key not in told


def test_the_key_stands_in_no_plan(
    spark: SparkSession, big: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    load(spark, partitions=1).where("Status = 'Draft'").explain(extended=True)
    told = capsys.readouterr().out
    assert "signtraker" in told
    assert big.api_key not in told


def test_a_key_that_is_missing_is_asked_for_by_the_name_of_its_variable(spark: SparkSession) -> None:
    with pytest.raises(PySparkException, match="names NO_SUCH_KEY, which is not set here"):
        load(spark, api_key_variable="NO_SUCH_KEY").count()


def test_a_read_with_a_rate_reads_everything(spark: SparkSession, big: Sandbox) -> None:
    frame = load(spark, partitions=4, page_size=200, max_per_second=50, concurrent_tasks=2, select="Id")
    assert frame.where("Id <= 5000").count() == 4000
    assert len(big.requests) == 2 + 4 * 6


def test_without_push_down_in_the_session_spark_names_the_setting_that_it_needs(spark: SparkSession) -> None:
    setting = "spark.sql.python.filterPushdown.enabled"
    spark.conf.set(setting, value=False)
    try:
        with pytest.raises(PySparkException, match=setting):
            load(spark).count()
        assert load(spark, pushdown="false", filter="Id le 1002").count() == 2
    finally:
        spark.conf.set(setting, value=True)


def test_one_process_alone_reads_a_partition(big: Sandbox, figures: list[str]) -> None:
    code = (
        "import time; from signtraker.spark.options import ReadOptions;"
        "from signtraker._lists.api_lists import API_LISTS;"
        "from signtraker import Partition; from signtraker.spark.reading import read_batches;"
        "from signtraker import Order, arrow; schema, start = arrow.schema(Order), time.process_time();"
        "batches = read_batches(ReadOptions(API_LISTS['orders']), Partition(until=21000), 0, None, schema);"
        "print(sum(one.num_rows for one in batches), time.process_time() - start)"
    )
    settings = {**os.environ, "SIGNTRAKER_BASE_URL": big.url, "SIGNTRAKER_API_KEY": big.api_key}
    run = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, check=True)
    rows, seconds = run.stdout.split()
    assert int(rows) == 20_000
    with big.client.record(bodies=True) as exchanges:
        big.client.orders.list_orders(top=1000)
    size = len(exchanges[0].response_body or b"")
    figures.append(
        f"one process: {int(rows) / float(seconds):,.0f} whole orders in a second of its processor;"
        f" {size // 1000:,} bytes of JSON each"
    )


def test_every_other_list_can_be_read(spark: SparkSession) -> None:
    for name in ("agents", "awards", "change_orders", "enterprises", "offices", "order_presets", "services"):
        frame = spark.read.format("signtraker").option("list", name).option("partitions", 1).load()
        assert frame.count() > 0, name
