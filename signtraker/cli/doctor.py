"""Add the command `doctor`: it checks the settings, the server, the key, the clock and the versions."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import asdict, dataclass, fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import typer

from signtraker._version import __version__
from signtraker.cli.errors import ExitCode, UsageError, exit_code, sentence
from signtraker.cli.options import add_command
from signtraker.cli.output import write_document
from signtraker.cli.session import Session
from signtraker.cli.settings import VARIABLES, config_path
from signtraker.exceptions import (
    APIStatusError,
    AuthenticationError,
    NetworkError,
    RateLimitError,
    ServerError,
    SignTrakerError,
    UnreadableResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from signtraker._core.recording import RecordedExchange
    from signtraker.client import SignTrakerClient

State: TypeAlias = Literal["ok", "note", "bad"]

_HELP: Final = """Check the settings, the server, the key, the clock and the versions.

Each bad line says how to mend it. It reads one order, and changes nothing.

\b
Examples:
  signtraker doctor
  signtraker doctor --profile acme
  signtraker doctor --json > ticket.txt
"""
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_TIMEOUT_SECONDS: Final = 10.0
_MOST_CLOCK_SECONDS: Final = 60
_LABELS: Final = {"api_key": "API key", "odata_version": "OData version"}
_NEEDED: Final = re.compile(r"([\w.-]+)[^;]*(?:;.*extra == ['\"](\w+)['\"])?")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    name: str
    value: str
    """What was found; the key is never shown."""
    state: State = "ok"
    source: str = ""
    """Where a setting comes from."""
    mend: str = ""
    """What to do about it, as a sentence."""
    code: ExitCode = ExitCode.DONE
    """The exit code that a bad line leads to."""


Report: TypeAlias = "dict[str, list[Line]]"


def add_doctor(app: typer.Typer) -> None:
    """Add the command."""
    add_command(app, "doctor", run_doctor, help=_HELP)


def run_doctor(
    session: Session,
    *,
    json: Annotated[bool, typer.Option("--json", help="Write JSON, for a support ticket.")] = False,
) -> ExitCode:
    """Write the report; the exit code is that of its first bad line."""
    report = examine(session)
    if json:
        sections = {name.lower(): [asdict(one) for one in lines] for name, lines in report.items()}
        write_document({"exit_code": int(code_of(report)), **sections})
    else:
        sys.stdout.write(_as_text(report, session))
    return code_of(report)


def code_of(report: Report) -> ExitCode:
    """Return the exit code of the first bad line."""
    return next((one.code for lines in report.values() for one in lines if one.state == "bad"), ExitCode.DONE)


def examine(session: Session) -> Report:
    """Look at everything. What can't be looked at because of a bad line before it is left out."""
    settings = [*_settings(session)]
    report = {"Settings": settings}
    if all(one.state != "bad" for one in settings):
        report["Server"] = [*_server(session, session.client)]
    report["Versions"] = [*_versions()]
    return report


def _settings(session: Session) -> Iterator[Line]:
    if session.connection.sandbox:
        yield Line("Tenant", "a private sandbox", source="--sandbox")
        return
    path = config_path(os.environ)
    try:
        settings = session.settings
    except UsageError as error:
        yield Line("Profiles", str(path), "bad", mend=error.message, code=ExitCode.USAGE)
        return
    exists = "" if path.exists() else " (there is no such file)"
    yield Line("Profiles", f"{path}{exists}")
    yield Line("Profile", settings.profile or "none")
    try:
        client = session.client
    except SignTrakerError as error:
        # What can't be used is not shown: it may be the key, or a password, in a wrong place.
        yield Line("Tenant and key", "can't be used", "bad", mend=sentence(error), code=exit_code(error))
        for name, setting in settings.found.items():
            yield Line(_label(name), "set (not shown)", source=_source(setting.source))
        return
    tenant = settings.found.get("base_url") or settings.found["subdomain"]
    yield Line("Tenant", client.base_url, source=_source(tenant.source))
    defaults = _defaults()
    for name in VARIABLES:
        found = settings.found.get(name)
        if name in {"base_url", "subdomain"}:
            continue
        if found is None:
            yield Line(_label(name), str(defaults[name]), source="default")
            continue
        shown = f"hidden ({len(found.value)} characters)" if name == "api_key" else str(found.value)
        yield Line(_label(name), shown, source=_source(found.source))
    yield Line("Time zone", session.connection.timezone or "this machine's", source=_zone_source(session))
    for name in _PROXIES:
        # An address of a proxy may hold a password.
        if os.environ.get(name) or os.environ.get(name.lower()):
            yield Line(name, "set (not shown)", source=f"environment: {name}")


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _source(text: str) -> str:
    return f"environment: {text}" if text.startswith("SIGNTR") else text


def _zone_source(session: Session) -> str:
    return "default" if session.connection.timezone is None else "--timezone"


def _defaults() -> Mapping[str, Any]:
    # Loads the settings' own checks.
    from signtraker._core.config import Config

    return {one.name: one.default for one in fields(Config)}


def _server(session: Session, client: SignTrakerClient) -> Iterator[Line]:
    """Read one order without retries, and look at what came back."""
    quick = client.with_options(
        max_retries=0, timeout_seconds=_TIMEOUT_SECONDS, deadline_seconds=2 * _TIMEOUT_SECONDS
    )
    before = session.now
    failure: SignTrakerError | None = None
    with quick.record() as exchanges:
        try:
            quick.orders.list_orders(top=1, orderby="Id")
        except SignTrakerError as error:
            failure = error
    exchange = exchanges[0] if exchanges else None
    answered = exchange is not None and exchange.status_code is not None
    seconds = f"{exchange.elapsed_seconds:.2f} seconds" if exchange is not None else ""
    if failure is not None and not isinstance(failure, AuthenticationError):
        yield _unreachable(failure, session.server)
    else:
        yield Line("Reachable", f"{session.server} answered within {seconds}")
    if exchange is not None and answered:
        yield _clock(before, exchange, is_sandbox=session.connection.sandbox)
    if isinstance(failure, AuthenticationError):
        yield _refused_key(failure)
    elif failure is None:
        yield Line("API key", "accepted")
        yield _odata(quick, session.odata_version)


def _unreachable(error: SignTrakerError, server: str) -> Line:
    if isinstance(error, NetworkError):
        mend = f"Check the network, the name {server}, and the proxy and firewall between."
    elif isinstance(error, ServerError | RateLimitError):
        mend = "The server is there, but does not work now: try again later, or ask SignTraker."
    elif isinstance(error, UnreadableResponseError | APIStatusError):
        mend = f"Something else than the API answers at {server}: check the tenant, and the proxy."
    else:
        mend = "Ask for help, with the output of signtraker doctor --json."
    code = exit_code(error)
    return Line("Reachable", f"no: {sentence(error)}", "bad", mend=mend, code=code)


def _refused_key(error: AuthenticationError) -> Line:
    if error.status_code == HTTPStatus.FORBIDDEN:
        mend = "The key is known, but may not read orders: ask your installer for the right."
    else:
        mend = "Copy the key anew from SignTraker, and check that it is this tenant's."
    return Line(
        "API key", f"not accepted (HTTP {error.status_code})", "bad", mend=mend, code=exit_code(error)
    )


def _clock(before: datetime, exchange: RecordedExchange, *, is_sandbox: bool) -> Line:
    if is_sandbox:
        return Line("Clock", "the sandbox has a time of its own", "note")
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(exchange.headers.get("date", ""))
    except ValueError:
        return Line("Clock", "the server's response has no usable Date", "note")
    if date.tzinfo is None:
        date = date.replace(tzinfo=before.tzinfo)
    # The header was written between the request and the response, and has no fraction of a second.
    difference = (date - before).total_seconds() - exchange.elapsed_seconds / 2 + 0.5
    if abs(difference) <= _MOST_CLOCK_SECONDS:
        return Line("Clock", "within a minute of the server's")
    side = "behind" if difference > 0 else "ahead of"
    return Line(
        "Clock",
        f"{_duration(abs(difference))} {side} the server's",
        "bad",
        mend='Set the clock of this machine: "2 hours ago" and the search for unconfirmed orders use it.',
        code=ExitCode.REFUSED,
    )


def _duration(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"


def _odata(client: SignTrakerClient, configured: str) -> Line:
    try:
        detected = client.detect_odata_version()
    except SignTrakerError as error:
        return Line("OData version", f"can't be detected; {configured} is set", "note", mend=sentence(error))
    if detected == configured:
        return Line("OData version", f"{detected}, as set")
    return Line(
        "OData version",
        f"{detected}, but {configured} is set",
        "bad",
        mend=f'Write odata_version = "{detected}" into the profile,'
        f" or set SIGNTRAKER_ODATA_VERSION={detected}.",
        code=ExitCode.USAGE,
    )


def _versions() -> Iterator[Line]:
    """Yield the versions of Python, of this package and of what it needs, extra by extra."""
    import platform
    from importlib import metadata

    yield Line("Python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Line("System", platform.platform(terse=True))
    yield Line("signtraker", __version__)
    seen = set[str]()
    for text in metadata.requires("signtraker") or []:
        found = _NEEDED.match(text)
        name, extra = (found[1], found[2]) if found else (text, None)
        if name in seen:
            continue
        seen.add(name)
        try:
            yield Line(name, metadata.version(name), source=f"extra {extra}" if extra else "")
        except metadata.PackageNotFoundError:
            yield Line(name, "not installed", "note", source=f'pip install "signtraker[{extra}]"')


def _as_text(report: Report, session: Session) -> str:
    wide = max(len(one.name) for lines in report.values() for one in lines)
    parts: list[str] = []
    for name, lines in report.items():
        parts += [session.terminal.style(name, "bold"), *(_shown(one, wide, session) for one in lines), ""]
    bad = sum(one.state == "bad" for lines in report.values() for one in lines)
    verdict = "Everything is in order." if not bad else f"{bad} {'lines are' if bad > 1 else 'line is'} bad."
    return "\n".join([*parts, verdict]) + "\n"


def _shown(line: Line, wide: int, session: Session) -> str:
    colours = {"ok": ("green",), "note": ("yellow",), "bad": ("red", "bold")}
    state = session.terminal.style(f"{line.state:4}", *colours[line.state])
    source = session.terminal.style(f"  ({line.source})", "dim") if line.source else ""
    mend = f"\n  {'':4}  {'':{wide}}  {line.mend}" if line.mend else ""
    return f"  {state}  {line.name:{wide}}  {line.value}{source}{mend}"
