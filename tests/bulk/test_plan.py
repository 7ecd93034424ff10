"""Check the validation of a batch: mistakes of all requests at once, identities, options."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import CreateOrderRequest, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

    from signtraker import SignTrakerClient

ORDER: dict[str, Any] = {"agent_id": 1, "preset_id": 1}


def mistakes(client: SignTrakerClient, requests: Any, **options: Any) -> list[str]:
    """Return the problems of a batch that is refused."""
    with pytest.raises(ValidationError) as caught:
        client.orders.create_orders(requests, **options)
    assert str(caught.value).startswith("Nothing was sent, ")
    return [str(problem) for problem in caught.value.problems]


def test_every_mistake_of_every_request_is_told_with_its_place(client: SignTrakerClient) -> None:
    found = mistakes(client, [ORDER, {"agent_id": "1"}, 5, {**ORDER, "zipp": "84070"}])
    assert [one.partition(": ")[0] for one in found] == [
        "requests[1].agent_id", "requests[1].preset_id", "requests[2]", "requests[3].zipp",
    ]  # fmt: skip


@pytest.mark.parametrize("requests", [None, 5, "text", ORDER, CreateOrderRequest(agent_id=1, preset_id=1)])
def test_a_single_request_is_no_batch(client: SignTrakerClient, requests: object) -> None:
    (found,) = mistakes(client, requests)
    assert found.startswith("requests: must be an iterable of requests, not ")


def test_equal_requests_are_refused_unless_they_are_meant(client: SignTrakerClient) -> None:
    written = {"AgentId": 1, "PresetId": 1, "Notes": None}
    (found,) = mistakes(client, [ORDER, {**ORDER, "notes": "x"}, written])
    assert found == (
        "requests[2]: equals requests[0]; give each an external_id of its own, or pass allow_identical=True"
        " if both are meant"
    )
    client.orders.create_orders([ORDER, ORDER], allow_identical=True)


def test_the_same_moment_written_otherwise_is_the_same_request(client: SignTrakerClient) -> None:
    day, moment = date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)
    assert len(mistakes(client, [{**ORDER, "due_date": day}, {**ORDER, "due_date": moment}])) == 1


@pytest.mark.parametrize(
    ("second", "message"),
    [({}, "and equals it"), ({"notes": "x"}, "and has other content than it")],
)
def test_an_external_id_can_be_given_once(
    client: SignTrakerClient, second: dict[str, Any], message: str
) -> None:
    keyed = {**ORDER, "external_id": "A"}
    (found,) = mistakes(client, [keyed, {**keyed, **second}], allow_identical=True)
    assert found.startswith(f"requests[1]: has the same external_id as requests[0], {message}; give each")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_concurrency": 0}, "max_concurrency: must be a whole number from 1 to 100, not 0"),
        ({"max_concurrency": True}, "max_concurrency: must be a whole number from 1 to 100, not True"),
        ({"max_concurrency": 2.5}, "max_concurrency: must be a whole number from 1 to 100, not 2.5"),
        ({"max_concurrency": 10**400}, "max_concurrency: must be a whole number from 1 to 100"),
        ({"max_per_second": 0}, "max_per_second: must be a number above 0"),
        ({"max_per_second": float("nan")}, "max_per_second: must be a number above 0"),
        ({"unknown": "guess"}, "unknown: must be one of 'leave', 'adopt', 'resend', not 'guess'"),
        ({"unknown": []}, "unknown: must be one of 'leave', 'adopt', 'resend', not []"),
        ({"grace_seconds": -1}, "grace_seconds: must be a number of seconds from 0 to 86,400, not -1"),
        ({"progress": 5}, "progress: must be a function of a BulkProgress, not 5"),
        ({"progress": asyncio.sleep}, "progress: must be a plain function"),
        ({"journal": 5}, "journal: must be the path of a file, not 5"),
        ({"journal": ""}, "journal: must be the path of a file, not ''"),
        ({"journal": "a\0b"}, "journal: must be the path of a file, not 'a"),
        ({"allow_identical": "yes"}, "allow_identical: must be True or False, not 'yes'"),
    ],
)  # fmt: skip
def test_an_option_that_can_not_be_used_is_named(
    client: SignTrakerClient, options: dict[str, Any], message: str
) -> None:
    (found,) = mistakes(client, [ORDER], **options)
    assert found.startswith(message)


def test_an_exception_of_the_callers_own_rows_comes_out_as_it_is(client: SignTrakerClient) -> None:
    def rows() -> Any:
        yield ORDER
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.orders.create_orders(rows())


def test_no_file_is_made_before_the_run_is_started(client: SignTrakerClient, tmp_path: Path) -> None:
    run = client.orders.create_orders([ORDER], journal=tmp_path / "j")
    assert repr(run) == "<BulkRun of create_orders: 1 in all: 1 not sent>"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("other", [" Bücher-1", "Bücher-1\t", "Bu\u0308cher-1"])
def test_two_spellings_of_an_external_id_are_the_same_one(client: SignTrakerClient, other: str) -> None:
    rows = [{**ORDER, "external_id": "Bücher-1"}, {**ORDER, "external_id": other}]
    (found,) = mistakes(client, rows)
    assert found.startswith("requests[1]: has the same external_id as requests[0], and equals it")
    (run,) = client.orders.create_orders(rows[1:]).report.outcomes
    assert run.request.external_id == other, "it is sent as it was given"


def test_capitals_and_blanks_inside_an_external_id_count(client: SignTrakerClient) -> None:
    keys = ["mls 1", "MLS 1", "mls  1"]
    run = client.orders.create_orders([{**ORDER, "external_id": key} for key in keys])
    assert [one.request.external_id for one in run.report.outcomes] == keys


def test_a_content_in_another_unicode_form_is_the_same(client: SignTrakerClient) -> None:
    rows = [{**ORDER, "street_name": "Ru\u0308tli"}, {**ORDER, "street_name": "Rütli"}]
    assert mistakes(client, rows)[0].startswith("requests[1]: equals requests[0]")


@pytest.mark.parametrize(
    ("decided", "message"),
    [
        ({"B": 5}, "'B' is the external_id of no request"),
        ({"A": 0}, "'A' must name the id of an order, not 0"),
        ({"A": "5"}, "'A' must name the id of an order, not '5'"),
        ({"A": 5, "A2": 5}, "'A2' names order 5, as another one does"),
        ([("A", 5)], "must map each external_id to the id of its order"),
    ],
)
def test_a_decision_about_nothing_is_refused(client: SignTrakerClient, decided: Any, message: str) -> None:
    rows = [{**ORDER, "external_id": key} for key in ("A", "A2")]
    (found,) = mistakes(client, rows, decided=decided)
    assert found.startswith(f"decided: {message}")
