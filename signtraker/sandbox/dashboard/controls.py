"""The clock and the faults: forms that need no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker.sandbox.dashboard import text
from signtraker.sandbox.dashboard.layout import card, field, note
from signtraker.sandbox.dashboard.markup import Content, Html, tag

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from signtraker.sandbox.dashboard.state import State
    from signtraker.sandbox.faults.fault import Fault

DONE: dict[str, str] = {
    "clock": "The clock was advanced; what was due has happened.",
    "fault": "The fault is in force.",
    "clear": "No fault is in force any more.",
}
"""What is said after a change, by what the address says was done."""
_MOST_FAULTS = 50
_QUICK = (
    ("503 once", {"status": "503"}),
    ("429, Retry-After: 1", {"status": "429", "retry_after": "1"}),
    ("Reset before the answer", {"reset": "before_answer"}),
    ("Cut body", {"body": "cut"}),
)


def clock(now: datetime, state: State, token: str, mistake: str | None) -> Html:
    """Show the time, and forms that move it on."""
    steps = [("1 hour", "1", "hours"), ("1 day", "1", "days"), ("1 week", "1", "weeks")]
    buttons = [
        tag("button", f"+ {label}", name="step", value=f"{amount} {unit}", aria_label=f"Advance by {label}")
        for label, amount, unit in steps
    ]
    amount = tag(
        "input", type="number", id="amount", name="amount", value="3", min="0", step="any", required=True
    )
    units = {name: name for name in ("minutes", "hours", "days", "weeks")}
    return card(
        "clock",
        "Clock",
        tag("p", tag("time", text.long_moment(now), datetime=now.isoformat()), class_="now"),
        note(mistake, "wrong") if mistake else None,
        _form("clock", state, token, tag("div", *buttons, class_="buttons")),
        _form(
            "clock",
            state,
            token,
            tag(
                "div",
                field("Advance by", amount, "amount"),
                field("Unit", _select("unit", units, "days"), "unit"),
                tag("button", "Advance"),
                class_="row",
            ),
        ),
        tag("p", "It stands still until it is moved; what is due then happens.", class_="hint"),
    )


def faults(
    in_force: list[Fault], state: State, token: str, mistake: str | None, form: Mapping[str, str]
) -> Html:
    """Show the faults in force, and the forms that set and clear them."""
    return card(
        "faults",
        "Faults",
        _in_force(in_force, state, token),
        note(mistake, "wrong") if mistake else None,
        tag("h3", "On the next request"),
        tag("div", *(_quick(label, values, state, token) for label, values in _QUICK), class_="buttons"),
        tag("h3", "Set a fault"),
        _form("faults", state, token, *_fault_fields(form), tag("button", "Set the fault", class_="main")),
        aside=tag("span", f"{len(in_force)} in force", class_="count"),
    )


def _in_force(in_force: list[Fault], state: State, token: str) -> Content:
    if not in_force:
        return tag("p", "Everything goes right.", class_="nothing")
    short_repr = [
        tag("li", tag("b", text.what(fault)), tag("span", text.which(fault), class_="faint"))
        for fault in in_force[:_MOST_FAULTS]
    ]
    more = len(in_force) - _MOST_FAULTS
    return tag(
        "div",
        tag("ol", *short_repr, class_="list"),
        tag("p", f"and {more:,} more") if more > 0 else None,
        _form("clear-faults", state, token, tag("button", "Clear all faults")),
    )


def _quick(label: str, values: Mapping[str, str], state: State, token: str) -> Html:
    hidden = [tag("input", type="hidden", name=name, value=value) for name, value in values.items()]
    path = tag("input", type="hidden", name="path", value="/api/*")
    return _form("faults", state, token, *hidden, path, tag("button", label))


def _fault_fields(form: Mapping[str, str]) -> list[Html]:
    def box(label: str, name: str, default: str = "", hint: str | None = None, **more: str) -> Html:
        described = f"{name}-hint" if hint else None
        value = form.get(name, default)
        control = tag(
            "input", id=name, name=name, value=value, aria_describedby=described, autocomplete="off", **more
        )
        return field(label, control, name, hint)

    def pick(label: str, name: str, choices: Mapping[str, str]) -> Html:
        return field(label, _select(name, choices, form.get(name, "")), name)

    number: dict[str, str] = {"type": "number", "min": "0"}
    decimal = {**number, "step": "any"}
    methods = {"": "Any", **{name: name for name in ("GET", "POST", "PATCH")}}
    after = tag("input", type="checkbox", id="after_work", name="after_work", value="1",
                checked=form.get("after_work") == "1")  # fmt: skip
    return [
        _group(
            "Which requests",
            pick("Method", "method", methods),
            box("Path", "path", "/api/*", "* is anything"),
            box("From the n-th", "nth", "1", **{**number, "min": "1"}),
            box("How often", "times", "1", "0 is every time", **number),
            box("Probability", "probability", "1", **{**decimal, "max": "1"}),
            box("Seed", "seed", "0", type="number"),
        ),
        _group(
            "What goes wrong",
            box("Status", "status", inputmode="numeric", placeholder="503"),
            box("Retry-After", "retry_after", hint="seconds or a date"),
            box("Message", "message", placeholder="An error has occurred."),
            tag("div", after, tag("label", "The work is done first", for_="after_work"), class_="check"),
            pick("Connection", "reset", {"": "Stays", **text.reset_choices()}),
            pick("Body", "body", {"": "As it is", **text.body_choices()}),
        ),
        _group(
            "Seconds of waiting",
            box("Before the work", "delay_before", **decimal),
            box("Before the answer", "delay_after", **decimal),
            box("Between two bytes", "trickle", **decimal),
        ),
    ]


def _group(title: str, *fields: Html) -> Html:
    return tag("fieldset", tag("legend", title), tag("div", *fields, class_="fields"))


def _form(action: str, state: State, token: str, *content: Content) -> Html:
    """Make a form that changes something: it carries the token, and comes back to what is shown now."""
    query = state.query()
    return tag(
        "form",
        tag("input", type="hidden", name="token", value=token),
        *content,
        method="post",
        action=f"/window/{action}?{query}" if query else f"/window/{action}",
    )


def _select(name: str, choices: Mapping[str, str], chosen: str) -> Html:
    options = [
        tag("option", label, value=value, selected=value == chosen) for value, label in choices.items()
    ]
    return tag("select", *options, id=name, name=name)
