"""The sandbox's own API under `/sandbox/`: faults, the clock, what arrived, what was done, back to the start.

It is for whoever cannot call Python: a test in another language, a shell script, a colleague's browser.
What it serves is neither written down nor made to fail. A web page cannot use it: reading needs the
name of this machine in `Host`, as everywhere, and changing needs a header that only its owner knows.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from starlette.requests import ClientDisconnect, Request

from signtraker.sandbox.api.responses import ApiError, api_error, format_datetime, ok
from signtraker.sandbox.faults.fault import Fault
from signtraker.sandbox.faults.parse import parse_rule
from signtraker.sandbox.serving.gate import is_loopback
from signtraker.sandbox.settings import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from signtraker.sandbox.clock import Clock
    from signtraker.sandbox.data.ledger import LedgerEntry
    from signtraker.sandbox.faults.fault import Faults
    from signtraker.sandbox.serving.gate import ReceivedRequest

PREFIX = "/sandbox/"
TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - the name of a header
_LARGEST_BODY = 65_536
_SPANS = ("days", "hours", "minutes")


class Controlled(Protocol):
    """The running sandbox that the control API controls."""

    @property
    def clock(self) -> Clock:
        """Its time."""
        ...

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        ...

    @property
    def requests(self) -> Sequence[ReceivedRequest]:
        """The requests received."""
        ...

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        """The work done."""
        ...

    def reset(self) -> None:
        """Go back to the beginning."""


class Control:
    """The outermost ASGI application: answers for `/sandbox/…`, and hands on everything else."""

    def __init__(self, app: ASGIApp, sandbox: Controlled, token: str) -> None:
        self._app = app
        self._sandbox = sandbox
        self._token = token.encode()
        self._actions: dict[tuple[str, str], Callable[[Any], object]] = {
            ("GET", "faults"): lambda _: self._faults(),
            ("GET", "faults/unused"): lambda _: [one.parameters() for one in self._sandbox.faults.unused],
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): lambda _: self._clear_faults(),
            ("GET", "clock"): lambda _: self._now(),
            ("POST", "clock"): self._move,
            ("GET", "requests"): lambda _: [_shown(one) for one in self._sandbox.requests],
            ("GET", "ledger"): lambda _: [_entry(one) for one in self._sandbox.ledger],
            ("POST", "reset"): lambda _: self._reset(),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the control API, or hand it on."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        try:
            response = await self._answer(Request(scope, receive))
        except ApiError as refusal:
            response = refusal.response()
        except ClientDisconnect:
            return
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not is_loopback(request.headers.get("host", "")):
            raise api_error(400, "The sandbox is controlled under a name of this machine only.")
        name = request.scope["path"].removeprefix(PREFIX)
        allowed = [method for method, known in self._actions if known == name]
        if not allowed:
            names = ", ".join(dict.fromkeys(known for _, known in self._actions))
            raise api_error(404, f"There is no {PREFIX}{name}; there are: {names}.")
        action = self._actions.get((request.method, name))
        if action is None:
            response = api_error(405, f"{PREFIX}{name} takes {', '.join(allowed)}.").response()
            response.headers["Allow"] = ", ".join(allowed)
            return response
        given = None
        if request.method != "GET":
            self._check_token(request)
            given = await _read(request)
        try:
            return ok(action(given))
        except (SandboxError, ValueError, OverflowError) as error:
            sentence = str(error)
            raise api_error(400, sentence if sentence.endswith((".", "?")) else f"{sentence}.") from error

    def _check_token(self, request: Request) -> None:
        given = request.headers.get(TOKEN_HEADER, "").encode("latin-1")
        if not secrets.compare_digest(given, self._token):
            raise api_error(403, f"To change something, send the sandbox's control token in {TOKEN_HEADER}.")

    def _faults(self) -> list[dict[str, object]]:
        return [fault.parameters() for fault in self._sandbox.faults]

    def _add_fault(self, given: object) -> dict[str, object]:
        if isinstance(given, str):
            fault = parse_rule(given)
        else:
            fault = Fault.model_validate(
                _object(given, '{"method": "POST", "path": "/api/orders", "status": 503}')
            )
        return self._sandbox.faults.add(fault).parameters()

    def _clear_faults(self) -> list[object]:
        self._sandbox.faults.clear()
        return []

    def _now(self) -> dict[str, object]:
        return {"now": self._sandbox.clock.now()}

    def _move(self, given: object) -> dict[str, object]:
        values = _object(given, '{"days": 1} or {"now": "2026-02-01T00:00:00Z"}')
        if unknown := values.keys() - {"now", *_SPANS}:
            raise ValueError(f"{min(unknown)!r} is not known here; there are now, {', '.join(_SPANS)}")
        if "now" in values:
            if len(values) > 1:
                raise ValueError("Say either now, or by how much the clock is to advance")
            return {"now": self._sandbox.clock.set(_moment(values["now"]))}
        spans = {name: _number(name, value) for name, value in values.items()}
        return {"now": self._sandbox.clock.advance(**spans)}

    def _reset(self) -> dict[str, object]:
        self._sandbox.reset()
        return self._now()


async def _read(request: Request) -> object:
    """Read a body that changes something: JSON and called so, or nothing at all."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise api_error(413, "The body is too long.")
    if not body and request.method == "DELETE":
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise api_error(415, "The sandbox is controlled by JSON: send Content-Type: application/json.")
    try:
        return json.loads(bytes(body)) if body.strip() else None
    except (ValueError, RecursionError) as error:
        raise api_error(400, f"The body is no JSON: {error}") from error


def _object(given: object, example: str) -> dict[str, object]:
    if not isinstance(given, dict) or not given:
        raise ValueError(f"A JSON object is expected, such as {example}")
    return cast("dict[str, object]", given)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, not {json.dumps(value)}")  # noqa: TRY004 - told to whoever sent it
    return value


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"now must be such as 2026-02-01T00:00:00Z, not {json.dumps(value)}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shown(request: ReceivedRequest) -> dict[str, object]:
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": request.headers,
        "body": request.body.decode("utf-8", "replace"),
        "status": request.status,
        "fault": None if request.fault is None else request.fault.parameters(),
    }


def _entry(entry: LedgerEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": format_datetime(entry.at),
        "action": entry.action,
        "subject_id": entry.subject_id,
        "external_id": entry.external_id,
    }
