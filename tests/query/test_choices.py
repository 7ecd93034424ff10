"""Check the warning of a near miss of a known value, and that closed sets take nothing else."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, cast

import pytest

from signtraker import AgentQ, Q

agent = cast("Any", AgentQ)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("draft", "Draft"),
        ("DRAFT", "Draft"),
        ("Drat", "Draft"),
        ("Instaled", "Installed"),
        ("removed", "Removed"),
        ("Payment Required", "PaymentRequired"),
    ],
)
def test_a_near_miss_of_a_status_gives_one_warning_that_names_it(given: str, meant: str) -> None:
    with pytest.warns(UserWarning, match=rf"Q\.status is compared with .*did you mean '{meant}'") as caught:
        _ = Q.status == given
    assert len(caught) == 1
    assert Path(caught[0].filename) == Path(__file__)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Q.status != "draft",
        lambda: Q.status.eq("draft"),
        lambda: Q.status.ne("draft"),
        lambda: Q.status.in_(["Draft", "draft"]),
        lambda: Q.status.not_in(["draft"]),
    ],
)
def test_every_way_to_compare_for_equality_warns_at_the_callers_line(build: Any) -> None:
    with pytest.warns(UserWarning, match="did you mean 'Draft'") as caught:
        build()
    assert [Path(one.filename) for one in caught] == [Path(__file__)]


@pytest.mark.parametrize("text", ["Draft", "Scheduled", "Cancelled", "", "On hold", "Designing"])
def test_any_other_status_passes_without_a_warning(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (Q.status == text).node == Q.status.eq(text).node


def test_parts_of_a_text_and_other_fields_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = (
            Q.status.contains("draft"),
            Q.status.lower() == "draft",
            Q.notes == "draft",
            Q.status > "draft",
        )
    assert len({str(one) for one in made}) == 4


@pytest.mark.parametrize(
    "build",
    [
        lambda: agent.payment_mode == "prepay",
        lambda: agent.payment_mode.eq("Cash"),
        lambda: agent.payment_mode.in_(["Prepay", "Cash"]),
        lambda: agent.payment_mode != "",
    ],
)
def test_a_closed_set_takes_its_own_values_only(build: Any) -> None:
    with pytest.raises(ValueError, match=r"AgentQ\.payment_mode is one of 'Terms', 'Prepay', .*, not"):
        build()


def test_a_closed_set_compares_with_its_values_and_with_other_text() -> None:
    assert str(AgentQ.payment_mode == "ACH") == "PaymentMode eq 'ACH'"
    assert str(AgentQ.address.country_code.in_(["US", "CA"])) == (
        "Address/CountryCode eq 'US' or Address/CountryCode eq 'CA'"
    )
    assert str(AgentQ.payment_mode.contains("A")) == "contains(PaymentMode,'A')"
    assert str(AgentQ.payment_mode.lower() == "ach") == "tolower(PaymentMode) eq 'ach'"
    assert str(AgentQ.payment_mode == AgentQ.notes) == "PaymentMode eq Notes"
