"""The demo runs to its end, and no setting of the environment can point it at a real tenant."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "scripts" / "demo.py"


@pytest.mark.slow
def test_the_demo_shows_the_main_job_whatever_the_environment_says() -> None:
    hostile = {
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
        env={**os.environ, **hostile},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    short_repr = run.stdout
    assert "StreetNmae is not a field of CreateOrderRequest; did you mean street_name?" in short_repr
    assert "→ nothing was sent" in short_repr
    assert "→ POST /api/orders  200" in short_repr
    assert "→ GET /api/orders?$filter=Status eq 'Draft' and JobSite/StreetName eq 'O''Brien" in short_repr
    assert "NotFoundError" in short_repr
    assert "The sign is due to be removed on 2026-12-24." in short_repr
    assert "\x1b" not in short_repr
    assert "a-real-key" not in short_repr
