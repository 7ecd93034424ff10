"""Check the sentence and the problems that an error body becomes."""

from __future__ import annotations

import json

import pytest

from signtraker._core.error_response import error_for
from signtraker.exceptions import Exchange, Problem


def sentence(status: int, body: object, *, is_write: bool = True) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    exchange = Exchange(
        "POST", "https://example.com/api/orders?$top=5", status_code=status, body=text.encode()
    )
    return error_for(exchange, is_write=is_write, retry_after_seconds=None).message


def test_the_detail_of_problem_json_follows_its_title() -> None:
    body = {"title": "Bad request.", "detail": " The due date is past. ", "status": 400}
    assert sentence(400, body) == "Bad request. The due date is past (HTTP 400 from POST /api/orders)"
    assert sentence(400, {"detail": "Past."}) == "Past (HTTP 400 from POST /api/orders)"


def test_what_web_api_says_comes_before_problem_json() -> None:
    assert sentence(400, {"Message": "No.", "title": "Bad", "detail": "Past"}).startswith("No (HTTP 400")


def test_the_exceptions_own_sentence_is_told() -> None:
    body = {"Message": "An error has occurred.", "ExceptionMessage": "No such preset."}
    assert sentence(500, body).startswith("An error has occurred. No such preset (HTTP 500")


def test_the_keys_of_problem_json_keep_their_first_segment() -> None:
    exchange = Exchange(
        "POST", "/api/orders", status_code=400, body=b'{"errors": {"order.DueDate": ["No."]}}'
    )
    error = error_for(exchange, is_write=True, retry_after_seconds=None)
    assert error.problems == (Problem("order.due_date", "No."),)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("order.DueDate", "due_date"),
        ("pOrder.JobSite.City", "job_site.city"),
        ("Order.DueDate", "order.due_date"),
        ("orders[3].AgentID", "[3].agent_id"),
        ("order", ""),
        ("", ""),
    ],
)
def test_the_name_of_the_server_s_own_parameter_is_left_out(key: str, name: str) -> None:
    content = json.dumps({"ModelState": {key: "No.", "Other": ["a", "b"]}}).encode()
    exchange = Exchange("POST", "/api/orders", status_code=400, body=content)
    error = error_for(exchange, is_write=True, retry_after_seconds=None)
    assert error.problems == (Problem(name, "No."), Problem("other", "a"), Problem("other", "b"))


@pytest.mark.parametrize(("length", "shown"), [(500, "x" * 500), (501, "x" * 499 + "…")])
def test_a_sentence_of_more_than_500_characters_is_cut(length: int, shown: str) -> None:
    assert sentence(400, {"Message": "x" * length}) == f"{shown} (HTTP 400 from POST /api/orders)"


def test_a_rate_limit_without_a_time_names_none() -> None:
    assert sentence(429, "") == (
        "Too many requests; wait before the next one (HTTP 429 from POST /api/orders)"
    )
