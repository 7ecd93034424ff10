"""Read and check the dashboard's forms; refuse wrong ones in a sentence."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from signtraker.sandbox.faults.fault import Fault
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_UNITS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1.0, "weeks": 7.0}
_LONGEST = 36_500
"""Days: further than a century nobody needs to see, and the calendar ends."""


class FormError(Exception):
    """A form that can't be used; the message says why, for the one who filled it in."""


def read_advance(form: Mapping[str, str]) -> timedelta:
    """Read by how much the clock is to move on."""
    amount, unit = form.get("amount", ""), form.get("unit", "days")
    if "step" in form:
        amount, _, unit = form["step"].partition(" ")
    number = _decimal("Advance by", amount or "0")
    if unit not in _UNITS:
        raise FormError(f"The clock counts in {', '.join(_UNITS)}, not in “{unit}”.")
    days = number * _UNITS[unit]
    if not 0 < days <= _LONGEST:
        raise FormError(f"The clock advances by more than nothing and by {_LONGEST:,} days at most.")
    return timedelta(days=days)


def read_fault(form: Mapping[str, str]) -> Fault:
    """Read a fault out of its form; empty fields stay at their defaults."""
    parameters: dict[str, Any] = {"after_work": form.get("after_work") == "1"}
    for name, (label, read) in _FIELDS.items():
        text = form.get(name, "").strip()
        if text:
            parameters[name] = read(label, text)
    try:
        fault = Fault(**parameters)
    except SandboxError as error:
        raise FormError(str(error)) from error
    if not _does_something(fault):
        raise FormError("Choose what goes wrong: a status, a lost connection, a spoilt body or a delay.")
    return fault


def _does_something(fault: Fault) -> bool:
    named = (fault.status, fault.reset, fault.body, fault.trickle, fault.retry_after)
    return any(one is not None for one in named) or fault.delay_before > 0 or fault.delay_after > 0


def _text(label: str, text: str) -> str:
    if not text.isprintable():
        raise FormError(f"{label}: a control character is not taken.")
    return text


def _header(label: str, text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise FormError(f"{label}: a header holds printable ASCII only.")
    return text


def _whole(label: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise FormError(f"{label}: “{text[:40]}” is no whole number.") from error


def _times(label: str, text: str) -> int | None:
    return _whole(label, text) or None


def _decimal(label: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise FormError(f"{label}: “{text[:40]}” is no number.") from error
    if not math.isfinite(number):
        raise FormError(f"{label}: “{text[:40]}” is no number that can be waited for.")
    return number


_FIELDS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "method": ("Method", _text),
    "path": ("Path", _text),
    "nth": ("From the n-th", _whole),
    "times": ("How often", _times),
    "probability": ("Probability", _decimal),
    "seed": ("Seed", _whole),
    "status": ("Status", _whole),
    "message": ("Message", _text),
    "retry_after": ("Retry-After", _header),
    "delay_before": ("Delay before the work", _decimal),
    "delay_after": ("Delay before the answer", _decimal),
    "reset": ("Connection", _text),
    "body": ("Body", _text),
    "trickle": ("Trickle", _decimal),
}
