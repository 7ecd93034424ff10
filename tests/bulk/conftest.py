"""Arrange a server, a client of either kind and a journal for batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from either_client import Flavour, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signtraker import SignTrakerClient
    from signtraker.sandbox import Sandbox


@pytest.fixture
def server(signtraker_sandbox: Sandbox) -> Sandbox:
    """Return a sandbox whose ledger is empty at first: what it holds is the truth about the work done."""
    return signtraker_sandbox


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Return each kind of client in turn."""
    kind: Flavour = request.param
    return kind


@pytest.fixture
def both(flavour: Flavour, server: Sandbox) -> Iterator[SignTrakerClient]:
    """Return a client of each kind in turn, to be used like a sync one."""
    options: dict[str, Any] = {"retry_backoff_seconds": 0, "timeout_seconds": 30}
    with open_client(flavour, server.api_key, server.url, **options) as client:
        yield client


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return the path of a journal that does not exist yet."""
    return tmp_path / "signs.journal"
