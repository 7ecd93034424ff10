"""Check host, origin and size of each request, record it and apply faults, in front of the API."""

from __future__ import annotations

import asyncio
import functools
import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from signtraker._common.loopback import is_loopback
from signtraker.query import Filter, ODataError
from signtraker.query.parsing.parse import parse_filter
from signtraker.sandbox.api.responses import api_error, html
from signtraker.sandbox.data.cancellation import RequestCancelled
from signtraker.sandbox.faults.apply import apply_fault, reset_connection
from signtraker.sandbox.faults.fault import Fault, Faults

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from signtraker.sandbox.data.cancellation import ResetGeneration
    from signtraker.sandbox.settings import Generation, Settings


LARGEST_BODY = 30_000_000
"""The bytes of the longest body; IIS's default for maxAllowedContentLength."""
_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(slots=True)
class ReceivedRequest:
    """One request as it arrived, without its authorization header."""

    method: str
    """The HTTP method."""
    path: str
    """The path, decoded, without the query."""
    query: list[tuple[str, str]]
    """Names and values, decoded, in the order they were sent."""
    headers: dict[str, str]
    """The headers, names in lower case."""
    body: bytes = field(repr=False)
    """The body as it arrived."""
    status: int | None = None
    """The status of the response; None until there is one, and if none was sent."""
    fault: Fault | None = None
    """The fault that was applied to it."""
    server: Generation = "v4-7"
    """The OData generation of the server."""

    @property
    def size(self) -> int:
        """The bytes of its body, headers, path and query, roughly."""
        pairs = (*self.headers.items(), *self.query)
        return len(self.body) + len(self.path) + sum(len(name) + len(value) for name, value in pairs)

    @property
    def options(self) -> dict[str, str]:
        """The query as a dict; the last value of a name that was sent twice."""
        return dict(self.query)

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is empty."""
        return json.loads(self.body) if self.body else None

    @property
    def filter(self) -> Filter[Any] | None:
        """The `$filter` of a list as the server read it; None if there is none, or it was refused.

        `request.filter == (Q.status == "Draft")` is True for every text of this filter.
        """
        entity, text = _ENTITIES.get(self.path.lower()), self.options.get("$filter")
        if entity is None or text is None:
            return None
        try:
            return Filter(parse_filter(text, entity, version=self.server), entity)
        except ODataError:
            return None


_ENTITIES = {
    "/api/orders": "Order",
    "/api/agents": "Agent",
    "/api/changeorders": "ChangeOrder",
    "/api/services": "ServiceOrder",
    "/api/credits/awards": "Award",
    "/api/enterprises": "Enterprise",
    "/api/offices": "Office",
    "/api/orderpresets": "OrderPreset",
}


class RequestLog(deque[ReceivedRequest]):
    """The requests received, oldest first; the oldest are dropped beyond a number and a size.

    It keeps at most 10,000 requests whose bodies, headers and queries hold at most 64 MiB together.
    """

    most_requests = 10_000
    most_bytes = 64 * 2**20

    def __init__(self) -> None:
        super().__init__()
        self.dropped: int = 0
        """The number of requests that were dropped since the last reset."""
        self._bytes = 0

    def append(self, request: ReceivedRequest) -> None:
        """Keep a request, and drop as many of the oldest as its size requires."""
        super().append(request)
        self._bytes += request.size
        while len(self) > self.most_requests or self._bytes > self.most_bytes:
            self._bytes -= self.popleft().size
            self.dropped += 1

    def clear(self) -> None:
        """Forget all requests, and that some were dropped."""
        super().clear()
        self.dropped = self._bytes = 0


class Gate:
    """Check and record requests, and apply faults, in front of the API."""

    def __init__(self, app: ASGIApp, settings: Settings, generation: ResetGeneration) -> None:
        self._app = app
        self._settings = settings
        self._generation = generation
        self.faults: Faults = Faults()
        self.requests: RequestLog = RequestLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; reset the connection of one that was cancelled by a reset or the end."""
        self._generation.enter()
        try:
            await self._handle(scope, receive, send)
        except (RequestCancelled, asyncio.CancelledError):
            # uvicorn would log a cancellation and respond with a 500.
            await reset_connection(scope)

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, is_whole = await read_body(receive, LARGEST_BODY)
        self._generation.check()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        received = _received(scope, headers, body or b"", self._settings.server)
        self.requests.append(received)
        if not is_whole:
            return

        async def send_recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                received.status = message["status"]
            await send(message)

        again = replay(received.body)
        refusal = self._refusal(scope, headers)
        if refusal is None and body is None:
            refusal = html(413, "Request Entity Too Large", "The request entity is too large.")
        if refusal is not None:
            await refusal(scope, again, send_recorded)
            return
        received.fault = self.faults.take(scope["method"], scope["path"])
        if received.fault is None:
            await self._app(scope, again, send_recorded)
        else:
            await apply_fault(received.fault, self._app, scope, again, send_recorded)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        if not names_loopback(headers.get("host", "")):
            return html(400, "Bad Request - Invalid Hostname", "The request hostname is invalid.")
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{headers['host']}".lower():
            # A browser sends simple requests of any page, and names the page's origin (Fetch, section 3.2).
            return api_error(
                403, f"A web page of another origin, {origin}, cannot use the sandbox."
            ).response()
        if self._is_too_long(scope):
            return html(404, "Not Found", "The request filtering module denies a URL this long.")
        return None

    def _is_too_long(self, scope: Scope) -> bool:
        query, path = len(scope["query_string"]), len(scope["raw_path"])
        limits = self._settings
        return query > limits.max_query_bytes or path + 1 + query > limits.max_url_bytes


_HOST = re.compile(r"(?:\[(?P<bracketed>[^\]]*)\]|(?P<plain>[^:]*))(?::[0-9]*)?")


@functools.lru_cache(maxsize=64)
def names_loopback(host: str) -> bool:
    """Return True if a Host header names this machine.

    A web page can make its own name resolve to 127.0.0.1, but its requests still name it (DNS rebinding).
    """
    parts = _HOST.fullmatch(host)
    return parts is not None and is_loopback(
        parts["plain"] if parts["bracketed"] is None else parts["bracketed"]
    )


def _received(scope: Scope, headers: dict[str, str], body: bytes, server: Generation) -> ReceivedRequest:
    query = scope["query_string"].decode("latin-1")
    return ReceivedRequest(
        method=scope["method"],
        path=scope["path"],
        query=parse_qsl(query, keep_blank_values=True),
        headers={name: value for name, value in headers.items() if name not in _SECRET},
        body=body,
        server=server,
    )


async def read_body(receive: Receive, limit: int) -> tuple[bytes | None, bool]:
    """Read a body; None if it is longer than `limit`. Also return whether it arrived whole."""
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        is_lost = message["type"] == "http.disconnect"
        length += len(message.get("body", b""))
        if length <= limit:
            chunks.append(message.get("body", b""))
        if is_lost or not message.get("more_body", False):
            return b"".join(chunks) if length <= limit else None, not is_lost


def replay(body: bytes) -> Receive:
    """Make the `receive` of a body that was read."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
