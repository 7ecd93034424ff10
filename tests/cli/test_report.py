from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from signtraker._common.drawing import Size
from signtraker.cli.report import map as maps
from signtraker.cli.report.charts import order_chart, wait_chart
from signtraker.cli.report.facts import Fact, Place, fact_of
from signtraker.cli.report.figures import Figures, Month, Site, figures
from signtraker.cli.report.page import render
from signtraker.models import Order
from signtraker.sandbox.clock import REFERENCE

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Command

    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once

HOSTILE = "O'Brien & Söhne <b>"
NOTHING = "\N{EN DASH}"
SIZE = Size(760, 400)
ZONES = {
    **dict.fromkeys(("UT", "CO", "ID"), "America/Denver"),
    **dict.fromkeys(("NV", "BC"), "America/Los_Angeles"),
    "GU": "Pacific/Guam",
    "QC": "America/Toronto",
}


class _Tables(HTMLParser):
    """Reads the tables of a page: the texts of the cells, by the beginning of the caption."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._caption: str | None = None
        self._in = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")
            self._in = tag
        elif tag == "caption":
            self._in = tag
        elif tag == "br" and self._in == "th":
            self._rows[-1][-1] += "|"

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._caption:
            self.found[self._caption.split(", ")[0].rstrip(".")] = self._rows[1:]
        elif tag == self._in:
            self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "caption":
            self._caption = (self._caption or "") + data
        elif self._in:
            self._rows[-1][-1] += data.strip()


def tables(page: str) -> dict[str, list[list[str]]]:
    parser = _Tables()
    parser.feed(page)
    return parser.found


def order(**fields: Any) -> Order:
    return Order.model_validate({"Id": 1, **fields})


def fact(number: int = 1, **fields: Any) -> Fact:
    given: dict[str, Any] = {
        "status": "Draft",
        "created": date(2026, 1, 1),
        "installed": None,
        "removal_due": None,
        "days_overdue": 0,
        "agent": "Ana",
        "site": number,
        "address": "1 Main St",
        "city": "Sandy, UT",
        "place": None,
    }
    return Fact(number=number, **{**given, **fields})


def computed(facts: list[Fact], since: date | None = None) -> Figures:
    return figures(facts, now=REFERENCE, since=since)


def text(page: Figures) -> str:
    return render(page, tenant="acme.signtraker.com", zone="UTC").decode()


def day(one: Order, name: str) -> date:
    """Return the day of one of the order's times, as people at the job site say it."""
    moment = getattr(one, name)
    assert one.job_site is not None
    at_midnight = moment.time().isoformat() == "00:00:00"
    zone = UTC if at_midnight else ZoneInfo(ZONES[one.job_site.state or ""])
    found: date = moment.astimezone(zone).date()
    return found


def test_the_numbers_of_the_page_are_those_of_the_orders(command: Command, sandbox: Sandbox) -> None:
    for days in (1, 10):
        sandbox.orders.add(
            status="Installed",
            street_number="7",
            street_name=HOSTILE,
            city="Reno",
            state="NV",
            removal_due_date=(REFERENCE - timedelta(days=days)).date(),
        )
    page = command("report", "--timezone", "UTC", "--output", "-").out
    orders = sandbox.orders.all()
    shown = tables(page)
    statuses = Counter(one.status for one in orders)
    assert {row[0]: int(row[1]) for row in shown["302 orders"]} == statuses
    by_month = shown["Orders by the month of their creation and by the status that they have now"]
    months = Counter((f"{day(one, 'created'):%b %Y}", one.status) for one in orders)
    names = [row[0] for row in shown["302 orders"]]
    for row in by_month:
        counts = [months[row[0], name] for name in names]
        assert row[1:] == [str(sum(counts)), *(str(one) if one else NOTHING for one in counts)]
    assert sum(int(row[1]) for row in by_month) == 302
    waits = [
        (f"{day(one, 'date_installed'):%b %Y}", (day(one, "date_installed") - day(one, "created")).days)
        for one in orders
        if one.date_installed
    ]
    for row in shown["Days from order to installation"]:
        own = [wait for month, wait in waits if month == row[0]]
        lower, median, upper = statistics.quantiles(own, n=4, method="inclusive") if own[1:] else own * 3
        assert row[1:] == [str(len(own)), f"{lower:g}", f"{median:g}", f"{upper:g}", str(max(own))]
    assert f"<strong>{statistics.median(wait for _, wait in waits):g} days</strong>" in page
    assert [row[0] for row in shown["2 signs were due to be removed before today"]] == ["10", "1"]
    cities = Counter(
        ", ".join(filter(None, (one.job_site.city, one.job_site.state))) for one in orders if one.job_site
    )
    assert {row[0]: int(row[1]) for row in shown["Job sites by city"]} == cities
    assert {row[0]: row[2] for row in shown["Job sites by city"] if row[2] != NOTHING} == {"Reno, NV": "2"}
    placed = sum(one.job_site is not None and one.job_site.latitude is not None for one in orders)
    assert f"All job sites: {placed} job sites" in page


def test_the_page_is_one_file_that_loads_nothing_and_escapes_everything(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.agents.add(first_name="<i>Ann</i>", last_name="&")
    sandbox.orders.add(
        status=HOSTILE,
        agent_id=61,
        street_name=f"{HOSTILE}<script>",
        city=HOSTILE,
        latitude=40.5,
        longitude=-111.8,
        date_installed=REFERENCE,
        removal_due_date=date(2026, 1, 1),
    )
    path = tmp_path / "report.html"
    result = command("report", "--output", str(path))
    assert (result.code, result.out, result.err) == (0, "", f"{path}: 301 orders\n")
    page = path.read_text(encoding="utf-8")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert re.findall(r"<script|<b>|<i>|<img|<iframe|@import|url\(|//", page) == []
    assert re.findall(r"""\s(?:src|href|action|data)=["']?([^"'\s>]*)""", page) == ["data:,"]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "O&#39;Brien &amp; Söhne &lt;b&gt;&lt;script&gt;" in page
    assert "&lt;i&gt;Ann&lt;/i&gt; &amp;" in page
    assert sandbox.api_key not in page


def test_since_limits_the_orders_but_not_the_overdue_signs(command: Command, sandbox: Sandbox) -> None:
    old = datetime(2020, 5, 1, tzinfo=UTC)
    sandbox.orders.add(
        status="Installed", created=old, date_installed=old, removal_due_date=date(2020, 6, 1), city="Reno"
    )
    # It is the first of December there already.
    in_guam = sandbox.orders.add(status="In Guam", state="GU", created=datetime(2025, 11, 30, 20, tzinfo=UTC))
    before = len(sandbox.requests)
    page = command("report", "--since", "2025-12-01", "--timezone", "UTC", "--output", "-").out
    shown = tables(page)
    assert "Orders since 1 December 2025" in page
    new = [
        one for one in sandbox.orders.all() if one.created != old and day(one, "created") >= date(2025, 12, 1)
    ]
    assert in_guam in new
    assert sum(int(row[1]) for row in shown[f"{len(new)} orders"]) == len(new)
    months = shown["Orders by the month of their creation and by the status that they have now"]
    assert [row[0] for row in months] == ["Jan 2026", "Dec 2025"]
    assert {row[0] for row in shown["Days from order to installation"]} == {"Jan 2026", "Dec 2025"}
    [sign] = shown["1 sign was due to be removed before today"]
    assert (sign[0], sign[3]) == ("2,054", "1 June 2020")
    assert len(sandbox.requests) - before <= 2
    wrong = command("report", "--since", "tomorrow")
    assert (wrong.code, "2026-01-16 is in the future; give a day of the past." in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("state", "overdue", "installed"),
    [("UT", 0, date(2026, 1, 13)), ("NS", 1, date(2026, 1, 14)), (None, 1, date(2026, 1, 14))],
)
def test_a_day_is_that_of_the_job_site(state: str | None, overdue: int, installed: date) -> None:
    early = datetime(2026, 1, 15, 5, tzinfo=UTC)
    found = fact_of(
        order(
            Created="2026-01-10T00:00:00Z",
            DateInstalled="2026-01-14T05:00:00Z",
            RemovalDueDate="2026-01-14T00:00:00Z",
            JobSite={"Id": 5, "State": state},
        ),
        early,
        UTC,
    )
    assert (found.days_overdue, found.installed, found.created) == (overdue, installed, date(2026, 1, 10))


def test_a_removed_sign_and_one_that_is_due_today_are_not_overdue() -> None:
    due_today = order(RemovalDueDate="2026-01-15T00:00:00Z")
    removed = order(RemovalDueDate="2026-01-01T00:00:00Z", RemovalDate="2026-01-09T00:00:00Z")
    assert [fact_of(one, REFERENCE, UTC).days_overdue for one in (due_today, removed)] == [0, 0]


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(0, 0), (None, 5), (5, None), (91, 5), (5, 181)],
)
def test_coordinates_that_cannot_be_right_are_left_out(
    latitude: float | None, longitude: float | None
) -> None:
    site = {"Id": 5, "Latitude": latitude, "Longitude": longitude}
    assert fact_of(order(JobSite=site), REFERENCE, UTC).place is None


def test_an_order_without_any_field_is_counted() -> None:
    page = computed([fact_of(order(), REFERENCE, UTC)])
    assert (page.orders, page.statuses, page.undated, page.months) == (1, (("No status", 1),), 1, ())
    assert "1 order is in none of these months" in text(page)


def test_a_wait_that_goes_backward_is_left_out_and_told() -> None:
    page = computed(
        [
            fact(1, installed=date(2026, 1, 4)),
            fact(2, installed=date(2025, 12, 31)),
            fact(3, installed=date(2026, 1, 1)),
        ]
    )
    assert page.waits is not None
    assert (page.waits.count, page.waits.median, page.backward) == (2, 1.5, 1)
    assert "1 order is left out here: installed before it was ordered" in text(page)


def test_months_have_no_gaps_and_end_after_ten_years() -> None:
    days = [date(2025, 10, 5), date(2026, 1, 2), date(2026, 2, 1), date(1, 1, 1)]
    near = computed([fact(number, created=one) for number, one in enumerate(days[:2])])
    assert [(one.first_day.month, one.orders) for one in near.months] == [(10, 1), (11, 0), (12, 0), (1, 1)]
    far = computed([fact(number, created=one) for number, one in enumerate(days)])
    assert (len(far.months), far.months[0].first_day, far.undated) == (120, date(2016, 2, 1), 2)


def test_statuses_beyond_the_eighth_are_added_up() -> None:
    names = ["Removed", "Draft", *(f"Status {letter}" for letter in "abcdefghi")]
    page = computed([fact(number, status=name) for number, name in enumerate([*names, "Status a"])])
    assert [name for name, _ in page.statuses[:3]] == ["Draft", "Removed", "Status a"]
    assert (len(page.statuses), page.statuses[-1]) == (8, ("Other statuses", 4))
    assert page.months[0].by_status[-1] == 4


def test_the_page_says_what_there_is_not() -> None:
    empty = text(computed([]))
    for sentence in (
        "No sign is overdue.",
        "There is no order.",
        "No sign was installed.",
        "There is no job site.",
    ):
        assert f'<p class="nothing">{sentence}</p>' in empty
    assert "<svg" not in empty
    unplaced = text(computed([fact(1, days_overdue=2, removal_due=date(2026, 1, 13), address="", agent="")]))
    assert "No job site has coordinates, so there is no map." in unplaced
    assert tables(unplaced)["1 sign was due to be removed before today"] == [
        [
            "2",
            "No address|Sandy, UT|Order 1, due 13 Jan 2026|No day of installation is known.",
            *(NOTHING, "13 January 2026", "1"),
        ]
    ]


def test_long_lists_are_cut_and_say_so() -> None:
    late = [
        fact(number, days_overdue=1, removal_due=date(2026, 1, 14), city=f"City {number}")
        for number in range(1000)
    ]
    shown = tables(text(computed(late)))
    assert len(shown["1,000 signs were due to be removed before today; the 500 longest overdue"]) == 500
    assert shown["Job sites by city"][-1] == ["970 other cities", "970", "970"]


def sites(*places: tuple[float, float], city: str = "Sandy, UT") -> list[Site]:
    return [Site(Place(*one), city, is_overdue=False) for one in places]


def test_a_map_is_true_to_scale() -> None:
    north_south, east_west = 0.2, 0.2 / math.cos(math.radians(60))
    drawn = maps.draw(
        sites((60 - north_south / 2, 10), (60 + north_south / 2, 10), (60, 10 - east_west / 2))
        + sites((60, 10 + east_west / 2)),
        "Square",
        SIZE,
    )
    xs, ys = [one.x for one in drawn.circles], [one.y for one in drawn.circles]
    assert max(xs) - min(xs) == pytest.approx(max(ys) - min(ys), abs=0.3)
    kilometres = float(drawn.scale_label.split()[0])
    assert drawn.scale_width / (max(ys) - min(ys)) == pytest.approx(kilometres / (0.2 * 111.2), rel=0.01)


def test_the_circles_of_a_map_hold_every_site_once() -> None:
    spread = [
        Site(Place(40.5 + 0.01 * (number % 17), -111.8 - 0.01 * (number % 23)), "Sandy", number % 9 == 0)
        for number in range(400)
    ]
    drawn = maps.draw(spread, "Sandy", SIZE)
    assert sum(one.count for one in drawn.circles) == 400
    assert sum(one.overdue for one in drawn.circles) == sum(one.is_overdue for one in spread)
    assert [one.count for one in drawn.circles] == sorted((one.count for one in drawn.circles), reverse=True)
    largest, other = drawn.circles[0], drawn.circles[1]
    assert (largest.radius / other.radius) ** 2 == pytest.approx(largest.count / other.count, rel=0.05)
    for one in drawn.circles:
        assert one.radius <= one.x <= SIZE.width - one.radius
        assert one.radius <= one.y <= SIZE.height - one.radius
    assert {one.title.endswith("overdue for removal") for one in drawn.circles if one.overdue} == {True}


def test_areas_that_lie_apart_get_maps_of_their_own() -> None:
    one_area = maps.maps(sites((40.5, -111.8), (40.6, -111.9)), SIZE, SIZE)
    assert [(one.title, one.sites) for one in one_area] == [("Sandy, UT", 2)]
    apart = sites((40.5, -111.8), (40.6, -111.9)) + sites((45.5, -73.5), city="")
    assert [(one.title, one.sites) for one in maps.maps(apart, SIZE, SIZE)] == [
        ("All job sites", 3),
        ("Sandy, UT", 2),
        ("Without a city", 1),
    ]
    assert maps.maps([], SIZE, SIZE) == []
    [single] = maps.maps(sites((40.5, -111.8)), SIZE, SIZE)
    assert (single.circles[0].x, single.circles[0].y) == (SIZE.width / 2, SIZE.height / 2)


def test_the_heights_of_a_chart_are_those_of_the_numbers() -> None:
    months = [Month(date(2026, 1, 1), 30, (10, 20), None), Month(date(2026, 2, 1), 15, (15, 0), None)]
    chart = order_chart(months, ["Draft", "Installed"], 760)
    assert [one.height for one in chart.bars] == [
        pytest.approx(chart.bars[0].height * part, abs=0.2) for part in (1, 2, 1.5)
    ]
    assert chart.bars[1].title == "Jan 2026, Installed: 20 of 30"
    assert [one.label for one in chart.lines] == ["0", "10", "20", "30"]
    many = order_chart([Month(date(2026, 1, 1), 12_000, (12_000, 0), None)], ["Draft", "Installed"], 760)
    assert many.lines[-1].label == "15,000"
    # Six letters of 6.6 units, and the 7 units between a label and its line.
    assert many.left >= 47 > chart.left
    assert many.bars[0].x > many.left
    waits = computed([fact(number, installed=date(2026, 1, 1 + number)) for number in (0, 4, 8)])
    [box] = wait_chart(waits.months, 760).bars
    assert box.title == "Jan 2026: half of 3 within 4 days, the middle half from 2 to 6"
    assert box.middle == pytest.approx(box.y + box.height / 2, abs=0.1)


def test_the_cities_are_named_beside_their_circles() -> None:
    apart = [
        *sites(*[(45.5 + 0.01 * number, -73.5) for number in range(9)], city="Montréal, QC"),
        *sites((40.5, -111.8), (40.5, -111.8), city="Sandy, UT"),
    ]
    drawn = maps.draw(apart, "All", SIZE)
    circles = {one.title.partition(":")[0]: one for one in drawn.circles}
    assert {one.text for one in drawn.names} == {"Montréal, QC", "Sandy, UT"} == set(circles)
    for one in drawn.names:
        circle = circles[one.text]
        # The eastern city has no room at its right.
        assert one.anchor == ("end" if one.text == "Montréal, QC" else "start")
        assert abs(one.x - circle.x) == pytest.approx(circle.radius + 4, abs=0.2)


def test_many_months_are_drawn_without_lines_around_the_bars() -> None:
    waits = [fact(number, created=date(2016 + number, 2, 1)) for number in range(10)]
    for facts, is_dense in ((waits[-1:], False), (waits, True)):
        page = text(computed(facts))
        assert ("orders dense on-narrow" in page) is is_dense
