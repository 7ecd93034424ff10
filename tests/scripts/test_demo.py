"""Check that the demo runs completely, and that no environment variable points it at a real tenant."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "scripts" / "demo.py"


@pytest.mark.once
@pytest.mark.slow
def test_the_demo_shows_the_main_use_case_and_ignores_the_environment() -> None:
    settings = {
        "SIGNTRAKER_API_KEY": "a-real-key",
        "SIGNTRAKER_BASE_URL": "https://real.signtraker.com",
        "SIGNTRAKER_SUBDOMAIN": "real",
        "SIGNTRAKER_TIMEOUT_SECONDS": "never",
        "SIGNTRAKER_MAX_RETRIES": "-1",
        "SIGNTRAKER_ODATA_VERSION": "v9",
        "PYTHONIOENCODING": "utf-8",
    }
    run = subprocess.run(
        [sys.executable, "-W", "error", str(DEMO)],
        env={**os.environ, **settings},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    output = run.stdout
    assert "StreetNmae is not a field of CreateOrderRequest; did you mean street_name?" in output
    assert "→ nothing was sent" in output
    assert "→ POST /api/orders  200" in output
    assert "→ GET /api/orders?$filter=Status eq 'Draft' and JobSite/StreetName eq 'O''Brien" in output
    assert "NotFoundError" in output
    assert "The sign is due to be removed on 2026-12-24." in output
    assert "\x1b" not in output
    assert "a-real-key" not in output
