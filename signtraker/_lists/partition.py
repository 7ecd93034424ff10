"""Describe a range of ids of a list, and split ids into such ranges. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from signtraker._common.integers import INT64_MAX, whole_number
from signtraker._common.short_repr import short_repr
from signtraker._lists.positions import BY_ID, with_condition
from signtraker.exceptions import Problem, ValidationError
from signtraker.query.nodes import Comparison, Literal

if TYPE_CHECKING:
    from signtraker._lists.options import ResolvedOptions
    from signtraker.query import ODataVersion


@dataclass(frozen=True, slots=True)
class Partition:
    """The records of a list whose ids lie above `after`, up to `until`; None is no bound.

    A value that can be pickled, compared and hashed. It holds no connection, no key and no filter. Raises
    `ValidationError` for bounds that are not ids in ascending order.
    """

    after: int | None = None
    """The id after which the partition begins."""
    until: int | None = None
    """The last id of the partition."""

    def __post_init__(self) -> None:
        for name in ("after", "until"):
            given = getattr(self, name)
            number = whole_number(given)
            if given is not None and (number is None or abs(number) > INT64_MAX):
                raise _wrong_bound(name, f"must be an id or None, not {short_repr(given)}")
            object.__setattr__(self, name, number)
        if self.after is not None and self.until is not None and self.after >= self.until:
            raise _wrong_bound("until", f"must be greater than after, {self.after}, not {self.until}")


def _wrong_bound(name: str, message: str) -> ValidationError:
    problem = Problem(name, message)
    return ValidationError(f"Not a partition: {problem}", problems=[problem])


def split_ids(n: int, lowest: int, highest: int) -> tuple[Partition, ...]:
    """Return `n` partitions, or one for each id if there are fewer ids from `lowest` to `highest`.

    The ids are divided evenly. The first partition has no lower bound and the last no upper one, so that
    together they are the whole list, whatever is created or deleted meanwhile.
    """
    width = max(highest - lowest + 1, 1)
    n = min(n, width)
    cuts = [lowest - 1 + width * place // n for place in range(1, n)]
    return tuple(Partition(after, until) for after, until in pairwise([None, *cuts, None]))


def within(options: ResolvedOptions, partition: Partition, version: ODataVersion) -> ResolvedOptions:
    """Return the options with the bounds of a partition as further conditions."""
    path = BY_ID.expression
    if partition.after is not None:
        options = with_condition(options, Comparison("gt", path, Literal(partition.after)), version)
    if partition.until is not None:
        options = with_condition(options, Comparison("le", path, Literal(partition.until)), version)
    return options
