"""Turn records into Arrow record batches, which polars, DuckDB, Spark, pandas and Parquet files take.

    from signtraker.arrow import iter_record_batches

    with SignTrakerClient() as client:
        table = iter_record_batches(client.orders.iter_orders(), Order).read_all()

Each list has one schema (docs/reference/arrow.md); its columns have the names of the API.

Needs the extra: `pip install "signtraker[arrow]"`.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, cast

from signtraker._common.extras import import_extra
from signtraker._common.short_repr import short_repr
from signtraker._lists.arguments import check_count
from signtraker._lists.threads import RecordIterator
from signtraker.exceptions import Problem, ValidationError
from signtraker.models import ResponseModel
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.query.schema import Entity, Property

__all__ = [
    "DECIMAL_DIGITS",
    "RecordBatch",
    "RecordBatchReader",
    "Schema",
    "iter_record_batches",
    "schema",
    "to_record_batch",
]

# pyarrow has no types: to a type checker, what it defines is Any.
Schema: TypeAlias = Any
"""A `pyarrow.Schema`."""
RecordBatch: TypeAlias = Any
"""A `pyarrow.RecordBatch`."""
RecordBatchReader: TypeAlias = Any
"""A `pyarrow.RecordBatchReader`."""

DECIMAL_DIGITS: Final = 22, 4
"""The digits of an amount, and those of them after the point.

They hold what SQL Server's `money` and .NET's usual `decimal(18,2)` hold (the server's type is assumed).
"""
_PROBLEMS: Final = {
    Edm.INT32: "must be a 32-bit integer",
    Edm.INT64: "must be a 64-bit integer",
    Edm.DOUBLE: "must be a number",
    Edm.DECIMAL: f"must have at most {DECIMAL_DIGITS[0] - DECIMAL_DIGITS[1]} digits before the point and"
    f" {DECIMAL_DIGITS[1]} after it",
    Edm.BOOLEAN: "must be true or false",
    Edm.DATETIME: "must be a time with a zone",
    Edm.STRING: "must be text without half of a surrogate pair, which UTF-8 can't encode",
}


def schema(model: type[ResponseModel], fields: Sequence[str] | None = None) -> Schema:
    """Return the `pyarrow.Schema` of a list.

    Nested records are structs, amounts `decimal128(22, 4)`, times `timestamp[us, tz=UTC]`, ids `int64` and
    other integers `int32`. Every column but the id may be null. Fields that the models don't know are left
    out.

    Args:
        model: The list's model, such as `Order`.
        fields: The fields to keep, in this order, by their names in the API or in the model: `"Id"`, or
            `"JobSite.City"` for a struct that has only the city. None keeps all.

    Raises:
        ValidationError: There is no such model or field.
        ModuleNotFoundError: pyarrow is not installed.
    """
    pa = _pyarrow()
    return pa.schema([_field(pa, one) for one in _chosen(model, fields)])


def to_record_batch(
    records: Iterable[ResponseModel], model: type[ResponseModel], fields: Sequence[str] | None = None
) -> RecordBatch:
    """Return records as one `pyarrow.RecordBatch`, with the columns of `schema(model, fields)`.

    Args:
        records: Records of the model, such as a list of the async client's `iter_batches`.
        model: As for `schema`; no record is needed to know it.
        fields: As for `schema`. Records that were read with `select` have no others.

    Raises:
        ValidationError: A value does not fit its column; the message names the record and the field.
        NotSelectedError: A record was read without a field that is to be a column.
        ModuleNotFoundError: pyarrow is not installed.
    """
    pa = _pyarrow()
    chosen = _chosen(model, fields)
    _check_records(records)
    rows = list(records)
    for place, row in enumerate(rows):
        if not isinstance(row, model):
            _refuse(f"records[{place}]", f"must be of the model {model.__name__}, not {short_repr(row)}")
    columns = [_array(pa, one, rows, rows, "") for one in chosen]
    return pa.record_batch(columns, schema=pa.schema([_field(pa, one) for one in chosen]))


def iter_record_batches(
    records: Iterable[ResponseModel],
    model: type[ResponseModel],
    *,
    size: int = 10_000,
    fields: Sequence[str] | None = None,
) -> RecordBatchReader:
    """Return a `pyarrow.RecordBatchReader` of records, which are read while it is iterated.

    It is an iterator of record batches that knows its `schema`; its `read_all()` returns a table. DuckDB and
    `polars.DataFrame` take it as it is. Memory holds one batch at a time.

    An error of the SDK comes out as it is. Iterate again to go on; see `RecordIterator.iter_batches`. An
    error about a record comes again each time, so that no record is left out unseen.

    Args:
        records: The iterator of an `iter_…` method, or any iterable of records.
        model: As for `schema`.
        size: The number of records in a batch; the last may be shorter.
        fields: As for `to_record_batch`.

    Raises:
        ValidationError: As for `to_record_batch`, while iterating; for the other arguments at once.
        NotSelectedError: As for `to_record_batch`, while iterating.
        ModuleNotFoundError: pyarrow is not installed.
    """
    pa = _pyarrow()
    check_count("size", size, 1)
    _check_records(records)
    convert = partial(to_record_batch, model=model, fields=fields)
    return pa.RecordBatchReader.from_batches(
        schema(model, fields), _Converted(_lists(records, size), convert)
    )


class _Converted(Iterator[RecordBatch]):
    """Converts lists of records; keeps a list that could not be converted, and tries it again."""

    def __init__(
        self,
        lists: Iterator[list[ResponseModel]],
        convert: Callable[[list[ResponseModel]], RecordBatch],
    ) -> None:
        self._lists = lists
        self._convert = convert
        self._waiting: list[ResponseModel] | None = None

    def __next__(self) -> RecordBatch:
        if self._waiting is None:
            self._waiting = next(self._lists)
        batch = self._convert(self._waiting)
        self._waiting = None
        return batch


def _check_records(records: object) -> None:
    given = records
    if isinstance(records, AsyncIterable):
        advice = "; give each list of its iter_batches to to_record_batch"
    elif isinstance(records, Iterable):
        return
    else:
        advice = ""
    _refuse("records", f"must be an iterable of records, not {short_repr(given)}{advice}")


def _lists(records: Iterable[ResponseModel], size: int) -> Iterator[list[ResponseModel]]:
    if isinstance(records, RecordIterator):
        return records.iter_batches(size)
    waiting = iter(records)
    return iter(lambda: list(islice(waiting, size)), [])


def _pyarrow() -> Any:
    return import_extra("pyarrow", "Arrow", "arrow")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column, or a field of a struct; `parts` are the fields of a nested record."""

    property: Property
    parts: tuple[_Column, ...]


def _chosen(model: object, fields: Sequence[str] | None) -> tuple[_Column, ...]:
    """Return the columns of a list that `fields` names."""
    entity = ENTITIES.get(model.__name__) if isinstance(model, type) else None
    if entity is None or not issubclass(cast("type", model), ResponseModel):
        _refuse("model", f"must be the model of a list, such as Order, not {short_repr(model)}")
    if fields is None:
        return _columns(entity)
    if not _are_names(fields):
        _refuse("fields", f'must be a list of names such as ["Id", "Status"], not {short_repr(fields)}')
    return _columns(entity, [name.replace("/", ".").split(".") for name in fields])


def _are_names(given: object) -> bool:
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        return False
    return all(isinstance(one, str) for one in cast("Sequence[object]", given))


def _columns(entity: Entity, paths: Sequence[Sequence[str]] | None = None) -> tuple[_Column, ...]:
    """Return the columns of these paths, and of all fields without them."""
    if paths is None:
        paths = [[name] for name in entity.properties]
    known = {name: one for one in entity.properties.values() for name in (one.name, one.attribute)}
    chosen: dict[str, list[Sequence[str]]] = {}
    for name, *rest in paths:
        if name not in known:
            has = ", ".join(entity.properties)
            _refuse("fields", f"{entity.name} has no field {short_repr(name)}; it has {has}")
        if rest and known[name].entity is None:
            _refuse("fields", f"{entity.name}.{name} holds no record, and so no field {short_repr(rest[0])}")
        chosen.setdefault(known[name].name, []).append(rest)
    return tuple(_column(entity.properties[name], rests) for name, rests in chosen.items())


def _column(one: Property, rests: Sequence[Sequence[str]]) -> _Column:
    if one.entity is None:
        return _Column(one, ())
    is_whole = any(not rest for rest in rests)
    return _Column(one, _columns(ENTITIES[one.entity], None if is_whole else rests))


def _field(pa: Any, one: _Column, *, is_top: bool = True) -> Any:
    return pa.field(one.property.name, _type(pa, one), nullable=one.property.nullable or not is_top)


def _type(pa: Any, one: _Column) -> Any:
    """Return the Arrow type of a column."""
    if one.parts:
        return pa.struct([_field(pa, part, is_top=False) for part in one.parts])
    kind = _types(pa)[cast("Edm", one.property.type)]()
    return pa.list_(kind) if one.property.collection else kind


def _types(pa: Any) -> dict[Edm, Callable[[], Any]]:
    return {
        Edm.INT32: pa.int32,
        Edm.INT64: pa.int64,
        Edm.DOUBLE: pa.float64,
        Edm.DECIMAL: partial(pa.decimal128, *DECIMAL_DIGITS),
        Edm.BOOLEAN: pa.bool_,
        Edm.DATETIME: partial(pa.timestamp, "us", tz="UTC"),
        Edm.STRING: pa.string,
    }


def _array(pa: Any, one: _Column, holders: Sequence[Any], rows: Sequence[ResponseModel], path: str) -> Any:
    """Return the values of a column.

    `holders` are the rows, or their nested records (None where a row has none), at the attribute `path`.
    """
    attribute = one.property.attribute
    values = [None if holder is None else getattr(holder, attribute) for holder in holders]
    path += attribute
    kind = _type(pa, one)
    if not one.parts:
        try:
            return pa.array(values, type=kind)
        except (ValueError, TypeError, OverflowError):
            _find_misfit(pa, one.property, kind, values, rows, path)
            raise
    columns = [_array(pa, part, values, rows, f"{path}.") for part in one.parts]
    mask = pa.array([value is None for value in values], type=pa.bool_())
    return pa.StructArray.from_arrays(columns, fields=list(kind), mask=mask)


def _find_misfit(
    pa: Any, one: Property, kind: Any, values: Sequence[Any], rows: Sequence[ResponseModel], path: str
) -> None:
    """Raise a `ValidationError` for the first value that does not fit its column."""
    for value, row in zip(values, rows, strict=True):
        try:
            pa.array([value], type=kind)
        except (ValueError, TypeError, OverflowError):
            record = f"{type(row).__name__} {vars(row).get('id')}"
            _refuse(path, f"{_PROBLEMS[cast('Edm', one.type)]}, not {short_repr(value)}", record)


def _refuse(name: str, message: str, record: str = "No record batch") -> NoReturn:
    problem = Problem(name, message)
    raise ValidationError(f"{record}: {problem}", problems=[problem])
