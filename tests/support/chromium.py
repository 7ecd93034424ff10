"""Find the browser that the tests of the dashboard and of the report use."""

from __future__ import annotations

import os
import shutil
from functools import cache

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
MISSING = (
    "The tests of each test_browser.py did not run: no Chromium was found."
    f" Install one of {', '.join(NAMES)}, or set CHROMIUM to the path of one."
)


@cache
def find_chromium() -> str | None:
    """Return the path of Chromium; the variable CHROMIUM wins over what is on PATH."""
    names = (os.environ.get("CHROMIUM", ""), *NAMES)
    return next((path for name in names if (path := shutil.which(name))), None)
