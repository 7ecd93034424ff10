"""Lay out the two charts by month, in units of their drawings. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from signtraker.cli.report.figures import Month

WIDE: Final = 760
NARROW: Final = 340
_HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 36, 6, 26, 42
_STEPS: Final = (1, 2, 5, 10)
_TICKS: Final = 4
_LETTER_WIDTH: Final = 6.6
_WIDEST_BAR: Final = 44
_SMALLEST_GAP: Final = 1
_NARROWEST_OUTLINED: Final = 5
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at an axis, and where it stands."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the column of a month, or the box of its quartiles."""

    x: float
    y: float
    width: float
    height: float
    title: str
    series: int = 0
    """The number of the status, by which it is coloured."""
    middle: float | None = None
    """The height at which the median is drawn."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with months from left to right."""

    width: int
    bars: tuple[Bar, ...]
    lines: tuple[Tick, ...]
    """The labels at the left, each with a line across."""
    months: tuple[Tick, ...]
    years: tuple[Tick, ...]
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    bottom: int = _HEIGHT - _BOTTOM

    @property
    def is_dense(self) -> bool:
        """True if the bars are so narrow that lines around them would hide them."""
        return any(one.width < _NARROWEST_OUTLINED for one in self.bars)


def month_name(day: date) -> str:
    """Return a month in words, in English whatever the locale: `Jan 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def order_chart(months: Sequence[Month], statuses: Sequence[str], width: int) -> Chart:
    """Return the columns of the orders of each month, each divided by status."""
    top = max((one.orders for one in months), default=0)
    ticks = _ticks(top)
    axis = _Axis(months, ticks[-1], width)
    bars: list[Bar] = []
    for place, month in enumerate(months):
        base = 0
        for series, count in enumerate(month.by_status):
            if count:
                title = f"{month_name(month.first_day)}, {statuses[series]}: {count:,} of {month.orders:,}"
                bars.append(axis.bar(place, base, base + count, title, series))
            base += count
    return axis.chart(bars, ticks)


def wait_chart(months: Sequence[Month], width: int) -> Chart:
    """Return a box from the lower to the upper quartile of each month, with its median."""
    top = max((one.waits.upper for one in months if one.waits), default=0)
    ticks = _ticks(top)
    axis = _Axis(months, ticks[-1], width)
    bars: list[Bar] = []
    for place, month in enumerate(months):
        if (waits := month.waits) is not None:
            title = (
                f"{month_name(month.first_day)}: half of {waits.count:,} within {waits.median:g} days,"
                f" the middle half from {waits.lower:g} to {waits.upper:g}"
            )
            bars.append(axis.bar(place, waits.lower, waits.upper, title, middle=waits.median))
    return axis.chart(bars, ticks)


def _ticks(top: float) -> list[int]:
    """Return round numbers from 0 to the top or more."""
    rough = max(top, 1) / _TICKS
    size = 10 ** max(0, ceil(log10(rough)) - 1)
    step = next(one * size for one in _STEPS if one * size >= rough)
    return [step * count for count in range(ceil(max(top, 1) / step) + 1)]


class _Axis:
    """The scale of a chart."""

    def __init__(self, months: Sequence[Month], top: float, width: int) -> None:
        self._months = months
        self._top = top
        self._width = width
        # Room for the widest label and the 7 units between it and its line.
        self._left = max(_LEFT, ceil(len(f"{top:,}") * _LETTER_WIDTH) + 9)
        self._room = (width - self._left - _RIGHT) / max(len(months), 1)

    def y(self, value: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / self._top, 1)

    def middle(self, place: float) -> float:
        return round(self._left + self._room * (place + 0.5), 1)

    def bar(
        self,
        place: int,
        low: float,
        high: float,
        title: str,
        series: int = 0,
        *,
        middle: float | None = None,
    ) -> Bar:
        width = min(self._room - max(_SMALLEST_GAP, self._room * 0.25), _WIDEST_BAR)
        return Bar(
            x=round(self.middle(place) - width / 2, 1),
            y=self.y(high),
            width=round(max(width, 1), 1),
            height=round(self.y(low) - self.y(high), 1),
            title=title,
            series=series,
            middle=None if middle is None else self.y(middle),
        )

    def chart(self, bars: Sequence[Bar], ticks: Sequence[int]) -> Chart:
        return Chart(
            width=self._width,
            left=self._left,
            bars=tuple(bars),
            lines=tuple(Tick(self.y(one), f"{one:,}") for one in ticks),
            months=tuple(self._month_labels()),
            years=tuple(self._year_labels()),
        )

    def _month_labels(self) -> list[Tick]:
        """Label as many months as have room: each, every second or third, January and July, or none."""
        every = next((one for one in (1, 2, 3, 6) if self._room * one >= _LETTER_WIDTH * 4.4), None)
        if every is None:
            return []
        return [
            Tick(self.middle(place), _MONTHS[one.first_day.month - 1])
            for place, one in enumerate(self._months)
            if (one.first_day.month - 1) % every == 0
        ]

    def _year_labels(self) -> list[Tick]:
        """Label the years at the middle of their months, where there is room."""
        places: dict[int, list[int]] = {}
        for place, one in enumerate(self._months):
            places.setdefault(one.first_day.year, []).append(place)
        labels: list[Tick] = []
        for year, found in places.items():
            at = self.middle(sum(found) / len(found))
            is_inside = at <= self._width - _LETTER_WIDTH * 2.5
            if is_inside and (not labels or at - labels[-1].at >= _LETTER_WIDTH * 5.5):
                labels.append(Tick(at, str(year)))
        return labels
