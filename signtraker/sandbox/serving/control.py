"""Serve the sandbox's own API under `/sandbox/`, made by the first request to it.

It is for tests in other languages and for shells. What it serves is neither recorded nor made to fail. A web
page cannot use it: each request must name this machine in `Host`, and each change needs the control token.
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from starlette.datastructures import Headers, MutableHeaders

from signtraker.sandbox.api.responses import api_error
from signtraker.sandbox.serving.gate import names_loopback, read_body, replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from signtraker.sandbox.clock import Clock
    from signtraker.sandbox.data.ledger import LedgerEntry
    from signtraker.sandbox.faults.fault import Faults
    from signtraker.sandbox.serving.gate import ReceivedRequest

if find_spec("fastapi") is None:
    # Said when the sandbox is imported, although the first request to the control API would load it.
    raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")

PREFIX = "/sandbox"
_LARGEST_BODY = 65_536


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
    def dropped_requests(self) -> int:
        """The number of older requests that are no longer kept."""
        ...

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        """The work done."""
        ...

    def reset(self) -> None:
        """Go back to the beginning."""


class Control:
    """Serve `/sandbox/…` as an ASGI application, and pass everything else on."""

    def __init__(self, app: ASGIApp, sandbox: Controlled, token: str) -> None:
        self._app = app
        self._sandbox = sandbox
        self._token = token

    @cached_property
    def _api(self) -> ASGIApp:
        # Loads FastAPI, which takes a fifth of a second and which few tests use.
        from signtraker.sandbox.serving.control_api import create_api  # noqa: PLC0415

        return create_api(self._sandbox, self._token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request to the control API, or pass it on."""
        if scope["type"] != "http" or not scope["path"].startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return

        async def send_uncached(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if not names_loopback(Headers(scope=scope).get("host", "")):
            refusal = api_error(400, "The sandbox is controlled under a name of this machine only.")
            await refusal.response()(scope, receive, send_uncached)
            return
        body, is_whole = await read_body(receive, _LARGEST_BODY)
        if body is None:
            await api_error(413, "The body is too long.").response()(scope, receive, send_uncached)
        elif is_whole:
            await self._api(scope, replay(body), send_uncached)
