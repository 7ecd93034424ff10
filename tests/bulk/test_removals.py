"""Check many removals over HTTP, which the order's removal_request_date reconciles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import OrderRemoval, RemovalRequest, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

    from signtraker import SignTrakerClient
    from signtraker.sandbox import Sandbox

PATH = "/api/orders/*/requestremoval"


@pytest.fixture
def standing(server: Sandbox) -> list[int]:
    """Return the ids of orders whose signs stand."""
    return [server.orders.add(status="Installed").id for _ in range(4)]


def removed(server: Sandbox) -> list[int]:
    """Return the orders whose removal was requested: the truth."""
    return sorted(one.subject_id for one in server.ledger if one.action == "removal.requested")


def test_every_removal_is_requested_once_in_whatever_form_it_is_given(
    both: SignTrakerClient, server: Sandbox, journal: Path, standing: list[int]
) -> None:
    day = date(2026, 5, 1)
    removals: list[Any] = [
        standing[0],
        (standing[1], RemovalRequest(due_date=day)),
        {"order_id": standing[2], "due_date": day},
        OrderRemoval(standing[3]),
    ]
    for source in ("run", "journal"):
        report = both.orders.request_removals(removals, journal=journal).run()
        assert [(one.state, one.order_id) for one in report.outcomes] == [
            ("accepted", one) for one in standing
        ]
        assert {one.source for one in report.outcomes} == {source}
        assert removed(server) == standing
    due = [server.orders.get(one).removal_due_date for one in standing]
    assert [moment.date() == day for moment in due if moment] == [False, True, True, False]


def test_a_removal_in_doubt_is_told_with_what_the_order_shows_and_adopted(
    both: SignTrakerClient, server: Sandbox, journal: Path, standing: list[int]
) -> None:
    server.faults.add(method="POST", path=PATH, nth=2, reset="before_answer")
    report = both.orders.request_removals(standing, journal=journal, max_concurrency=1).run()
    (unknown,) = report.with_state("unknown")
    assert f"Order {standing[1]} has the removal_request_date 2026-01-15 09:00:00 UTC" in unknown.message
    report = both.orders.request_removals(standing, journal=journal, unknown="adopt").run()
    assert report.is_complete
    assert removed(server) == standing


def test_a_removal_that_left_no_trace_is_resent(
    both: SignTrakerClient, server: Sandbox, journal: Path, standing: list[int]
) -> None:
    server.faults.add(method="POST", path=PATH, nth=2, reset="before_work")
    options: dict[str, Any] = {"journal": journal, "unknown": "resend", "grace_seconds": 0}
    assert both.orders.request_removals(standing, **options).run().is_complete
    assert removed(server) == standing


def test_an_earlier_removal_of_the_same_order_leaves_it_unknown(
    both: SignTrakerClient, server: Sandbox, journal: Path
) -> None:
    order = server.orders.add(status="Installed", removal_due_date=date(2026, 2, 1)).id
    server.clock.advance(days=1)
    server.faults.add(method="POST", path=PATH, reset="before_work")
    options: dict[str, Any] = {"journal": journal, "unknown": "resend", "grace_seconds": 0}
    (unknown,) = both.orders.request_removals([order], **options).run().outcomes
    assert unknown.state == "unknown"
    assert "from before this request" in unknown.message
    assert server.clock.now() - timedelta(days=1) == server.orders.get(order).removal_request_date


def test_every_mistake_is_told_with_its_place(client: SignTrakerClient) -> None:
    wrong: list[Any] = [1, "2", True, (3, {"due_dat": "x"}), {"notes": "x"}, 1, (1, 2, 3), -5]
    with pytest.raises(ValidationError) as caught:
        client.orders.request_removals(wrong)
    assert [problem.field for problem in caught.value.problems] == [
        "removals[1].order_id",
        "removals[2].order_id",
        "removals[3].due_dat",
        "removals[4].order_id",
        "removals[6].order_id",
        "removals[7].order_id",
        "removals[5]",
    ]
    assert "has the same order as removals[0]" in str(caught.value)


def test_the_report_as_csv_names_the_order_of_each_removal(
    both: SignTrakerClient, server: Sandbox, tmp_path: Path
) -> None:
    server.faults.add(method="POST", path=PATH, status=400)
    order = server.orders.add(status="Installed").id
    report = both.orders.request_removals([(order, {"notes": "ring twice"})]).run()
    report.write_csv(tmp_path / "report.csv")
    heading, line = (tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()
    assert heading.startswith("OrderId,Notes,outcome,order_id,")
    assert line.startswith(f"{order},ring twice,refused,,")
