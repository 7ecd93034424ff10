"""Read the partitions of a list, in the driver and in the executors. PySpark is not needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import signtraker.models
from signtraker._common.integers import INT64_MAX
from signtraker.arrow import to_record_batch
from signtraker.client import SignTrakerClient
from signtraker.exceptions import AuthenticationError, ValidationError
from signtraker.query.filters import make_filter
from signtraker.query.nodes import Comparison, Literal, Path, conjunction
from signtraker.spark.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from signtraker._core.hooks import CallHooks
    from signtraker._lists.partition import Partition
    from signtraker.arrow import RecordBatch, Schema
    from signtraker.models import ResponseModel
    from signtraker.query.filters import Filter
    from signtraker.spark.options import ReadOptions

_ID: Final = Path(("Id",))
_LAST: Final = Literal(INT64_MAX)
_BOUNDS: Final = (Comparison("gt", _ID, _LAST), Comparison("le", _ID, _LAST), Comparison("gt", _ID, _LAST))
"""The longest conditions that a page of a partition adds to a filter."""


def open_client(options: ReadOptions, hooks: Sequence[CallHooks] = ()) -> SignTrakerClient:
    """Return a client with the key of this process's environment."""
    key = None
    if options.api_key_variable is not None:
        key = os.environ.get(options.api_key_variable)
        if not key:
            raise AuthenticationError(
                f"No API key: the option api_key_variable names {options.api_key_variable}, which is not set"
                " here; set it in the environment of the driver and of the executors."
            )
    return SignTrakerClient(key, options.base_url, subdomain=options.subdomain, hooks=hooks)


def find_partitions(options: ReadOptions, condition: Filter[Any] | None) -> Sequence[Partition]:
    """Split the list into ranges of ids, with two requests."""
    with open_client(options) as client:
        resource: Any = getattr(client, options.source.attribute)
        found: Sequence[Partition] = resource.partitions(options.partitions, filter=condition)
        return found


def fits(
    client: SignTrakerClient, options: ReadOptions, condition: Filter[Any], select: Sequence[str] | None
) -> bool:
    """Say whether a filter fits into one request for a page of a partition, within the server's limits."""
    whole: Filter[Any] = make_filter(conjunction(condition.node, *_BOUNDS), condition.entity)
    try:
        client.prepare(
            options.source.method("list", client),
            filter=whole,
            orderby="Id",
            top=options.page_size,
            select=select,
        )
    except ValidationError:  # Too long for the server, or nothing that its version of OData can say.
        return False
    return True


def read_batches(
    options: ReadOptions,
    partition: Partition,
    index: int,
    condition: Filter[Any] | None,
    schema: Schema,
) -> Iterator[RecordBatch]:
    """Read one partition page by page; return its `pyarrow.RecordBatch`es.

    Args:
        options: The options of the read.
        partition: The range of ids.
        index: The position of the partition in the list.
        condition: The filter of the requests.
        schema: The schema of the batches: columns of `signtraker.arrow.schema`, which may all be null.
    """
    columns = tuple(schema.names)
    rate = options.max_per_second
    pace = None if rate is None else Pace(rate, options.tasks, index)
    model: type[ResponseModel] = getattr(signtraker.models, options.source.model)
    with open_client(options, () if pace is None else (pace,)) as client:
        records = options.source.iterate(
            client,
            filter=condition,
            select=options.selectable(columns),
            page_size=options.page_size,
            partition=partition,
        )
        for batch in records.iter_batches(options.page_size):
            made = to_record_batch(batch, model, columns)
            yield made.from_arrays(made.columns, schema=schema)
    if pace is not None:
        pace.wait()
