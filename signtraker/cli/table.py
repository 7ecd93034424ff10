"""Lay out a table for a terminal of a given width. Pure.

The widths are those of the first rows, so that a table of a million rows needs no more memory than one of a
hundred.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP: Final = 2
_LEAST: Final = 13
"""The narrowest width of a column that may shrink."""
_TINY: Final = 6
"""The same for columns that were asked for by name, none of which is left out."""
_ESSENTIAL: Final = 6
_COMFORTABLE: Final = 20
"""A column after the first six, by importance, is shown only if those that may shrink keep this width."""


@dataclass(frozen=True, slots=True)
class Track:
    """A column to the layout: its place in the row, and the width that it would like."""

    index: int
    width: int
    may_shrink: bool
    is_number: bool

    def least(self, narrowest: int) -> int:
        """Return the width that it can't do without."""
        return min(self.width, narrowest) if self.may_shrink else self.width


def fit(tracks: Sequence[Track], ranks: Sequence[int] | None, room: int) -> list[Track]:
    """Return the tracks that fit into the room, from left to right, with their final widths.

    Args:
        tracks: All columns, from left to right.
        ranks: The places of the columns in order of importance; the first one is always kept. None keeps
            all columns, even if they need more room.
        room: The width of the terminal.
    """
    kept = _chosen(tracks, ranks, room) if ranks is not None else list(tracks)
    least = [one.least(_LEAST if ranks is not None else _TINY) for one in kept]
    widths = _shared([one.width for one in kept], least, room - GAP * (len(kept) - 1))
    return [replace(one, width=width) for one, width in zip(kept, widths, strict=True)]


def _chosen(tracks: Sequence[Track], ranks: Sequence[int], room: int) -> list[Track]:
    kept: list[Track] = []
    for rank, index in enumerate(ranks):
        wanted = [*kept, tracks[index]]
        narrowest = _LEAST if rank < _ESSENTIAL else _COMFORTABLE
        if sum(one.least(narrowest) for one in wanted) + GAP * (len(wanted) - 1) <= room or not kept:
            kept = wanted
    return sorted(kept, key=lambda one: one.index)


def _shared(wanted: list[int], least: list[int], room: int) -> list[int]:
    """Take the width that is missing from the widest columns first."""
    widths = list(wanted)
    while sum(widths) > room:
        can_shrink = [place for place, width in enumerate(widths) if width > least[place]]
        if not can_shrink:
            break
        widths[max(can_shrink, key=widths.__getitem__)] -= 1
    return widths


def line(tracks: Sequence[Track], cells: Sequence[str]) -> list[str]:
    """Return the cells of one row, each as wide as its track, but for the blanks at the end."""
    return [_cell(cells[one.index], one) for one in tracks]


def _cell(text: str, track: Track) -> str:
    if cell_len(text) > track.width and track.may_shrink:
        text = f"{set_cell_size(text, track.width - 1).rstrip()}…"
    blanks = " " * max(track.width - cell_len(text), 0)
    return blanks + text if track.is_number else text + blanks
