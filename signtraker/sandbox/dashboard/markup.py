"""HTML that is safe by construction: whatever is not markup already is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"input", "link", "meta"})


class Html(str):
    """Markup. Made by `tag` and `join` only; formatting or concatenating it yields plain text again."""

    __slots__ = ()


Content: TypeAlias = "Html | str | int | None"
Value: TypeAlias = "str | float | bool | None"


def tag(element: str, /, *content: Content, **attributes: Value) -> Html:
    """Make an element. `class_` is the attribute `class`, `aria_label` is `aria-label`.

    An attribute of None or False is left out, one of True stands without a value.
    """
    inside = "".join(_attribute(key, value) for key, value in attributes.items())
    end = "" if element in _VOID else f"{join(content)}</{element}>"
    return Html(f"<{element}{inside}>{end}")


def join(parts: Iterable[Content]) -> Html:
    """Put markup and text together."""
    return Html("".join(part if isinstance(part, Html) else _text(part) for part in parts))


def _text(part: Content) -> str:
    return "" if part is None else escape(str(part))


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
