"""Share equal sets of field names between records.

Pydantic keeps a set of the fields that were given for each record: 40 % of the memory of a list of orders.
Most rows of a list give the same fields, so their records share one frozenset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable

_SLOT: Final = vars(BaseModel)["__pydantic_fields_set__"]
_MOST_KNOWN: Final = 4096
_known: dict[frozenset[str], frozenset[str]] = {}


class SharedFieldsSet:
    """Descriptor that replaces `BaseModel.__pydantic_fields_set__`, in which Pydantic stores the set.

    It stores the shared frozenset and returns a new set each time, so that a change to one record's set can't
    change another's.
    """

    def __get__(self, record: BaseModel | None, owner: type[BaseModel] | None = None) -> Any:
        """Return a copy of the record's set."""
        return self if record is None else set(_SLOT.__get__(record))

    def __set__(self, record: BaseModel, names: Iterable[str]) -> None:
        """Store a set that equals the given one."""
        if len(_known) >= _MOST_KNOWN:  # The server's rows have many unknown fields.
            _known.clear()
        shared = frozenset(names)
        _SLOT.__set__(record, _known.setdefault(shared, shared))

    def __delete__(self, record: BaseModel) -> None:
        """Delete the record's set, as Pydantic's slot does."""
        _SLOT.__delete__(record)


def shared_fields_set(record: BaseModel) -> frozenset[str]:
    """Return the record's own frozenset of the fields that were given."""
    names: frozenset[str] = _SLOT.__get__(record)
    return names
