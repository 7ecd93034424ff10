"""Draw maps: project coordinates, choose the lines of latitude and longitude, keep texts apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Size(NamedTuple):
    """The size of a drawing, in its units."""

    width: int
    height: int


class Projection(NamedTuple):
    """An equirectangular projection, true to scale in the middle of the map."""

    west: float
    north: float
    scale: float
    """Units of the drawing for one degree of latitude."""
    squeeze: float
    """The length of a degree of longitude, relative to one of latitude."""
    size: Size

    @classmethod
    def around(cls, middle: tuple[float, float], scale: float, squeeze: float, size: Size) -> Projection:
        """Return the projection with this latitude and longitude in the middle of the drawing."""
        return cls(
            west=middle[1] - size.width / (2 * scale * squeeze),
            north=middle[0] + size.height / (2 * scale),
            scale=scale,
            squeeze=squeeze,
            size=size,
        )

    def x(self, longitude: float) -> float:
        """Return the place across."""
        return round((longitude - self.west) * self.scale * self.squeeze, 1)

    def y(self, latitude: float) -> float:
        """Return the place down."""
        return round((self.north - latitude) * self.scale, 1)

    @property
    def south(self) -> float:
        """The latitude of the lower edge."""
        return self.north - self.size.height / self.scale

    @property
    def east(self) -> float:
        """The longitude of the right edge."""
        return self.west + self.size.width / (self.scale * self.squeeze)


class Box(NamedTuple):
    """A rectangle of a drawing, such as the room of a text."""

    left: float
    top: float
    right: float
    bottom: float

    def hits(self, others: Iterable[Box]) -> bool:
        """Return whether it overlaps any of the others."""
        return any(
            self.left < one.right
            and one.left < self.right
            and self.top < one.bottom
            and one.top < self.bottom
            for one in others
        )


def round_degrees(low: float, high: float, steps: Sequence[float], most: int) -> list[float]:
    """Return the round degrees between two, by the smallest step that gives few enough, or by the last."""
    step = next((step for step in steps if (high - low) / step <= most), steps[-1])
    return [round(count * step, 6) for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def degrees_label(degrees: float, positive: str, negative: str) -> str:
    """Format `40.5°N`, `111°W`, `0°`."""
    side = "" if degrees == 0 else positive if degrees > 0 else negative
    return f"{abs(degrees):g}°{side}"
