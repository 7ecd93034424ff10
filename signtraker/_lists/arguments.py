"""Check the plain arguments of a call: ids, numbers and texts. Nothing here needs `signtraker.query`.

A program that reads single records imports this module and not the rest of the package, which takes longer
to import than such a call takes.
"""

from __future__ import annotations

from dataclasses import dataclass

from signtraker._common.integers import INT32_MAX, INT64_MAX, whole_number
from signtraker._common.short_repr import short_repr
from signtraker.exceptions import Problem, ValidationError, refuse

PAGE_SIZE = 100
"""The default number of records in a page."""
BATCH_SIZE = 1000
"""The default number of records in a batch."""
MAX_CONCURRENCY = 100
"""The most pages that may be read at a time."""


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The OData options of one call as the caller gave them, not yet checked; None if not given."""

    filter: object = None
    top: object = None
    skip: object = None
    orderby: object = None
    select: object = None
    partition: object = None
    """The range of ids to read; `partition.py` makes it a part of the filter."""


class RefusedError(Exception):
    """An option can't be sent; the message says why."""


def checked_id(name: str, value: object) -> int:
    """Check an id before it becomes part of a URL. Accepts any integer type, numpy's too."""
    number = whole_number(value)
    if number is None:
        refuse([Problem(name, f"must be an int, not {short_repr(value)}")])
    elif not 0 < number <= INT64_MAX:
        refuse([Problem(name, f"must be a positive id, not {short_repr(value)}")])
    return number or 0


def text_parameter(name: str, value: object) -> str:
    """Check a text before it becomes a query parameter."""
    try:
        return text_of(value)
    except RefusedError as refusal:
        raise ValidationError(
            f"Not sent: {name}: {refusal}", problems=[Problem(name, str(refusal))]
        ) from None


def text_of(value: object) -> str:
    """Return a text that is not blank; raises `RefusedError` for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise RefusedError(f"must be text that is not blank, not {short_repr(value)}; leave it out instead")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise RefusedError(
            f"must not hold half of a surrogate pair, which UTF-8 can't encode: {short_repr(value)}"
        ) from None
    # A subclass, such as an Enum, may have a `__str__` of its own.
    return str.__str__(value)


def count_of(value: object, lowest: int = 0, highest: int = INT32_MAX) -> int:
    """Return a number from `lowest` to `highest`; raises `RefusedError` for anything else."""
    number = whole_number(value)
    if number is None or not lowest <= number <= highest:
        raise RefusedError(f"must be a whole number from {lowest} to {highest}, not {short_repr(value)}")
    return number


def check_count(name: str, value: object, lowest: int, highest: int = INT32_MAX) -> None:
    """Raise `ValidationError` for a number that is not from `lowest` to `highest`."""
    try:
        count_of(value, lowest, highest)
    except RefusedError as refusal:
        refuse([Problem(name, str(refusal))])
