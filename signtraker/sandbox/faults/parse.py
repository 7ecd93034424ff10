"""Faults as text and as JSON: `POST /api/orders status=503 nth=2`, `{"method": "POST", "status": 503}`."""

from __future__ import annotations

import json
import math
import shlex
from dataclasses import fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from signtraker.sandbox.faults.fault import Fault
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

_Kind: TypeAlias = Literal["text", "whole number", "number", "flag"]
_KINDS: dict[str, _Kind] = {
    "method": "text",
    "path": "text",
    "nth": "whole number",
    "times": "whole number",
    "probability": "number",
    "seed": "whole number",
    "status": "whole number",
    "after_work": "flag",
    "message": "text",
    "retry_after": "text",
    "delay_before": "number",
    "delay_after": "number",
    "reset": "text",
    "body": "text",
    "trickle": "number",
}
_CHOOSING = frozenset({"method", "path", "nth", "times", "probability", "seed"})
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_ALWAYS = "all"
"""In text, `times=all` is Python's `times=None`."""
SYNTAX = "[METHOD] [/path] name=value …, such as 'POST /api/orders status=503 nth=2'"


def parse_rule(text: str) -> Fault:
    """Read a fault from one line of text; what cannot be one is refused in a sentence."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SandboxError(f"The fault {text!r} cannot be read: {error}.") from error
    try:
        return fault_of(_read_words(words))
    except SandboxError as error:
        raise SandboxError(f"The fault {text!r} cannot be: {str(error).rstrip('.')}.") from error


def fault_of(parameters: Mapping[str, object]) -> Fault:
    """Make a fault of its parameters, whose names and types are checked here."""
    for name, value in parameters.items():
        _check(_known(name), value)
    if not parameters.keys() - _CHOOSING:
        raise SandboxError(
            "it does not say what goes wrong: name one of status, reset, body, delay_before,"
            " delay_after, trickle, retry_after."
        )
    given = cast("dict[str, Any]", dict(parameters))
    return Fault(**given)


def describe(fault: Fault) -> dict[str, object]:
    """A fault's parameters that are not at their defaults."""
    values = ((one.name, getattr(fault, one.name), one.default) for one in fields(fault))
    return {name: value for name, value, default in values if value != default}


def _read_words(words: list[str]) -> dict[str, object]:
    given: dict[str, object] = {}
    for place, word in enumerate(words):
        name, value = _read_word(word, place)
        if name in given:
            raise SandboxError(f"{name} is said twice")
        given[name] = value
    return given


def _read_word(word: str, place: int) -> tuple[str, object]:
    name, equals, text = word.partition("=")
    if word.startswith(("/", "*")):
        return "path", word
    if not equals and place == 0 and word.isascii() and word.isalpha() and word.isupper():
        return "method", word
    if not equals and name == "after_work":
        return name, True
    if not equals:
        raise SandboxError(f"{word!r} is neither a method, a path nor name=value; write {SYNTAX}")
    return name, _convert(_known(name), text)


def _known(name: str) -> str:
    if name in _KINDS:
        return name
    close = get_close_matches(name, _KINDS, n=1)
    advice = f"did you mean {close[0]}?" if close else f"choose of {', '.join(_KINDS)}"
    raise SandboxError(f"{name!r} is no parameter of a fault; {advice}")


def _convert(name: str, text: str) -> object:
    kind = _KINDS[name]
    if name == "times" and text == _ALWAYS:
        return None
    if kind == "flag":
        return _FLAGS.get(text.lower(), text)
    try:
        return {"whole number": int, "number": float}.get(kind, str)(text)
    except ValueError:
        raise SandboxError(f"{name}={text} is no {kind}") from None


def _check(name: str, value: object) -> None:
    kind = _KINDS[name]
    if value is None and name not in {"nth", "probability", "seed", "message", "after_work"}:
        return
    if name == "retry_after" and type(value) is int:
        return
    fits = {
        "text": isinstance(value, str) and value.isprintable(),
        "whole number": type(value) is int,
        "number": type(value) in {int, float} and math.isfinite(cast("float", value)),
        "flag": isinstance(value, bool),
    }
    if not fits[kind]:
        raise SandboxError(f"{name}={json.dumps(value)} is no {kind}")
