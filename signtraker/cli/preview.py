"""Show a request before it is sent: its fields, and a change as the lines of a diff. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from signtraker.cli.columns import on_one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from signtraker.cli.terminal import Terminal


def fields(payload: Mapping[str, Any], terminal: Terminal, stream: TextIO, notes: Mapping[str, str]) -> str:
    """Return the fields of a request, one in a line; a note replaces the value that is sent."""
    wide = max((len(name) for name in payload), default=0)
    lines: list[str] = []
    for name, value in payload.items():
        label = terminal.style(name.ljust(wide), "dim", stream=stream)
        lines.append(f"  {label}  {on_one_line(notes.get(name, str(value)))}")
    return "\n".join(lines)


def changes(
    before: Mapping[str, Any], patch: Mapping[str, Any], terminal: Terminal, stream: TextIO, prefix: str = ""
) -> list[str]:
    """Return a change as lines: the value before with a minus in red, the new one with a plus in green."""
    lines: list[str] = []
    for name, value in patch.items():
        known = before.get(name)
        if isinstance(value, dict):
            nested = cast("dict[str, Any]", known) if isinstance(known, dict) else {}
            lines += changes(nested, cast("dict[str, Any]", value), terminal, stream, f"{prefix}{name}.")
            continue
        lines.append(f"  {prefix}{name}")
        if known is not None:
            lines.append(terminal.style(f"    - {_value(known)}", "red", stream=stream))
        lines.append(terminal.style(f"    + {_value(value)}", "green", stream=stream))
    return lines


def _value(value: object) -> str:
    if value is None:
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return on_one_line(
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    )
