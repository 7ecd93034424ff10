"""Give every test a clean environment, a sandbox and a client of it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from chromium import MISSING, find_chromium
from either_client import open_client
from scripted_server import Reply, ScriptedServer

from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker import SignTrakerClient


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--expect-wheel",
        action="store_true",
        help="fail unless the package under test is an installed wheel (scripts/test sets this)",
    )
    parser.addoption(
        "--renew-screens",
        action="store_true",
        help="write the approved screens of the command anew (tests/cli/test_terminal.py)",
    )


def pytest_configure() -> None:
    # A shell's background job ignores Ctrl-C, and so would whatever the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Count every property test as slow: it runs its body hundreds of times."""
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        item.add_marker(pytest.mark.slow)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that need Chromium where there is none; the summary says so."""
    if find_chromium() is None:
        without = [item for item in items if item.path.name == "test_browser.py"]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if find_chromium() is None:
        terminalreporter.write_line(MISSING)


@pytest.fixture(autouse=True)
def _clear_settings_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("SIGNTRAKER_", "SIGNTRACKER_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> SignTrakerClient:
    return sandbox.client


@pytest.fixture(params=["sync", "async"])
def either(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[SignTrakerClient]:
    """Return a client of the sandbox, of each kind in turn, to be used like a sync one."""
    with open_client(request.param, sandbox.api_key, sandbox.url, retry_backoff_seconds=0) as client:
        yield client


@pytest.fixture(params=["sync", "async"])
def scripted(request: pytest.FixtureRequest) -> Iterator[tuple[ScriptedServer, SignTrakerClient]]:
    """Return a server that responds with one record to every request, and a client of each kind in turn."""
    with ScriptedServer([Reply.json('{"Id": 7}')]) as server:
        with open_client(request.param, "key", server.url) as client:
            yield server, client
