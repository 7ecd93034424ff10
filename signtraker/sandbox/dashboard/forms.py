"""Describe, read and check the forms of the dashboard."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from signtraker.sandbox.faults import parse
from signtraker.sandbox.faults.fault import Fault
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

UNITS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1.0, "weeks": 7.0}
"""The units of the clock's form, in days."""
STEPS = {"1 hour": "1 hours", "1 day": "1 days", "1 week": "1 weeks"}
"""The buttons that advance the clock: the label of each, and the value that it sends."""
QUICK_FAULTS = {
    "503 once": {"status": "503"},
    "429, Retry-After: 1": {"status": "429", "retry_after": "1"},
    "Reset before the response": {"reset": "before_answer"},
    "Cut body": {"body": "cut"},
}
"""The buttons that set a fault for the next request: the label of each, and the values that it sends."""
_METHODS = ("GET", "POST", "PATCH")
_MOST_DAYS = 36_500
"""A century; the calendar ends in the year 9999."""


class FormError(Exception):
    """A form that can't be used; the message says why."""


def read_advance(form: Mapping[str, str]) -> timedelta:
    """Read by how much the clock is to advance."""
    amount, unit = form.get("amount", ""), form.get("unit", "days")
    if "step" in form:
        amount, _, unit = form["step"].partition(" ")
    if unit not in UNITS:
        raise FormError(f"The unit is one of {', '.join(UNITS)}, not “{unit[:40]}”.")
    try:
        days = float(amount or "0") * UNITS[unit]
    except ValueError as error:
        raise FormError(f"Advance by: “{amount[:40]}” is no number.") from error
    if math.isnan(days) or not 0 < days <= _MOST_DAYS:
        raise FormError(f"The clock advances by more than nothing and by {_MOST_DAYS:,} days at most.")
    return timedelta(days=days)


def read_fault(form: Mapping[str, str]) -> Fault:
    """Read a fault from its form: an empty field keeps its default, and empty `times` means all."""
    filled_in = {name: text for name in Fault.model_fields if (text := form.get(name, "").strip())}
    if "times" in form and "times" not in filled_in:
        filled_in["times"] = "all"
    try:
        return parse.read_fault(filled_in)
    except SandboxError as error:
        raise FormError(str(error)) from error


@dataclass(frozen=True, slots=True)
class FormField:
    """A control in the form of a fault."""

    name: str
    label: str
    hint: str
    value: str
    kind: Literal["input", "choice", "flag"]
    choices: Mapping[str, str]
    attributes: Mapping[str, str]


def fault_fields(form: Mapping[str, str]) -> dict[str, list[FormField]]:
    """Return a control for each field of `Fault`, by group, filled in with `form` or with the defaults."""
    controls = [_control(name, field, form) for name, field in Fault.model_fields.items()]
    # The model's fields select requests first, and describe the effect from `status` on.
    split = list(Fault.model_fields).index("status")
    return {"Requests": controls[:split], "Effect": controls[split:]}


def _control(name: str, field: FieldInfo, form: Mapping[str, str]) -> FormField:
    types = get_args(field.annotation) or (field.annotation,)
    values = [value for one in types if get_origin(one) is Literal for value in get_args(one)]
    choices = {value: value.replace("_", " ") for value in values}
    if name == "method":
        choices = {method: method for method in _METHODS}
    return FormField(
        name=name,
        label=name.replace("_", " ").capitalize(),
        hint=(field.description or "").replace("None", "empty"),
        value=form.get(name, str(field.default or "")),
        kind="flag" if bool in types else "choice" if choices else "input",
        choices={"": "any" if name == "method" else "none", **choices},
        attributes={} if str in types else _number_attributes(field, is_float=float in types),
    )


def _number_attributes(field: FieldInfo, *, is_float: bool) -> dict[str, str]:
    bounds = {
        attribute: f"{value:g}"
        for rule in field.metadata
        for attribute, name in (("min", "ge"), ("max", "le"))
        if (value := getattr(rule, name, None)) is not None
    }
    return {"type": "number", "step": "any" if is_float else "1", **bounds}
