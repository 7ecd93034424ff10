from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from plain_http import plain_client

from signtraker.sandbox import Sandbox
from signtraker.sandbox.data.cancellation import ResetGeneration
from signtraker.sandbox.serving.gate import Gate
from signtraker.sandbox.settings import Settings

if TYPE_CHECKING:
    import httpx
    from starlette.types import Message, Receive, Scope, Send


@pytest.mark.parametrize(
    "authorization",
    ["ST-API wrong", "ST-API", "Bearer sandbox-key", "sandbox-key", "", "ST-API sandbox-key2"],
)
def test_a_request_without_the_right_key_is_denied(api: httpx.Client, authorization: str) -> None:
    answer = api.get("/api/orders", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json() == {"Message": "Authorization has been denied for this request."}


def test_bytes_that_are_no_ascii_are_no_key(api: httpx.Client) -> None:
    answer = api.get("/api/orders", headers={b"Authorization": b"ST-API \xff\xfe"})
    assert answer.status_code == 401


def test_the_key_is_kept_nowhere(sandbox: Sandbox, api: httpx.Client) -> None:
    api.get("/api/orders?$top=1")
    assert "sandbox-key" not in repr(sandbox)
    assert "sandbox-key" not in repr(sandbox.settings)
    assert "sandbox-key" not in repr([(one, one.headers) for one in sandbox.requests])


FOREIGN = [
    "evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1:80",
    "",
    "127.0.0.1:80@evil",
    "[::1]evil.example",
]


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_name_is_refused(api: httpx.Client, host: str) -> None:
    answer = api.get("/api/orders", headers={"Host": host})
    assert answer.status_code == 400
    assert "Invalid Hostname" in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:8080"])
def test_every_name_of_this_machine_is_accepted(api: httpx.Client, host: str) -> None:
    assert api.get("/api/orders?$top=1", headers={"Host": host}).status_code == 200


def test_an_unknown_route_is_a_404_with_its_address(sandbox: Sandbox, api: httpx.Client) -> None:
    answer = api.get("/api/nothing?x=1")
    assert answer.status_code == 404
    expected = f"No HTTP resource was found that matches the request URI '{sandbox.url}/api/nothing?x=1'."
    assert answer.json() == {"Message": expected}


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        ("/api/orders", "/api/orders/"),
        ("/api/orders", "/API/Orders"),
        ("/api/orders/1001", "/Api/oRders/1001/"),
        ("/api/credits/awards", "/api/Credits/Awards/"),
    ],
)
def test_a_route_is_found_in_any_case_and_with_a_slash_at_its_end(
    api: httpx.Client, path: str, odd: str
) -> None:
    assert api.get(odd).status_code == 200
    assert api.get(odd).json() == api.get(path).json()
    assert api.put(odd).headers["allow"] == api.put(path).headers["allow"]


def test_an_unknown_route_is_quoted_in_its_own_case(sandbox: Sandbox, api: httpx.Client) -> None:
    for path in ("/API/Nothing/", "/api/orders//"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert f"'{sandbox.url}{path}'" in answer.json()["Message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/orders"), ("DELETE", "/api/orders/1001"), ("POST", "/api/offices")],
)
def test_an_unsupported_method_is_a_405(api: httpx.Client, method: str, path: str) -> None:
    answer = api.request(method, path)
    assert answer.status_code == 405
    expected = f"The requested resource does not support http method '{method}'."
    assert answer.json() == {"Message": expected}


def test_a_missing_record_is_a_404_without_a_body(api: httpx.Client) -> None:
    for path in ("orders/1", "agents/999", "services/1", "changeorders/1"):
        answer = api.get(f"/api/{path}")
        assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("key", ["abc", "1.5", "99999999999999999999", "%20"])
def test_an_id_that_is_no_number_is_an_invalid_request(api: httpx.Client, key: str) -> None:
    answer = api.get(f"/api/orders/{key}")
    assert answer.status_code == 400
    assert answer.json()["Message"] == "The request is invalid."


def test_a_query_string_of_2048_bytes_passes_and_one_more_does_not(api: httpx.Client) -> None:
    stem = "$filter=Status%20eq%20'"
    longest = stem + "x" * (2048 - len(stem) - 1) + "'"
    assert api.get(f"/api/orders?{longest}").json() == []
    answer = api.get(f"/api/orders?{longest}x")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_url_of_4096_bytes_passes_and_one_more_does_not(api: httpx.Client) -> None:
    query = "$top=1" + "&x=" + "1" * 2039
    assert len(query) == 2048
    path = "/api/orders/"
    path += "0" * (4096 - len(f"{path}?{query}"))
    assert "html" not in api.get(f"{path}?{query}").headers["content-type"]
    answer = api.get(f"{path}0?{query}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_body_of_an_unknown_kind_is_a_415(api: httpx.Client) -> None:
    answer = api.post("/api/orders", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert answer.json()["Message"] == (
        "The request entity's media type 'text/plain' is not supported for this resource."
    )


def test_a_merge_patch_is_accepted_by_patch_only(api: httpx.Client) -> None:
    kind = {"Content-Type": "application/merge-patch+json"}
    assert api.patch("/api/agents/1", content=b"{}", headers=kind).status_code == 200
    assert api.post("/api/orders", content=b"{}", headers=kind).status_code == 415
    assert api.patch("/api/agents/1", content=b"{}").status_code == 415


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b"[1]", b"null", b"", b'"x"', b'{"AgentId": NaN}', b"[" * 100_000],
)
def test_a_body_that_is_no_json_object_is_an_invalid_request(api: httpx.Client, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    answer = api.post("/api/orders", content=body, headers=kind)
    assert answer.status_code == 400
    assert answer.json()["Message"] == "The request is invalid."
    assert "order" in answer.json()["ModelState"]


def test_received_requests_are_recorded() -> None:
    with Sandbox(orders=1) as sandbox, plain_client(sandbox) as api:
        api.get("/api/orders", params={"$filter": "Status eq 'a&b'", "$top": 5})
        api.post("/api/orders", content=b'{"AgentId":1}', headers={"Content-Type": "application/json"})
        listed, posted = sandbox.requests
    assert (listed.method, listed.path, listed.status) == ("GET", "/api/orders", 200)
    assert listed.query == [("$filter", "Status eq 'a&b'"), ("$top", "5")]
    assert listed.options["$top"] == "5"
    assert (posted.method, posted.body, posted.status) == ("POST", b'{"AgentId":1}', 400)


def test_an_incomplete_request_is_recorded_and_does_no_work() -> None:
    worked: list[str] = []
    arriving: list[Message] = [
        {"type": "http.request", "body": b'{"AgentId":1,"PresetId":1}', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        worked.append("done")

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(_message: Message) -> None:
        worked.append("answered")

    gate = Gate(app, Settings(), ResetGeneration())
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/orders",
        "raw_path": b"/api/orders",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    asyncio.run(gate(scope, receive, send))
    (received,) = gate.requests
    assert (received.body, received.status) == (b'{"AgentId":1,"PresetId":1}', None)
    assert worked == []
