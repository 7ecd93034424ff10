from __future__ import annotations

import errno
import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from signtraker.cli.columns import columns_of
from signtraker.cli.table import Track, fit, line

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Command

    from signtraker.sandbox import Sandbox


class Watched(io.StringIO):
    """A stdout that notes how many requests the server has when the first row arrives."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self.requests: int | None = None

    def write(self, text: str) -> int:
        if "1001" in text and self.requests is None:
            self.requests = len(self._sandbox.requests)
        return super().write(text)


@pytest.mark.parametrize("kind", ["--csv", "--json", "--ndjson", "--table", "--columns=id"])
def test_rows_are_written_as_they_arrive(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    stdout = Watched(sandbox)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)
        command("orders", "list", kind)
    assert stdout.requests is not None
    # A table reads one page ahead, since its first hundred rows decide on the widths.
    assert stdout.requests <= 2 < len(sandbox.requests)
    assert stdout.getvalue().count("Le Roux") > 10 or kind == "--columns=id"


def test_a_text_of_the_server_can_not_control_the_terminal(command: Command, sandbox: Sandbox) -> None:
    order = sandbox.orders.add(notes="\x1b[31mred\r\nline\ttab \x9b2J").id
    only = ("--filter", f"Id eq {order}", "--columns", "notes")
    for shown in (
        command("orders", "get", str(order)).out,
        command("orders", "list", *only, "--table").out,
        command("orders", "list", *only).out,
    ):
        assert " [31mred  line tab  2J" in shown
    assert json.loads(command("orders", "list", *only, "--json").out)[0]["Notes"].startswith("\x1b[31m")
    sandbox.reset()


def test_an_empty_list_is_empty_in_every_format(command: Command) -> None:
    nothing = ("orders", "list", "--city", "Nowhere", "--columns", "id")
    shown = {kind: command(*nothing, kind).out for kind in ("--json", "--ndjson", "--csv", "--table")}
    assert shown == {"--json": "[]\n", "--ndjson": "", "--csv": "id\n", "--table": ""}


def test_a_file_that_can_not_be_written_is_refused_and_an_earlier_one_stays(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    nowhere = command("orders", "list", "--output", str(tmp_path / "no" / "a.csv"))
    assert (nowhere.code, nowhere.err.count("\n")) == (1, 1)
    assert "can't be written: No such file or directory." in nowhere.err
    path = tmp_path / "a.csv"
    path.write_text("earlier", encoding="utf-8")
    sandbox.faults.add(path="/api/orders", nth=2, status=400, times=None)
    assert command("orders", "list", "--output", str(path)).code == 1
    assert path.read_text(encoding="utf-8") == "earlier"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="The system has no named pipes.")
def test_a_pipe_and_a_link_are_written_and_not_replaced(command: Command, tmp_path: Path) -> None:
    pipe, target, link = tmp_path / "pipe", tmp_path / "target.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    # Open at both ends, so that nobody waits; it holds the few bytes.
    end = os.open(pipe, os.O_RDWR)
    try:
        one = ("orders", "list", "--limit", "1", "--columns", "id")
        assert command(*one, "--csv", "--output", str(pipe)).code == 0
        assert os.read(end, 100) == b"id\n1001\n"
    finally:
        os.close(end)
    assert pipe.is_fifo()
    link.symlink_to(target)
    assert command(*one, "--output", str(link)).code == 0
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "id\n1001\n"


def test_a_folder_is_no_output(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    result = command("orders", "list", "--output", str(tmp_path / "a.csv"))
    assert (result.code, result.err) == (
        1,
        f"signtraker: {tmp_path / 'a.csv'} can't be written: Is a directory.\n",
    )
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


class Full(io.StringIO):
    """A stdout on a full disk, or one whose reader has gone away."""

    def __init__(self, code: int, path: Path) -> None:
        super().__init__()
        self._error = OSError(code, os.strerror(code))
        self._file = path.open("wb")

    def write(self, _: str) -> int:
        raise self._error

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
        super().close()


ORDER = (
    *("orders", "create", "--agent-id", "1", "--preset-id", "2", "--street-number", "12"),
    *("--street-name", "Elm St", "--city", "Sandy", "--state", "UT", "--yes"),
)


@pytest.mark.parametrize(
    ("arguments", "problem", "code", "sentence"),
    [
        ("orders list", errno.ENOSPC, 1, "stdout can't be read or written: No space left on device."),
        ("orders get 1001", errno.ENOSPC, 1, "stdout can't be read or written: No space left on device."),
        ("orders list", errno.EPIPE, 0, ""),
        ("create", errno.ENOSPC, 5, "after this was done: Order 1301 is created."),
        ("create", errno.EPIPE, 0, "\nOrder 1301 is created.\n"),
    ],
)
def test_a_stdout_that_takes_nothing_ends_in_a_sentence(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: str,
    problem: int,
    code: int,
    sentence: str,
) -> None:
    words = ORDER if arguments == "create" else arguments.split()
    with Full(problem, tmp_path / "full") as stdout, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)
        result = command(*words)
    assert result.code == code
    assert sentence in result.err


def test_a_stdout_that_the_shell_closed_is_refused(offline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    result = offline("orders", "list", "--sandbox")
    assert (result.code, result.err) == (
        2,
        "signtraker: stdout is closed; write >/dev/null where nobody reads it.\n",
    )


def test_parquet_without_its_extra_says_how_to_get_it(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = command("orders", "list", "--output", str(tmp_path / "a.parquet"))
    assert (result.code, result.err) == (
        2,
        'signtraker: Parquet needs pyarrow; get it with: pip install "signtraker[arrow]"\n',
    )


def test_a_warning_of_the_sdk_is_a_note(command: Command) -> None:
    result = command("orders", "list", "--orderby", "length(Notes)", "--limit", "101", "--columns", "id")
    assert result.err.startswith("Note: This iteration goes by offset")
    assert result.err.count("\n") == 1


def test_every_column_can_be_asked_for_by_its_name() -> None:
    names = [one.name for one in columns_of("Order")]
    assert len(names) == len(set(names)) == 33
    assert {"id", "job_site.city", "agent.name", "sales_order.order_total"} <= set(names)


def test_wide_characters_count_twice_and_a_cut_text_ends_with_dots() -> None:
    tracks = fit([Track(0, 8, may_shrink=True, is_number=False), Track(1, 3, False, True)], None, 11)  # noqa: FBT003 - as above
    assert [one.width for one in tracks] == [6, 3]
    assert line(tracks, ["東京都庁", "5"]) == ["東京… ", "  5"]
    assert line(tracks, ["Sandy", "1000"]) == ["Sandy ", "1000"]
