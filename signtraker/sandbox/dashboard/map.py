"""Lay out the map: job sites as points between lines of latitude and longitude. It loads no map tiles."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signtraker._common.drawing import Box, Projection, Size, degrees_label, round_degrees
from signtraker.sandbox.dashboard.state import equals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from signtraker.sandbox.dashboard.data import Site

_SIZE = _WIDTH, _HEIGHT = Size(800, 340)
_MARGIN = 28
_SMALLEST_SPAN = 0.02
"""Degrees: a single point is shown with its neighbourhood."""
_MOST_LINES = 6
_MOST_CITIES = 14
_STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0)
_SMALLEST_SQUEEZE = 0.1
"""Near a pole a degree of longitude shrinks to nothing; below this it is drawn too wide."""
_MOST_LATITUDE, _MOST_LONGITUDE = 90, 180
"""A site beyond these, or at NaN, is left out."""
_LETTER_WIDTH, _LINE_HEIGHT = 7.4, 15


@dataclass(frozen=True, slots=True)
class Line:
    """A line of latitude or longitude, with its label."""

    x1: float
    x2: float
    y1: float
    y2: float
    label: str
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Point:
    """A job site on the map."""

    site: Site
    x: float
    y: float
    is_listed: bool

    @property
    def title(self) -> str:
        """The tooltip."""
        parts = (f"Order {self.site.order}", self.site.status, self.site.city)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class City:
    """The name of a city on the map; its link shows the orders of the city."""

    name: str
    x: float
    y: float

    @property
    def filter(self) -> str:
        """The filter that keeps the orders of the city."""
        return equals("JobSite/City", self.name)


@dataclass(frozen=True, slots=True)
class Map:
    """The lines and points of the map, in units of the drawing."""

    lines: list[Line]
    points: list[Point]
    """Those of listed orders come last, on top of the others."""
    cities: list[City]
    width: int = _WIDTH
    height: int = _HEIGHT


def lay_out(sites: Sequence[Site], listed: frozenset[int]) -> Map | None:
    """Place the sites; the orders in `listed` stand out. Return None without usable coordinates."""
    usable = [
        site
        for site in sites
        if abs(site.latitude) <= _MOST_LATITUDE and abs(site.longitude) <= _MOST_LONGITUDE
    ]
    if not usable:
        return None
    projection = _fit(usable)
    points = [
        Point(site, projection.x(site.longitude), projection.y(site.latitude), site.order in listed)
        for site in usable
    ]
    points.sort(key=lambda point: point.is_listed)
    return Map(list(_lines(projection)), points, list(_cities(points)))


def _fit(sites: Sequence[Site]) -> Projection:
    """Choose the largest scale at which all sites fit, with their middle in the middle of the map."""
    south, north = _span([site.latitude for site in sites])
    west, east = _span([site.longitude for site in sites])
    squeeze = max(_SMALLEST_SQUEEZE, math.cos(math.radians((south + north) / 2)))
    scale = min(
        (_WIDTH - 2 * _MARGIN) / ((east - west) * squeeze),
        (_HEIGHT - 2 * _MARGIN) / (north - south),
    )
    return Projection.around(((south + north) / 2, (west + east) / 2), scale, squeeze, _SIZE)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    missing = max(0.0, _SMALLEST_SPAN - (high - low)) / 2
    return low - missing, high + missing


def _lines(projection: Projection) -> Iterator[Line]:
    for longitude in round_degrees(projection.west, projection.east, _STEPS, _MOST_LINES):
        x = projection.x(longitude)
        yield Line(x, x, 0, _HEIGHT, degrees_label(longitude, "E", "W"), x + 4, _HEIGHT - 6)
    for latitude in round_degrees(projection.south, projection.north, _STEPS, _MOST_LINES):
        y = projection.y(latitude)
        yield Line(0, _WIDTH, y, y, degrees_label(latitude, "N", "S"), 6, y - 4)


def _cities(points: Sequence[Point]) -> Iterator[City]:
    """Name the cities with most sites, where the name overlaps no other."""
    by_city = defaultdict[str, list[Point]](list)
    for point in points:
        if point.site.city:
            by_city[point.site.city].append(point)
    largest = sorted(by_city.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:_MOST_CITIES]
    taken: list[Box] = []
    for name, here in largest:
        x = sum(point.x for point in here) / len(here)
        y = sum(point.y for point in here) / len(here)
        width = len(name) * _LETTER_WIDTH
        left = x + 10 if x + 10 + width < _WIDTH else x - 10 - width
        for lines in (0, -1, 1, -2, 2):
            middle = y + lines * _LINE_HEIGHT
            box = Box(left, middle - _LINE_HEIGHT / 2, left + width, middle + _LINE_HEIGHT / 2)
            if not box.hits(taken):
                taken.append(box)
                yield City(name, round(left, 1), round(middle + 4, 1))
                break
