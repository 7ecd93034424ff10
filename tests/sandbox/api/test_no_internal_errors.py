"""Check that the sandbox has a documented response to every request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_http import plain_client
from thoroughness import same_each_time

from signtraker.sandbox.api.agents import AGENT
from signtraker.sandbox.api.credits import AWARD
from signtraker.sandbox.api.orders import CREATE as ORDER
from signtraker.sandbox.api.orders import REMOVAL
from signtraker.sandbox.api.responses import encode
from signtraker.sandbox.api.work import CREATE as FOLLOW_UP

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once

_PIECES = (
    *("Id", "Status", "Created", "SalesOrder/OrderTotal", "Agent", "JobSite/City", "IsDueDateDefinitive"),
    *("eq", "ne", "gt", "and", "or", "not", "in", "add", "div", "mod", "-", "(", ")", ",", "'", "/", " "),
    *("'x'", "5", "5L", "1.5", "1e400", "9223372036854775808", "-9223372036854775808", "null", "true"),
    *("2024-01-01", "0001-01-01T00:00:00+14:00", "contains", "substring(Status,-1,99999999999)"),
    *("length", "year", "date", "any", "all", "r:", "é", "\x00", "datetime'2024-01-01T00:00:00'"),
)
_texts = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=8).map(" ".join),
    st.lists(st.sampled_from(_PIECES), max_size=5).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
_options = st.dictionaries(
    st.sampled_from(("$filter", "$orderby", "$top", "$skip", "$select", "$expand", "email", "awardedTo")),
    _texts,
    max_size=3,
)
_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=5),
        st.sampled_from((1, 7, "2026-01-01", "9999-12-31T23:59:59-14:00", 10**30, -1, {"Id": 1})),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(("Id", "City", "State", "CcStaff", "RebillInterval")), inner, max_size=2
        ),
    ),
    max_leaves=4,
)
_TARGETS = {
    ("POST", "/api/orders"): ORDER,
    ("POST", "/api/orders/1001/requestremoval"): REMOVAL,
    ("POST", "/api/services"): FOLLOW_UP,
    ("POST", "/api/changeorders"): FOLLOW_UP,
    ("POST", "/api/credits/awards"): AWARD,
    ("POST", "/api/agents"): AGENT,
    ("PATCH", "/api/agents/1"): AGENT,
}
_calm = same_each_time(60)


@pytest.fixture(scope="module")
def caller(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with plain_client(sandbox) as client:
        yield client


@_calm
@given(
    path=st.sampled_from(("orders", "agents", "credits/awards", "services", "offices")),
    options=_options,
)
def test_no_query_causes_an_internal_error(caller: httpx.Client, path: str, options: dict[str, str]) -> None:
    answer = caller.get(f"/api/{path}", params=options)
    assert answer.status_code in {200, 400, 404}, answer.text


@_calm
@given(data=st.data(), target=st.sampled_from(sorted(_TARGETS)))
def test_no_body_causes_an_internal_error(
    caller: httpx.Client, data: st.DataObject, target: tuple[str, str]
) -> None:
    method, path = target
    names = st.sampled_from(sorted(_TARGETS[target]))
    body: dict[str, Any] = data.draw(st.dictionaries(names, _values, max_size=6))
    if "order" in path or "service" in path:
        body = {"AgentId": 1, "PresetId": 1, "InstallId": 1001, "OverridePriceLimit": True, **body}
    answer = caller.request(method, path, json=body)
    assert answer.status_code in {200, 400}, answer.text


@pytest.mark.parametrize(
    "text",
    [
        "JobSite/Latitude mul 1e300 mul 1e300 mod 1e0 gt 0",
        "floor(JobSite/Latitude mul 1e300 mul 1e300) gt 0",
        "JobSite/Latitude div 0e0 gt 0",
        "Id mod 0 eq 1",
        "Id gt null",
        "concat(null,Status) eq 'x'",
    ],
)
def test_a_comparison_without_a_value_matches_no_row(caller: httpx.Client, text: str) -> None:
    assert caller.get("/api/orders", params={"$filter": text}).json() == []


@pytest.mark.parametrize("name", ["DueDate", "City", "AgentId"])
def test_a_lone_surrogate_is_refused(caller: httpx.Client, name: str) -> None:
    text = '{"AgentId":1,"PresetId":1,"NAME":"\\ud800"}'.replace("NAME", name)
    kind = {"Content-Type": "application/json"}
    answer = caller.post("/api/orders", content=text.encode("ascii"), headers=kind)
    assert answer.status_code == 400
    assert f"order.{name}" in answer.json()["ModelState"]


def test_a_response_with_a_lone_surrogate_is_valid_json() -> None:
    assert json.loads(encode({"a": "\ud800"})) == {"a": "\ud800"}


def test_an_integer_that_overflows_causes_no_internal_error(caller: httpx.Client) -> None:
    text = "Id mul 9223372036854775807 mul 9223372036854775807 gt 0"
    assert caller.get("/api/orders", params={"$filter": text}).status_code == 200
