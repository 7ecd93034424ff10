"""Show how far a command has come."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signtraker.cli.terminal import Terminal


class ProgressLine:
    """A line on stderr that is written again and again; nothing where stderr is no terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._shown = ""

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._terminal.shows_notes and text != self._shown:
            sys.stderr.write(f"\r\x1b[2K{text[: self._terminal.width - 1]}")
            sys.stderr.flush()
            self._shown = text

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._shown = ""
