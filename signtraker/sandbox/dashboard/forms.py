"""Read and check the dashboard's forms; refuse wrong ones in a sentence."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from signtraker.sandbox.faults import parse
from signtraker.sandbox.faults.fault import Fault
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """Read a fault from its form: an empty field keeps its default, and `0` times means all."""
    filled_in = {name: text for name in Fault.model_fields if (text := form.get(name, "").strip())}
    if filled_in.get("times") == "0":
        filled_in["times"] = "all"
    try:
        return parse.read_fault(filled_in)
    except SandboxError as error:
        raise FormError(str(error)) from error


def _decimal(label: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise FormError(f"{label}: “{text[:40]}” is no number.") from error
    if not math.isfinite(number):
        raise FormError(f"{label}: “{text[:40]}” is no number that can be waited for.")
    return number
