from __future__ import annotations

import io
import json
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
