from __future__ import annotations

import json
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import Reply, ScriptedServer

from signtraker.sandbox.clock import REFERENCE

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Command, Result

    from signtraker.sandbox import Sandbox

KEY = "the-secret-key"
DATE = format_datetime(REFERENCE, usegmt=True)
NOT_V3 = Reply.json('{"Message": "The query parameter \'$inlinecount\' is not supported."}', 400)
NOT_V4 = Reply.json('{"Message": "The query parameter \'$count\' is not supported."}', 400)


def lines(result: Result, section: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in json.loads(result.out)[section]}


@pytest.fixture
def diagnose(offline: Command, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs `doctor --json` against a server that sends these replies."""
    monkeypatch.setenv("SIGNTRAKER_API_KEY", KEY)

    def run(*replies: Reply) -> Result:
        with ScriptedServer(list(replies)) as server:
            monkeypatch.setenv("SIGNTRAKER_BASE_URL", server.url)
            result = offline("doctor", "--json")
        assert KEY not in result.out + result.err
        return result

    return run


def test_all_is_well(diagnose: Any) -> None:
    result = diagnose(Reply.json('[{"Id": 1}]', Date=DATE), Reply.json("[]"), NOT_V3)
    assert (result.code, result.err) == (0, "")
    assert {name: one["state"] for name, one in lines(result, "server").items()} == {
        "Reachable": "ok",
        "Clock": "ok",
        "API key": "ok",
        "OData version": "ok",
    }
    settings = lines(result, "settings")
    assert settings["API key"]["value"] == "hidden (14 characters)"
    assert settings["API key"]["source"] == "environment: SIGNTRAKER_API_KEY"
    assert settings["Timeout seconds"]["source"] == "default"


@pytest.mark.parametrize(
    ("replies", "bad", "code", "mend"),
    [
        ([Reply.json("", 401, Date=DATE)], "API key", 1, "Copy the key anew"),
        ([Reply.json("", 403, Date=DATE)], "API key", 1, "may not read orders"),
        ([Reply.json("", 503, Date=DATE)], "Reachable", 4, "try again later"),
        ([Reply.json("", 404, Date=DATE)], "Reachable", 1, "Something else than the API answers"),
        ([Reply.page(200)], "Reachable", 4, "Something else than the API answers"),
        ([Reply.reset()], "Reachable", 4, "Check the network"),
        ([Reply.json("[]", Date=DATE), NOT_V4], "OData version", 2, 'Write odata_version = "v3"'),
        (
            [Reply.json("[]", Date="Thu, 15 Jan 2026 12:00:00 GMT"), Reply.json("[]"), NOT_V3],
            "Clock",
            1,
            "Set the clock of this machine",
        ),
    ],
    ids=["401", "403", "503", "404", "page", "reset", "v3", "clock"],
)
def test_a_bad_line_says_how_to_mend_it_and_decides_the_exit_code(
    diagnose: Any, replies: list[Reply], bad: str, code: int, mend: str
) -> None:
    result = diagnose(*replies)
    server = lines(result, "server")
    assert [name for name, one in server.items() if one["state"] == "bad"] == [bad]
    assert mend in server[bad]["mend"]
    assert (result.code, json.loads(result.out)["exit_code"]) == (code, code)


def test_the_difference_of_the_clocks_is_told(diagnose: Any) -> None:
    ok = [Reply.json("[]"), NOT_V3]
    ahead = diagnose(Reply.json("[]", Date="Thu, 15 Jan 2026 08:00:00 GMT"), *ok)
    assert lines(ahead, "server")["Clock"]["value"] == "60 minutes ahead of the server's"
    behind = diagnose(Reply.json("[]", Date="Sat, 17 Jan 2026 10:00:00 GMT"), *ok)
    assert lines(behind, "server")["Clock"]["value"] == "2 days behind the server's"
    unknown = diagnose(Reply.json("[]", Date="yesterday"), *ok)
    assert (unknown.code, lines(unknown, "server")["Clock"]["state"]) == (0, "note")


def test_the_source_of_each_setting_is_told(
    offline: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[profiles.acme]\napi_key = "{KEY}"\nbase_url = "http://127.0.0.1:9"\nmax_retries = 0\n')
    path.chmod(0o600)
    monkeypatch.setenv("SIGNTRAKER_TIMEOUT_SECONDS", "5")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy.example")
    result = offline("doctor", "--profile", "acme")
    assert result.code == 4
    shown = " ".join(result.out.split())
    assert f"Profiles {path}" in shown
    assert "Tenant http://127.0.0.1:9 (profile acme)" in shown
    assert "API key hidden (14 characters) (profile acme)" in shown
    assert "Max retries 0 (profile acme)" in shown
    assert "Timeout seconds 5 (environment: SIGNTRAKER_TIMEOUT_SECONDS)" in shown
    assert "Deadline seconds 120.0 (default)" in shown
    assert "1 line is bad." in shown
    assert KEY not in result.out
    assert "password" not in result.out


def test_settings_that_cannot_be_used_are_a_bad_line_and_are_not_shown(
    offline: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIGNTRAKER_SUBDOMAIN", KEY * 5)
    missing = offline("doctor")
    assert missing.code == 2
    assert "There is no API key: set SIGNTRAKER_API_KEY" in missing.out
    assert KEY not in missing.out
    (tmp_path / "config.toml").write_text("[profiles.acme\n")
    wrong = offline("doctor", "--json")
    assert (wrong.code, "is no TOML" in lines(wrong, "settings")["Profiles"]["mend"]) == (2, True)
    assert "python-dateutil" in lines(wrong, "versions")


def test_the_private_sandbox_is_in_order(offline: Command, sandbox: Sandbox) -> None:
    result = offline("doctor", "--sandbox")
    assert result.code == 0
    assert result.out.endswith("Everything is in order.\n")
