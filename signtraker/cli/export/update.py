"""Bring one list of an export up to date: decide what to read, and write it in batches."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from signtraker.query.generated import roots
from signtraker.query.generated.entities import ROOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from signtraker.cli.export.database import Counts, Database, Progress
    from signtraker.cli.resources import Resource
    from signtraker.client import SignTrakerClient

_BATCH: Final = 500
"""The records of one transaction: five pages."""
_IDS: Final = 200
"""The ids that are looked up at once."""


def update(
    database: Database,
    resource: Resource,
    client: SignTrakerClient,
    now: datetime,
    *,
    full: bool,
    show: Callable[[Counts], None],
) -> Counts:
    """Read a list, as little of it as will do, and return what was found.

    An interruption leaves whole batches; the next run goes on after them. `show` is called after each batch.
    """
    finished = resource.api_list.finished
    is_full = full or finished is None
    progress = database.progress_of(resource)
    progress.begin(now, is_full=is_full, may_resume=finished is not None)
    resumed_at = progress.position
    root: Any = getattr(roots, ROOTS[resource.model])

    def read(where: Any) -> Iterator[Any]:
        return resource.iterate(client, filter=where)

    def write(records: Iterator[Any], *, moves: bool = False) -> None:
        while batch := list(islice(records, _BATCH)):
            progress.write(batch, position=max(one.id for one in batch) if moves else 0)
            show(progress.counts)

    start = resumed_at if is_full else progress.last_id
    write(read(root.id > start if start else None), moves=True)
    if finished is not None and (resumed_at or not is_full):
        limit = resumed_at if is_full else progress.last_id
        _refresh(progress, finished, limit, root, read, write)
    progress.finish(now, is_full=is_full)
    return progress.counts


def _refresh(
    progress: Progress,
    finished: str,
    limit: int,
    root: Any,
    read: Callable[[Any], Iterator[Any]],
    write: Callable[[Iterator[Any]], None],
) -> None:
    """Read the records again that were not finished: those the server says, and those that it no longer does.

    The second are those that were finished since, or deleted.
    """
    if not limit:
        return
    write(read(getattr(root, finished).is_null() & (root.id <= limit)))
    for ids in progress.unfinished(finished, _IDS):
        write(read(root.id.in_(ids)))
        progress.mark_unread(ids)
