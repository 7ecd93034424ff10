"""The application: every group of routes, behind authentication, with Web API's own refusals."""

from __future__ import annotations

import logging
import secrets
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError

from signtraker import __version__
from signtraker.sandbox.api import agents, catalog, change_orders, orders, services
from signtraker.sandbox.api import credits as credits_
from signtraker.sandbox.api.responses import ApiError, api_error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from signtraker.sandbox.data.backend import Backend

_log = logging.getLogger("signtraker.sandbox")
_WRITTEN = "signtraker.path"
GROUPS = (orders, agents, change_orders, services, credits_, catalog)


def create_app(backend: Backend) -> FastAPI:
    """Build the API over a backend."""
    app = FastAPI(
        title="SignTraker API",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    route_class = _guarded(backend)
    routers = [group.router(backend, route_class) for group in GROUPS]
    for router in routers:
        app.include_router(router)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    app.add_middleware(_Paths)
    app.add_exception_handler(404, _no_route)
    app.add_exception_handler(405, partial(_no_method, routes))
    app.add_exception_handler(500, _failed)
    return app


def _guarded(backend: Backend) -> type[APIRoute]:
    """Make a route that asks for the key before anything else, and answers with refusals.

    Web API picks the action first: without a key, an unknown route is still a 404. `Date` is the sandbox's
    own time, by which its records are dated (RFC 9110, 6.6.1).
    """
    expected = f"ST-API {backend.settings.api_key}".encode()

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                response = await answer(request)
                response.headers["Date"] = format_datetime(backend.clock.now(), usegmt=True)
                return response

            async def answer(request: Request) -> Response:
                given = request.headers.get("authorization", "").encode("latin-1")
                if not secrets.compare_digest(given, expected):
                    denied = "Authorization has been denied for this request."
                    return api_error(401, denied).response()
                try:
                    return await handle(request)
                except ApiError as refusal:
                    return refusal.response()
                except SQLAlchemyError:
                    # Left to Starlette, it would cost the client its connection too.
                    _log.exception("The database failed.")
                    return await _failed(request)

            return guarded

    return GuardedRoute


class _Paths:
    """Reads paths as ASP.NET does: in any case of letters, and with or without a slash at the end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            written: str = scope["path"]
            path = written.lower().removesuffix("/") or "/"
            scope = {**scope, "path": path, _WRITTEN: written}
        await self._app(scope, receive, send)


async def _no_route(request: Request, _error: Exception) -> Response:
    address = request.url.replace(path=request.scope[_WRITTEN])
    text = f"No HTTP resource was found that matches the request URI '{address}'."
    return api_error(404, text).response()


async def _no_method(routes: list[APIRoute], request: Request, _error: Exception) -> Response:
    """Refuse a method, and name those of the path: Starlette would name those of its first route only."""
    found = [route for route in routes if route.path_regex.match(request.scope["path"])]
    # What is written out in full is meant before what fits a pattern: /agents/activate, /agents/{id}.
    fewest = min((len(route.param_convertors) for route in found), default=0)
    closest = [route for route in found if len(route.param_convertors) == fewest]
    text = f"The requested resource does not support http method '{request.method}'."
    response = api_error(405, text).response()
    response.headers["Allow"] = ", ".join(sorted({one for route in closest for one in route.methods or ()}))
    return response


async def _failed(_request: Request, _error: Exception | None = None) -> Response:
    return api_error(500, "An error has occurred.").response()
