"""Hide the API key from `repr`, logs and tracebacks."""

from __future__ import annotations

from typing import Any, Final, TypeVar

T = TypeVar("T")
_LONGEST_HARMLESS: Final = 11
"""A text of more characters than this, given where it can't be right, may be the key in a wrong place."""


class ApiKey(str):
    """The API key as text whose `repr` is `'***'`.

    Tracebacks with locals, debuggers and Sentry show the `repr` of what they find. Only `str()` and
    formatting give the key, which `headers` in `http.conversion` alone does.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "the API key can't be pickled; it is resolved from the environment where it is needed"
        )


def hidden(key: T) -> T | ApiKey:
    """Return a key that a traceback with locals does not show; anything but text as it is."""
    return ApiKey(key) if isinstance(key, str) else key


def quoted(value: object) -> str:
    """Format an invalid setting for an error message; shows only the length of a possible API key."""
    if isinstance(value, str) and len(value) > _LONGEST_HARMLESS and "://" not in value:
        return f"a text of {len(value)} characters"
    if isinstance(value, str | int | float | bool | None):
        return repr(value)
    return f"a {type(value).__name__}"
