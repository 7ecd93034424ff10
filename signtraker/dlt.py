"""Load lists into a warehouse with dlt: a source with a resource for each list.

    import dlt
    from signtraker.dlt import signtraker_source

    pipeline = dlt.pipeline("acme", destination="duckdb", dataset_name="signtraker")
    pipeline.run(signtraker_source())

docs/guides/dlt.md says what a second run reads again, and what it can't see. Needs the extra:
`pip install 'signtraker[dlt]'`.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from signtraker import query
from signtraker._common.extras import import_extra
from signtraker._common.short_repr import short_repr
from signtraker._core.secret import hidden
from signtraker._lists.api_lists import API_LISTS
from signtraker._lists.options import check_count
from signtraker._lists.paging import BATCH_SIZE, MAX_CONCURRENCY
from signtraker.client import SignTrakerClient
from signtraker.exceptions import Problem, SignTrakerConfigError, ValidationError
from signtraker.query.generated.entities import ENTITIES, ROOTS
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from signtraker._lists.api_lists import ApiList
    from signtraker._lists.threads import RecordIterator
    from signtraker.models import ResponseModel

__all__ = ["DltSource", "signtraker_source"]

# dlt is not imported before it is used: to a type checker, what it defines is Any.
DltSource: TypeAlias = Any
"""A `dlt.sources.DltSource`."""
Columns: TypeAlias = dict[str, dict[str, Any]]
"""The columns of a table as dlt takes them: a hint of the type for each."""

_SECTION: Final = "sources.signtraker"
_SETTINGS: Final = "base_url", "subdomain"
_IDS: Final = 200
"""The ids that are looked up at once."""
_TYPES: Final = {
    Edm.INT32: "bigint",
    Edm.INT64: "bigint",
    Edm.DOUBLE: "double",
    Edm.DECIMAL: "decimal",
    Edm.BOOLEAN: "bool",
    Edm.DATETIME: "timestamp",
    Edm.STRING: "text",
}


def signtraker_source(
    client: SignTrakerClient | None = None,
    *,
    lists: Sequence[str] | None = None,
    full: bool = False,
    concurrency: int = 1,
) -> DltSource:
    """Return a dlt source with a resource for each list.

    The tables have the models' fields as columns, of fixed types, and the primary key `id`. Orders, services
    and change orders are merged: a further run reads the new ones, and again those that were not finished.
    The other lists are read as a whole and replace their tables.

    Args:
        client: The client to read with. None makes one: its key is dlt's secret
            `sources.signtraker.api_key`, or the environment variable SIGNTRAKER_API_KEY; its server is
            `sources.signtraker.base_url` or `.subdomain` of dlt's configuration, or their variables.
        lists: The names of the resources to make, such as `["orders", "agents"]`; None makes all.
        full: Whether to read every record again and to replace all tables. This finds what was deleted, and
            what was changed after it was finished.
        concurrency: How many pages of a list may be read at a time, 1 to 100.

    Raises:
        ValidationError: There is no such list, or `concurrency` can't be used.
        SignTrakerConfigError: A setting of the client is missing or can't be used.
        ModuleNotFoundError: dlt is not installed.
    """
    dlt = _dlt()
    chosen = _chosen(lists)
    check_count("concurrency", concurrency, 1, MAX_CONCURRENCY)
    connect = _own_client(dlt) if client is None else _given_client(client)
    with connect() as checked:
        server = checked.base_url

    def resources() -> Iterator[Any]:
        for one in chosen:
            yield dlt.resource(
                _reader(one, connect, server, full=full, concurrency=concurrency),
                name=one.name,
                primary_key="id",
                columns=columns_of(one.model),
                write_disposition="replace" if full or one.finished is None else "merge",
            )

    return dlt.source(resources, name="signtraker")()


def _reader(
    one: ApiList,
    connect: Callable[[], AbstractContextManager[SignTrakerClient]],
    server: str,
    *,
    full: bool,
    concurrency: int,
) -> Callable[[], Iterator[list[dict[str, Any]]]]:
    """Return the function of a resource, which reads a list."""

    def read() -> Iterator[list[dict[str, Any]]]:
        with connect() as client:
            iterate = partial(one.iterate, client, concurrency=concurrency)
            if one.finished is None:
                yield from map(rows, iterate().iter_batches(BATCH_SIZE))
                return
            state = _dlt().current.resource_state()
            changes = Changes(one, iterate, {} if full else _state_of(state, server))
            yield from map(rows, changes.batches())
            # Reached only if all was read. dlt keeps it only if all was loaded.
            state.update(server=server, **changes.state())

    return read


def _dlt() -> Any:
    return import_extra("dlt", "The source", "dlt")


def _chosen(names: Sequence[str] | None) -> list[ApiList]:
    if names is None:
        return list(API_LISTS.values())
    wrong = [names] if isinstance(names, str) or not names else [one for one in names if one not in API_LISTS]
    if wrong:
        message = f"must be a list of names such as {', '.join(API_LISTS)}, not {short_repr(wrong[0])}"
        raise ValidationError(f"No source: lists: {message}", problems=[Problem("lists", message)])
    return [one for one in API_LISTS.values() if one.name in names]


def _given_client(client: SignTrakerClient) -> Callable[[], AbstractContextManager[SignTrakerClient]]:
    """Return what gives a client of the caller's, which is not closed."""
    return lambda: nullcontext(client)


def _own_client(dlt: Any) -> Callable[[], AbstractContextManager[SignTrakerClient]]:
    """Return what makes a client from dlt's secrets and configuration, or else from the environment."""
    key = hidden(dlt.secrets.get(f"{_SECTION}.api_key"))
    settings = {name: dlt.config.get(f"{_SECTION}.{name}") for name in _SETTINGS}
    return partial(SignTrakerClient, key, **settings)


def _state_of(state: dict[str, Any], server: str) -> dict[str, Any]:
    """Return the state of the last run; refuse that of another tenant, whose ids mean other records."""
    if state.get("server", server) != server:
        raise SignTrakerConfigError(
            f"This pipeline has loaded {state['server']}, and now reads {server}; use a pipeline and a"
            " dataset for each tenant, or signtraker_source(full=True) to replace what was loaded."
        )
    return state


@dataclass(slots=True)
class Changes:
    """The records of a list that are new, or that may have changed since the last run.

    The API has no time of change. So these are the records with higher ids than any before, those that are
    not finished, and those that were not finished in the last run.
    """

    of: ApiList
    iterate: Callable[..., RecordIterator[Any]]
    """Reads the list, with the options of the client's `iter_…` method."""
    before: dict[str, Any]
    """The state of the last run; empty if there was none."""
    last_id: int = 0
    unfinished: set[int] = field(default_factory=set[int])

    def batches(self) -> Iterator[list[Any]]:
        """Read the records."""
        root: Any = getattr(query, ROOTS[self.of.model])
        last: int = self.before.get("last_id", 0)
        self.last_id = last
        yield from self._read(root.id > last if last else None)
        if not last:
            return
        waiting = set[int](self.before.get("unfinished", ()))
        for batch in self._read(getattr(root, str(self.of.finished)).is_null() & (root.id <= last)):
            waiting.difference_update(one.id for one in batch)
            yield batch
        # What is left was finished since, or deleted.
        rest = iter(sorted(waiting))
        while some := list(islice(rest, _IDS)):
            yield from self._read(root.id.in_(some))

    def state(self) -> dict[str, Any]:
        """Return what the next run needs to know."""
        return {"last_id": self.last_id, "unfinished": sorted(self.unfinished)}

    def _read(self, where: Any) -> Iterator[list[Any]]:
        for batch in self.iterate(filter=where).iter_batches(BATCH_SIZE):
            for one in batch:
                self.last_id = max(self.last_id, one.id)
                if getattr(one, str(self.of.finished)) is None:
                    self.unfinished.add(one.id)
            yield batch


def rows(records: Iterable[ResponseModel]) -> list[dict[str, Any]]:
    """Return records as dicts, with the fields that the models don't know by their API names.

    A nested record that is null is left out: its fields are the columns, and dlt would warn of one more.
    """
    return [_row(record) for record in records]


def _row(record: ResponseModel) -> dict[str, Any]:
    nested, collections = _kinds(type(record).__name__)
    row: dict[str, Any] = record.model_dump()
    for name in nested:
        if row.get(name) is None:
            row.pop(name, None)
    for name in collections:
        if row.get(name) is not None:
            row[name] = list(row[name])  # dlt takes a tuple for one value.
    return row


@cache
def _kinds(model: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields that hold a record, and those that hold a list."""
    properties = ENTITIES[model].properties.values()
    nested = tuple(one.attribute for one in properties if one.entity is not None)
    return nested, tuple(one.attribute for one in properties if one.collection)


def columns_of(model: str, prefix: str = "") -> Columns:
    """Return the columns of a model's table. dlt joins the names of nested fields by two underscores.

    A list of texts has none: dlt makes a table of its own for it.
    """
    found: Columns = {}
    for one in ENTITIES[model].properties.values():
        name = prefix + one.attribute
        if one.entity is not None:
            found |= columns_of(one.entity, f"{name}__")
        elif one.type is not None and not one.collection:
            is_key = name == "id"
            found[name] = {"name": name, "data_type": _TYPES[one.type], "nullable": not is_key}
    return found
