"""Check the package: its public names, the modules that importing it loads, and its generated code."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib import import_module
from importlib.metadata import requires, version
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import signtraker
from signtraker import aio, models, query
from signtraker.base_client import BaseClient
from signtraker.models import RequestModel
from signtraker.models import _payloads as payloads

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

ROOT = Path(__file__).parents[1]


def test_the_tests_import_the_wheel_or_the_checkout_as_requested(pytestconfig: pytest.Config) -> None:
    from_wheel = pytestconfig.getoption("--expect-wheel")
    home = Path(sysconfig.get_path("purelib")) if from_wheel else ROOT
    assert Path(signtraker.__file__).parents[1] == home


def test_every_public_name_exists_and_is_seen_by_type_checkers() -> None:
    tree = ast.parse((ROOT / "signtraker" / "__init__.py").read_text(encoding="utf-8"))
    [guarded] = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert imported | {"__version__"} == set(signtraker.__all__)
    assert list(signtraker.__all__) == sorted(signtraker.__all__)
    assert all(getattr(signtraker, name) is not None for name in signtraker.__all__)
    assert set(signtraker.__all__) <= set(dir(signtraker))


def test_the_distribution_needs_three_packages_and_says_its_version() -> None:
    assert version("signtraker") == signtraker.__version__
    plain = [one for one in requires("signtraker") or [] if "extra ==" not in one]
    assert sorted(re.split(r"[<>=]", one)[0] for one in plain) == ["httpx", "pydantic", "python-dateutil"]


def test_a_misspelt_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Ordr'"):
        signtraker.Ordr  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018  # the test reads it


def loaded_by(code: str) -> set[str]:
    script = f"import sys; before = set(sys.modules); {code}; print(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_no_dependency() -> None:
    loaded = loaded_by("import signtraker")
    assert {name for name in loaded if name.startswith("signtraker")} == {
        "signtraker",
        "signtraker._common",
        "signtraker._common.lazy",
        "signtraker._version",
    }
    assert not {name.partition(".")[0] for name in loaded} & {
        "httpx",
        "pydantic",
        "dateutil",
        "anyio",
        "typing",
    }


def test_importing_the_client_leaves_the_logging_of_other_libraries_alone() -> None:
    code = "import signtraker.client, logging; n = logging.getLogger; print(n('httpx').filters)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_an_injected_client_s_logs_are_redacted_from_the_beginning() -> None:
    code = (
        "import httpx, logging; from signtraker import SignTrakerClient;"
        "SignTrakerClient('key', 'http://127.0.0.1:9', http_client=httpx.Client());"
        "print(len(logging.getLogger('httpx').filters))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "1"


def test_q_alone_loads_neither_httpx_nor_pydantic() -> None:
    loaded = {
        name.partition(".")[0] for name in loaded_by("from signtraker import Q; str(Q.status == 'Draft')")
    }
    assert not loaded & {"httpx", "pydantic"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://acme.signtraker.com/gateway"])
def test_a_client_and_a_request_load_neither_httpx_nor_what_other_calls_need(url: str) -> None:
    loaded = loaded_by(
        "import os; os.environ.clear(); from signtraker import CreateOrderRequest, SignTrakerClient;"
        f"SignTrakerClient('key', {url!r}).close(); CreateOrderRequest(agent_id=1, preset_id=1)"
    )
    assert not loaded & {"httpx", "ssl", "asyncio", "dateutil", "signtraker.models.agents"}
    assert "signtraker._core.exchange" not in loaded
    assert not {name for name in loaded if name.startswith(("signtraker._lists", "signtraker._bulk"))}


def test_the_first_call_about_an_order_loads_nothing_of_batches() -> None:
    loaded = loaded_by(
        "import os; os.environ.clear(); from signtraker import SignTrakerClient;"
        "SignTrakerClient('key', 'http://127.0.0.1:9').orders.list_orders"
    )
    assert not {name for name in loaded if name.startswith("signtraker._bulk")}


def test_reading_one_record_loads_neither_lists_nor_batches_nor_filters(sandbox: Sandbox) -> None:
    loaded = loaded_by(
        "from signtraker import OrdersClient;"
        f"client = OrdersClient({sandbox.api_key!r}, {sandbox.url!r}); client.get_order(1001); client.close()"
    )
    assert {name for name in loaded if name.startswith(("signtraker._lists.", "signtraker._bulk"))} == {
        "signtraker._lists.arguments",
        "signtraker._lists.listing",
    }
    assert not loaded & {
        "signtraker.query.filters",
        "signtraker.models._selected",
        "signtraker.models.agents",
    }


def test_every_lazy_package_imports_what_type_checkers_see() -> None:
    for package in (signtraker, aio, models, query):
        tree = ast.parse(Path(str(package.__file__)).read_text(encoding="utf-8"))
        [guarded] = [node for node in tree.body if isinstance(node, ast.If)]
        seen = {
            alias.name: node.module
            for node in guarded.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        [call] = [node for node in ast.walk(guarded.orelse[0]) if isinstance(node, ast.Call)]
        listed: dict[str, tuple[str, ...]] = ast.literal_eval(call.args[1])
        assert {name: module for module, names in listed.items() for name in names} == seen
        assert seen.keys() | ({"__version__"} & set(package.__all__)) == set(package.__all__)


def test_using_the_client_does_not_load_the_sandbox() -> None:
    loaded = loaded_by("from signtraker import SignTrakerClient, Order")
    assert not {name.partition(".")[0] for name in loaded} & {"fastapi", "uvicorn", "sqlalchemy"}
    assert "signtraker.sandbox" not in loaded


def test_every_field_of_a_request_is_a_keyword_of_its_call() -> None:
    for name, kind in vars(payloads).items():
        if name.endswith("Dict") and name != "TypedDict":
            model = getattr(models, name.removesuffix("Dict") + "Request")
            assert issubclass(model, RequestModel)
            assert list(kind.__annotations__) == list(model.model_fields)
            required = {field for field, info in model.model_fields.items() if info.is_required()}
            marked = {name for name, one in kind.__annotations__.items() if "Required[" in str(one)}
            assert marked == required


def test_the_models_are_imported_as_part_of_the_package_only() -> None:
    direct = re.compile(r"^\s*(?:from models\b|import models\b)", re.MULTILINE)
    sources = [*ROOT.glob("models/*.py"), *ROOT.glob("signtraker/**/*.py"), *ROOT.glob("scripts/*.py")]
    assert len(sources) > 30
    assert [str(path) for path in sources if direct.search(path.read_text(encoding="utf-8"))] == []


def test_the_async_package_mirrors_the_sync_one() -> None:
    aio = import_module("signtraker.aio")
    names = {name.removeprefix("Async") for name in aio.__all__} - {"BaseClient"}
    assert names == {name for name in signtraker.__all__ if re.fullmatch(r"\w+Client", name)} - {
        "AsyncSignTrakerClient"
    }


def test_both_clients_describe_the_same_arguments() -> None:
    described = [str(one.__init__.__doc__) for one in (BaseClient, aio.AsyncBaseClient)]
    assert described[0].replace("httpx.Client", "httpx.AsyncClient") == described[1]
    named = set(re.findall(r"^    (\w+): ", inspect.cleandoc(described[0]), re.MULTILINE))
    assert named - {"AuthenticationError", "SignTrakerConfigError"} == set(signature(BaseClient).parameters)


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "generated"),
    [
        ("generate_aio.py", "signtraker/aio/orders.py"),
        ("generate_payloads.py", "models/_payloads.py"),
        ("generate_openapi.py", "docs/openapi.json"),
        ("generate_api.py", "docs/public_api.txt"),
        ("generate_query.py", "signtraker/query/generated/entities.py"),
        ("generate_query.py", "signtraker/query/generated/roots.py"),
    ],
)
def test_the_check_of_a_generator_fails_if_its_output_was_edited(
    script: str, generated: str, tmp_path: Path
) -> None:
    for folder in ("scripts", "signtraker", "models", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [sys.executable, str(tmp_path / "scripts" / script), "--check"]
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "RUFF_NO_CACHE": "true"}
    settings.pop("PYTHONSAFEPATH", None)  # The copied scripts import one another.
    fresh = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    assert (fresh.returncode, fresh.stderr) == (0, "")
    with (tmp_path / generated).open("a", encoding="utf-8") as file:
        file.write("\n# edited\n")
    stale = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    assert stale.returncode == 1
    assert Path(generated).name in stale.stdout + stale.stderr
