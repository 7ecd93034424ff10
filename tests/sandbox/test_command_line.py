from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from signtraker.sandbox.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.once


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "signtraker.sandbox", *arguments]


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_address_and_key_serves_and_stops_without_errors(
    ending: signal.Signals, tmp_path: Path
) -> None:
    options = ("--port", "0", "--orders", "12", "--api-key", "k", "--database", str(tmp_path / "a.db"))
    process = subprocess.Popen(_command(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        welcome = process.stdout.readline()
        found = re.search(r"12 orders at (http://127\.0\.0\.1:\d+) \(key: k\)", welcome)
        assert found is not None
        headers = {"Authorization": "ST-API k"}
        answer = httpx.get(f"{found[1]}/api/orders", headers=headers, trust_env=False)
        assert len(answer.json()) == 12
        process.send_signal(ending)
        rest, errors = process.stdout.read(), process.stderr.read()
    assert "from signtraker import SignTrakerClient" in rest
    assert errors == ""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0"], "loopback only"),  # noqa: S104 - to be refused
        (["--orders", "-1"], "orders=-1 should be greater than or equal to 0."),
        (["--orders", "3000000000"], "orders=3000000000 should be less than or equal to 10000000."),
        (["--design-days", "nan"], "design_days=nan should be a finite number."),
        (["--port", "99999"], "cannot listen"),
        (["--api-key", "secret\n"], "api_key must be printable ASCII and not empty."),
        (["--control-token", "é"], "control_token must be printable ASCII"),
        (["--fault", "GET staus=500"], "did you mean status?"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    short_repr = capsys.readouterr()
    assert sentence in short_repr.err
    assert short_repr.err.count("\n") == 1
    assert short_repr.out == ""


@pytest.mark.slow
def test_faults_and_the_control_token_come_from_the_command_line() -> None:
    rules = ("--fault", "GET /api/offices status=503", "--fault", "* body=empty nth=2")
    command = _command("--port", "0", "--orders", "1", "--control-token", "t0", *rules)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        found = re.search(r"at (http://127\.0\.0\.1:\d+) ", process.stdout.readline())
        assert found is not None
        faults = httpx.get(f"{found[1]}/sandbox/faults", trust_env=False).json()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert faults == [
        {"method": "GET", "path": "/api/offices", "status": 503},
        {"path": "*", "body": "empty", "nth": 2},
    ]
    assert "Control token: t0" in rest
