"""Check the OpenAPI document, and the page that shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from form_page import FormPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker.sandbox import Sandbox

COMMITTED = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False, timeout=30) as client:
        yield client


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in COMMITTED["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_describes_every_endpoint_once() -> None:
    described = operations()
    assert len(described) == 21
    assert len({operation["operationId"] for operation in described.values()}) == 21
    assert "PATCH /api/agents/{id}" in described


def test_the_sandbox_serves_the_committed_document_with_its_own_address(browser: httpx.Client) -> None:
    served = browser.get("/openapi.json").json()
    assert served.pop("servers")[0]["url"] == "/"
    assert served == {name: part for name, part in COMMITTED.items() if name != "servers"}


def test_every_list_takes_the_five_options(browser: httpx.Client) -> None:
    lists = [one for one in operations().values() if one["operationId"].startswith("list_")]
    assert len(lists) == 8
    for operation in lists:
        options = {one["$ref"].rpartition("/")[2] for one in operation["parameters"] if "$ref" in one}
        assert options == {"filter", "orderby", "top", "skip", "select"}


def test_every_operation_describes_its_errors() -> None:
    for operation in operations().values():
        assert {"200", "400", "401"} <= operation["responses"].keys()


def test_a_merge_patch_has_its_own_media_type_and_needs_no_part_of_a_reference() -> None:
    patch = operations()["PATCH /api/agents/{id}"]
    assert list(patch["requestBody"]["content"]) == ["application/merge-patch+json"]
    assert "required" not in COMMITTED["components"]["schemas"]["RefPatch"]


def test_every_reference_in_the_document_leads_somewhere() -> None:
    text = json.dumps(COMMITTED)
    for target in {part.partition('"')[0] for part in text.split('"$ref": "#/')[1:]}:
        found = COMMITTED
        for step in target.split("/"):
            found = found[step]
        assert found


def test_the_page_shows_every_operation_and_schema_with_links_that_lead_somewhere(
    browser: httpx.Client,
) -> None:
    answer = browser.get("/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = FormPage(answer.text)
    ids = {given["id"] for _, given in page.elements if given.get("id")}
    assert {operation["operationId"] for operation in operations().values()} <= ids
    assert {f"schema-{name}" for name in COMMITTED["components"]["schemas"]} <= ids
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= ids
    assert all(address.startswith(("/", "#")) for address in page.addresses)
    assert "ST-API {key}" in page.text


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/orders", "GET, POST"),
        ("/api/agents/1", "GET, PATCH"),
        ("/api/agents/activate", "POST"),
        ("/api/offices", "GET"),
    ],
)
def test_a_405_names_all_methods_of_the_path(browser: httpx.Client, path: str, methods: str) -> None:
    assert browser.put(path).headers["allow"] == methods
