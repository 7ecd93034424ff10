"""Check the decision about a row in doubt: every policy with every finding."""

from __future__ import annotations

from itertools import product

from signtraker._bulk.decide import UncertainRow, decide
from signtraker._bulk.operation import Findings

POLICIES = ("leave", "adopt", "resend")
NONE, ONE, TWO = Findings(), Findings((7,), (7,)), Findings((7, 8), (7, 8))
NORMALISED = Findings((), (7,))


def uncertain_rows(*, policy: str = "", found: Findings | None = None) -> list[UncertainRow]:
    """Return every doubt there can be, or those of one policy or finding."""
    return [
        UncertainRow(*one)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # of a product's texts
        for one in product(
            ("unknown", "no_id"),
            (policy,) if policy else POLICIES,
            (NONE, ONE, TWO, NORMALISED) if found is None else (found,),
            (False, True),
            (False, True),
            (False, True),
        )
    ]


def test_by_default_nothing_is_ever_adopted_or_resent() -> None:
    assert {decide(doubt).action for doubt in uncertain_rows(policy="leave")} == {"leave"}


def test_only_the_policy_resend_resends_and_only_what_left_no_trace_after_the_grace_time() -> None:
    resent = [doubt for doubt in uncertain_rows() if decide(doubt).action == "resend"]
    assert {
        (one.policy, one.state, one.findings.possible, one.grace_is_over, one.was_resent) for one in resent
    } == {("resend", "unknown", (), True, False)}


def test_only_one_match_that_no_other_row_may_have_made_is_adopted() -> None:
    adopted = [doubt for doubt in uncertain_rows() if decide(doubt).action == "adopt"]
    assert {(one.findings.matches, one.has_duplicate) for one in adopted} == {((7,), False)}
    assert {one.policy for one in adopted} == {"adopt", "resend"}


def test_what_shows_no_match_is_looked_for_again_until_the_grace_time_is_over() -> None:
    again = {
        (one.findings.matches, one.grace_is_over)
        for one in uncertain_rows()
        if decide(one).action == "search_later"
    }
    assert again == {((), False)}


def test_every_row_that_is_left_says_why_it_is_not_resent() -> None:
    reasons = {decide(one).why for one in uncertain_rows(policy="resend") if decide(one).action == "leave"}
    assert len({sentence.partition("; ")[2] for sentence in reasons}) == 5
