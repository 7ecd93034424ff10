"""Measure this package beside what people use today, and print a table of ratios with their spread.

Each measure runs in fresh processes, the two subjects in turn, over several rounds, against a minimal
server on loopback with canned responses. A ratio is taken within each round, so that a machine whose speed
drifts disturbs both alike. Lower is better. Nothing is judged, and nothing of it is part of the tests.

scripts/bench                      take all measures
scripts/bench --only get_order     take those whose name holds this text
scripts/bench --output FILE        write the figures as JSON, too
scripts/bench --docs               write the table into docs/explanation/performance.md, and JSON beside it
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _environment import CACHE, check_python, environment, run
from run_tests import build_wheel, install_wheel

if TYPE_CHECKING:
    from collections.abc import Generator

PUBLISHED = "signtraker==0.1.0"
QUERY_PACKAGE = "python-odata==0.8.1"
SCRIPTS = Path(__file__).parent
DOCUMENT = SCRIPTS.parent / "docs" / "explanation" / "performance.md"
BEGIN = "<!-- scripts/bench --docs writes from here -->"
END = "<!-- to here -->"


@dataclass(frozen=True)
class Measure:
    """One row of the table: what is measured, against what, and what is to be reached."""

    name: str
    subject: str
    """The function of bench_worker.py that measures this package."""
    against: str
    reference: str | None
    """The function that measures the other; None where the figure stands for itself."""
    reach: float
    environment: str = "ours"
    """The environment in which the reference runs."""
    subject_environment: str = "ours"
    rounds: int = 5
    unit: str = ""
    latency_seconds: float = 0.0
    """The time that the server waits before each response."""


MEASURES = (
    Measure("import", "import_package", "published", "import_package", 0.10, "published", "plain", 11),
    Measure(
        "import, client, request",
        "import_client_and_request",
        "published: import, client",
        "import_and_client",
        0.80,
        "published",
        "plain",
        11,
    ),
    Measure(
        "import, client, first call",
        "import_and_first_request",
        "published",
        "import_and_first_request",
        1.0,
        "published",
        "plain",
        11,
    ),
    Measure("get_order", "get_order", "published", "get_order", 0.60, "published"),
    Measure("get_order, raw", "get_order", "httpx, bytes", "get_order_raw", 1.12),
    Measure("list_orders, 10,000", "list_orders", "published", "list_orders", 1.6, "published"),
    Measure("list_orders, limit", "list_orders", "httpx + TypeAdapter", "list_orders_limit", 1.10),
    Measure("list_orders, select", "list_selected", "the same rows without", "list_unselected", 1.0),
    Measure("memory of 10,000", "memory_of_models", "dicts", "memory_of_dicts", 1.25, rounds=3),
    Measure("iteration: growth", "iteration_memory", "", None, 64 * 2**20, rounds=1, unit="bytes"),
    Measure("iteration: last to first 100,000", "iteration_growth", "", None, 1.1, rounds=1, unit="times"),
    Measure(
        "iteration, 8 pages at a time",
        "iterate_side_by_side",
        "one after another",
        "iterate",
        0.20,
        rounds=3,
        latency_seconds=0.05,
    ),
    Measure("async, 2,000 at 64", "async_gets", "httpx.AsyncClient", "async_gets_raw", 1.10),
    Measure("async, 1,000 at once", "async_gets_at_once", "at 64", "async_gets_at_concurrency", 1.5),
    Measure(
        "filter of three clauses",
        "build_filter",
        "python-odata",
        "build_filter_python_odata",
        0.5,
        "published",
    ),
    Measure(
        "100 pytest tests",
        "pytest_suite",
        "",
        None,
        3.0,
        subject_environment="tests",
        rounds=3,
        unit="seconds",
    ),
)


def environments() -> dict[str, Path]:
    """Return the Python of each environment, made if it is not there yet."""
    version = ".".join(map(str, sys.version_info[:2]))
    ours = environment(f"test-{version}", sys.executable, "dev.txt")
    wheel = build_wheel(ours)
    install_wheel(ours, wheel)
    return {
        "ours": ours,
        "plain": _fresh("bench-plain", str(wheel)),
        "tests": _fresh("bench-tests", f"{wheel}[sandbox]", "pytest"),
        "published": _fresh("bench-published", PUBLISHED, QUERY_PACKAGE),
    }


def _fresh(name: str, *packages: str) -> Path:
    """Return an environment as a user would install it: the newest versions that fit."""
    python = CACHE / name / "bin" / "python"
    if not python.exists():
        run([sys.executable, "-m", "venv", str(CACHE / name)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, *packages])
    # pip leaves an older build of the same version as it is.
    for wheel in (one.partition("[")[0] for one in packages if ".whl" in one):
        run([*pip, "--force-reinstall", "--no-deps", wheel])
    return python


@contextmanager
def server(python: Path, latency_seconds: float = 0.0) -> Generator[str]:
    """Start the minimal server, and yield its address."""
    command = [str(python), str(SCRIPTS / "bench_server.py"), "--latency", str(latency_seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        port = process.stdout.readline().strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def take(python: Path, function: str, url: str) -> float:
    """Take one measure once, in a process of its own outside the checkout."""
    command = [str(python), "-I", str(SCRIPTS / "bench_worker.py"), function, url]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=CACHE)
    return float(json.loads(done.stdout))


def measure(row: Measure, pythons: dict[str, Path], rounds: int | None) -> dict[str, object]:
    """Take one row's measures in turn; return medians, and the ratios of the rounds."""
    ours: list[float] = []
    theirs: list[float] = []
    with server(pythons["ours"], row.latency_seconds) as url:
        for _ in range(rounds or row.rounds):
            ours.append(take(pythons[row.subject_environment], row.subject, url))
            if row.reference is not None:
                theirs.append(take(pythons[row.environment], row.reference, url))
    figures = [one / other for one, other in zip(ours, theirs, strict=True)] if theirs else ours
    return {
        "measure": row.name,
        "against": row.against,
        "unit": row.unit or "ratio",
        "median": statistics.median(figures),
        "lowest": min(figures),
        "highest": max(figures),
        "reach": row.reach,
        "ours": statistics.median(ours),
        "theirs": statistics.median(theirs) if theirs else None,
    }


def machine() -> dict[str, object]:
    """Describe the machine."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _processor() -> str:
    """Return the name of the processor; Python knows it on some systems only."""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        return names[0] if names else "unknown"
    return platform.processor() or "unknown"


def table(figures: dict[str, Any]) -> str:
    """Return the machine and the figures as Markdown."""
    about = figures["machine"]
    lines = [
        f"Python {about['python']}, {about['system']}, {about['processor']}, {about['cores']} cores.",
        "",
        "| measure | against | median | lowest | highest | to reach |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for one in figures["measures"]:
        numbers = (_number(one[name], one["unit"]) for name in ("median", "lowest", "highest", "reach"))
        lines.append(f"| {one['measure']} | {one['against'] or '—'} | {' | '.join(numbers)} |")
    return "\n".join(lines)


def _number(value: float, unit: str) -> str:
    if unit == "bytes":
        return f"{value / 2**20:,.1f} MiB"
    return f"{value:.2f} s" if unit == "seconds" else f"{value:.2f}"


def with_table(document: str, figures: dict[str, Any]) -> str:
    """Return a document with the table between its two markers. Raises ValueError if they are missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(
            f"the document needs the lines {BEGIN!r} and {END!r}, between which the table stands"
        )
    return f"{before}{BEGIN}\n\n{table(figures)}\n\n{END}{after}"


def _print(result: dict[str, object]) -> None:
    figures = (result[name] for name in ("median", "lowest", "highest", "reach"))
    shown = " ".join(f"{figure:>12,.3f}" for figure in figures)
    print(f"{result['measure']:<28} {result['against']:<26} {shown}", flush=True)


def main() -> None:
    """Take the measures and print the table."""
    check_python()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", metavar="TEXT", help="take the measures whose name holds this text")
    parser.add_argument("--rounds", type=int, help="the number of rounds; each measure has its own")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--docs", action="store_true", help="write docs/explanation/performance.md")
    options = parser.parse_args()
    if options.docs and options.only is not None:
        parser.error("--docs takes all measures in one go; leave out --only")
    pythons = environments()
    print(f"{'measure':<28} {'against':<26} {'median':>12} {'lowest':>12} {'highest':>12} {'to reach':>12}")
    results: list[dict[str, object]] = []
    for row in MEASURES:
        if options.only is None or options.only in row.name:
            results.append(measure(row, pythons, options.rounds))
            _print(results[-1])
    figures = {"machine": machine(), "measures": results}
    if options.docs:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text("utf-8"), figures), encoding="utf-8")
    outputs = [options.output] if options.output else []
    for path in [*outputs, *([DOCUMENT.with_suffix(".json")] if options.docs else [])]:
        path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
