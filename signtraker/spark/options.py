"""Check the options of a read. Pure; PySpark is not needed.

No error shows the value of an unknown option: it may be a key.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from signtraker._common.short_repr import short_repr
from signtraker._core.config import checked_url, tenant_url
from signtraker._lists.api_lists import API_LISTS
from signtraker._lists.read_partitions import MAX_PARTITIONS
from signtraker.exceptions import Problem, SignTrakerConfigError, ValidationError
from signtraker.query.errors import ODataError
from signtraker.query.filters import Filter
from signtraker.query.generated.entities import ENTITIES
from signtraker.query.parsing.parse import parse_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signtraker._lists.api_lists import ApiList
    from signtraker.query.schema import Property


PARTITIONS: Final = 8
PAGE_SIZE: Final = 1000
_MAX_PAGE_SIZE: Final = 2**31 - 1
_SECRET: Final = re.compile(r"key|token|secret|password|authorization", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_SECRETS: Final = (
    "no option takes a key, because Spark shows options in plans and logs; set SIGNTRAKER_API_KEY in the"
    " environment of the driver and of the executors"
)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The options of one read, checked. It can be pickled, and holds no key."""

    source: ApiList
    partitions: int = PARTITIONS
    page_size: int = PAGE_SIZE
    max_per_second: float | None = None
    """The number of requests of the whole read that may start in a second."""
    concurrent_tasks: int | None = None
    """The number of tasks that Spark runs at a time, at most; None for all partitions."""
    select: tuple[str, ...] | None = None
    """The columns; None for all."""
    filter: Filter[Any] | None = None
    """The reader's own condition, sent with each request."""
    pushdown: bool = True
    """Whether Spark's filters become a part of the requests."""
    subdomain: str | None = None
    base_url: str | None = None
    api_key_variable: str | None = None
    """The name of the environment variable that holds the key."""

    @property
    def properties(self) -> Mapping[str, Property]:
        """The columns of the list, by name."""
        return ENTITIES[self.source.model].properties

    def selectable(self, columns: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the columns for `$select`; None if it would drop one, or none need be left out.

        The server's `$select` drops nested objects, so they come only with whole rows.
        """
        is_plain = all(self.properties[name].entity is None for name in columns)
        return columns if is_plain and len(columns) < len(self.properties) else None

    @property
    def tasks(self) -> int:
        """The number of tasks among which the rate is divided."""
        return min(self.partitions, self.concurrent_tasks or self.partitions)


def read_options(given: Mapping[str, str]) -> ReadOptions:
    """Check the options that Spark hands over, which are all text; their names have no case.

    Raises `ValidationError`, which names every option that can't be used.
    """
    options = {name.lower(): value for name, value in given.items()}
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in options.items():
        reader = _READERS.get(name)
        if reader is None and name != "list":
            problems.append(Problem(name, _unknown(name)))
        elif reader is not None:
            try:
                found[name] = reader(value)
            except ValueError as refusal:
                problems.append(Problem(name, str(refusal)))
    source = API_LISTS.get(options.get("list", ""))
    if source is None:
        problems.insert(0, Problem("list", _unknown_list(options.get("list"))))
    else:
        of_lists: dict[str, Callable[[str, str], object]] = {"select": _columns, "filter": _condition}
        for name, of_list in of_lists.items():
            if name in found:
                try:
                    found[name] = of_list(found[name], source.model)
                except ValueError as refusal:
                    problems.append(Problem(name, str(refusal)))
    refuse(problems)
    assert source is not None, "a list that is missing is a problem"  # noqa: S101 - for type checkers
    return ReadOptions(source, **found)


def refuse(problems: list[Problem]) -> None:
    """Raise a `ValidationError` that lists the problems, if there are any."""
    if problems:
        raise ValidationError(f"Nothing was read: {'; '.join(map(str, problems))}", problems=problems)


def _unknown(name: str) -> str:
    if _SECRET.search(name):
        return _NO_SECRETS
    known = ["list", *_READERS]
    near = get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"the options are {', '.join(known)}"
    return f"there is no such option; {advice}"


def _unknown_list(given: str | None) -> str:
    names = ", ".join(API_LISTS)
    if given is None:
        return f'say which list to read: .option("list", "orders"); the lists are {names}'
    near = get_close_matches(given.lower().replace("-", "_"), API_LISTS, n=1)
    advice = f"did you mean {near[0]}?" if near else f"the lists are {names}"
    return f"there is no list {short_repr(given)}; {advice}"


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,10}", value) or not lowest <= int(value) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}, not {short_repr(value)}")
        return int(value)

    return read


def _rate(value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"must be a number of requests above 0, such as 5 or 0.5, not {short_repr(value)}")
    return rate


def _flag(value: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise ValueError(f"must be true or false, not {short_repr(value)}")
    return value.lower() == "true"


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank; leave it out instead")
    return value.strip()


def _server(name: str, check: Callable[[object, str], str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        text = _text(value)
        try:
            check(text, name)
        except SignTrakerConfigError as refusal:
            raise ValueError(str(refusal).removeprefix(f"{name} ").removesuffix(".")) from None
        return text

    return read


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        # The value is not shown: it may be the key itself.
        raise ValueError(
            "must be the name of an environment variable that holds the key, such as SIGNTRAKER_API_KEY_ACME"
        )
    return value


def _columns(text: str, model: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(one.strip() for one in text.split(",")))
    for name in names:
        check_column(name, model)
    return names


def check_column(name: str, model: str) -> None:
    """Raise ValueError for a name that is no column of the list."""
    known = ENTITIES[model].properties
    if name in known:
        return
    if name.partition(".")[0] in known:
        raise ValueError(
            f"{name} is a part of the column {name.partition('.')[0]}; take the column as a whole, and its"
            " part in the DataFrame"
        )
    spellings = {one.lower(): each.name for each in known.values() for one in (each.name, each.attribute)}
    near = get_close_matches(name.lower(), spellings, n=1)
    advice = f"did you mean {spellings[near[0]]}?" if near else f"the columns are {', '.join(known)}"
    raise ValueError(f"there is no column {short_repr(name)}; {advice}")


def _condition(text: str, model: str) -> Filter[Any]:
    try:
        return Filter(parse_filter(text, model, version="v4"), model)
    except ODataError as error:
        raise ValueError(str(error)) from None


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "partitions": _whole(1, MAX_PARTITIONS),
    "page_size": _whole(1, _MAX_PAGE_SIZE),
    "max_per_second": _rate,
    "concurrent_tasks": _whole(1, MAX_PARTITIONS),
    "select": _text,
    "filter": _text,
    "pushdown": _flag,
    "subdomain": _server("subdomain", tenant_url),
    "base_url": _server("base_url", checked_url),
    "api_key_variable": _variable,
}
"""The options but `list`, with what reads their values; it raises ValueError with a sentence."""
