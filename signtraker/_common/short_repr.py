"""A value inside a sentence about it: short, and safe to make of anything a caller may hand in."""

from __future__ import annotations

import reprlib
from typing import Final

_LENGTH: Final = 60
_BITS: Final = 256
_LOOKED_AT: Final = 1000


class _Repr(reprlib.Repr):
    """Prints the beginning of what is long, and names the class of what raises when printed."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = _LOOKED_AT
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = (
            _LENGTH
        )

    def repr_int(self, x: int, level: int) -> str:
        # Python itself refuses to print an int of more than 4,300 digits.
        return f"<int of {x.bit_length()} bits>" if x.bit_length() > _BITS else super().repr_int(x, level)


_PRINTER: Final = _Repr()


def short_repr(value: object) -> str:
    """Return a value as code, cut to a length that fits a sentence."""
    text = _PRINTER.repr(value)
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"
