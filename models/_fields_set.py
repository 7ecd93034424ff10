"""Share equal sets of field names between records.

Pydantic keeps a set of the fields that were given for each record: 40 % of the memory of a list of orders.
Most rows of a list give the same fields, so their records share one frozenset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable

_SLOT: Final = vars(BaseModel)["__pydantic_fields_set__"]
_MOST_KNOWN: Final = 4096
_known: dict[frozenset[str], frozenset[str]] = {}


def shared_fields_set_property() -> property:
    """Return a property that replaces `BaseModel.__pydantic_fields_set__`, in which Pydantic stores the set.

    It stores the shared frozenset and returns a new set each time, so that a change to one record's set can't
    change another's. Each model needs a property of its own: it compares a record's set with the one before
    it, which is faster than to make a frozenset and look it up.
    """
    store, delete = _SLOT.__set__, _SLOT.__delete__
    before: frozenset[str] = frozenset()

    def set_shared(record: BaseModel, names: Iterable[str]) -> None:
        nonlocal before
        shared = before  # Read once: another thread may change it.
        if names != shared:
            shared = before = _shared(names)
        store(record, shared)

    return property(_copied, set_shared, delete)


def _copied(record: BaseModel) -> set[str]:
    return set(shared_fields_set(record))


def _shared(names: Iterable[str]) -> frozenset[str]:
    """Return the known set that equals the given one."""
    if len(_known) >= _MOST_KNOWN:  # The server's rows have many unknown fields.
        _known.clear()
    shared = frozenset(names)
    return _known.setdefault(shared, shared)


def shared_fields_set(record: BaseModel) -> frozenset[str]:
    """Return the record's own frozenset of the fields that were given."""
    names: frozenset[str] = _SLOT.__get__(record)
    return names
