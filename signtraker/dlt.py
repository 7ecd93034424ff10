"""Load lists into a warehouse with dlt: a source with a resource for each list.

    import dlt
    from signtraker.dlt import signtraker_source

    pipeline = dlt.pipeline("acme", destination="duckdb", dataset_name="signtraker")
    pipeline.run(signtraker_source())

docs/guides/dlt.md says what a second run reads again, and what it can't see. Needs the extra:
`pip install "signtraker[dlt]"`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, cast

from signtraker import query
from signtraker._common.extras import import_extra
from signtraker._common.integers import INT64_MAX
from signtraker._common.short_repr import short_repr
from signtraker._core.secret import hidden
from signtraker._lists.api_lists import API_LISTS
from signtraker._lists.arguments import BATCH_SIZE, MAX_CONCURRENCY, check_count
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
    from signtraker.query.schema import Property

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
_DIGITS: Final = 29, 9
"""The digits of dlt's decimals before and after the point."""
_PROBLEMS: Final = {
    Edm.INT32: "must be a 64-bit integer",
    Edm.INT64: "must be a 64-bit integer",
    Edm.DECIMAL: f"must have at most {_DIGITS[0]} digits before the point and {_DIGITS[1]} after it",
    Edm.DATETIME: "must lie in the years 1 to 9999 in UTC",
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
        ValidationError: There is no such list, or another argument can't be used. While the pipeline runs: a
            value does not fit its column; the message names the record and the field.
        SignTrakerConfigError: A setting of the client is missing or can't be used.
        ModuleNotFoundError: dlt is not installed.
    """
    dlt = _dlt()
    chosen = _chosen(lists)
    check_count("concurrency", concurrency, 1, MAX_CONCURRENCY)
    _check_types(client, full)
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
    wrong = _wrong_names(names)
    if wrong:
        _refuse(
            "lists", f"must be a list of names such as {', '.join(API_LISTS)}, not {short_repr(wrong[0])}"
        )
    return [one for one in API_LISTS.values() if one.name in names]


def _wrong_names(names: object) -> list[object]:
    if isinstance(names, str) or not isinstance(names, Collection) or not names:
        return [names]
    given = cast("Collection[object]", names)
    return [one for one in given if not isinstance(one, str) or one not in API_LISTS]


def _check_types(client: object, full: object) -> None:
    if client is not None and not isinstance(client, SignTrakerClient):
        # A text is not shown: it may be the key.
        _refuse("client", f"must be a SignTrakerClient, not of the type {type(client).__name__}")
    if not isinstance(full, bool):
        _refuse("full", f"must be True or False, not {short_repr(full)}")


def _refuse(name: str, message: str, subject: str = "No source") -> NoReturn:
    problem = Problem(name, message)
    raise ValidationError(f"{subject}: {problem}", problems=[problem])


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
    Raises `ValidationError` for a value that does not fit its column: a database would round it, or fail
    after a part has been loaded.
    """
    return [_row(record, f"{type(record).__name__} {vars(record).get('id')}") for record in records]


def _row(record: ResponseModel, subject: str, path: str = "") -> dict[str, Any]:
    model = type(record).__name__
    row: dict[str, Any] = {}
    for one in ENTITIES[model].properties.values():
        name, value = one.attribute, getattr(record, one.attribute)
        if one.entity is None:
            if not _fits(one, value):
                _refuse(path + name, f"{_PROBLEMS[one.type or Edm.STRING]}, not {short_repr(value)}", subject)
            # dlt takes a tuple for one value.
            row[name] = list(value) if one.collection and value is not None else value
        elif value is not None:
            row[name] = _row(value, subject, f"{path}{name}.")
    for name, value in (record.model_extra or {}).items():
        row[f"{name}_extra" if _letters(name) in _taken(model) else name] = value
    return row


def _fits(one: Property, value: Any) -> bool:
    """Say whether a value fits its column."""
    if value is None:
        return True
    match one.type:
        case Edm.INT32 | Edm.INT64:
            return bool(abs(value) <= INT64_MAX)
        case Edm.DECIMAL:
            _, digits, exponent = Decimal(value).as_tuple()
            finer = -int(exponent) - _DIGITS[1]
            return Decimal(value).adjusted() < _DIGITS[0] and not (finer > 0 and any(digits[-finer:]))
        case Edm.DATETIME:
            try:
                value.astimezone(UTC)
            except OverflowError:
                return False
        case _:
            pass
    return True


@cache
def _taken(model: str) -> frozenset[str]:
    """Return the letters of a table's columns, and of the fields that hold a record or a list."""
    return frozenset(
        map(_letters, [*columns_of(model), *(one.attribute for one in ENTITIES[model].properties.values())])
    )


def _letters(name: str) -> str:
    """Return what two names have in common if dlt may make one column of them, as of `ID` and `Id`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


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
