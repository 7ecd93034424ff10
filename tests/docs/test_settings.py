"""Check that the table of settings in the reference is what the client does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from signtraker import AuthenticationError, SignTrakerClient, SignTrakerConfigError
from signtraker._core.config import resolve

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))
pytestmark = pytest.mark.once


def test_the_table_holds_every_setting() -> None:
    arguments = set(inspect.signature(SignTrakerClient).parameters)
    assert {setting for setting, _, _ in ROWS} == arguments


def test_each_variable_of_the_table_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting, variables, _ in ROWS:
        for variable in re.findall(r"`(\w+)`", variables):
            with monkeypatch.context() as environment:
                if setting != "api_key":
                    environment.setenv("SIGNTRAKER_API_KEY", "key")
                if setting not in {"base_url", "subdomain"}:
                    environment.setenv("SIGNTRAKER_SUBDOMAIN", "acme")
                environment.setenv(variable, "not a value of any setting")
                with pytest.raises((AuthenticationError, SignTrakerConfigError), match=variable):
                    SignTrakerClient()


def test_the_defaults_of_the_table_are_those_of_the_client() -> None:
    config = resolve({}, api_key="key", subdomain="acme")
    shown = {setting: text.split(" ")[0] for setting, _, text in ROWS if not text.startswith("none")}
    actual = {setting: getattr(config, setting) for setting in shown}
    written = {name: f"{one:.10g}" if isinstance(one, float) else str(one) for name, one in actual.items()}
    assert shown == written
