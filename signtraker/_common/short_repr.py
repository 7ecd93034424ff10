"""Format any value for an error message. Truncates; never raises."""

from __future__ import annotations

import reprlib
from typing import Final

_LENGTH: Final = 60
_BITS: Final = 256
_MAX_READ: Final = 1000


class _Repr(reprlib.Repr):
    """Formats the beginning of a long value, and only the class of a value whose `repr` raises."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = _MAX_READ
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = (
            _LENGTH
        )

    def repr_int(self, x: int, level: int) -> str:
        # Python raises ValueError for an int of more than 4,300 digits (sys.set_int_max_str_digits).
        return f"<int of {x.bit_length()} bits>" if x.bit_length() > _BITS else super().repr_int(x, level)


_PRINTER: Final = _Repr()


def short_repr(value: object) -> str:
    """Return the `repr` of a value, cut to 60 characters."""
    text = _PRINTER.repr(value)
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"
