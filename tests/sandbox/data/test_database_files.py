"""Check which database files a sandbox opens, which it refuses, and what a locked one delays."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from plain_http import plain_client

from signtraker.sandbox import Sandbox, SandboxError
from signtraker.sandbox.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kept.db"
    with Sandbox(orders=20, database=path):
        pass
    return path


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def refusal(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    before = path.read_bytes()
    assert main(["--port", "0", "--database", str(path)]) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert path.read_bytes() == before
    return written.err


def test_a_file_of_another_program_is_refused_and_not_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "photos.db"
    execute(path, "CREATE TABLE photos (name TEXT)")
    assert "photos.db was made by another program" in refusal(path, capsys)


def test_a_file_that_another_program_marked_is_refused_though_it_is_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "marked.db"
    execute(path, "PRAGMA application_id=7")
    execute(path, "PRAGMA user_version=1")
    assert "was made by another program" in refusal(path, capsys)


def test_a_file_of_an_older_schema_is_refused(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execute(kept, "PRAGMA user_version=1")
    assert "was made by another version of the sandbox" in refusal(kept, capsys)


def test_a_file_that_is_damaged_in_the_middle_is_refused(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(kept.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    kept.write_bytes(content)
    assert "kept.db is damaged" in refusal(kept, capsys)


def test_a_file_that_was_cut_off_and_one_that_is_no_database_are_refused(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.write_bytes(kept.read_bytes()[: 4096 * 10])
    assert "malformed" in refusal(kept, capsys)
    kept.write_bytes(b"no database" * 500)
    assert "file is not a database" in refusal(kept, capsys)


def test_a_file_that_is_kept_is_opened_again(kept: Path) -> None:
    with Sandbox(database=kept) as sandbox:
        assert sandbox.count_orders() == 20


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("foo://bar", "Can't load plugin: sqlalchemy.dialects:foo"),
        ("://", "Could not parse SQLAlchemy URL"),
        ("postgresql+pg8000://me:secret@localhost/x", "needs the driver pg8000: pip install pg8000."),
    ],
)
def test_a_url_that_cannot_be_opened_is_refused_in_a_sentence_without_its_password(
    url: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", "--database", url]) == 2
    written = capsys.readouterr().err
    assert sentence in written
    assert written.count("\n") == 1
    assert "secret" not in written


def test_a_locked_file_delays_only_the_requests_that_need_it(kept: Path) -> None:
    with (
        Sandbox(database=kept) as sandbox,
        plain_client(sandbox) as api,
        ThreadPoolExecutor(1) as pool,
        closing(sqlite3.connect(kept, isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        listing = pool.submit(api.get, "/api/orders")
        with httpx.Client(base_url=sandbox.url, trust_env=False) as second:
            assert second.get("/sandbox/faults").json() == []
            assert second.get("/sandbox/ledger").status_code == 503
            assert second.get("/").status_code == 503
            assert second.get("/nothing").status_code == 404
            assert not listing.done()
        other.execute("COMMIT")
        assert len(listing.result(30).json()) == 20


def test_a_file_that_stays_locked_is_refused_when_it_is_opened(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signtraker.sandbox.data.database._PATIENCE_MS", 0)
    with closing(sqlite3.connect(kept, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SandboxError, match=r"kept\.db cannot be used: database is locked\."):
            Sandbox(database=kept).start()


@pytest.mark.once
@pytest.mark.slow
def test_two_starts_at_once_on_a_new_file_both_work(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "signtraker.sandbox", "--port", "0"]
    command += ["--orders", "50", "--database", str(tmp_path / "new.db")]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    first_lines: list[str] = []
    for process in both:
        with process:
            assert process.stdout is not None
            assert process.stderr is not None
            first_lines.append(process.stdout.readline())
            process.terminate()
            process.stdout.read()
            assert process.stderr.read() == ""
    assert all(line.startswith("SignTraker sandbox: 50 orders at http://") for line in first_lines)
