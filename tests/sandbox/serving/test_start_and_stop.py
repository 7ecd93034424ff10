from __future__ import annotations

import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from plain_http import plain_client, rows

from signtraker.sandbox import Clock, Sandbox, SandboxError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sandbox_serves_on_loopback_during_its_block() -> None:
    with Sandbox(orders=3) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        with plain_client(sandbox) as api:
            assert len(rows(api)) == 3
        url = sandbox.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_stopping_leaves_no_thread_even_with_a_connection_kept_alive() -> None:
    before = set(threading.enumerate())
    with Sandbox(orders=1) as sandbox:
        api = plain_client(sandbox)
        rows(api)
    assert set(threading.enumerate()) <= before
    api.close()


def test_a_sandbox_can_be_started_again_after_it_stopped() -> None:
    sandbox = Sandbox(orders=2)
    for _ in range(2):
        with sandbox, plain_client(sandbox) as api:
            assert len(rows(api)) == 2


def test_a_port_that_is_in_use_is_refused() -> None:
    with Sandbox(orders=1) as first:
        port = httpx.URL(first.url).port or 0
        with (
            pytest.raises(SandboxError, match=f"cannot listen on 127.0.0.1:{port}"),
            Sandbox(orders=1, port=port),
        ):
            pass


def test_a_port_that_was_used_can_be_used_again() -> None:
    with Sandbox(orders=1) as first:
        port = httpx.URL(first.url).port or 0
        with plain_client(first) as api:
            rows(api)
    with Sandbox(orders=1, port=port) as second, plain_client(second) as api:
        assert len(rows(api)) == 1


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(SandboxError, match="cannot listen"), Sandbox(port=port):
        pass


def test_a_sandbox_that_is_not_running_raises() -> None:
    with pytest.raises(SandboxError, match="not running"):
        _ = Sandbox().url


def test_starting_twice_is_refused() -> None:
    with Sandbox(orders=0) as sandbox, pytest.raises(SandboxError, match="running already"):
        sandbox.start()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"orders": -1}, "orders=-1 should be greater than or equal to 0"),
        ({"server": "v5"}, "server='v5' should be 'v3', 'v4-5' or 'v4-7'"),
        ({"api_key": "schlüssel"}, "printable ASCII"),
        ({"page_cap": 0}, "page_cap=0 should be greater than or equal to 1"),
        ({"database": "/nonexistent/folder/file.db"}, "no directory"),
    ],
)
def test_a_wrong_option_is_refused_with_the_reason(options: dict[str, object], reason: str) -> None:
    with pytest.raises(SandboxError, match=reason):
        Sandbox(**options).start()  # type: ignore[arg-type]  # wrong on purpose


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be read as one" * 20)
    with pytest.raises(SandboxError, match="cannot be used"), Sandbox(database=path):
        pass


@pytest.mark.once
def test_the_same_seed_makes_the_same_records() -> None:
    def everything(seed: int) -> list[object]:
        with Sandbox(seed=seed, orders=50) as sandbox, plain_client(sandbox) as api:
            paths = ("orders", "agents", "services", "changeorders", "credits/awards")
            return [rows(api, f"/api/{path}") for path in paths]

    assert everything(7) == everything(7)
    assert everything(7) != everything(8)


def test_a_restart_on_the_same_file_keeps_all_records(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with Sandbox(database=path, orders=5) as sandbox, plain_client(sandbox) as api:
        created = api.post("/api/orders", json={"AgentId": 1, "PresetId": 1}).json()["OrderId"]
        before = rows(api)
    with Sandbox(database=f"sqlite:///{path}", orders=99) as sandbox, plain_client(sandbox) as api:
        assert rows(api) == before
        later = api.post("/api/orders", json={"AgentId": 1, "PresetId": 1}).json()["OrderId"]
    assert later == created + 1
    assert [one.name for one in tmp_path.iterdir()] == ["sandbox.db"]


def test_environment_variables_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "SIGNTRAKER_API_KEY": "a-real-key",
        "SIGNTRACKER_API_KEY": "another-real-key",
        "SIGNTRAKER_BASE_URL": "https://acme.signtraker.com",
        "SIGNTRAKER_SUBDOMAIN": "acme",
        "SIGNTRAKER_TIMEOUT_SECONDS": "soon",
        "SIGNTRAKER_MAX_RETRIES": "many",
        "SIGNTRAKER_RETRY_BACKOFF_SECONDS": "slowly",
    }.items():
        monkeypatch.setenv(name, value)
    with Sandbox(orders=2) as sandbox:
        assert sandbox.api_key == "sandbox-key"
        assert len(sandbox.client.orders.list_orders()) == 2
        assert len(sandbox.requests) == 1


def test_the_client_is_made_once_and_closed_with_the_sandbox() -> None:
    with Sandbox(orders=1) as sandbox:
        assert sandbox.client is sandbox.client
        assert sandbox.new_client(max_retries=0) is not sandbox.client


def test_a_clock_goes_forward_only_and_knows_its_zone() -> None:
    clock = Clock()
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(clock.now().replace(year=2020))
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(clock.now().replace(tzinfo=None))


def test_importing_the_package_loads_nothing_of_the_extra() -> None:
    code = (
        "import sys, signtraker.sandbox;"
        "print(sorted({'fastapi', 'sqlalchemy', 'uvicorn', 'starlette'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.once
def test_a_session_with_the_sandbox_loads_no_fastapi_and_collects_no_garbage_at_the_import() -> None:
    code = (
        "import gc, sys, signtraker.sandbox\n"
        "collections = []\n"
        "gc.callbacks.append(lambda phase, info: collections.append(phase))\n"
        "signtraker.sandbox.Sandbox\n"
        "print(len(collections) < 10, gc.isenabled())\n"
        "with signtraker.sandbox.Sandbox(orders=1) as sandbox:\n"
        "    sandbox.client.orders.get_order(1001)\n"
        "print('fastapi' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True", "False"]


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("missing", ["fastapi", "sqlalchemy", "uvicorn"])
def test_without_the_extra_the_error_says_how_to_install_it(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import runpy; runpy.run_module('signtraker.sandbox', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == f'The sandbox needs {missing}; get it with: pip install "signtraker[sandbox]"\n'


def test_it_listens_on_loopback_only() -> None:
    with Sandbox(orders=0) as sandbox:
        port = httpx.URL(sandbox.url).port or 0
        with socket.create_connection(("127.0.0.1", port)) as connection:
            assert connection.getpeername()[0] == "127.0.0.1"
