"""Give each module here a sandbox of its own, and a plain HTTP client without the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from plain_http import plain_client

from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with plain_client(sandbox) as client:
        yield client
