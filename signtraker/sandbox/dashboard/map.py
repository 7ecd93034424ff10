"""The map: job sites as points between lines of latitude and longitude, with nothing from outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signtraker.sandbox.dashboard.markup import Html, join, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from signtraker.sandbox.dashboard.data import Site

_WIDTH, _HEIGHT = 800, 340
_MARGIN = 28
_SMALLEST_SPAN = 0.02
"""Degrees: one point alone is still shown with a neighbourhood."""
_LINES = 6
_MOST_NAMES = 14
_STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0)
_FLATTEST = 0.1
"""Near a pole a degree of longitude shrinks to nothing; below this it is drawn wider than it is."""
_POLE, _HALF_ROUND = 90, 180
"""What lies beyond, or is no number, is nowhere on a map."""
_LETTER, _LINE = 7.4, 15


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of the world that is drawn: equirectangular, true to scale in the middle."""

    west: float
    north: float
    scale: float
    """Units of the drawing for one degree of latitude."""
    squeeze: float
    """How much shorter a degree of longitude is."""

    def x(self, longitude: float) -> float:
        return round((longitude - self.west) * self.scale * self.squeeze, 1)

    def y(self, latitude: float) -> float:
        return round((self.north - latitude) * self.scale, 1)

    @property
    def south(self) -> float:
        return self.north - _HEIGHT / self.scale

    @property
    def east(self) -> float:
        return self.west + _WIDTH / (self.scale * self.squeeze)


def status_class(status: str) -> str:
    """The CSS class of a status; those without a colour of their own share one."""
    known = {"Draft", "Designing", "PaymentRequired", "Installed", "Removed"}
    return f"status-{status.lower()}" if status in known else "status-other"


def draw(sites: Sequence[Site], listed: frozenset[int], link_to_city: Callable[[str], str]) -> Html:
    """Draw the sites; those of the orders in `listed` stand out."""
    usable = [site for site in sites if abs(site.latitude) <= _POLE and abs(site.longitude) <= _HALF_ROUND]
    if not usable:
        return tag("p", "No order here has coordinates.", class_="nothing")
    frame = _fit(usable)
    # Those that stand out come last, on top of the others.
    ordered = sorted(usable, key=lambda site: site.order in listed)
    points = join(_point(frame, site, is_listed=site.order in listed) for site in ordered)
    return tag(
        "svg",
        tag("g", *_grid(frame), class_="grid", aria_hidden="true"),
        tag("g", points, class_="points"),
        tag("g", *_names(frame, usable, link_to_city), class_="cities"),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="group",
        aria_label="Map of job sites. The table below lists the same orders.",
    )


def _fit(sites: Sequence[Site]) -> _Frame:
    """Choose the smallest frame that holds all sites, with the middle of them in its middle."""
    south, north = _span([site.latitude for site in sites])
    west, east = _span([site.longitude for site in sites])
    squeeze = max(_FLATTEST, math.cos(math.radians((south + north) / 2)))
    scale = min(
        (_WIDTH - 2 * _MARGIN) / ((east - west) * squeeze),
        (_HEIGHT - 2 * _MARGIN) / (north - south),
    )
    return _Frame(
        west=(west + east) / 2 - _WIDTH / (2 * scale * squeeze),
        north=(south + north) / 2 + _HEIGHT / (2 * scale),
        scale=scale,
        squeeze=squeeze,
    )


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    missing = max(0.0, _SMALLEST_SPAN - (high - low)) / 2
    return low - missing, high + missing


def _point(frame: _Frame, site: Site, *, is_listed: bool) -> Html:
    kind = f"{status_class(site.status)} listed" if is_listed else status_class(site.status)
    words = [f"Order {site.order}", site.status, site.city]
    title = tag("title", ", ".join(word for word in words if word))
    x, y = frame.x(site.longitude), frame.y(site.latitude)
    return tag("circle", title, class_=kind, cx=x, cy=y, r=5 if is_listed else 3.5)


def _grid(frame: _Frame) -> Iterator[Html]:
    for longitude in _lines(frame.west, frame.east):
        x = frame.x(longitude)
        yield tag("line", x1=x, x2=x, y1=0, y2=_HEIGHT)
        yield tag("text", _degrees(longitude, "E", "W"), x=x + 4, y=_HEIGHT - 6)
    for latitude in _lines(frame.south, frame.north):
        y = frame.y(latitude)
        yield tag("line", x1=0, x2=_WIDTH, y1=y, y2=y)
        yield tag("text", _degrees(latitude, "N", "S"), x=6, y=y - 4)


def _lines(low: float, high: float) -> Iterator[float]:
    step = next((step for step in _STEPS if (high - low) / step <= _LINES), 90.0)
    first = math.ceil(low / step)
    for count in range(first, math.floor(high / step) + 1):
        yield round(count * step, 6)


def _degrees(value: float, positive: str, negative: str) -> str:
    side = "" if value == 0 else positive if value > 0 else negative
    return f"{abs(value):g}°{side}"


def _names(frame: _Frame, sites: Sequence[Site], link_to_city: Callable[[str], str]) -> Iterator[Html]:
    """Name the cities, those with most sites first, where there is room beside them."""
    places: dict[str, list[Site]] = {}
    for site in sites:
        if site.city:
            places.setdefault(site.city, []).append(site)
    most = sorted(places.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:_MOST_NAMES]
    taken: list[tuple[float, float, float, float]] = []
    for city, here in most:
        x = frame.x(sum(site.longitude for site in here) / len(here))
        y = frame.y(sum(site.latitude for site in here) / len(here))
        width = len(city) * _LETTER
        left = x + 10 if x + 10 + width < _WIDTH else x - 10 - width
        for shift in (0, -_LINE, _LINE, -2 * _LINE, 2 * _LINE):
            box = (left, y + shift - _LINE / 2, left + width, y + shift + _LINE / 2)
            if not any(_overlap(box, other) for other in taken):
                taken.append(box)
                text = tag("text", city, x=round(left, 1), y=round(y + shift + 4, 1))
                yield tag("a", text, href=link_to_city(city), aria_label=f"Only the orders in {city}")
                break


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
