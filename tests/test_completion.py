"""Check the completions of jedi (IPython, Spyder, python-lsp-server): public names come first."""

from __future__ import annotations

import sysconfig
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import signtraker

# jedi reads the source of the package that this run imports.
HOME = str(Path(signtraker.__file__).parents[1])
jedi: Any = import_module("jedi")  # It has no types.
PROJECT = jedi.Project(Path(sysconfig.get_path("data")), added_sys_path=[HOME])
RESOURCES = {
    "agents", "change_orders", "credits", "enterprises", "offices", "order_presets", "orders", "services",
}  # fmt: skip
OF_A_CLIENT = RESOURCES | {"close", "detect_odata_version", "prepare", "record", "with_options", "base_url"}
OF_ORDERS = {"list_orders", "iter_orders", "get_order", "create_order", "request_removal"}


@pytest.fixture(scope="module", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep jedi's cache out of the home folder, where other test runs write the same files."""
    jedi.settings.cache_directory = str(tmp_path_factory.mktemp("jedi"))


def completions(code: str) -> list[str]:
    lines = code.splitlines()
    script = jedi.Script(code, project=PROJECT)
    return [str(one.name) for one in script.complete(len(lines), len(lines[-1]))]


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.xdist_group("jedi")  # One worker reads the packages, and keeps what it read.
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from signtraker import SignTrakerClient\nclient = SignTrakerClient()\nclient.", OF_A_CLIENT),
        ("from signtraker import SignTrakerClient\nwith SignTrakerClient() as c:\n    c.", OF_A_CLIENT),
        ("from signtraker import SignTrakerClient\nc = SignTrakerClient()\nc.orders.", OF_ORDERS),
        ("from signtraker import Q\nQ.", {"status", "created", "job_site", "id", "parse", "field"}),
        ("from signtraker import Q\nQ.status.", {"eq", "in_", "contains", "is_null", "asc", "desc"}),
        ("from signtraker import Q\nQ.created.", {"on", "between", "within", "is_null", "year"}),
        (
            "from signtraker import CreateOrderRequest\nCreateOrderRequest(",
            {"agent_id=", "preset_id=", "due_date=", "street_name="},
        ),
        (
            "from signtraker import SignTrakerClient as C\nfor one in C().orders.iter_orders():\n    one.",
            {"id", "status", "job_site", "due_date"},
        ),
        (
            "from signtraker import SignTrakerClient\nSignTrakerClient(",
            {"api_key=", "subdomain=", "timeout_seconds=", "hooks="},
        ),
        (
            "from signtraker import SignTrakerError as E\ntry:\n    1\nexcept E as error:\n    error.",
            {"outcome", "status_code", "attempts", "message"},
        ),
        ("import signtraker\nsigntraker.", {"SignTrakerClient", "Q", "check_rows", "ValidationError"}),
    ],
)
def test_jedi_completes_every_public_name_before_the_private_ones(code: str, expected: set[str]) -> None:
    names = completions(code)
    assert expected <= set(names)
    public = [at for at, name in enumerate(names) if not name.startswith("_")]
    private = [at for at, name in enumerate(names) if name.startswith("_")]
    assert max(public) < min(private, default=len(names))
