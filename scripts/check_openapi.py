"""Hold docs/openapi.json against a running sandbox: Schemathesis must find nothing.

It sends what the document allows and what it forbids, the same every time, and looks whether status, headers,
media type and body of each response are what the document says.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from signtraker.sandbox import Sandbox

SCRIPTS = Path(__file__).resolve().parent
DOCUMENT = SCRIPTS.parent / "docs" / "openapi.json"
EXAMPLES = 8
"""Requests that are made up for each operation, beside those that cover its limits."""


def main() -> int:
    """Run Schemathesis in a folder of its own, which is gone afterwards."""
    with Sandbox(seed=1) as sandbox, tempfile.TemporaryDirectory() as folder:
        orders = sandbox.client.orders.list_orders(filter="Status eq 'Installed'", select=["Id"])
        settings = {
            **os.environ,
            "PYTHONPATH": str(SCRIPTS),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "SANDBOX_INSTALLED": ",".join(str(order.id) for order in orders),
        }
        command = [sys.executable, "-m", "schemathesis.cli"]
        command += [
            "--config-file",
            str(SCRIPTS / "schemathesis.toml"),
            "run",
            str(DOCUMENT),
            "--url",
            sandbox.url,
        ]
        command += ["--header", f"Authorization: ST-API {sandbox.api_key}", "--no-color"]
        command += ["--seed", "1", "--generation-deterministic"]
        command += ["--max-examples", str(EXAMPLES), "--continue-on-failure"]
        return subprocess.run(command, cwd=folder, env=settings, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
