"""Define the float of 32 bits, which Python lacks."""

from __future__ import annotations

import struct


class Single(float):
    """A float of 32 bits: the type that a v4 server gives a short number without a suffix."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Single({single_text(self)})"


def to_single(value: float) -> Single:
    """Round a number to 32 bits; OverflowError beyond their range."""
    # Not the native format, which makes an infinity of what is too large.
    return Single(struct.unpack("<f", struct.pack("<f", value))[0])


def single_text(value: float) -> str:
    """Print a single as .NET Framework does: with 7 digits, or 9 where 7 do not come back."""
    text = f"{value:.7g}"
    try:
        same = to_single(float(text)) == value
    except OverflowError:
        same = False
    return text if same else f"{value:.9g}"
