"""Lay out the maps: job sites as circles, an overview and a map for each area. They load nothing. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from signtraker._common.drawing import Box, Projection, Size, degrees_label, round_degrees
from signtraker._common.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signtraker.cli.report.figures import Site

_KM_PER_DEGREE: Final = 111.2
_KM_PER_MILE: Final = 1.609
_AREA_CELL: Final = 0.5
"""Degrees: sites whose cells of this size touch, also at a corner, are one area."""
_MOST_AREAS: Final = 6
"""The maps of areas beside the overview, the largest first."""
_SMALLEST_SPAN_KM: Final = 4
_MARGIN_X, _MARGIN_Y = 42, 30
"""Units of the drawing, which keep the circles off the edges and their labels."""
_BIN: Final = 8
"""Units of the drawing: sites this near are one point to begin with."""
_REACH: Final = 24
"""Units of the drawing: points this near are drawn as one circle."""
_LARGEST_RADIUS, _SMALLEST_RADIUS = 19, 3.5
_DIGIT_WIDTH: Final = 6.4
_MOST_NAMES: Final = 12
_SLANT: Final = 0.7
"""The sine and the cosine of the direction of a corner."""
_LABEL_ROOM: Final = 44
"""Units of the drawing: the labels of the lines at the corner would overlap."""
_LETTER_WIDTH, _LINE_HEIGHT, _EDGE = 7.6, 14, 2
_LINES: Final = 5
_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0)
_SCALE_KM: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_LONGEST_SCALE: Final = 0.3
"""The share of the width that the scale takes at most."""


@dataclass(frozen=True, slots=True)
class Circle:
    """The job sites near one point."""

    x: float
    y: float
    radius: float
    count: int
    overdue: int
    """How many of them have a sign that is overdue for removal."""
    title: str

    @property
    def is_numbered(self) -> bool:
        """True if the number has room in the circle."""
        return self.count > 1 and self.radius >= len(f"{self.count:,}") * _DIGIT_WIDTH / 2 + 3


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a city on the map."""

    text: str
    x: float
    y: float
    anchor: str
    """SVG's `text-anchor`: the side of the text that is at `x`."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of latitude or longitude with its label."""

    is_horizontal: bool
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Map:
    """One map."""

    title: str
    sites: int
    size: Size
    circles: tuple[Circle, ...]
    """The largest first, so that the small ones are drawn on top."""
    names: tuple[Name, ...]
    lines: tuple[Line, ...]
    scale_width: float
    scale_label: str


def areas(sites: Sequence[Site]) -> list[list[Site]]:
    """Divide the sites into areas that lie apart from each other, the one with most sites first."""
    cells: defaultdict[tuple[int, int], list[Site]] = defaultdict(list)
    for one in sites:
        cells[
            math.floor(one.place.latitude / _AREA_CELL), math.floor(one.place.longitude / _AREA_CELL)
        ].append(one)
    found: list[list[Site]] = []
    waiting = dict.fromkeys(cells)
    while waiting:
        first, _ = waiting.popitem()
        reached = [first]
        area: list[Site] = []
        while reached:
            row, column = reached.pop()
            area += cells[row, column]
            for near in ((row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)):
                if near in waiting:
                    del waiting[near]
                    reached.append(near)
        found.append(area)
    return sorted(found, key=lambda area: (-len(area), area_name(area)))


def area_name(sites: Sequence[Site]) -> str:
    """Return the name of the city with most of the sites."""
    names = Counter(one.city for one in sites if one.city)
    return min(names, key=lambda name: (-names[name], name), default="Without a city")


def draw(sites: Sequence[Site], title: str, size: Size) -> Map:
    """Return the map of some sites, at the largest scale at which all of them fit."""
    projection = _fit(sites, size)
    circles = _circles(sites, projection)
    width, label = _scale(projection)
    return Map(
        title=title,
        sites=len(sites),
        size=size,
        circles=tuple(circles),
        names=tuple(_names(sites, circles, projection)),
        lines=tuple(_lines(projection)),
        scale_width=width,
        scale_label=label,
    )


def maps(sites: Sequence[Site], overview: Size, detail: Size) -> list[Map]:
    """Return the overview, and a map for each of the largest areas; one map if there is one area."""
    if not sites:
        return []
    divided = areas(sites)
    if len(divided) == 1:
        return [draw(sites, area_name(sites), overview)]
    nearer = [draw(area, area_name(area), detail) for area in divided[:_MOST_AREAS]]
    return [draw(sites, "All job sites", overview), *nearer]


def _fit(sites: Sequence[Site], size: Size) -> Projection:
    """Put the middle of the sites into the middle of the map, at the largest scale at which all fit."""
    latitudes = [one.place.latitude for one in sites]
    longitudes = [one.place.longitude for one in sites]
    middle = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
    squeeze = math.cos(math.radians(middle[0]))
    least = _SMALLEST_SPAN_KM / _KM_PER_DEGREE
    scale = min(
        (size.height - 2 * _MARGIN_Y) / max(max(latitudes) - min(latitudes), least),
        (size.width - 2 * _MARGIN_X) / max((max(longitudes) - min(longitudes)) * squeeze, least),
    )
    return Projection.around(middle, scale, squeeze, size)


class _Bin:
    """Sites that are drawn as one circle."""

    def __init__(self) -> None:
        self.count = self.overdue = 0
        self.x = self.y = 0.0
        self.cities = Counter[str]()

    def add(self, x: float, y: float, site: Site) -> None:
        self.count += 1
        self.overdue += site.is_overdue
        self.x += (x - self.x) / self.count
        self.y += (y - self.y) / self.count
        self.cities[site.city] += 1

    def take(self, other: _Bin) -> None:
        total = self.count + other.count
        self.x += (other.x - self.x) * other.count / total
        self.y += (other.y - self.y) * other.count / total
        self.count, self.overdue = total, self.overdue + other.overdue
        self.cities += other.cities


def _circles(sites: Iterable[Site], projection: Projection) -> list[Circle]:
    bins: defaultdict[tuple[int, int], _Bin] = defaultdict(_Bin)
    for site in sites:
        x, y = projection.x(site.place.longitude), projection.y(site.place.latitude)
        bins[int(x // _BIN), int(y // _BIN)].add(x, y, site)
    clusters: list[_Bin] = []
    for one in sorted(bins.values(), key=lambda one: (-one.count, one.x, one.y)):
        near = min(clusters, key=lambda other: math.dist((one.x, one.y), (other.x, other.y)), default=None)
        if near is not None and math.dist((one.x, one.y), (near.x, near.y)) <= _REACH:
            near.take(one)
        else:
            clusters.append(one)
    clusters.sort(key=lambda one: (-one.count, one.x, one.y))
    most = max(one.count for one in clusters)
    return [_circle(one, most) for one in clusters]


def _circle(one: _Bin, most: int) -> Circle:
    """Return a circle whose area shows the number of sites."""
    radius = max(_SMALLEST_RADIUS, _LARGEST_RADIUS * math.sqrt(one.count / max(most, 8)))
    names = sorted(one.cities.items(), key=lambda pair: (-pair[1], pair[0]))
    places = ", ".join(name or "without a city" for name, _ in names[:3]) + (", …" if len(names) > 3 else "")  # noqa: PLR2004 - the first three
    overdue = f", {one.overdue:,} overdue for removal" if one.overdue else ""
    return Circle(
        x=round(one.x, 1),
        y=round(one.y, 1),
        radius=round(radius, 1),
        count=one.count,
        overdue=one.overdue,
        title=f"{places}: {counted(one.count, 'job site')}{overdue}",
    )


def _names(sites: Iterable[Site], circles: Sequence[Circle], projection: Projection) -> list[Name]:
    """Name the cities with most sites, where the name overlaps no other name and no circle."""
    by_city: defaultdict[str, _Bin] = defaultdict(_Bin)
    for one in sites:
        if one.city:
            by_city[one.city].add(projection.x(one.place.longitude), projection.y(one.place.latitude), one)
    largest = sorted(by_city.items(), key=lambda pair: (-pair[1].count, pair[0]))[:_MOST_NAMES]
    taken = [
        Box(one.x - one.radius, one.y - one.radius, one.x + one.radius, one.y + one.radius) for one in circles
    ]
    # The names of the scale and of the lines stand at the lower and the left edge.
    taken.append(Box(0, projection.size.height - 34, projection.size.width * 0.45, projection.size.height))
    names: list[Name] = []
    for text, place in largest:
        reach = max((one.radius for one in circles if _is_in(place, one)), default=_SMALLEST_RADIUS)
        for box, anchor in _beside(place, text, reach, projection.size):
            if not box.hits(taken):
                taken.append(box)
                x = {"start": box.left, "middle": (box.left + box.right) / 2, "end": box.right}[anchor]
                names.append(Name(text, round(x, 1), round(box.bottom - 3, 1), anchor))
                break
    return names


def _is_in(place: _Bin, circle: Circle) -> bool:
    return math.dist((place.x, place.y), (circle.x, circle.y)) <= circle.radius


def _beside(place: _Bin, text: str, reach: float, size: Size) -> list[tuple[Box, str]]:
    """Return where a name may stand, nearer places first, and which side of it is at its circle.

    The width of the text is not known exactly, so the side at the circle is the one that is placed.
    """
    width = len(text) * _LETTER_WIDTH
    boxes: list[tuple[Box, str]] = []
    for gap in (reach + 4, reach + 9):
        slant, half = gap * _SLANT, _LINE_HEIGHT / 2
        right, left, centre = place.x + slant, place.x - slant - width, place.x - width / 2
        for start, middle, anchor in (
            (place.x + gap, place.y, "start"),
            (place.x - gap - width, place.y, "end"),
            (centre, place.y - gap - half, "middle"),
            (centre, place.y + gap + half, "middle"),
            (right, place.y - slant - half, "start"),
            (right, place.y + slant + half, "start"),
            (left, place.y - slant - half, "end"),
            (left, place.y + slant + half, "end"),
        ):
            box = Box(start, middle - half, start + width, middle + half)
            fits_across = box.left >= _EDGE and box.right <= size.width - _EDGE
            if fits_across and box.top >= _EDGE and box.bottom <= size.height - _EDGE:
                boxes.append((box, anchor))
    return boxes


def _lines(projection: Projection) -> list[Line]:
    lines: list[Line] = []
    for one in round_degrees(projection.west, projection.east, _STEPS, _LINES):
        x = projection.x(one)
        label = degrees_label(one, "E", "W") if x < projection.size.width - _LABEL_ROOM else ""
        lines.append(Line(is_horizontal=False, at=x, label=label))
    for one in round_degrees(projection.south, projection.north, _STEPS, _LINES):
        y = projection.y(one)
        label = degrees_label(one, "N", "S") if y > _MARGIN_Y else ""
        lines.append(Line(is_horizontal=True, at=y, label=label))
    return lines


def _scale(projection: Projection) -> tuple[float, str]:
    """Return the length of the scale, a round number of kilometres, and its label."""
    per_km = projection.scale / _KM_PER_DEGREE
    longest = projection.size.width * _LONGEST_SCALE
    kilometres = max((one for one in _SCALE_KM if one * per_km <= longest), default=_SCALE_KM[0])
    miles = kilometres / _KM_PER_MILE
    return round(kilometres * per_km, 1), f"{kilometres:g} km ({miles:.0f} mi)"
