from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from signtraker.cli.errors import UsageError
from signtraker.cli.settings import config_path, resolve

if TYPE_CHECKING:
    from command_line import Command

    from signtraker.sandbox import Sandbox

PATH = Path("config.toml")
PROFILES = """\
default = "acme"
[profiles.acme]
subdomain = "acme"
api_key = "acme-key"
[profiles.test]
base_url = "http://127.0.0.1:8080"
api_key = "test-key"
timeout_seconds = 5
"""


def found(
    environ: dict[str, str], options: dict[str, str | None] | None = None, profile: str | None = None
) -> dict[str, tuple[object, str]]:
    settings = resolve(environ, options or {}, profile, PATH, PROFILES)
    return {name: (one.value, one.source) for name, one in settings.found.items()}


def test_an_option_wins_over_the_environment_which_wins_over_the_profile() -> None:
    assert found({}) == {
        "subdomain": ("acme", "profile acme"),
        "api_key": ("acme-key", "profile acme"),
    }
    assert found({"SIGNTRAKER_PROFILE": "test"})["timeout_seconds"] == (5, "profile test")
    environ = {"SIGNTRAKER_SUBDOMAIN": "other", "SIGNTRACKER_API_KEY": "other-key", "SIGNTRAKER_BASE_URL": ""}
    assert found(environ, profile="test") == {
        "subdomain": ("other", "SIGNTRAKER_SUBDOMAIN"),
        "api_key": ("other-key", "SIGNTRACKER_API_KEY"),
        "timeout_seconds": (5, "profile test"),
    }
    assert found(environ, {"base_url": "https://x.example", "subdomain": None})["base_url"] == (
        "https://x.example",
        "--base-url",
    )


def test_a_variable_that_wins_over_a_profile_asked_for_is_named(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(PROFILES, encoding="utf-8")
    path.chmod(0o600)
    result = command("offices", "list", "--profile", "test")
    assert result.code == 0
    assert result.err == (
        "SIGNTRAKER_BASE_URL, SIGNTRAKER_API_KEY of the environment wins over the profile test.\n"
    )
    assert command("offices", "list").err == ""


def test_a_profile_is_enough_to_reach_the_server(offline: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = f'[profiles.here]\nbase_url = "{sandbox.url}"\napi_key = "{sandbox.api_key}"\n'
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    assert offline("offices", "list", "--profile", "here").code == 0
    if os.name == "posix":
        path.chmod(0o644)
        readable = offline("offices", "list", "--profile", "here")
        assert (readable.code, readable.out) == (2, "")
        assert "holds a key, and others may read it: chmod 600 it." in readable.err
        assert sandbox.api_key not in readable.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[profiles.acme", "is no TOML: "),
        ("[profile.acme]", "'profile' is not known; the file has `default` and a table `[profiles.NAME]`"),
        ("profiles = 1", "profiles must be tables, such as [profiles.acme]."),
        ("default = 1", "default must be the name of a profile."),
        ("[profiles]\nacme = 1", "profile acme must be a table of settings."),
        ("[profiles.acme]\nsubdomian = 'x'", "'subdomian' is no setting; did you mean subdomain?"),
        ("[profiles.acme]\nsubdomain = 1", "profile acme: subdomain must be text in quotes."),
        ("[profiles.acme]\nmax_retries = 'x'", "profile acme: max_retries must be a number."),
        (
            "default = 'acne'\n[profiles.acme]",
            "There is no profile 'acne' in config.toml; did you mean acme?",
        ),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve({}, {}, None, PATH, text)
    assert sentence in caught.value.message


def test_the_file_is_in_the_folder_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HOME": "/home/mia", "APPDATA": "/roaming"}
    for platform, folder in (
        ("linux", "/home/mia/.config"),
        ("darwin", "/home/mia/Library/Application Support"),
        ("win32", "/roaming"),
    ):
        monkeypatch.setattr(sys, "platform", platform)
        assert config_path(environ) == Path(folder) / "signtraker" / "config.toml"
    monkeypatch.setattr(sys, "platform", "linux")
    assert config_path({"XDG_CONFIG_HOME": "/xdg"}) == Path("/xdg/signtraker/config.toml")
    assert config_path({"SIGNTRAKER_CONFIG": "/my.toml"}) == Path("/my.toml")


def test_a_repr_shows_no_key() -> None:
    settings = resolve({"SIGNTRAKER_API_KEY": "very-secret"}, {}, "test", PATH, PROFILES)
    assert "secret" not in repr(settings)
    assert "test-key" not in repr(settings)
