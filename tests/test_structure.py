"""Check that packages import downward only and in no circle, and that public import paths exist."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.once
# From the lowest layer to the highest: a package imports from the layers above it here, and from itself.
LAYERS = (
    ("_version", "_common", "exceptions"),
    ("models", "query"),
    ("_core",),
    ("_lists",),
    ("arrow",),
    ("_bulk",),
    ("base_client", "aio.base_client"),
    ("agents", "change_orders", "credits", "enterprises", "offices", "order_presets", "orders", "services"),
    ("client", "aio", "opentelemetry"),
    ("dlt",),
    ("__init__",),
    ("spark",),
    ("sandbox.settings", "sandbox.clock"),
    ("sandbox.data",),
    ("sandbox.api",),
    ("sandbox.faults",),
    ("sandbox.serving",),
    ("sandbox.dashboard",),
    ("sandbox.records",),
    ("sandbox",),
    ("cli",),
    ("__main__",),
)
RANK = {package: rank for rank, packages in enumerate(LAYERS) for package in packages}


@cache
def sources() -> dict[str, ast.Module]:
    """Return every module of the package by its dotted name, without the leading `signtraker.`."""
    home = ROOT / "signtraker"
    paths = [path for path in home.rglob("*.py") if "models" not in path.relative_to(home).parts]
    named = {path.relative_to(home): path for path in paths}
    named |= {Path("models") / path.name: path for path in (ROOT / "models").glob("*.py")}
    return {
        ".".join(name.with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text("utf-8"))
        for name, path in named.items()
    }


def imported(module: str) -> set[str]:
    """Return the modules that a module imports when it is itself imported."""
    found: set[str] = set()
    waiting: list[ast.AST] = [sources()[module]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("signtraker"):
            home = (node.module or "").removeprefix("signtraker").removeprefix(".")
            names = [f"{home}.{one.name}".removeprefix(".") for one in node.names]
            found |= {name if name in sources() else home or "__init__" for name in names}
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)
    return found


def package_of(module: str) -> str:
    """Return the most specific package of `LAYERS` that contains a module."""
    parts = module.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next(name for name in names if name in RANK)


def test_a_package_imports_only_from_the_packages_below_it() -> None:
    upward = [
        f"{module} imports {target}"
        for module in sources()
        for target in imported(module)
        if package_of(module) != package_of(target) and RANK[package_of(module)] <= RANK[package_of(target)]
    ]
    assert upward == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: imported(module) - {module} for module in sources()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle of imports: {error.args[1]}")
    assert set(sources()) <= set(order)


PUBLIC_PATHS: dict[str, set[str]] = {
    "signtraker": {"SignTrakerClient", "AsyncSignTrakerClient", "Q", "Order", "CreateOrderRequest"},
    "signtraker.aio": {"AsyncSignTrakerClient", "AsyncOrdersClient", "AsyncBaseClient"},
    "signtraker.arrow": {"schema", "to_record_batch", "iter_record_batches"},
    "signtraker.base_client": {"BaseClient"},
    "signtraker.client": {"SignTrakerClient"},
    "signtraker.cli": {"main"},
    "signtraker.exceptions": {"SignTrakerError", "ValidationError", "UnconfirmedWriteError", "Problem"},
    "signtraker.models": {"Order", "Agent", "CreateOrderRequest", "RemovalRequest", "RequestModel"},
    "signtraker.opentelemetry": {"OpenTelemetryHooks"},
    "signtraker.orders": {"OrdersClient"},
    "signtraker.agents": {"AgentsClient"},
    "signtraker.change_orders": {"ChangeOrdersClient"},
    "signtraker.credits": {"CreditsClient"},
    "signtraker.dlt": {"signtraker_source"},
    "signtraker.enterprises": {"EnterprisesClient"},
    "signtraker.offices": {"OfficesClient"},
    "signtraker.order_presets": {"OrderPresetsClient"},
    "signtraker.services": {"ServicesClient"},
    "signtraker.spark": set(),  # SignTrakerSource needs PySpark
    "signtraker.query": {"Q", "Filter", "Ordering", "QueryLimits", "ODataError", "all_of", "split_filter"},
    "signtraker.sandbox": {"Sandbox", "Fault", "Faults", "Clock", "LedgerEntry", "ReceivedRequest"},
    "signtraker.sandbox.pytest_plugin": {"signtraker_sandbox", "signtraker_client"},
}


@pytest.mark.parametrize("path", PUBLIC_PATHS)
def test_a_public_import_path_exists(path: str) -> None:
    module = import_module(path)
    assert {name for name in PUBLIC_PATHS[path] if not hasattr(module, name)} == set()


def test_the_folder_of_the_package_shows_only_public_modules_and_packages() -> None:
    shown = defaultdict[bool, set[str]](set)
    for path in (ROOT / "signtraker").iterdir():
        if path.name not in {".agents", "__pycache__", "py.typed"}:
            shown[path.name.startswith("_")].add(path.name.removesuffix(".py"))
    assert shown[False] == {path.split(".")[1] for path in PUBLIC_PATHS if "." in path}
    assert shown[True] == {"__init__", "__main__", "_bulk", "_common", "_core", "_lists", "_version"}
