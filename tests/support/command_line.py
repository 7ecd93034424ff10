"""Name what a run of the command leaves, for the tests of the command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Result:
    """What a run of the command left."""

    code: int
    out: str
    err: str


class Command(Protocol):
    """Runs the command with some arguments."""

    def __call__(self, *arguments: str) -> Result: ...
