"""Translate Pydantic's own errors; the messages of our validators are in `_types.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from signtraker._common.short_repr import short_repr

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails


def custom_error(kind: str, message: str) -> PydanticCustomError:
    """Return an error with a message of our own; `kind` is its type in Pydantic's list of errors."""
    # The message goes in through a placeholder: braces in it would otherwise be taken for placeholders.
    # Pydantic declares both texts as literals only to stop f-strings as templates.
    return PydanticCustomError(kind, "{message}", {"message": message})  # pyright: ignore[reportArgumentType]  # as above


def error_message(error: ErrorDetails) -> str:
    """Return the message for one of Pydantic's errors."""
    build = _MESSAGES.get(error["type"])
    if build is None:
        return f"{error['msg'][0].lower()}{error['msg'][1:]}, not {short_repr(error['input'])}"
    return build(error["input"], error.get("ctx", {}))


def _expected(rule: str) -> Callable[[object, dict[str, Any]], str]:
    return lambda value, _: f"must be {rule}, not {short_repr(value)}"


_MESSAGES: dict[str, Callable[[object, dict[str, Any]], str]] = {
    "missing": lambda _value, _context: "is required",
    "extra_forbidden": lambda _value, _context: "is not a known field",
    "int_type": _expected("an int"),
    "int_parsing": _expected("an int"),
    "int_from_float": _expected("an int"),
    "bool_parsing": _expected("True or False"),
    "float_parsing": _expected("a number"),
    "decimal_parsing": _expected("a number"),
    "decimal_type": _expected("a number"),
    "iso_8601": _expected("a datetime"),
    "string_type": _expected("text"),
    "bool_type": _expected("True or False"),
    "float_type": _expected("a number"),
    "literal_error": lambda value, ctx: f"must be {ctx['expected']}, not {short_repr(value)}",
    "model_type": lambda value, ctx: f"must be {ctx['class_name']} or a mapping, not {short_repr(value)}",
}
