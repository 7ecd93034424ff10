"""Give the tests of the engines a sandbox of 100,000 orders and a Spark session.

`scripts/test_scale` runs them; `scripts/test` does not.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import pytest
from pyspark.sql import SparkSession

from signtraker.sandbox import Sandbox
from signtraker.spark import SignTrakerSource

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS: Final = 100_000
_FIGURES: Final[list[str]] = []


@pytest.fixture(scope="session")
def big() -> Iterator[Sandbox]:
    """Return a sandbox of 100,000 orders; its tests only read."""
    with Sandbox(orders=ORDERS, api_key="key-of-the-big-sandbox") as running:
        yield running


@pytest.fixture(scope="session")
def spark(big: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Return a session of two tasks at a time, each of which Spark tries up to three times.

    Its processes have the settings of the big sandbox in their environment, as those of a cluster would.
    """
    home = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(home),
        "spark.pyspark.python": sys.executable,
        "spark.sql.python.filterPushdown.enabled": "true",
        "spark.sql.session.timeZone": "America/Denver",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2, 3]").appName("signtraker")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIGNTRAKER_BASE_URL", big.url)
        environment.setenv("SIGNTRAKER_API_KEY", big.api_key)
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    session.dataSource.register(SignTrakerSource)
    yield session
    session.stop()


@pytest.fixture
def figures() -> list[str]:
    """Return the lines that the run prints at its end."""
    return _FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _FIGURES:
        terminalreporter.section(f"figures, on {os.cpu_count()} cores")
        for line in _FIGURES:
            terminalreporter.write_line(line)
