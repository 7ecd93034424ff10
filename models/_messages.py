"""Describe mistakes in sentences: what was wrong with a value, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from signtraker._common.short_repr import short_repr

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails


def mistake(kind: str, text: str) -> PydanticCustomError:
    """Return the error that reports one sentence; `kind` is what Pydantic calls its type."""
    # Pydantic asks for a literal kind, which matters for the template only.
    return PydanticCustomError(kind, "{sentence}", {"sentence": text})  # pyright: ignore[reportArgumentType]


def sentence(error: ErrorDetails) -> str:
    """Say in words what Pydantic found wrong with one field."""
    build = _SENTENCES.get(error["type"])
    if build is None:
        return f"{error['msg'][0].lower()}{error['msg'][1:]}, not {short_repr(error['input'])}"
    return build(error["input"], error.get("ctx", {}))


def _not(rule: str) -> Callable[[object, dict[str, Any]], str]:
    return lambda value, _: f"must be {rule}, not {short_repr(value)}"


_SENTENCES: dict[str, Callable[[object, dict[str, Any]], str]] = {
    "missing": lambda _value, _context: "is required",
    "extra_forbidden": lambda _value, _context: "is not a known field",
    "int_type": _not("an int"),
    "int_parsing": _not("an int"),
    "int_from_float": _not("an int"),
    "bool_parsing": _not("True or False"),
    "float_parsing": _not("a number"),
    "decimal_parsing": _not("a number"),
    "decimal_type": _not("a number"),
    "iso_8601": _not("a datetime"),
    "string_type": _not("text"),
    "bool_type": _not("True or False"),
    "float_type": _not("a number"),
    "literal_error": lambda value, ctx: f"must be {ctx['expected']}, not {short_repr(value)}",
    "model_type": lambda value, ctx: f"must be {ctx['class_name']} or a mapping, not {short_repr(value)}",
}
