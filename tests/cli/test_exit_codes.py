from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from signtraker.cli.errors import MEANINGS

if TYPE_CHECKING:
    from command_line import Command

    from signtraker.sandbox import Sandbox


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("orders list", "There is no API key: set SIGNTRAKER_API_KEY, or write it into a profile."),
        ("orders lst", "No such command 'lst'. Did you mean 'list'? See: signtraker orders --help"),
        ("orders list --limit 0", "Invalid value for '--limit': it must be 1 or more."),
        ("orders list --output orders.doc", "the ending names no format; use .json, .ndjson"),
        ("orders list --json --csv --sandbox", "Give one format, not --json and --csv."),
        ("orders list --columns id,cty --sandbox", "there is no column 'cty'; did you mean city?"),
        (
            "orders list --columns name --sandbox",
            "name is ambiguous; write one of post_type.name, agent.name.",
        ),
        ("orders list --orderby sity --sandbox", "--orderby: there is no column 'sity'; did you mean city?"),
        (
            "orders list --created-since 1/2/2026 --sandbox",
            "is no date that can be read; write e.g. 2026-01-31",
        ),
        ("orders list --api-key secret", "The key never goes on the command line: set SIGNTRAKER_API_KEY"),
        ("orders list --sandbox --subdomain acme", "--sandbox needs no tenant; leave --subdomain out."),
        ("orders list --timezone Mars --sandbox --table", "--timezone Mars: there is no such time zone"),
        ("orders list --timezone America --sandbox", "--timezone America: there is no such time zone"),
        ("orders list --timezone Mars --sandbox --json", "--timezone Mars: there is no such time zone"),
        ("orders list --columns , --sandbox", "--columns names no column; write e.g. --columns id."),
        ("orders list --orderby - --sandbox", "--orderby names no column"),
        (
            "orders list --agent-id 99999999999999999999 --sandbox",
            "--agent-id: 99999999999999999999 does not",
        ),
        ("orders remove 99999999999999999999 --sandbox", "is no id of an order; give numbers, such as 1001."),
        ("agents update 5 --clear email --email a@b.c --sandbox", "email has a new value and is to be empty"),
        (
            "agents update 5 --set foo=1 --sandbox",
            "Nothing was sent: foo is not a field of UpdateAgentRequest",
        ),
        ("orders list --profile home", "There is no profile 'home' in "),
    ],
)
def test_a_usage_error_is_one_sentence_on_stderr_and_code_2(
    offline: Command, arguments: str, sentence: str
) -> None:
    result = offline(*arguments.split())
    assert sentence in result.err
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "secret" not in result.err


def test_a_text_that_is_not_utf_8_is_refused_and_shown_with_its_byte(
    offline: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = "Notes eq '\udcff'"
    assert offline("orders", "list", "--filter", broken, "--sandbox").err.startswith(
        "signtraker: --filter is not UTF-8"
    )
    city = offline("orders", "list", "--city", "\udcff", "--sandbox")
    assert (city.code, "lone surrogate" in city.err) == (2, True)
    # As Python opens it for a file or a pipe.
    with io.TextIOWrapper(io.BytesIO(), encoding="ascii") as stderr, monkeypatch.context() as patched:
        patched.setattr("sys.stderr", stderr)
        assert offline("orders", "get", "1", "--timezone", "\udcff", "--sandbox").code == 2
        stderr.seek(0)
        assert "--timezone \\udcff: there is no such time zone" in stderr.read()


def test_a_record_that_does_not_exist_is_refused(command: Command) -> None:
    assert command("orders", "get", "7").err == (
        "signtraker: There is no such record (HTTP 404 from GET /api/orders/7).\n"
    )
    by_list = command("offices", "get", "999")
    assert (by_list.code, by_list.err) == (1, "signtraker: There is no office with the id 999.\n")


def test_a_server_that_fails_or_is_not_there_is_unreachable(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.faults.add(path="/api/offices", status=503, times=None)
    assert command("offices", "list").code == 4
    monkeypatch.setenv("SIGNTRAKER_BASE_URL", "http://127.0.0.1:9")
    assert command("offices", "list").code == 4


def test_a_key_that_is_not_accepted_is_refused(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNTRAKER_API_KEY", "not-the-key")
    result = command("orders", "list")
    assert result.code == 1
    assert "not-the-key" not in result.err


def test_the_document_has_the_table_of_the_exit_codes() -> None:
    document = (Path(__file__).parents[2] / "docs" / "guides" / "command.md").read_text(encoding="utf-8")
    table = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANINGS.items())
    assert f"| code | meaning |\n| --- | --- |\n{table}" in document
