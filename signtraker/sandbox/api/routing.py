"""Define what all routes of the API share: the key's check, and the backend they work on."""

from __future__ import annotations

import asyncio
import logging
import secrets
from email.utils import format_datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from signtraker.sandbox.api.responses import ApiError, api_error
from signtraker.sandbox.data.backend import Backend

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response

    Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_log = logging.getLogger("signtraker.sandbox")


async def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


Live = Annotated[Backend, Depends(_backend)]
"""The backend of the running sandbox."""


class GuardedRoute(APIRoute):
    """Check the key first, and respond with the errors that are raised.

    Web API picks the action before it checks the key: without a key, an unknown route is still a 404. `Date`
    is the sandbox's own time, by which its records are dated (RFC 9110, section 6.6.1).
    """

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            response = await respond(request)
            now = request.app.state.backend.clock.now()
            response.headers["Date"] = format_datetime(now, usegmt=True)
            return response

        async def respond(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode("latin-1")
            expected = f"ST-API {request.app.state.backend.settings.api_key}".encode()
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

        return guarded


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
