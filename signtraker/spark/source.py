"""The data source: what Spark calls. It decides nothing itself; the pure modules beside it do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceStreamReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema

import signtraker.models
from signtraker import arrow
from signtraker.exceptions import Problem
from signtraker.spark.options import check_column, read_options, refuse
from signtraker.spark.pushdown import choose
from signtraker.spark.reading import find_partitions, fits, open_client, read_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyspark.sql.datasource import Filter as SparkFilter
    from pyspark.sql.types import StructType

    from signtraker._lists.partition import Partition
    from signtraker.query.filters import Filter
    from signtraker.spark.options import ReadOptions


_ONLY_READS: Final = (
    "Nothing was written: the format signtraker only reads; write with the client, for example with"
    " client.orders.create_orders(…)."
)
_NO_STREAM: Final = (
    "Nothing was read: the format signtraker has no stream, because the API does not tell what has changed;"
    " use spark.read, again and again on a schedule."
)


class SignTrakerSource(DataSource):
    """The lists of the API for Spark, under the format `signtraker`.

        spark.dataSource.register(SignTrakerSource)
        drafts = (
            spark.read.format("signtraker").option("list", "orders").load().where("Status = 'Draft'")
        )

    docs/guides/spark.md lists the options. The API key comes from the environment of the driver and of the
    executors, never from an option.

    Raises:
        ValidationError: An option can't be used. Spark asks for the schema in `load`, and raises it there as
            an `AnalysisException`; with a schema of yours it asks at the first action. Nothing has been read.
    """

    @classmethod
    def name(cls) -> str:
        """Return the name of the format."""
        return "signtraker"

    def schema(self) -> StructType:
        """Return the columns of the list: the Arrow schema of docs/guides/big_lists.md in Spark's types."""
        return spark_schema(read_options(self.options))

    def reader(self, schema: StructType) -> DataSourceReader:
        """Return what reads the list, or the columns of it that a given schema names."""
        options = read_options(self.options)
        check_schema(schema, options)
        return PushdownReader(options, schema) if options.pushdown else ListReader(options, schema)

    # Without these, PySpark says only that a method is not implemented.
    def writer(self, schema: StructType, overwrite: bool) -> NoReturn:  # noqa: FBT001 - PySpark's signature
        """Refuse to write."""
        raise NotImplementedError(_ONLY_READS)

    def streamWriter(self, schema: StructType, overwrite: bool) -> NoReturn:  # noqa: FBT001, N802 - as above
        """Refuse to write a stream."""
        raise NotImplementedError(_ONLY_READS)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: ARG002, N802 - as above
        """Return a reader that refuses to begin."""
        return NoStreamReader()


class NoStreamReader(DataSourceStreamReader):
    """Refuses to begin. An error in `streamReader` itself would be followed by one of PySpark."""

    def initialOffset(self) -> NoReturn:  # noqa: N802 - PySpark's name
        """Refuse to read a stream."""
        raise NotImplementedError(_NO_STREAM)

    def read(self, partition: InputPartition) -> NoReturn:
        """Refuse to read a stream."""
        raise NotImplementedError(_NO_STREAM)


class ListPartition(InputPartition):
    """A range of ids: two numbers, and the position among the partitions."""

    def __init__(self, index: int, partition: Partition) -> None:
        super().__init__(partition)
        self.index = index


class ListReader(DataSourceReader):
    """Reads a list. Spark pickles it to the executors: it holds no key."""

    def __init__(self, options: ReadOptions, schema: StructType) -> None:
        self._options = options
        self._schema = schema
        self._condition: Filter[Any] | None = options.filter

    @property
    def _columns(self) -> tuple[str, ...]:
        return tuple(self._schema.fieldNames())

    def partitions(self) -> Sequence[InputPartition]:
        """Split the list into ranges of ids, in the driver, with two requests."""
        found = find_partitions(self._options, self._condition)
        return [ListPartition(index, one) for index, one in enumerate(found)]

    def read(self, partition: InputPartition) -> Iterator[Any]:
        """Read one range of ids, in an executor, as Arrow record batches."""
        assert isinstance(partition, ListPartition), "it comes from `partitions`"  # noqa: S101 - for type checkers
        model = getattr(signtraker.models, self._options.source.model)
        target = arrow.schema(model, self._columns)
        for place, column in enumerate(self._schema.fields):
            # A schema that the user gave may say that an id can be null, and Spark compares that, too.
            target = target.set(place, target.field(place).with_nullable(column.nullable))
        yield from read_batches(self._options, partition.value, partition.index, self._condition, target)


class PushdownReader(ListReader):
    """Reads the rows that Spark's filters keep, and leaves out others where the API can."""

    def pushFilters(self, filters: list[SparkFilter]) -> Iterable[SparkFilter]:  # noqa: N802 - Spark's name
        """Choose the filter of the requests, in the driver; Spark evaluates all filters again."""
        select = self._options.selectable(self._columns)
        entity = self._options.source.model
        with open_client(self._options) as client:
            self._condition = choose(
                filters, entity, lambda one: fits(client, self._options, one, select), self._options.filter
            )
        return filters


def spark_schema(options: ReadOptions) -> StructType:
    """Return the columns of a read in Spark's types."""
    model = getattr(signtraker.models, options.source.model)
    found: StructType = from_arrow_schema(arrow.schema(model, options.select))
    return found


def check_schema(schema: StructType, options: ReadOptions) -> None:
    """Raise `ValidationError` unless a schema has only columns of the list, with their types."""
    known = {one.name: one.dataType for one in spark_schema(options).fields}
    problems: list[Problem] = []
    for column in schema.fields:
        try:
            check_column(column.name, options.source.model)
        except ValueError as refusal:
            problems.append(Problem("schema", str(refusal)))
            continue
        if column.name not in known:
            problems.append(Problem("schema", f"{column.name} is not among the columns of the option select"))
        elif column.dataType != known[column.name]:
            problems.append(
                Problem(
                    "schema",
                    f"{column.name} is {known[column.name].simpleString()}, not"
                    f" {column.dataType.simpleString()}; cast it in the DataFrame instead",
                )
            )
    refuse(problems)
