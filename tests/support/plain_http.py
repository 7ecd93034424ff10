"""Define a plain HTTP client of a sandbox, without the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox


def plain_client(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(
        base_url=sandbox.url,
        headers={"Authorization": f"ST-API {sandbox.api_key}"},
        trust_env=False,
        timeout=30,
    )


def rows(api: httpx.Client, path: str = "/api/orders", **options: str | int) -> list[dict[str, Any]]:
    """Send a list request with `$`-options and hand over its rows."""
    answer = api.get(path, params={f"${name}": value for name, value in options.items()})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def refusal(api: httpx.Client, path: str = "/api/orders", **options: str | int) -> str:
    """Send a list request that is refused and hand over the message."""
    answer = api.get(path, params={f"${name}": value for name, value in options.items()})
    assert answer.status_code == 400, answer.text
    message: str = answer.json()["Message"]
    return message
