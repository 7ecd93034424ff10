"""Define the error for a query text that the server would refuse."""

from __future__ import annotations

from typing import Final

_QUOTED: Final = 2048


class ODataError(ValueError):
    """A query text that the server refuses, in the server's own words.

    `position` counts characters from 0 and is None if the server names none.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message, position)
        self.message = message
        """The server's words."""
        self.position = position
        """The place of the mistake, in characters from 0; None if the server names none."""

    def __str__(self) -> str:
        return self.message


class ServerError(ODataError):
    """A query text on which the server fails instead of refusing it: it responds with 500."""

    def __init__(self) -> None:
        super().__init__("An error has occurred.")


def quoted(text: str) -> str:
    """Return a query text as errors quote it: whole, up to the length that a URL can hold."""
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
