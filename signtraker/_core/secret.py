"""Hide the API key and the values of extra headers from `repr`, logs and tracebacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")
_LONGEST_HARMLESS: Final = 11
"""A text of more characters than this, given where it can't be right, may be the key in a wrong place."""


class HiddenText(str):
    """Text whose `repr` is `'***'`.

    Tracebacks with locals, debuggers and Sentry show the `repr` of what they find. Only `str()` and
    formatting give the text, which `headers` and `prepared` in `http.conversion` alone do.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class ApiKey(HiddenText):
    """The API key."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "the API key can't be pickled; it is resolved from the environment where it is needed"
        )


def hidden(key: T) -> T | ApiKey:
    """Return a key that a traceback with locals does not show; anything but text as it is."""
    return ApiKey(key) if isinstance(key, str) else key


def hidden_values(headers: T) -> T:
    """Return headers whose values a traceback with locals does not show, whatever was given as headers."""
    hidden_ones: Any = headers
    if isinstance(headers, Mapping):
        given = cast("Mapping[object, object]", headers)
        hidden_ones = {name: HiddenText(one) if isinstance(one, str) else one for name, one in given.items()}
    elif isinstance(headers, str):
        hidden_ones = HiddenText(headers)
    return cast("T", hidden_ones)


def quoted(value: object) -> str:
    """Format an invalid setting for an error message; shows only the length of a possible API key."""
    if isinstance(value, str) and len(value) > _LONGEST_HARMLESS and "://" not in value:
        return f"a text of {len(value)} characters"
    if isinstance(value, str | int | float | bool | None):
        return repr(value)
    return f"a {type(value).__name__}"
