"""Fixtures for pytest, available when the package is installed; nothing is loaded before one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from signtraker import AsyncSignTrakerClient, SignTrakerClient
    from signtraker.sandbox import Sandbox


@pytest.fixture(scope="session")
def signtraker_sandbox_options() -> Mapping[str, Any]:
    """The options of the `Sandbox` that all tests share; override it in a conftest.py."""
    return {}


@pytest.fixture(scope="session")
def _signtraker_sandbox_server(signtraker_sandbox_options: Mapping[str, Any]) -> Iterator[Sandbox]:
    from signtraker.sandbox import Sandbox  # noqa: PLC0415 - loaded only when used

    with Sandbox(**signtraker_sandbox_options) as sandbox:
        yield sandbox


@pytest.fixture
def signtraker_sandbox(_signtraker_sandbox_server: Sandbox) -> Sandbox:
    """A sandbox after a reset: the seeded records, the start time, no requests and no faults."""
    _signtraker_sandbox_server.reset()
    return _signtraker_sandbox_server


@pytest.fixture
def signtraker_client(signtraker_sandbox: Sandbox) -> SignTrakerClient:
    """A client of the sandbox, over HTTP."""
    return signtraker_sandbox.client


@pytest.fixture
def signtraker_async_client(signtraker_sandbox: Sandbox) -> AsyncSignTrakerClient:
    """An async client of the sandbox, without a socket; works with or without an async plugin."""
    return signtraker_sandbox.async_client()
