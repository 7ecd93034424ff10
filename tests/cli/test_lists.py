from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from signtraker.cli.resources import RESOURCES

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Command

    from signtraker.sandbox import Sandbox


@pytest.mark.once
@pytest.mark.slow
def test_every_resource_is_listed_and_one_record_of_it_is_shown(command: Command) -> None:
    for resource in RESOURCES:
        listed = command(resource.name, "list", "--limit", "2", "--ndjson")
        assert listed.code == 0, listed.err
        records = [json.loads(line) for line in listed.out.splitlines()]
        assert len(records) == 2
        one = command(resource.name, "get", str(records[1]["Id"]), "--json")
        assert json.loads(one.out) == records[1]
        card = command(resource.name, "get", str(records[1]["Id"]))
        assert card.out.startswith(f"{resource.singular.capitalize()} {records[1]['Id']}\n  ")
        assert (card.code, card.err) == (0, "")


def test_options_filter_order_and_limit(command: Command, sandbox: Sandbox) -> None:
    options = (
        "--status",
        "Draft",
        "--status",
        "Installed",
        "--city",
        "Sandy",
        "--created-since",
        "a year ago",
    )
    shown = command("orders", "list", *options, "--orderby", "-created", "--limit", "3", "--json")
    rows = json.loads(shown.out)
    [request] = [one for one in sandbox.requests if one.path == "/api/orders"]
    assert dict(request.query)["$filter"] == (
        "(Status eq 'Draft' or Status eq 'Installed') and JobSite/City eq 'Sandy'"
        " and Created ge 2025-01-15T00:00:00Z"
    )
    assert len(rows) == 3
    assert {row["JobSite"]["City"] for row in rows} == {"Sandy"}
    assert [row["Created"] for row in rows] == sorted((row["Created"] for row in rows), reverse=True)


def test_the_text_of_a_filter_goes_with_the_options(command: Command, sandbox: Sandbox) -> None:
    shown = command("orders", "list", "--filter", "Id lt 1010 or Id gt 1290", "--status", "Draft", "--csv")
    ids = [int(row["id"]) for row in csv.DictReader(io.StringIO(shown.out))]
    assert ids == [
        one.id for one in sandbox.orders.all() if one.status == "Draft" and not 1010 <= one.id <= 1290
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "JobSite/Cty eq 'Cty'",
            """\
Could not find a property named 'Cty' on type 'SignTraker.Models.JobSite'. Did you mean City?
  JobSite/Cty eq 'Cty'
          ^
""",
        ),
        (
            "Id eq 1 and",
            """\
Expression expected at position 11 in 'Id eq 1 and'.
  Id eq 1 and
             ^
""",
        ),
        (
            "(Status eq 'a and b)' or\nnot (Id eq 'x')) and Id gt 1",
            """\
A binary operator with incompatible types was detected. Found operand types 'Edm.Int64' and 'Edm.String'\
 for operator kind 'Equal'.
  (Status eq 'a and b)' or not (Id eq 'x')) and Id gt 1
                                ^
""",
        ),
        (
            "Id gt 1 and Status",
            """\
A binary operator with incompatible types was detected. Found operand types 'Edm.Boolean' and 'Edm.String'\
 for operator kind 'And'.
  Id gt 1 and Status
              ^
""",
        ),
    ],
)
def test_a_mistake_in_a_filter_is_pointed_at_before_anything_is_sent(
    command: Command, sandbox: Sandbox, text: str, shown: str
) -> None:
    result = command("orders", "list", "--filter", text)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"signtraker: --filter: {shown}"
    assert sandbox.requests == []


def test_a_pipe_gets_lines_with_tabs_and_a_file_the_format_of_its_ending(
    command: Command, tmp_path: Path
) -> None:
    columns = ("--columns", "id,city,agent", "--limit", "2")
    piped = command("orders", "list", *columns)
    assert piped.out == (
        "id\tjob_site.city\tagent.name\n1001\tMontréal\tChloé Le Roux\n1002\tCoeur d'Alene\tKeiko Okafor\n"
    )
    assert len(command("orders", "list", "--sandbox", "--csv").out.splitlines()) == 301
    everything = tmp_path / "all.csv"
    assert command("orders", "list", "--output", str(everything)).code == 0
    assert everything.read_text(encoding="utf-8") == command("orders", "list", "--csv").out
    everything.unlink()
    for ending in ("json", "ndjson", "csv", "tsv"):
        path = tmp_path / f"orders.{ending}"
        to_file = command("orders", "list", *columns, "--output", str(path))
        assert (to_file.code, to_file.out, to_file.err) == (0, "", "")
        kind = () if ending == "tsv" else (f"--{ending}",)
        assert path.read_bytes().decode() == command("orders", "list", *columns, *kind).out
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        f"orders.{ending}" for ending in ("csv", "json", "ndjson", "tsv")
    ]


@pytest.mark.once
@pytest.mark.slow
def test_parquet_keeps_the_types(command: Command, tmp_path: Path, sandbox: Sandbox) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "orders.parquet"
    assert command("orders", "list", "--output", str(path)).code == 0
    rows = pq.read_table(path).to_pylist()
    orders = sandbox.orders.all()
    assert rows == [one.model_dump(by_alias=True) for one in orders]
    options = ("--columns", "city,id,job_site.state", "--output", str(path))
    assert command("orders", "list", *options).code == 0
    sites = [one.job_site and {"City": one.job_site.city, "State": one.job_site.state} for one in orders]
    assert pq.read_table(path).to_pylist() == [
        {"JobSite": site, "Id": one.id} for site, one in zip(sites, orders, strict=True)
    ]


def test_a_table_fits_the_terminal_and_numbers_stand_at_the_right(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = command("orders", "list", "--limit", "3", "--table", "--timezone", "America/Denver").out
    assert table == (
        "  Id  Status     Due         Address                City           Agent\n"
        "1001  Draft      2024-01-29  4002 Main St           Montréal       Chloé Le Roux\n"
        "1002  Installed  2024-01-31  4409 Wasatch Blvd      Coeur d'Alene  Keiko Okafor\n"
        "1003  Draft      2024-02-01  7268 Quail Hollow Way  Montréal       Liam Le Roux\n"
    )
    monkeypatch.setenv("COLUMNS", "60")
    narrow = command("orders", "list", "--limit", "3", "--table").out.splitlines()
    assert narrow[3] == "1003  Draft      2024-02-01  7268 Quail Holl…  Montréal"


def test_a_list_reads_a_page_only_when_its_first_row_is_written(command: Command, sandbox: Sandbox) -> None:
    command("orders", "list", "--csv", "--limit", "150")
    assert len([one for one in sandbox.requests if one.path == "/api/orders"]) == 2


def test_an_endpoints_own_parameters_are_options(command: Command, sandbox: Sandbox) -> None:
    one = command("agents", "list", "--email", "agent5@example.com", "--columns", "id")
    assert one.out == "id\n5\n"
    assert command("agents", "list", "--email", "agent5@example.com", "--office-id", "1").out.count("\n") == 1
    command("awards", "list", "--agent-id", "26")
    command("offices", "list", "--enterprise-id", "2")
    queries = [dict(request.query) for request in sandbox.requests if request.path != "/api/agents"]
    assert {query["awardedTo"] for query in queries if "awardedTo" in query} == {"26"}
    assert {query["enterpriseId"] for query in queries if "enterpriseId" in query} == {"2"}


def test_filters_are_checked_and_written_in_the_servers_dialect(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Created ge datetimeoffset'2026-01-01T00:00:00Z'"
    assert command("orders", "list", "--filter", text).code == 2
    monkeypatch.setenv("SIGNTRAKER_ODATA_VERSION", "v3")
    # The sandbox speaks v4, and refuses it.
    refused = command("orders", "list", "--filter", text, "--created-before", "2026-01-02")
    assert refused.code == 1
    assert dict(sandbox.requests[-1].query)["$filter"] == (
        "Created lt datetimeoffset'2026-01-02T00:00:00Z' and Created ge datetimeoffset'2026-01-01T00:00:00Z'"
    )
    monkeypatch.setenv("SIGNTRAKER_ODATA_VERSION", "v5")
    assert command("orders", "list").err == (
        "signtraker: SIGNTRAKER_ODATA_VERSION: the OData version must be v3 or v4.\n"
    )
