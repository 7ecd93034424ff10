"""Write records one by one in each format. No writer holds more than a few of them."""

from __future__ import annotations

import csv
import json
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from signtraker._common.extras import missing_extra
from signtraker.cli.columns import STATUS_STYLES, exact, on_one_line, pruned, short
from signtraker.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo
    from typing import IO, BinaryIO, TextIO

    from signtraker.cli.columns import Column
    from signtraker.cli.terminal import Terminal

_SAMPLE: Final = 100
"""The rows by which the widths of a table are chosen: one page of the API."""
_BATCH: Final = 5_000
"""The rows of a group in a Parquet file."""


def write_json(records: Iterable[Any], columns: Sequence[Column] | None, stream: TextIO) -> None:
    """Write one JSON array, a record in a line."""
    before = "[\n"
    for record in records:
        stream.write(f"{before}{json_text(record, columns)}")
        before = ",\n"
    stream.write("[]\n" if before == "[\n" else "\n]\n")


def write_ndjson(records: Iterable[Any], columns: Sequence[Column] | None, stream: TextIO) -> None:
    """Write each record as JSON in a line of its own."""
    stream.writelines(f"{json_text(record, columns)}\n" for record in records)


def json_text(record: Any, columns: Sequence[Column] | None = None, *, indent: int | None = None) -> str:
    """Return a record as the API's JSON: whole, or only these columns."""
    if columns is None and indent is None:
        text: str = record.model_dump_json(by_alias=True, exclude_unset=True)
        return text
    row = record.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return json.dumps(row if columns is None else pruned(row, columns), ensure_ascii=False, indent=indent)


def write_csv(records: Iterable[Any], columns: Sequence[Column], stream: TextIO) -> None:
    """Write CSV with a line of headings. Lines end as other commands write them, with a line feed alone."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([one.name for one in columns])
    for record in records:
        writer.writerow([exact(one.read(record)) for one in columns])


def write_plain(records: Iterable[Any], columns: Sequence[Column], stream: TextIO) -> None:
    """Write a line for each record with tabs between the values, for `cut` and `awk`."""
    stream.write("\t".join(one.name for one in columns) + "\n")
    lines = ([on_one_line(exact(one.read(record))) for one in columns] for record in records)
    stream.writelines("\t".join(line) + "\n" for line in lines)


def write_table(
    records: Iterable[Any],
    columns: Sequence[Column],
    ranks: Sequence[int] | None,
    stream: IO[str],
    terminal: Terminal,
    zone: tzinfo,
) -> tuple[int, list[str]]:
    """Write a table that fits the terminal.

    Returns the number of records, and the names of the columns that had no room.

    Args:
        records: The records; the widths are chosen by the first hundred.
        columns: The columns from left to right.
        ranks: Their places in the order of importance; None keeps all.
        stream: Where to write.
        terminal: It says how wide the table may be, and whether there are colours.
        zone: The time zone of the times.
    """
    # Loads rich, which only tables need.
    from rich.cells import cell_len

    from signtraker.cli.table import GAP, Track, fit, line

    waiting = iter(records)
    first = [[short(one.read(record), zone) for one in columns] for record in islice(waiting, _SAMPLE)]
    headings = [one.heading for one in columns]
    wide = [max(map(cell_len, cells)) for cells in zip(headings, *first, strict=True)]
    tracks = fit(
        [Track(place, wide[place], one.may_shrink, one.is_number) for place, one in enumerate(columns)],
        ranks,
        terminal.width,
    )
    gap = " " * GAP
    if not first:
        return 0, []
    stream.write(terminal.style(gap.join(line(tracks, headings)).rstrip(), "bold") + "\n")
    count = 0
    rest = ([short(one.read(record), zone) for one in columns] for record in waiting)
    for count, cells in enumerate(chain(first, rest), 1):  # noqa: B007 - the result
        shown = line(tracks, cells)
        for place, track in enumerate(tracks):
            if columns[track.index].name == "status":
                styles = STATUS_STYLES.get(cells[track.index], ())
                shown[place] = terminal.style(shown[place], *styles)
        stream.write(gap.join(shown).rstrip() + "\n")
    kept = {one.index for one in tracks}
    return count, [one.name for place, one in enumerate(columns) if place not in kept]


def check_pyarrow() -> None:
    """Raise `UsageError` if Parquet files can't be written."""
    if find_spec("pyarrow") is None:
        raise UsageError(missing_extra("Parquet", "pyarrow", "arrow"))


def write_parquet(
    records: Iterable[Any], model: str, columns: Sequence[Column] | None, stream: BinaryIO
) -> None:
    """Write a Parquet file with the list's Arrow schema: whole, or only these columns."""
    check_pyarrow()
    pq = import_module("pyarrow.parquet")
    from signtraker import models
    from signtraker.arrow import iter_record_batches

    fields = None if columns is None else [".".join(one.keys) for one in columns]
    batches = iter_record_batches(records, getattr(models, model), size=_BATCH, fields=fields)
    with pq.ParquetWriter(stream, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
