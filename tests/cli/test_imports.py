from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from signtraker.cli.errors import CommandError
from signtraker.cli.files import make_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Command

    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once

HEADINGS = "Agent,Preset,House number,Street,City,Zip,External ID,Due,Our remark\n"


def write(path: Path, *rows: str, headings: str = HEADINGS) -> str:
    path.write_text(headings + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return str(path)


def test_columns_are_found_by_name_and_the_result_keeps_the_callers(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "signs.csv",
        "1,1,12,Elm St,Sandy,07030,A-1,2026-02-01,blue house",
        "",
        "2,2,7,Oak Ave,Boise,83702,A-2,,",
    )
    result = command("orders", "import", path, "--ignore-extra", "--yes")
    assert (result.code, result.out) == (0, "")
    created = {one.agent.id: one for one in sandbox.orders.all()[-2:] if one.agent}
    assert {agent: one.job_site and one.job_site.zip for agent, one in created.items()} == {
        1: "07030",
        2: "83702",
    }
    with (tmp_path / "signs.result.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:9] == HEADINGS.strip().split(",")
    assert [(row["Our remark"], row["outcome"], row["order_id"]) for row in rows] == [
        ("blue house", "created", str(created[1].id)),
        ("", "created", str(created[2].id)),
    ]
    # The same command again sends nothing: the journal beside the file knows the rows.
    again = command("orders", "import", path, "--ignore-extra", "--yes")
    assert "2 in all: 2 created (2 of them by an earlier run)." in again.err
    assert len(sandbox.ledger) == 2


def test_every_mistake_is_listed_with_row_and_column_before_anything_is_sent(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "bad.csv",
        "1,x,12,Elm St,Sandy,84070,A-1,12/24/2026,",
        "",
        ",2,7,Oak Ave,Boise,83702,A-2,,",
    )
    result = command("orders", "import", path, "--yes")
    assert (result.code, result.out, sandbox.ledger) == (1, "", [])
    lines = result.err.splitlines()
    assert lines[0] == (
        '  row 1, column Our remark: is no field; give --map "Our remark=FIELD",'
        " or --ignore-extra to leave it out"
    )
    assert lines[1] == "  row 2, column Preset: preset_id must be an int, not 'x'"
    assert lines[2].startswith("  row 2, column Due: due_date must be an ISO 8601 date")
    assert lines[3:] == [
        "  row 4, column Agent: agent_id is required",
        "signtraker: Nothing was sent, since the file has 4 mistakes.",
    ]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bad.csv"]


def test_a_result_that_can_not_be_written_is_refused_before_anything_is_sent(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", "1,1,A-1", headings="agent_id,preset_id,external_id\n")
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    for result, sentence in (
        (path, "it would replace the file itself; give another name."),
        (str(tmp_path / "no" / "r.csv"), "no file can be written there."),
        (str(tmp_path), "no file can be written there."),
    ):
        refused = command("orders", "import", path, "--yes", "--result", result)
        assert (refused.code, refused.err) == (2, f"signtraker: --result {result}: {sentence}\n")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == text
    assert sandbox.ledger == []


def test_equal_rows_are_named_by_their_numbers(command: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "1,1,A-1", "", "1,2,A-1", headings="agent_id,preset_id,external_id\n")
    result = command("orders", "import", path, "--yes")
    assert result.code == 1
    assert "row 4: has the same external_id as row 2" in result.err


def test_a_spreadsheet_is_read_with_its_numbers_and_dates(command: Command, tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "May"  # type: ignore[union-attr]  # a new book has a sheet
    sheet = book.create_sheet("June")
    sheet.append(["Agent ID", "Preset ID", "Street number", "Zip", "Due date", "Strasse"])
    sheet.append([1, 2, 12, 84070, datetime(2026, 6, 1), "Elm St"])  # noqa: DTZ001 - as openpyxl reads it
    path = tmp_path / "signs.xlsx"
    book.save(path)
    options = ("--sheet", "June", "--map", "Strasse=street_name", "--dry-run")
    result = command("orders", "import", str(path), *options)
    assert json.loads(result.out) == [
        {
            "AgentId": 1,
            "PresetId": 2,
            "StreetNumber": "12",
            "StreetName": "Elm St",
            "Zip": "84070",
            "DueDate": "2026-06-01T00:00:00.000Z",
        }
    ]
    assert command("orders", "import", str(path), "--dry-run").err == (
        "signtraker: signs.xlsx is empty; its first row must hold the headings.\n"
    )
    wrong = command("orders", "import", str(path), "--sheet", "Juni", "--dry-run")
    assert "the sheets of" in wrong.err
    assert "are May, June." in wrong.err


def test_rows_that_are_refused_can_be_mended_and_sent_again(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = ("1,1,A-1", "2,99,A-2")
    path = write(tmp_path / "a.csv", *rows, headings="agent_id,preset_id,external_id\n")
    first = command("orders", "import", path, "--yes")
    assert first.code == 3
    assert "  row 3, column preset_id: refused: The order preset 99 does not exist.\n" in first.err
    assert "then give the same command again: it sends only those." in first.err
    write(
        tmp_path / "a.csv", rows[0], "2,9,A-2".replace("9", "3"), headings="agent_id,preset_id,external_id\n"
    )
    assert command("orders", "import", path, "--yes").code == 0
    assert len(sandbox.ledger) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; its first row must hold the headings."),
        ("agent_id,,zip\n1,2,3\n", "column 2 has no heading in row 1."),
        ("zip,zip\n1,2\n", "two columns have the heading 'zip'; rename one of them."),
        ("agent_id,preset_id\n1,2,3\n", "row 2 has more cells than there are headings."),
        ("agent_id;preset_id\n", "Nothing was sent: the file has no rows below its headings."),
    ],
)
def test_a_file_without_clear_headings_is_refused(
    command: Command, tmp_path: Path, text: str, sentence: str
) -> None:
    result = command("orders", "import", write(tmp_path / "a.csv", headings=text), "--yes")
    assert sentence in result.err
    assert (result.code, result.err.count("\n")) == (1, 1)


def test_a_file_in_another_encoding_is_refused_and_semicolons_are_read(
    command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("agent_id;preset_id;Straße\n1;2;Söhne\n".encode("cp1252"))
    assert "is not UTF-8; save it as UTF-8" in command("orders", "import", str(path), "--dry-run").err
    path.write_text("agent_id;preset_id;street_name\n1;2;Söhne, 5\n", encoding="utf-8-sig")
    shown = command("orders", "import", str(path), "--dry-run")
    assert json.loads(shown.out)[0]["StreetName"] == "Söhne, 5"


def test_a_sheet_counts_rows_as_a_spreadsheet_does() -> None:
    sheet = make_sheet("a.csv", [["A ", None], ["1"], [], ["", " "], ["2"]])
    assert sheet.headings == ("A",)
    assert (sheet.rows, sheet.numbers) == (({"A": "1"}, {"A": "2"}), (2, 5))
    with pytest.raises(CommandError, match="column 1 has no heading"):
        make_sheet("a.csv", [["", "B"]])


def test_a_row_in_doubt_is_named_and_is_code_5(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.add(method="POST", path="/api/orders", reset="before_answer")
    path = write(tmp_path / "a.csv", "1,1,A-1", headings="agent_id,preset_id,external_id\n")
    result = command("orders", "import", path, "--yes")
    assert result.code == 5
    assert "  row 2: unknown: " in result.err
    assert "Rows in doubt may exist as orders; their candidates are in the result file." in result.err
    with (tmp_path / "a.result.csv").open(newline="", encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert (row["outcome"], row["candidates"]) == ("unknown", str(sandbox.orders.all()[-1].id))
    adopted = command("orders", "import", path, "--yes", "--unknown", "adopt", "--grace-seconds", "0")
    assert (adopted.code, len(sandbox.ledger)) == (0, 1)


@pytest.mark.slow
def test_an_import_that_is_killed_goes_on_and_doubles_nothing(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = [f"{1 + number % 20},2,{number},Elm St,K-{number}" for number in range(60)]
    headings = "agent_id,preset_id,street_number,street_name,external_id\n"
    path = write(tmp_path / "signs.csv", *rows, headings=headings)
    arguments = ("orders", "import", path, "--yes", "--concurrency", "2")
    # The responses come late, and then not at all, so that rows are under way when the process is killed.
    sandbox.faults.add(method="POST", path="/api/orders", delay_after=0.02, times=11)
    sandbox.faults.add(method="POST", path="/api/orders", nth=12, delay_after=3600, times=None)
    command_line = [sys.executable, "-m", "signtraker", *arguments]
    with subprocess.Popen(command_line, env=dict(os.environ), stderr=subprocess.DEVNULL) as process:
        while len(sandbox.ledger) < 10:
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended early with {process.wait(timeout=0.02)}")
        process.send_signal(signal.SIGKILL)
    done = len(sandbox.ledger)
    assert done < 60
    sandbox.faults.clear()
    result = command(*arguments)
    with (tmp_path / "signs.result.csv").open(newline="", encoding="utf-8") as file:
        outcomes = {row["external_id"]: row["outcome"] for row in csv.DictReader(file)}
    in_doubt = {key for key, outcome in outcomes.items() if outcome == "unknown"}
    # The rows that were under way, and those whose outcomes were not saved yet.
    assert len(in_doubt) < 10
    assert result.code == (5 if in_doubt else 0)
    assert [outcome for key, outcome in outcomes.items() if key not in in_doubt] == ["created"] * (
        60 - len(in_doubt)
    )
    created = Counter(one.external_id for one in sandbox.ledger)
    assert set(created.values()) == {1}
    assert set(outcomes) - in_doubt <= set(created)
