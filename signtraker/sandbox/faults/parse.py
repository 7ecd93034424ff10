"""Read faults from text: `POST /api/orders status=503 nth=2`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from signtraker.sandbox.faults.fault import Fault
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

SYNTAX = "[METHOD] [/path] name=value …, such as 'POST /api/orders status=503 nth=2'"


def read_fault(parameters: Mapping[str, str]) -> Fault:
    """Read a fault from parameters that are written as text; `times=all` is Python's `times=None`.

    Raises `SandboxError` for a fault that could never occur or has no effect.
    """
    given: dict[str, str | None] = dict(parameters)
    if given.get("times") == "all":
        given["times"] = None
    return Fault.model_validate(given, strict=False)


def parse_rule(text: str) -> Fault:
    """Read a fault from one line of text.

    Raises `SandboxError`, which quotes the line, for a fault that could never occur or has no effect.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SandboxError(f"The fault {text!r} cannot be read: {error}.") from error
    try:
        return read_fault(_parameters(words))
    except SandboxError as error:
        raise SandboxError(f"The fault {text!r} cannot be read: {error}") from error


def _parameters(words: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for place, word in enumerate(words):
        name, value = _read_word(word, is_first=place == 0)
        if name in given:
            raise SandboxError(f"{name} is given twice.")
        given[name] = value
    return given


def _read_word(word: str, *, is_first: bool) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if word.startswith(("/", "*")):
        return "path", word
    if equals:
        return name, value
    if is_first and word.isascii() and word.isalpha() and word.isupper():
        return "method", word
    if word == "after_work":
        return word, "true"
    raise SandboxError(f"{word!r} is neither a method, a path nor name=value; write {SYNTAX}.")
