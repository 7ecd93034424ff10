"""Make the filter and the ordering of a list from options; check OData text before it is sent. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from signtraker.cli.errors import UsageError
from signtraker.query import Filter, all_of
from signtraker.query.errors import ODataError
from signtraker.query.generated import roots
from signtraker.query.generated.entities import ENTITIES, ROOTS
from signtraker.query.parsing.parse import parse_filter, parse_orderby

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from signtraker.cli.resources import Resource
    from signtraker.query.nodes import Node
    from signtraker.query.schema import ODataVersion

_WIDE: Final = 76
_NAME: Final = re.compile(r"named '([^']+)'|name '([^']+)'")
_STRING: Final = re.compile(r"'(?:[^']|'')*'")
_BETWEEN_CLAUSES: Final = re.compile(r"[\s(]*(?:\b(?:and|or|not)\b[\s(]*)+|^[\s(]+")
_LINE_BREAKS: Final = str.maketrans("\r\n", "  ")


def build_filter(
    resource: Resource,
    values: Mapping[str, Any],
    text: str | None,
    version: ODataVersion,
    read_time: Callable[[str, str], datetime],
) -> Filter[Any] | None:
    """Return the condition that all options together mean; None if none was given.

    Args:
        resource: The list, which defines its filter options.
        values: The values of the options, by their parameters' names.
        text: The OData text of `--filter`.
        version: The server's dialect.
        read_time: Reads the time of an option: its name, and its text.
    """
    terms: list[Filter[Any]] = []
    for option in resource.filters:
        value = values.get(option.parameter)
        if value in (None, [], ()):
            continue
        field = _field(resource.model, option.path)
        if option.operator == "eq":
            terms.append(_any_of(field, value, option.name))
        else:
            moment = read_time(option.name, value)
            terms.append(field >= moment if option.operator == "since" else field < moment)
    if text is not None:
        terms.append(Filter(checked(text, resource.model, version), resource.model))
    return all_of(terms) if terms else None


def _field(model: str, path: str) -> Any:
    """Return the field of a path: `Q.job_site.city` for `job_site.city`."""
    return reduce(getattr, path.split("."), getattr(roots, ROOTS[model]))


def _any_of(field: Any, values: list[Any], option: str) -> Filter[Any]:
    try:
        condition: Filter[Any] = field.in_(values)
    except ValueError as error:
        raise UsageError(f"--{option}: {str(error).partition(': ')[2]}.") from None
    return condition


def checked(text: str, model: str, version: ODataVersion) -> Node:
    """Parse the text of `--filter`; raises `UsageError` that shows where it is wrong."""
    if _is_broken(text):
        raise UsageError("--filter is not UTF-8, so it can't be sent; look at the encoding of the terminal.")
    try:
        return parse_filter(text, model, version=version)
    except ODataError as error:
        clause = _wrong_clause(error, text, model, version)
        raise UsageError(f"--filter: {pointed(error, text, model, clause)}") from None


def _wrong_clause(error: ODataError, text: str, model: str, version: ODataVersion) -> int | None:
    """Return the place of a clause that is refused alone, in the same words if there is one."""
    refused: list[tuple[bool, int]] = []
    for start, end in _clauses(_without_strings(text)):
        try:
            parse_filter(text[start:end], model, version=version)
        except ODataError as alone:
            refused.append((alone.message != error.message, start))
    return min(refused)[1] if refused else None


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places between `and`, `or` and `not`, without the parentheses around them; no strings."""
    start = 0
    for found in [*_BETWEEN_CLAUSES.finditer(text), None]:
        clause = text[start : len(text) if found is None else found.start()].rstrip()
        while clause.count(")") > clause.count("("):
            clause = clause[: clause.rindex(")")].rstrip()
        if clause:
            yield start, start + len(clause)
        start = len(text) if found is None else found.end()


def _is_broken(text: str) -> bool:
    """Return whether the text holds a lone surrogate, Python's form of a byte that is not UTF-8."""
    return any("\ud800" <= one <= "\udfff" for one in text)


def pointed(error: ODataError, text: str, model: str, clause: int | None = None) -> str:
    """Return the parser's sentence, with the text and a caret under the mistake, or under its clause."""
    sentence = error.message if error.message.endswith((".", "?", "!")) else f"{error.message}."
    named = _NAME.search(error.message)
    name = next((one for one in named.groups() if one), None) if named else None
    if name is not None:
        known = [key for entity in _entities(model) for key in ENTITIES[entity].properties]
        near = get_close_matches(name, known, n=1) or [
            one for one in known if one.lower() == name.replace("_", "").lower()
        ]
        if "property" in sentence:
            # Without quotes, a word is the name of a property.
            sentence += f" Did you mean {near[0]}?" if near else f" Text is written in quotes: '{name}'."
    places = (error.position, _find(name, text), clause)
    position = next((one for one in places if one is not None), None)
    if position is None:
        return sentence
    text = text.translate(_LINE_BREAKS)
    # A long text is cut to the part around the mistake.
    start = max(0, min(position - _WIDE // 2, len(text) - _WIDE))
    shown = text[start : start + _WIDE]
    return f"{sentence}\n  {shown}\n  {' ' * (position - start)}^"


def _find(name: str | None, text: str) -> int | None:
    """Return the place of a name in a text, outside of its strings."""
    if name is None:
        return None
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", _without_strings(text))
    return None if found is None else found.start()


def _without_strings(text: str) -> str:
    """Return the text with a quote for each character of its strings."""
    return _STRING.sub(lambda found: "'" * len(found[0]), text)


def _entities(model: str) -> list[str]:
    nested = [one.entity for one in ENTITIES[model].properties.values() if one.entity]
    return [model, *dict.fromkeys(nested)]


def ordering(texts: list[str], model: str, version: ODataVersion) -> str | None:
    """Return the OData text of `--orderby`: `-created,city` becomes `Created desc,JobSite/City`.

    A part may also be OData text, `Created desc`. Raises `UsageError` for one that can't be read.
    """
    # Columns and orderings have the same names.
    from signtraker.cli.columns import choose

    parts: list[str] = []
    for part in [one.strip() for text in texts for one in text.split(",") if one.strip()]:
        if " " in part or "(" in part:
            parts.append(part)
            continue
        name = part.lstrip("+-")
        try:
            [column] = choose(model, name)
        except UsageError as error:
            raise UsageError(error.message.replace("--columns", "--orderby")) from None
        parts.append("/".join(column.keys) + (" desc" if part.startswith("-") else ""))
    if not parts:
        return None
    text = ",".join(parts)
    try:
        parse_orderby(text, model, version=version)
    except ODataError as error:
        raise UsageError(f"--orderby: {pointed(error, text, model)}") from None
    return text
