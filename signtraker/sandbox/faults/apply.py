"""Handle one request with a fault applied."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from starlette.responses import Response

from signtraker.sandbox.api.responses import api_error, encode, html
from signtraker.sandbox.faults.fault import BODILESS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from signtraker.sandbox.faults.fault import Body, Fault

_JSON = b"application/json; charset=utf-8"
_ENUMS = frozenset({"Status", "PaymentMode", "DiscountLevel", "CountryCode"})


@dataclass(slots=True)
class _HeldResponse:
    """Hold back a response until the fault has changed it."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    body: bytes = b""

    async def take(self, part: Message) -> None:
        """Collect one message, as the `send` of an application."""
        if part["type"] == "http.response.start":
            self.status, self.headers = part["status"], list(part["headers"])
        else:
            self.body += part.get("body", b"")

    def replace_body(self, body: bytes, media_type: bytes | None = None) -> None:
        """Replace the body, and the headers that describe it."""
        self.body = body
        changed = {b"content-length", b"content-type" if media_type else b"content-length"}
        self.headers = [header for header in self.headers if header[0] not in changed]
        self.headers.append((b"content-length", str(len(body)).encode()))
        if media_type:
            self.headers.append((b"content-type", media_type))


async def apply_fault(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Handle one request with the fault applied."""
    await asyncio.sleep(fault.delay_before)
    if fault.reset == "before_work":
        await reset_connection(scope)
        return
    response = _HeldResponse()
    if fault.status is None or fault.after_work:
        await app(scope, receive, response.take)
    if fault.status is not None:
        response = _HeldResponse()
        await _instead(fault.status, fault.message)(scope, receive, response.take)
    if fault.retry_after is not None:
        response.headers.append((b"retry-after", str(fault.retry_after).encode()))
    if fault.body is not None:
        corrupt_body(response, fault.body)
    await asyncio.sleep(fault.delay_after)
    if fault.reset == "before_answer":
        await reset_connection(scope)
        return
    await _deliver(fault, response, scope, send)


def _instead(status: int, text: str) -> Response:
    return Response(status_code=status) if status in BODILESS else api_error(status, text).response()


async def _deliver(fault: Fault, response: _HeldResponse, scope: Scope, send: Send) -> None:
    start = {"type": "http.response.start", "status": response.status, "headers": response.headers}
    await send(start)
    if fault.reset == "during_answer":
        half = response.body[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await reset_connection(scope)
        return
    if fault.trickle is not None:
        for byte in response.body:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(fault.trickle)
    rest = b"" if fault.trickle is not None else response.body
    await send({"type": "http.response.body", "body": rest})
    if fault.reset == "after_answer":
        scope["signtraker.connection"].close()


async def reset_connection(scope: Scope) -> None:
    """Reset the connection, as a crash of the server would."""
    scope["signtraker.connection"].reset()
    # uvicorn learns of it in the next turn of the loop, and would log a missing response before.
    await asyncio.sleep(0)


def corrupt_body(response: _HeldResponse, how: Body) -> None:
    """Replace the body by a broken one."""
    body = response.body
    match how:
        case "cut":
            response.replace_body(body[: len(body) // 2])
        case "garbled":
            middle = len(body) // 2
            response.replace_body(body[:middle] + b'\xff\x00"}]' + body[middle:])
        case "empty":
            response.replace_body(b"")
        case "html":
            page = html(response.status, "Service Unavailable", "The service is unavailable.")
            response.replace_body(bytes(page.body), b"text/html; charset=us-ascii")
        case _:
            if body:
                response.replace_body(encode(_changed(json.loads(body), how)), _JSON)


def _changed(value: object, how: Body) -> object:
    """Change the objects of a JSON value."""
    if isinstance(value, list):
        return [_changed(item, how) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, object]", value)
    if how == "extra_fields":
        return {**{name: _changed(one, how) for name, one in members.items()}, **_EXTRA}
    if how == "unknown_enum":
        return {
            name: "SomethingNew" if name in _ENUMS and one is not None else _changed(one, how)
            for name, one in members.items()
        }
    return {name: _mistyped(one, how) for name, one in members.items()}


_EXTRA = {"Introduced": "later", "IntroducedObject": {"Id": 1, "Name": None}}


def _mistyped(value: object, how: Body) -> object:
    """Return a value of another type."""
    if value is None or isinstance(value, dict | list):
        return _changed(cast("object", value), how)
    return {"unexpected": value} if isinstance(value, str) else [value]
