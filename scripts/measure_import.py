"""Kill an import of 5,000 rows again and again, resume it, and check that no order is doubled or missing.

    python scripts/measure_import.py [--rows 5000] [--kills 5] [--seed 1]

Prints one line for each run of the command, and the time and the memory of a list of everything at the end.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELDS = ("agent_id", "preset_id", "street_number", "street_name", "city", "state", "external_id")


def main() -> int:
    """Run the measurement; return 1 if an order was doubled or is missing."""
    parser = argparse.ArgumentParser(description="Kill an import again and again, and resume it.")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, Sandbox(orders=0) as sandbox:
        path = write_rows(Path(folder) / "signs.csv", options.rows)
        environ = {
            **os.environ,
            "SIGNTRAKER_BASE_URL": sandbox.url,
            "SIGNTRAKER_API_KEY": sandbox.api_key,
            "SIGNTRAKER_CONFIG": str(Path(folder) / "none.toml"),
        }
        command = ["orders", "import", str(path), "--yes", "--concurrency", "8"]
        for number in range(options.kills):
            target = len(sandbox.ledger) + chance.randint(1, options.rows // (options.kills + 1))
            run_until(sandbox, command, environ, target)
            print(f"kill {number + 1}: {len(sandbox.ledger):,} orders exist")
        start = time.monotonic()
        code = run(command, environ)
        seconds = time.monotonic() - start
        ledger = Counter(one.external_id for one in sandbox.ledger)
        outcomes = read_outcomes(path.with_name("signs.result.csv"))
        doubled = [key for key, count in ledger.items() if count > 1]
        in_doubt = [key for key, outcome in outcomes.items() if outcome == "unknown"]
        missing = [key for key in outcomes if key not in ledger and key not in in_doubt]
        print(f"the last run ended with {code} after {seconds:.1f} s: {len(ledger):,} orders exist")
        print(f"doubled: {len(doubled)}, missing: {len(missing)}, in doubt: {len(in_doubt)}")
        start = time.monotonic()
        run(["orders", "list", "--output", str(Path(folder) / "all.csv")], environ)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"listing them took {time.monotonic() - start:.1f} s; the largest process had {peak:.0f} MiB")
    return 1 if doubled or missing else 0


def write_rows(path: Path, count: int) -> Path:
    """Write the file to import: each row has an address of its own."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for number in range(count):
            agent, preset = 1 + number % 20, 1 + number % 8
            writer.writerow([agent, preset, number + 1, "Elm St", "Sandy", "UT", f"row-{number}"])
    return path


def run(arguments: Sequence[str], environ: dict[str, str]) -> int:
    """Run the command to its end and return its exit code."""
    command = [sys.executable, "-m", "signtraker", *arguments]
    return subprocess.run(command, env=environ, stderr=subprocess.DEVNULL, check=False).returncode


def run_until(sandbox: Sandbox, arguments: Sequence[str], environ: dict[str, str], orders: int) -> None:
    """Kill the command as soon as the server has so many orders."""
    command = [sys.executable, "-m", "signtraker", *arguments]
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as process:
        while sandbox.count_orders() < orders:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.01)
                return
        process.send_signal(signal.SIGKILL)


def read_outcomes(path: Path) -> dict[str, str]:
    """Return the outcome of each row by its external id."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["external_id"]: row["outcome"] for row in csv.DictReader(file)}


if __name__ == "__main__":
    sys.exit(main())
