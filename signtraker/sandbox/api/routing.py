"""Define what all routes of the API share: their declaration, and the key's check.

The routes are Starlette's. FastAPI would read no more of a request than they do, since ids and payloads are
refused in the words of Web API, and its import takes a fifth of a second from every test session.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signtraker.sandbox.api.responses import ApiError, api_error

if TYPE_CHECKING:
    from signtraker.sandbox.api.operations import Json
    from signtraker.sandbox.data.backend import Backend

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_log = logging.getLogger("signtraker.sandbox")


def backend_of(request: Request) -> Backend:
    """Return the backend of the running sandbox."""
    backend: Backend = request.app.state.backend
    return backend


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: the function that handles it, and its description for the OpenAPI document."""

    method: str
    path: str
    tag: str
    handle: Handler
    description: Json

    def route(self) -> Route:
        """Return the route that serves it."""
        route = Route(self.path, _guarded(self.handle), methods=[self.method])
        # Starlette adds HEAD to GET; Web API does not.
        route.methods = {self.method}
        return route


class Operations(list[Operation]):
    """The operations of one resource, each added by a decorator of its function."""

    def __init__(self, prefix: str, tag: str) -> None:
        super().__init__()
        self._prefix = prefix
        self._tag = tag

    def get(self, path: str, description: Json) -> Callable[[Handler], Handler]:
        """Add an operation that reads."""
        return self._adder("GET", path, description)

    def post(self, path: str, description: Json) -> Callable[[Handler], Handler]:
        """Add an operation that creates, or that does something else."""
        return self._adder("POST", path, description)

    def patch(self, path: str, description: Json) -> Callable[[Handler], Handler]:
        """Add an operation that changes a record."""
        return self._adder("PATCH", path, description)

    def _adder(self, method: str, path: str, description: Json) -> Callable[[Handler], Handler]:
        def add(handle: Handler) -> Handler:
            self.append(Operation(method, self._prefix + path, self._tag, handle, description))
            return handle

        return add


def _guarded(handle: Handler) -> Handler:
    """Check the key first, and respond with the errors that are raised.

    Web API picks the action before it checks the key: without a key, an unknown route is still a 404. `Date`
    is the sandbox's own time, by which its records are dated (RFC 9110, section 6.6.1).
    """

    async def guarded(request: Request) -> Response:
        response = await _respond(handle, request)
        response.headers["Date"] = format_datetime(backend_of(request).clock.now(), usegmt=True)
        return response

    return guarded


async def _respond(handle: Handler, request: Request) -> Response:
    given = request.headers.get("authorization", "").encode("latin-1")
    expected = f"ST-API {backend_of(request).settings.api_key}".encode()
    if not secrets.compare_digest(given, expected):
        return api_error(401, "Authorization has been denied for this request.").response()
    try:
        return await _with_patience(handle, request)
    except ApiError as error:
        return error.response()
    except SQLAlchemyError:
        # Starlette would close the connection after responding with its own 500.
        _log.exception("The database failed.")
        return api_error(500, "An error has occurred.").response()


async def _with_patience(handle: Handler, request: Request) -> Response:
    """Ask again while another program has locked the database; meanwhile, other requests go on."""
    for _ in range(_MOST_WAITS):
        try:
            return await handle(request)
        except OperationalError as error:
            # A transaction begins with the lock, so nothing was done yet.
            if getattr(error.orig, "sqlite_errorname", None) != "SQLITE_BUSY":
                raise
            await asyncio.sleep(_WAIT_SECONDS)
    return await handle(request)


_WAIT_SECONDS = 0.05
_MOST_WAITS = 100
