"""Make text from a server or a client printable."""

from __future__ import annotations


def printable(text: str) -> str:
    """Replace halves of surrogate pairs by U+FFFD: JSON can hold them, and no output can print them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
