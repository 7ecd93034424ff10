from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from form_page import FormPage
from plain_http import plain_client

from signtraker.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.once

HOSTILE = "<script>alert('1')</script>\"&"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(orders=40) as running:
        yield running


@pytest.fixture
def browser(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False, timeout=30) as client:
        yield client


def visit(browser: httpx.Client, address: str = "/") -> FormPage:
    response = browser.get(address)
    assert response.status_code == 200, response.text
    return FormPage(response.text)


def submit(browser: httpx.Client, button: str, **filled_in: str) -> httpx.Response:
    form = visit(browser).form(button)
    return browser.post(form.action, data={**form.fields, **filled_in})


def test_the_orders_are_listed_the_newest_first_page_by_page(browser: httpx.Client) -> None:
    first = visit(browser)
    assert "40 orders" in first.text
    assert "Page 1 of 3" in first.text
    assert "1040" in first.text
    assert "1025" not in first.text
    second = visit(browser, first.links["Older"])
    assert "1025" in second.text
    assert "Page 2 of 3" in second.text
    last = visit(browser, "/?orders=99999999999999999999999")
    assert "Page 1 of 3" in last.text
    assert "Page 3 of 3" in visit(browser, "/?orders=999").text


def test_each_job_site_with_coordinates_is_a_point_on_the_map(
    sandbox: Sandbox, browser: httpx.Client
) -> None:
    orders = sandbox.client.orders.list_orders()
    located = [one for one in orders if one.job_site and one.job_site.latitude is not None]
    page = visit(browser)
    assert [name for name, _ in page.elements].count("circle") == len(located)
    assert f"{len(located)} job sites drawn" in page.text
    assert f"{len(orders) - len(located)} without coordinates" in page.text


def test_a_filter_of_the_api_selects_orders(browser: httpx.Client) -> None:
    everything = visit(browser)
    drafts = visit(browser, next(link for text, link in everything.links.items() if text.startswith("Draft")))
    assert "Status eq 'Draft'" in [one.fields.get("filter") for one in drafts.forms]
    wrong = visit(browser, "/?filter=Stat eq 'x'")
    assert "Could not find a property named 'Stat'" in wrong.text


def test_a_city_on_the_map_links_to_its_orders(browser: httpx.Client) -> None:
    page = visit(browser)
    city, link = next(pair for pair in page.links.items() if "JobSite%2FCity" in pair[1])
    assert city in visit(browser, link).text


def test_an_empty_sandbox_has_a_dashboard_too() -> None:
    with Sandbox(orders=0) as sandbox, httpx.Client(base_url=sandbox.url, trust_env=False) as browser:
        page = visit(browser)
    assert "0 orders" in page.text
    assert "No order here has coordinates." in page.text
    assert "No requests yet." in page.text


def test_requests_are_shown_decoded_with_body_and_status(sandbox: Sandbox, browser: httpx.Client) -> None:
    with plain_client(sandbox) as api:
        api.get("/api/orders", params={"$filter": "Status eq 'a&b'", "$top": 5})
        api.post("/api/orders", content=b'{"AgentId":1}', headers={"Content-Type": "application/json"})
    page = visit(browser)
    for expected in ("GET /api/orders", "$filter", "Status eq 'a&b'", "$top", '{"AgentId":1}', "200", "400"):
        assert expected in page.text
    assert page.text.index("POST") < page.text.index("GET /api/orders")
    assert "2 requests" in page.text


def test_requests_come_in_pages_and_a_long_body_is_cut(sandbox: Sandbox, browser: httpx.Client) -> None:
    with plain_client(sandbox) as api:
        api.post("/api/orders", json={"Notes": "x" * 10_000})
        for _ in range(30):
            api.get("/api/offices")
    page = visit(browser)
    assert "Page 1 of 2" in page.text
    older = visit(browser, "/?requests=2")
    assert "more" in older.text
    assert len(older.text) < 20_000


def test_the_dashboard_is_neither_recorded_nor_subject_to_faults(
    sandbox: Sandbox, browser: httpx.Client
) -> None:
    sandbox.faults.add(status=503, times=None)
    visit(browser)
    assert sandbox.requests == []


def test_neither_the_key_nor_the_header_is_shown(sandbox: Sandbox, browser: httpx.Client) -> None:
    with plain_client(sandbox) as api:
        api.post(f"/api/orders?key={sandbox.api_key}", content=f'"{sandbox.api_key}"'.encode())
    text = browser.get("/").text
    assert sandbox.api_key not in text
    assert "uthorization" not in text
    assert "•••" in text


def test_everything_shown_is_escaped(sandbox: Sandbox, browser: httpx.Client) -> None:
    with plain_client(sandbox) as api:
        order = {"AgentId": 1, "PresetId": 1, "StreetName": HOSTILE, "City": HOSTILE, "Notes": HOSTILE}
        assert api.post("/api/orders", json=order).status_code == 200
        api.get(f"/api/{HOSTILE}", params={HOSTILE: HOSTILE})
        api.request("PUT", "/api/orders", content=HOSTILE.encode() + b"\xff\x00")
    sandbox.faults.add(path="/api/orders/*", message=HOSTILE, status=500)
    pages = [browser.get("/").text, browser.get("/", params={"filter": HOSTILE, "done": HOSTILE}).text]
    for text in pages:
        assert "<script" not in text
        assert not [name for name, _ in FormPage(text).elements if name == "script"]
    assert HOSTILE in FormPage(pages[0]).text


def test_nothing_is_loaded_from_elsewhere_and_no_script_can_run(browser: httpx.Client) -> None:
    response = browser.get("/")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    page = FormPage(response.text)
    assert all(address.startswith(("/", "#")) for address in page.addresses)
    assert not any("style" in given or "onclick" in given for _, given in page.elements)
    for address in ("/dashboard/static/style.css", "/dashboard/static/sign.svg"):
        asset = browser.get(address)
        assert asset.status_code == 200
        assert "http" not in asset.text.replace("http://www.w3.org/2000/svg", "")
        assert asset.headers["content-security-policy"] == policy


def test_every_control_has_a_label_and_every_id_is_unique(browser: httpx.Client) -> None:
    page = visit(browser)
    ids = [given["id"] for _, given in page.elements if given.get("id")]
    assert len(ids) == len(set(ids))
    labelled = {given.get("for") for name, given in page.elements if name == "label"}
    controls = [given for name, given in page.elements if name in {"input", "select"}]
    assert {given.get("id") for given in controls if given.get("type") != "hidden"} <= labelled
    described = {given.get("aria-describedby") for given in controls} - {None}
    assert described <= set(ids)


def test_the_clock_advances_by_a_button_and_by_an_amount(sandbox: Sandbox, browser: httpx.Client) -> None:
    before = sandbox.clock.now()
    response = submit(browser, "+ 1 day", step="1 days")
    assert (response.status_code, response.headers["location"]) == (303, "/?done=clock#clock")
    assert (sandbox.clock.now() - before).total_seconds() == 86_400
    submit(browser, "Advance", amount="1.5", unit="hours")
    assert (sandbox.clock.now() - before).total_seconds() == 86_400 + 5_400
    assert "The clock was advanced" in visit(browser, response.headers["location"]).text


def test_an_order_is_installed_once_the_clock_was_advanced_far_enough(
    sandbox: Sandbox, browser: httpx.Client
) -> None:
    created = sandbox.client.orders.create_order({"agent_id": 1, "preset_id": 1, "street_name": "Main St"})
    assert created.order_id is not None
    submit(browser, "Advance", amount="30", unit="days")
    assert sandbox.client.orders.get_order(created.order_id).status == "Installed"


@pytest.mark.parametrize(
    ("amount", "unit", "sentence"),
    [
        ("-1", "days", "more than nothing"),
        ("", "days", "more than nothing"),
        ("nan", "days", "36,500 days at most"),
        ("x", "days", "“x” is no number"),
        ("1e300", "days", "36,500 days at most"),
        ("1", "years", "not “years”"),
    ],
)
def test_the_clock_refuses_what_is_no_amount_or_unit(
    browser: httpx.Client, sandbox: Sandbox, amount: str, unit: str, sentence: str
) -> None:
    before = sandbox.clock.now()
    response = submit(browser, "Advance", amount=amount, unit=unit)
    assert response.status_code == 400
    assert sentence in FormPage(response.text).text
    assert sandbox.clock.now() == before


def test_the_clock_refuses_to_pass_the_end_of_the_calendar(sandbox: Sandbox, browser: httpx.Client) -> None:
    sandbox.clock.set(datetime(9999, 12, 1, tzinfo=UTC))
    response = submit(browser, "Advance", amount="5", unit="weeks")
    assert response.status_code == 400
    assert "The calendar ends with the year 9999." in response.text


def test_a_fault_is_set_in_full_and_cleared(sandbox: Sandbox, browser: httpx.Client) -> None:
    response = submit(
        browser,
        "Set the fault",
        method="GET",
        path="/api/orders*",
        nth="2",
        times="",
        probability="0.5",
        seed="7",
        status="503",
        retry_after="2",
        message="Later",
        after_work="1",
        reset="during_answer",
        body="cut",
        delay_before="0.25",
        delay_after="0.5",
        trickle="0.1",
    )
    assert response.headers["location"] == "/?done=fault#faults"
    [fault] = sandbox.faults
    assert (fault.method, fault.path, fault.nth, fault.times) == ("GET", "/api/orders*", 2, None)
    assert (fault.probability, fault.seed, fault.status, fault.after_work) == (0.5, 7, 503, True)
    assert (fault.message, fault.retry_after) == ("Later", "2")
    assert (fault.reset, fault.body) == ("during_answer", "cut")
    assert (fault.delay_before, fault.delay_after, fault.trickle) == (0.25, 0.5, 0.1)
    text = visit(browser, response.headers["location"]).text
    assert "503 after the work, Retry-After: 2, body cut" in text
    assert "GET /api/orders*, from the 2nd on, every time, with probability 0.5 (seed 7)" in text
    submit(browser, "Clear all faults")
    assert list(sandbox.faults) == []


def test_the_form_of_a_fault_has_a_control_for_each_parameter(browser: httpx.Client) -> None:
    page = visit(browser)
    form = page.form("Set the fault")
    flags = {"after_work"}  # an unchecked box sends nothing
    assert form.fields.keys() - {"token"} == Fault.model_fields.keys() - flags
    described = {given.get("aria-describedby") for _, given in page.elements}
    assert {f"{name}-hint" for name in Fault.model_fields} <= described


def test_a_quick_fault_applies_to_the_next_request(sandbox: Sandbox, browser: httpx.Client) -> None:
    submit(browser, "503 once")
    with plain_client(sandbox) as api:
        assert [api.get("/api/offices").status_code for _ in range(2)] == [503, 200]
    assert "503 instead of the work" in visit(browser).text


@pytest.mark.parametrize(
    ("filled_in", "sentence"),
    [
        ({}, "A fault without an effect"),
        ({"status": "abc"}, "status='abc' should be a valid integer"),
        ({"status": "99"}, "status='99' should be greater than or equal to 200."),
        ({"status": "503", "nth": "0"}, "nth='0' should be greater than or equal to 1."),
        ({"status": "503", "probability": "2"}, "should be less than or equal to 1"),
        ({"delay_before": "inf"}, "should be a finite number"),
        ({"delay_before": "-1"}, "delay_before='-1' should be greater than or equal to 0."),
        ({"reset": "never"}, "reset='never' should be 'before_work', "),
        ({"status": "429", "retry_after": "1\r\nX: y"}, "cannot be a header"),
        ({"status": "500", "path": "/\x00"}, "should be printable text"),
    ],
)
def test_an_invalid_fault_is_refused_and_the_form_stays_filled_in(
    sandbox: Sandbox, browser: httpx.Client, filled_in: dict[str, str], sentence: str
) -> None:
    response = submit(browser, "Set the fault", **{"message": "kept", **filled_in})
    assert response.status_code == 400
    page = FormPage(response.text)
    assert sentence in page.text
    assert page.form("Set the fault").fields["message"] == "kept"
    assert list(sandbox.faults) == []


def test_a_change_leads_back_to_the_same_view(browser: httpx.Client) -> None:
    form = visit(browser, "/?orders=2&follow=1").form("503 once")
    response = browser.post(form.action, data=form.fields)
    assert response.headers["location"] == "/?orders=2&follow=1&done=fault#faults"


def test_following_reloads_the_page_by_itself(browser: httpx.Client) -> None:
    def refreshing(page: FormPage) -> bool:
        return any(given.get("http-equiv") == "refresh" for _, given in page.elements)

    page = visit(browser)
    assert not refreshing(page)
    followed = visit(browser, page.links["Follow"])
    assert refreshing(followed)
    assert not refreshing(visit(browser, followed.links["Stop following"]))


@pytest.mark.parametrize("action", ["/dashboard/clock", "/dashboard/faults", "/dashboard/clear-faults"])
@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({}, "", 403),
        ({}, "wrong", 403),
        ({}, "é", 403),
        ({"Origin": "http://evil.example"}, None, 403),
        ({"Origin": "null"}, None, 403),
        ({"Sec-Fetch-Site": "cross-site"}, None, 403),
        ({"Sec-Fetch-Site": "same-site"}, None, 403),
        ({"Host": "evil.example"}, None, 400),
        ({"Content-Type": "text/plain"}, None, 415),
    ],
)
def test_a_change_needs_a_form_of_the_dashboard_from_its_own_origin(
    sandbox: Sandbox,
    browser: httpx.Client,
    action: str,
    headers: dict[str, str],
    token: str | None,
    status: int,
) -> None:
    before = sandbox.clock.now()
    sandbox.faults.add(path="/api/offices", status=500)
    form = visit(browser).form("503 once").fields
    data = {**form, "step": "1 days", "token": form["token"] if token is None else token}
    body = str(httpx.QueryParams(data))
    kind = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    response = browser.post(action, content=body, headers=kind)
    assert response.status_code == status
    assert sandbox.clock.now() == before
    assert [fault.path for fault in sandbox.faults] == ["/api/offices"]


def test_a_form_from_the_dashboards_own_origin_is_accepted(sandbox: Sandbox, browser: httpx.Client) -> None:
    form = visit(browser).form("503 once")
    headers = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}
    assert browser.post(form.action, data=form.fields, headers=headers).status_code == 303


def test_each_sandbox_has_its_own_token(sandbox: Sandbox, browser: httpx.Client) -> None:
    mine = visit(browser).form("503 once").fields["token"]
    with Sandbox(orders=0) as other, httpx.Client(base_url=other.url, trust_env=False) as client:
        theirs = visit(client).form("503 once").fields["token"]
    assert len(mine) > 30
    assert mine != theirs


def test_a_form_that_is_too_long_or_not_text_is_refused(browser: httpx.Client) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post("/dashboard/clock", content=b"a=" + b"x" * 70_000, headers=kind).status_code == 413
    assert browser.post("/dashboard/clock", content=b"\xff\xfe", headers=kind).status_code == 400
    assert browser.post("/dashboard/clock", content=b"a=1&" * 200, headers=kind).status_code == 400


def test_unknown_methods_and_pages_are_refused(browser: httpx.Client) -> None:
    for method, path, allowed in (
        ("POST", "/", {"GET", "HEAD"}),
        ("GET", "/dashboard/clock", {"POST"}),
    ):
        response = browser.request(method, path)
        assert (response.status_code, set(response.headers["allow"].split(", "))) == (405, allowed)
    assert browser.delete("/dashboard/static/style.css").status_code == 405
    assert browser.head("/").status_code == 200
    assert browser.get("/dashboard/nothing").status_code == 404
    assert browser.get("/dashboard/static/../app.py").status_code == 404


def test_the_dashboard_opens_only_under_a_name_of_this_machine(browser: httpx.Client) -> None:
    response = browser.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "$filter" not in response.text
